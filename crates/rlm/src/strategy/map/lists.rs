//! Questions whose answer is put together from several passages: each is asked for its entries, and the engine joins them.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window, heading},
        facts::read,
        listing::{Entries, entries_of, listing},
        passages::{Finding, ask_text, bullets, findings, is_made_of},
        steps::{Ask, Steps, probability},
        summary::with_places,
    },
};
use std::collections::HashSet;

/// Passages that are read at a time.
const WAVE: usize = 6;
/// Maximum number of windows that are read for a list, and of paragraphs.
const MAX_LISTED: usize = 16;
const MAX_PASSAGES: usize = 48;
/// Passages that are read for an answer that joins facts, and again after the first of them are known.
const MAX_JOINED: usize = 6;
/// The best passage stands out where its score is so many times that of the middle one.
const STANDS_OUT: f64 = 1.8;
/// The same, where the engine can go through all documents.
const STANDS_FAR_OUT: f64 = 3.0;
/// Part of the best passage's score that a passage needs then.
const RELEVANT: f64 = 0.5;
/// Maximum length of the entries of one passage, in tokens.
const MAX_ENTRIES_TOKENS: u32 = 110;
/// Probability from which an entry belongs in the answer.
const BELONGS: f64 = 0.22;
/// Maximum length of an answer that joins facts, in tokens.
const MAX_ANSWER_TOKENS: u32 = 160;

/// Lists all entries that the documents hold for a question.
pub async fn list(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let entries_are = entries_of(steps, question).await?;
    if entries_are != Entries::Others {
        let of = about(documents, question);
        if let Some(answer) = listing(steps, documents, &of, entries_are).await? {
            return Ok(answer);
        }
    }
    let mut windows = relevant(documents, question);
    // Entries come in the order of the documents.
    windows.sort_by_key(|window| (window.document, window.lines.first().map(|(number, _)| *number)));
    let passages: Vec<Window> = windows.into_iter().flat_map(Window::paragraphs).take(MAX_PASSAGES).collect();
    let found = entries(steps, documents, &passages, question).await?;
    Ok(if found.is_empty() { render("map_not_found", context! {}) } else { bullets(documents, &found) })
}

/// The documents that a list is about: all of prose, unless the best passage stands out by far.
fn about(documents: &Documents, question: &str) -> Vec<usize> {
    let prose = |document: &usize| !documents.is_table(*document);
    let ranked = documents.ranked(question);
    let top = ranked.first().map_or(0.0, |(score, _)| *score);
    let middle = ranked.get(ranked.len().min(MAX_LISTED) / 2).map_or(0.0, |(score, _)| *score);
    if top <= STANDS_FAR_OUT * middle {
        return (0..documents.all.len()).filter(prose).collect();
    }
    let close = ranked.iter().filter(|(score, _)| *score >= RELEVANT * top).map(|(_, window)| *window);
    let mut of: Vec<usize> = Documents::documents_of(close).into_iter().filter(prose).collect();
    of.sort_unstable();
    of
}

/// The passages to read for a list: all of prose where none stands out, otherwise those that do.
fn relevant<'d>(documents: &'d Documents, question: &str) -> Vec<&'d Window> {
    let ranked = documents.ranked(question);
    let prose: Vec<&(f64, &Window)> = ranked.iter().filter(|(_, window)| !documents.is_table(window.document)).collect();
    let first = &prose[..prose.len().min(MAX_LISTED)];
    let top = first.first().map_or(0.0, |(score, _)| *score);
    let middle = first.get(first.len() / 2).map_or(0.0, |(score, _)| *score);
    let least = if top > STANDS_OUT * middle { RELEVANT * top } else { 0.0 };
    first.iter().filter(|(score, _)| *score >= least).map(|(_, window)| *window).collect()
}

/// Joins facts from several passages into one answer. What the first ones say is looked up in turn.
pub async fn joined(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let ranked = documents.ranked(question);
    let mut windows: Vec<&Window> = ranked.iter().take(MAX_JOINED).map(|(_, window)| *window).collect();
    let mut found = read(steps, documents, &windows, question).await?;
    let known = found.iter().map(|(_, finding)| finding.text.as_str()).collect::<Vec<_>>().join(" ");
    let again = documents.ranked(&format!("{question} {known}"));
    let next: Vec<&Window> =
        again.iter().map(|(_, window)| *window).filter(|window| !windows.contains(window)).take(WAVE).collect();
    found.extend(read(steps, documents, &next, question).await?);
    windows.extend(next);
    if found.is_empty() {
        return Ok(render("map_not_found", context! {}));
    }
    let found: Vec<Finding> = found.into_iter().map(|(_, finding)| finding).collect();
    steps.drafted(bullets(documents, &found)).await?;
    let note = |finding: &Finding| {
        let document = &documents.all[finding.document];
        format!("{} ({}): {}", document.path, heading(document.text.as_str()), finding.text)
    };
    let notes: Vec<String> = found.iter().map(note).collect();
    let known = format!("{question} {}", notes.join(" "));
    let reply = steps.write("map_write", render("map_notes", context! { notes, question }), MAX_ANSWER_TOKENS).await?;
    let is_founded = is_made_of(&reply, &known);
    Ok(if is_founded { with_places(documents, &windows, &reply) } else { bullets(documents, &found) })
}

/// The entries of passages, each once. The answer so far is shown after each few passages.
async fn entries(steps: &mut Steps<'_>, documents: &Documents, windows: &[Window], question: &str) -> Result<Vec<Finding>, Stop> {
    let mut found: Vec<Finding> = Vec::new();
    let mut known = HashSet::new();
    for wave in windows.chunks(WAVE) {
        let of = Documents::documents_of(wave);
        steps.touch(documents, &of).await?;
        let asks = wave
            .iter()
            .map(|window| ask_text(documents, window, question, ["map_list", "map_entries_begin"], MAX_ENTRIES_TOKENS))
            .collect();
        let step = PlanStep::Read { passages: wave.len() as u64, documents: of.len() as u64 };
        let replies = steps.ask(step, asks).await?;
        let mut new: Vec<Finding> = Vec::new();
        for (window, reply) in wave.iter().zip(replies) {
            let of_window = findings(documents, window, &reply.unwrap_or_default());
            new.extend(of_window.into_iter().filter(|finding| known.insert(normal(&finding.text))));
        }
        found.extend(belonging(steps, documents, new, question).await?);
        if !found.is_empty() {
            steps.drafted(bullets(documents, &found)).await?;
        }
    }
    Ok(found)
}

/// The entries that belong in the answer.
async fn belonging(
    steps: &mut Steps<'_>,
    documents: &Documents,
    found: Vec<Finding>,
    question: &str,
) -> Result<Vec<Finding>, Stop> {
    if found.is_empty() {
        return Ok(found);
    }
    let ask = |finding: &Finding| {
        let title = heading(documents.all[finding.document].text.as_str());
        let values = context! { title, question, entry => finding.text.clone() };
        Ask::checking("map_belongs", render("map_belongs_entry", values))
    };
    let asks = found.iter().map(ask).collect();
    let replies = steps.ask(PlanStep::Check { findings: found.len() as u64 }, asks).await?;
    let belongs = |reply: Option<String>| reply.is_none_or(|reply| probability(&reply, "yes") >= BELONGS);
    Ok(found.into_iter().zip(replies).filter_map(|(finding, reply)| belongs(reply).then_some(finding)).collect())
}

/// A text by which equal entries are known.
fn normal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
