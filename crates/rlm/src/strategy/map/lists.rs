//! Lists: where a list in a document likely is the answer, its items are; else the model takes the entries out of each passage that likely holds some,
//! and the engine joins them.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        blocks::{Item, items},
        documents::{Documents, Window, heading},
        listing::{Entries, entries_of, listing},
        passages::{Finding, ask, bullets, findings, verbatim},
        rating::{ALL, MAX_RATED, not_found, ranked},
        steps::{Ask, Steps, probability},
    },
};
use std::collections::HashSet;

/// Passages that are read at a time.
const WAVE: usize = 8;
/// Maximum number of passages that are read.
const MAX_PASSAGES: usize = 16;
/// Probability from which a passage is read, and part of the best one's that it needs.
const POSSIBLE: f64 = 0.3;
const CLOSE: f64 = 0.6;
/// Characters up to which paragraphs are read together: out of several longer ones a small model takes the entries of one.
const MAX_ENTRY_CHARS: usize = 120;
/// Maximum number of passages of one document of which several are read.
const MAX_OF_DOCUMENT: usize = 12;
/// Number of passages that a folder's best one is compared with.
const MAX_COMPARED: usize = 16;
/// The best passage stands out where its score is so many times that of the middle one.
const STANDS_FAR_OUT: f64 = 3.0;
/// Part of the best passage's score that a passage needs then.
const RELEVANT: f64 = 0.5;
/// Maximum length of the entries of one passage, in tokens.
const MAX_ENTRIES_TOKENS: u32 = 110;
/// Probability from which an entry belongs in the answer, and part of the best one's that an item of a list needs.
const BELONGS: f64 = 0.12;
const LIKE_THE_BEST: f64 = 0.6;

/// An entry of a list.
pub struct Entry {
    /// In the model's words.
    pub said: String,
    /// Word for word.
    pub finding: Finding,
}

/// Lists all entries that the documents hold for a question.
pub async fn list(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let entries_are = entries_of(steps, question).await?;
    if entries_are != Entries::Others {
        let of = about(documents, question);
        if let Some(answer) = listing(steps, documents, &of, entries_are).await? {
            return Ok(answer);
        }
    }
    let rated = ranked(steps, documents, question, MAX_RATED, ALL).await?;
    let found = entries(steps, documents, question, rated).await?;
    Ok(if found.is_empty() { not_found(documents, None) } else { listed(documents, &found) })
}

/// Entries with their places.
pub fn listed(documents: &Documents, found: &[Entry]) -> String {
    bullets(documents, found.iter().map(|entry| &entry.finding))
}

/// The documents that a list is about: those that the question names; else all of prose, unless the best passage stands out by far.
fn about(documents: &Documents, question: &str) -> Vec<usize> {
    let prose = |document: &usize| !documents.is_table(*document);
    let titled = documents.titled(question);
    if titled.iter().any(prose) {
        return (0..documents.all.len()).filter(|document| prose(document) && titled.contains(document)).collect();
    }
    let ranked = documents.ranked(question);
    let top = ranked.first().map_or(0.0, |(score, _)| *score);
    let middle = ranked.get(ranked.len().min(MAX_COMPARED) / 2).map_or(0.0, |(score, _)| *score);
    if top <= STANDS_FAR_OUT * middle {
        return (0..documents.all.len()).filter(prose).collect();
    }
    let close = ranked.iter().filter(|(score, _)| *score >= RELEVANT * top).map(|(_, window)| *window);
    let mut of: Vec<usize> = Documents::documents_of(close).into_iter().filter(prose).collect();
    of.sort_unstable();
    of
}

/// Passages likely to hold entries, in the order of the documents.
fn relevant(documents: &Documents, mut rated: Vec<(f64, Window)>) -> Vec<Window> {
    let best = rated.first().map_or(0.0, |(likely, _)| *likely);
    rated.retain(|(likely, _)| *likely >= POSSIBLE.max(CLOSE * best));
    let mut windows: Vec<Window> = rated.into_iter().map(|(_, window)| window).collect();
    // Entries stand together: where several passages of a document hold some, the others may.
    let of = Documents::documents_of(&windows);
    for document in of {
        if windows.iter().filter(|window| window.document == document).count() > 1 {
            let all: Vec<Window> = documents.of_document(document).flat_map(Window::paragraphs).take(MAX_OF_DOCUMENT).collect();
            windows.retain(|window| window.document != document || !all.contains(window));
            windows.extend(all);
        }
    }
    let mut parts: Vec<Window> = windows.iter().flat_map(|window| window.parts(MAX_ENTRY_CHARS)).take(MAX_PASSAGES).collect();
    parts.sort_by_key(|window| (window.document, window.lines.first().map(|(number, _)| *number)));
    parts
}

