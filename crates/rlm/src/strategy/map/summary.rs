//! A document or a topic, told in short: what each passage says, sentence by sentence, without what does not matter.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        passages::{ask_text, bullets, findings, unquoted},
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
/// Share of a sentence's words that its place must hold.
const MIN_SHARED: f64 = 0.34;

/// Tells what the documents that a question is about say.
pub async fn summary(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let mut points = Vec::new();
    for wave in about(documents, question).chunks(WAVE) {
        let of = Documents::documents_of(wave.iter().copied());
        steps.touch(documents, &of).await?;
        let asks = wave
            .iter()
            .map(|window| ask_text(documents, window, question, ["map_points", "map_points_begin"], MAX_POINTS_TOKENS))
            .collect();
        let step = PlanStep::Read { passages: wave.len() as u64, documents: of.len() as u64 };
        for (window, reply) in wave.iter().zip(steps.ask(step, asks).await?) {
            points.extend(findings(documents, window, &reply.unwrap_or_default()));
        }
        if !points.is_empty() {
            steps.drafted(bullets(documents, &points)).await?;
        }
    }
    Ok(if points.is_empty() { render("map_not_found", context! {}) } else { bullets(documents, &points) })
}

/// The passages of the documents that a question is about, in their order.
fn about<'d>(documents: &'d Documents, question: &str) -> Vec<&'d Window> {
    let ranked = documents.ranked(question);
    let top = ranked.first().map_or(0.0, |(score, _)| *score);
    let close = ranked.iter().take_while(|(score, _)| *score >= RELEVANT * top).map(|(_, window)| *window);
    let chosen: HashSet<usize> = Documents::documents_of(close).into_iter().take(MAX_DOCUMENTS).collect();
    documents.windows().iter().filter(|window| chosen.contains(&window.document)).take(MAX_PASSAGES).collect()
}

/// A text with the place that each of its sentences most likely rests on, among the passages that were read.
pub fn with_places(documents: &Documents, windows: &[&Window], text: &str) -> String {
    let mut out = Vec::new();
    for line in text.lines() {
        let sentences: Vec<String> = sentences(line).into_iter().map(|sentence| placed(documents, windows, sentence)).collect();
        out.push(sentences.join(" "));
    }
    out.join("\n")
}

fn placed(documents: &Documents, windows: &[&Window], sentence: &str) -> String {
    let wanted = words(sentence);
    let of_windows = windows.iter().flat_map(|window| window.lines.iter().map(|(number, line)| (window.document, *number, line)));
    let shared = |line: &str| words(line).intersection(&wanted).count();
    let best =
        of_windows.map(|(document, number, line)| (shared(line), document, number)).reduce(|a, b| if b.0 > a.0 { b } else { a });
    match best {
        Some((shared, document, number)) if shared > 0 && shared as f64 >= MIN_SHARED * wanted.len().min(9) as f64 => {
            format!("{} {}", unquoted(sentence), documents.mark(document, number))
        }
        _ => sentence.to_owned(),
    }
}

/// Sentences of a line: they end at a full stop before a space and a capital letter or digit.
fn sentences(line: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let chars: Vec<(usize, char)> = line.char_indices().collect();
    for trio in chars.windows(3) {
        let [(_, end), (space, gap), (next, letter)] = trio else { continue };
        if matches!(end, '.' | '!' | '?') && *gap == ' ' && (letter.is_uppercase() || letter.is_numeric()) && next - start > 25 {
            sentences.push(line[start..*space].trim());
            start = *next;
        }
    }
    sentences.push(line[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// Words that say something: numbers, and words of more than three characters, in lower case.
fn words(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.chars().count() > 3 || word.chars().any(|c| c.is_ascii_digit())).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_before_a_capital_letter() {
        let line = "The hut costs 4.50 pounds a night. Guests of Mr. smith pay less than others do. Boats are free.";
        assert_eq!(
            sentences(line),
            ["The hut costs 4.50 pounds a night.", "Guests of Mr. smith pay less than others do.", "Boats are free."]
        );
    }
}
