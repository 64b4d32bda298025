//! A document or a topic, told in short: what each passage says, sentence by sentence, without what does not matter.

use crate::{
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        passages::{ask, bullets, findings},
        rating::not_found,
        search::documents_about,
        steps::Steps,
    },
};

/// Maximum number of documents that a summary is about.
const MAX_DOCUMENTS: usize = 5;
/// Part of the best document's fit that another one needs.
const RELEVANT: f64 = 0.75;
/// Characters from which no further document is taken: what a summary is about stands in one long document, or in several short ones.
const ENOUGH_CHARS: usize = 2_000;
/// Maximum number of passages that are read.
const MAX_PASSAGES: usize = 8;
/// Passages that are read at a time.
const WAVE: usize = 4;
/// Maximum length of what one passage says, in tokens.
const MAX_POINTS_TOKENS: u32 = 160;

/// Tells what the documents that a question is about say.
pub async fn summary(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let mut points = Vec::new();
    for wave in about(steps, documents, question).await?.chunks(WAVE) {
        let asks = wave
            .iter()
            .map(|window| ask(documents, window, question, ["map_points", "map_points_begin"], MAX_POINTS_TOKENS))
            .collect();
        for (window, reply) in wave.iter().zip(steps.read(documents, wave.iter().copied(), asks).await?) {
            points.extend(findings(documents, window, &reply.unwrap_or_default()));
        }
        if !points.is_empty() {
            steps.drafted(bullets(documents, &points)).await?;
        }
    }
    Ok(if points.is_empty() { not_found(documents, None) } else { bullets(documents, &points) })
}

/// The passages of the documents that a question is about, those that fit best first.
async fn about<'d>(steps: &mut Steps<'_>, documents: &'d Documents, question: &str) -> Result<Vec<&'d Window>, Stop> {
    let ranked = documents_about(steps, documents, question).await?;
    let top = ranked.first().map_or(0.0, |(fit, _)| *fit);
    let close = ranked.into_iter().take_while(|(fit, _)| *fit >= RELEVANT * top).take(MAX_DOCUMENTS);
    let mut windows: Vec<&Window> = Vec::new();
    let mut chars = 0;
    for (_, document) in close {
        if chars >= ENOUGH_CHARS {
            break;
        }
        windows.extend(documents.of_document(document));
        chars = windows.iter().flat_map(|window| &window.lines).map(|(_, line)| line.chars().count()).sum();
    }
    windows.truncate(MAX_PASSAGES);
    Ok(windows)
}
