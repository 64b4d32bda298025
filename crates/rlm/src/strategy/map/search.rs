//! The passages that a question leads to, by their words and by their meaning: people ask in other words than documents have.

use crate::{
    record::event::PlanStep,
    run::state::Run,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window, heading},
        passages::running,
        steps::Steps,
    },
};
use std::collections::HashMap;

/// Windows whose paragraphs are compared by meaning: those that fit best by their words, in a small folder all.
const MAX_WINDOWS: usize = 80;

/// Passages by meaning that come before the next one by words.
const BY_MEANING: usize = 3;
/// Passages of a document whose mean fit is the document's.
const BEST_OF_DOCUMENT: usize = 3;
/// Maximum length of a heading in capitals, in characters, and minimum number of its letters.
const MAX_HEADING_CHARS: usize = 60;
const MIN_HEADING_LETTERS: usize = 4;

/// The `most` passages that fit a question best: in turn some by meaning and the next one by words.
pub async fn passages(steps: &mut Steps<'_>, documents: &Documents, question: &str, most: usize) -> Result<Vec<Window>, Stop> {
    let by_words = documents.ranked_paragraphs(question);
    let by_meaning = by_meaning(steps, documents, question).await?;
    if by_meaning.is_empty() {
        return Ok(documents.distinct(by_words.into_iter().map(|(_, window)| window), most));
    }
    let mut by_words = by_words.into_iter().take_while(|(score, _)| *score > 0.0).map(|(_, window)| window);
    let by_meaning: Vec<Window> = by_meaning.into_iter().map(|(_, window)| window).collect();
    let in_turn = by_meaning.chunks(BY_MEANING).flat_map(|some| some.iter().cloned().chain(by_words.next()));
    Ok(documents.distinct(in_turn, most))
}

/// Documents by how well their best passages fit a question, the best first: by their meaning, or by their words where there is no model for it.
pub async fn documents_about(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<Vec<(f64, usize)>, Stop> {
    let mut ranked = by_meaning(steps, documents, question).await?;
    if ranked.is_empty() {
        ranked = documents.ranked_paragraphs(question);
    }
    let mut about: Vec<(f64, usize)> = Documents::documents_of(ranked.iter().map(|(_, window)| window))
        .into_iter()
        .map(|document| {
            let best: Vec<f64> = ranked
                .iter()
                .filter(|(_, window)| window.document == document)
                .take(BEST_OF_DOCUMENT)
                .map(|(fit, _)| *fit)
                .collect();
            (best.iter().sum::<f64>() / best.len() as f64, document)
        })
        .collect();
    about.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(about)
}

/// Passages by their meaning with their closeness, the closest first. None where there is no model for it, or it fails: then the words must do.
async fn by_meaning(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<Vec<(f64, Window)>, Stop> {
    let passages = documents.paragraphs(question, MAX_WINDOWS);
    let mut headings: HashMap<usize, Vec<(u64, &str)>> = HashMap::new();
    let mut texts: Vec<String> = Vec::with_capacity(passages.len() + 1);
    for window in &passages {
        let of_document = headings.entry(window.document).or_insert_with(|| headings_of(documents, window.document));
        texts.push(text_of(documents, window, of_document));
    }
    let closeness = closeness(steps, texts, question).await?.into_iter().map(f64::from);
    let mut ranked: Vec<(f64, Window)> = closeness.zip(passages).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(ranked)
}

/// How close the meanings of texts are to a question's, from -1 to 1, as a step of its own. Empty where there is no model for it, or it fails.
pub async fn closeness(steps: &mut Steps<'_>, texts: Vec<String>, question: &str) -> Result<Vec<f32>, Stop> {
    if steps.run.embedder.is_none() {
        return Ok(Vec::new());
    }
    let (step, run) = (PlanStep::Search { passages: texts.len() as u64 }, steps.run.clone());
    steps.take(step, compared(&run, texts, question), Vec::len).await
}

/// As [`closeness`], for a few texts, without a step.
pub async fn meanings(steps: &Steps<'_>, texts: Vec<String>, question: &str) -> Result<Vec<f32>, Stop> {
    let halt = &steps.run.halt;
    halt.token().run_until_cancelled(compared(steps.run, texts, question)).await.ok_or_else(|| halt.reason())
}

async fn compared(run: &Run, mut texts: Vec<String>, question: &str) -> Vec<f32> {
    let Some(embedder) = &run.embedder else { return Vec::new() };
    texts.push(question.to_owned());
    let vectors = embedder.embed(&texts).await.unwrap_or_default();
    let Some((wanted, vectors)) = vectors.split_last() else { return Vec::new() };
    vectors.iter().map(|vector| vector.iter().zip(wanted).map(|(a, b)| a * b).sum()).collect()
}

/// A passage below the words of its document's path, its title and the last heading before it: people name the document and the section that they mean.
fn text_of(documents: &Documents, window: &Window, headings: &[(u64, &str)]) -> String {
    let document = &documents.all[window.document];
    let title = heading(document.text.as_str());
    let first = window.lines.first().map_or(0, |(number, _)| *number);
    let before = headings.partition_point(|(number, _)| *number < first);
    let section = before.checked_sub(1).map_or("", |last| headings[last].1);
    let section = if section == title { "" } else { section };
    [words_of(&document.path).as_str(), title, section, running(window, title).as_str()].join("\n")
}

/// The headings of a document with their lines: those that Markdown marks, and short lines in capitals.
fn headings_of(documents: &Documents, document: usize) -> Vec<(u64, &str)> {
    let is_heading = |line: &str| {
        let letters = line.chars().filter(|c| c.is_alphabetic()).count();
        let is_in_capitals = letters >= MIN_HEADING_LETTERS && !line.chars().any(char::is_lowercase);
        line.starts_with('#') || is_in_capitals && line.chars().count() <= MAX_HEADING_CHARS
    };
    let lines = documents.of_document(document).flat_map(|window| &window.lines);
    let mut headings: Vec<(u64, &str)> =
        lines.map(|(number, line)| (*number, line.trim())).filter(|(_, line)| is_heading(line)).collect();
    headings.sort_unstable();
    headings.dedup();
    headings
}

/// The words of a path without the kind of file: `lease flat 3` of `lease-flat3.md`.
fn words_of(path: &str) -> String {
    let name = path.rsplit_once('.').map_or(path, |(name, _)| name);
    let mut words = String::new();
    let mut before = ' ';
    for c in name.chars() {
        let is_new = c.is_numeric() != before.is_numeric() && before.is_alphanumeric();
        if is_new && c.is_alphanumeric() {
            words.push(' ');
        }
        words.push(if c.is_alphanumeric() { c } else { ' ' });
        before = c;
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_words() {
        assert_eq!(words_of("letting/lease-flat3_2024.v2.md"), "letting lease flat 3 2024 v 2");
        assert_eq!(words_of("NOTES"), "NOTES");
    }
}