/// The items of a list in a document that belong in the answer.
async fn of_blocks(steps: &mut Steps<'_>, documents: &Documents, question: &str, items: Vec<Item>) -> Result<Vec<Entry>, Stop> {
    let shown =
        items.iter().map(|item| format!("{}: {}", item.list, item.finding.text).trim_start_matches(": ").to_owned()).collect();
    let entries: Vec<Entry> =
        items.into_iter().map(|item| Entry { said: item.finding.text.clone(), finding: item.finding }).collect();
    steps.drafted(listed(documents, &entries)).await?;
    let likely = likely(steps, documents, question, &entries, shown).await?;
    let best = likely.iter().copied().fold(BELONGS, f64::max);
    let belong = entries.into_iter().zip(likely).filter(|(_, likely)| *likely >= LIKE_THE_BEST * best);
    Ok(belong.map(|(entry, _)| entry).collect())
}

/// The entries of the passages that likely hold some, each once. The answer so far is shown after each few passages.
pub async fn entries(
    steps: &mut Steps<'_>,
    documents: &Documents,
    question: &str,
    rated: Vec<(f64, Window)>,
) -> Result<Vec<Entry>, Stop> {
    let items = items(documents, &rated);
    if !items.is_empty() {
        let found = of_blocks(steps, documents, question, items).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let windows = relevant(documents, rated);
    let mut found: Vec<Entry> = Vec::new();
    let mut known = HashSet::new();
    for wave in windows.chunks(WAVE) {
        let asks = wave
            .iter()
            .map(|window| ask(documents, window, question, ["map_list", "map_entries_begin"], MAX_ENTRIES_TOKENS))
            .collect();
        let replies = steps.read(documents, wave, asks).await?;
        let mut new: Vec<Entry> = Vec::new();
        for (window, reply) in wave.iter().zip(replies) {
            let of_window = findings(documents, window, &reply.unwrap_or_default()).into_iter();
            let entries = of_window.map(|finding| Entry { finding: verbatim(window, &finding), said: finding.text });
            new.extend(entries.filter(|entry| known.insert(normal(&entry.finding.text))));
        }
        found.extend(belonging(steps, documents, new, question).await?);
        if !found.is_empty() {
            steps.drafted(listed(documents, &found)).await?;
        }
    }
    Ok(found)
}

/// The entries that belong in the answer.
async fn belonging(steps: &mut Steps<'_>, documents: &Documents, found: Vec<Entry>, question: &str) -> Result<Vec<Entry>, Stop> {
    let shown = found.iter().map(|entry| entry.finding.text.clone()).collect();
    let likely = likely(steps, documents, question, &found, shown).await?;
    Ok(found.into_iter().zip(likely).filter(|(_, likely)| *likely >= BELONGS).map(|(entry, _)| entry).collect())
}

/// Probabilities that entries, which the model is shown as `shown`, belong in the answer.
async fn likely(
    steps: &mut Steps<'_>,
    documents: &Documents,
    question: &str,
    found: &[Entry],
    shown: Vec<String>,
) -> Result<Vec<f64>, Stop> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let asked = |(Entry { finding, .. }, entry): (&Entry, String)| {
        let title = heading(documents.all[finding.document].text.as_str());
        let values = context! { title, question, entry };
        Ask::checking("map_belongs", render("map_belongs_entry", values), "map_check_begin")
    };
    let asks = found.iter().zip(shown).map(asked).collect();
    let replies = steps.ask(PlanStep::Check { findings: found.len() as u64 }, asks).await?;
    // An entry that was not checked is shown.
    Ok(replies.into_iter().map(|reply| reply.map_or(1.0, |reply| probability(&reply, "yes"))).collect())
}

/// A text by which equal entries are known.
fn normal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::map::documents::tests::documents;

    #[test]
    fn a_list_is_about_the_documents_that_are_named() {
        let all = documents(&[
            ("lease.md", "Lease of the hut"),
            ("letter.md", "To Vera"),
            ("boats.csv", "boat,crew\nPuffin,2\nKite,3\n"),
        ]);
        assert_eq!(about(&all, "Which dates are in the lease?"), [0]);
        assert_eq!(about(&all, "Which dates are there?"), [0, 1]);
    }
}
