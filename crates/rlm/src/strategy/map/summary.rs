//! A document or a topic, told in short: what each passage says, sentence by sentence, without what does not matter.

use crate::{
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        passages::{ask, bullets, findings},
        rating::not_found,
        steps::Steps,
    },
};
use std::collections::HashSet;

/// Maximum number of documents that a summary is about.
const MAX_DOCUMENTS: usize = 4;
/// Part of the best document's score that another one needs.
const RELEVANT: f64 = 0.85;
/// Maximum number of passages that are read.
const MAX_PASSAGES: usize = 12;
/// Passages that are read at a time.
const WAVE: usize = 4;
/// Maximum length of what one passage says, in tokens.
const MAX_POINTS_TOKENS: u32 = 160;

/// Tells what the documents that a question is about say.
pub async fn summary(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let mut points = Vec::new();
    for wave in about(documents, question).chunks(WAVE) {
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

/// The passages of the documents that a question is about, in their order.
fn about<'d>(documents: &'d Documents, question: &str) -> Vec<&'d Window> {
    let ranked = documents.ranked(question);
    let top = ranked.first().map_or(0.0, |(score, _)| *score);
    let close = ranked.iter().take_while(|(score, _)| *score >= RELEVANT * top).map(|(_, window)| *window);
    let chosen: HashSet<usize> = Documents::documents_of(close).into_iter().take(MAX_DOCUMENTS).collect();
    documents.windows().iter().filter(|window| chosen.contains(&window.document)).take(MAX_PASSAGES).collect()
}
