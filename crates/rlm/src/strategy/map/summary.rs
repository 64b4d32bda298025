//! A document or a topic, told in short: the model names what matters in each passage, and the engine shows the sentences that say it, word for
//! word. In a small model's own words, numbers and names go wrong.

use crate::{
    stop::Stop,
    strategy::map::{
        differences::entries::{date_of, month_in},
        documents::{Documents, Window},
        passages::{Finding, ask, bullets, findings, sentences_of},
        rating::not_found,
        search::documents_about,
        steps::Steps,
    },
};
use std::collections::HashSet;

/// Maximum number of documents that a summary is about.
const MAX_DOCUMENTS: usize = 5;
/// Part of the best document's fit that another one needs.
const RELEVANT: f64 = 0.75;
/// Characters from which no further document is taken: what a summary is about stands in one long document, or in several short ones.
const ENOUGH_CHARS: usize = 2_400;
/// Maximum number of passages that are read.
const MAX_PASSAGES: usize = 8;
/// Passages that are read at a time.
const WAVE: usize = 4;
/// Maximum length of what one passage says, in tokens.
const MAX_POINTS_TOKENS: u32 = 160;

/// Words that ask for the newest document.
const NEWEST: [&str; 7] = ["last", "latest", "newest", "recent", "letzte", "letzten", "neueste"];

/// Tells what the documents that a question is about say.
pub async fn summary(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let mut points: Vec<Finding> = Vec::new();
    let mut told = HashSet::new();
    for wave in about(steps, documents, question).await?.chunks(WAVE) {
        let asks = wave
            .iter()
            .map(|window| ask(documents, window, question, ["map_points", "map_points_begin"], MAX_POINTS_TOKENS))
            .collect();
        for (window, reply) in wave.iter().zip(steps.read(documents, wave.iter().copied(), asks).await?) {
            let found = findings(documents, window, &reply.unwrap_or_default());
            for finding in found {
                let sentences = sentences_of(window, &finding).into_iter().filter(|sentence| told.insert(sentence.clone()));
                let text = sentences.collect::<Vec<_>>().join(" ");
                points.extend((!text.is_empty()).then_some(Finding { text, ..finding }));
            }
        }
        if !points.is_empty() {
            steps.drafted(bullets(documents, &points)).await?;
        }
    }
    Ok(if points.is_empty() { not_found(documents, None) } else { bullets(documents, &points) })
}

/// The passages of the documents that a question is about, in the order of the documents.
async fn about<'d>(steps: &mut Steps<'_>, documents: &'d Documents, question: &str) -> Result<Vec<&'d Window>, Stop> {
    let ranked = documents_about(steps, documents, question).await?;
    let top = ranked.first().map_or(0.0, |(fit, _)| *fit);
    let close = ranked.into_iter().take_while(|(fit, _)| *fit >= RELEVANT * top);
    let mut close: Vec<usize> = close.map(|(_, document)| document).collect();
    keep_dated(documents, &mut close, question);
    let mut windows: Vec<&Window> = Vec::new();
    let mut chars = 0;
    for document in close.into_iter().take(MAX_DOCUMENTS) {
        if chars >= ENOUGH_CHARS {
            break;
        }
        windows.extend(documents.of_document(document));
        chars = windows.iter().flat_map(|window| &window.lines).map(|(_, line)| line.chars().count()).sum();
    }
    windows.truncate(MAX_PASSAGES);
    windows.sort_by_key(|window| (window.document, window.lines.first().map(|(number, _)| *number)));
    Ok(windows)
}

/// Keeps only the newest of the best document and those that its name is like where a question asks for the newest, or those of a month that it names.
fn keep_dated(documents: &Documents, close: &mut Vec<usize>, question: &str) {
    let mut words = question.split(|c: char| !c.is_alphanumeric());
    let asks_for_newest = words.any(|word| NEWEST.iter().any(|known| known.eq_ignore_ascii_case(word)));
    let Some(&best) = close.first() else { return };
    let date = |document: usize| date_of(&documents.all[document].path, documents.all[document].text.as_str());
    let alike = close.iter().filter(|document| **document == best || documents.are_alike(best, **document));
    let dated: Vec<(usize, u32)> = alike.filter_map(|&document| Some((document, date(document)?))).collect();
    let month = month_in(question);
    let kept: Vec<usize> = if asks_for_newest {
        dated.iter().max_by_key(|(_, date)| *date).map(|(document, _)| *document).into_iter().collect()
    } else {
        dated.iter().filter(|(_, date)| Some(date / 100 % 100) == month).map(|(document, _)| *document).collect()
    };
    if !kept.is_empty() {
        *close = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::map::documents::tests::documents;

    #[test]
    fn a_month_or_the_newest_is_told_alone() {
        let all = documents(&[
            ("minutes-2021-02-10.md", "The fence."),
            ("minutes-2021-05-14.md", "The hut."),
            ("letter.md", "To Vera."),
            ("fees.md", "Ten pounds."),
        ]);
        let kept = |question: &str| {
            let mut close = vec![0, 2, 1];
            keep_dated(&all, &mut close, question);
            close
        };
        assert_eq!(kept("What was said in May?"), [1]);
        assert_eq!(kept("What was said at the last meeting?"), [1]);
        assert_eq!(kept("What may I do?"), [0, 2, 1]);
    }
}
