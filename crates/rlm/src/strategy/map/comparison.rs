//! A comparison: the same question about each of its things, the engine's own word on which value is larger or later, and one answer.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        differences::entries::dates_in,
        documents::Documents,
        facts::{Found, fact, lines_of, look_up, not_found},
        passages::{is_made_of, running},
        periods::{converted, written},
        steps::{Ask, Steps},
    },
};
use regex::Regex;
use std::sync::LazyLock;

/// Maximum number of parts of a question.
const MAX_PARTS: usize = 4;
/// Maximum length of the parts of a question, in tokens.
const MAX_PARTS_TOKENS: u32 = 80;
/// Maximum length of an answer over the parts, in tokens.
const MAX_ANSWER_TOKENS: u32 = 90;
/// Probability from which a passage is read for a part, which somebody believes to be there.
const POSSIBLE: f64 = 0.3;
/// Passages of a part that the answer is written from.
const MAX_NOTES: usize = 2;
/// The number of a list's entry.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*\d+[.)]\s*").expect("constant pattern"));
/// A number with commas for thousands.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d[\d,]*(?:\.\d+)?").expect("constant pattern"));
/// A part of a question with what was found.
struct Part {
    question: String,
    found: Found,
}

/// Compares the things that a question names. As one fact where it names fewer than two.
pub async fn comparison(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let questions = parts_of(steps, question).await?;
    if questions.len() < 2 {
        return fact(steps, documents, question).await;
    }
    let mut parts: Vec<Part> = Vec::new();
    for part in questions {
        let found = look_up(steps, documents, &part, POSSIBLE).await?;
        parts.push(Part { question: part, found });
        steps.drafted(listed(documents, question, &parts)).await?;
    }
    if parts.iter().all(|part| part.found.findings.is_empty()) {
        return Ok(not_found(documents, parts.first().and_then(|part| part.found.read.first())));
    }
    let mut notes: Vec<String> = parts.iter().flat_map(|part| notes(documents, question, part)).collect();
    notes.extend(compared(documents, question, &parts));
    let known = format!("{question} {}", notes.join(" "));
    let reply = steps.write("map_write", render("map_notes", context! { notes, question }), MAX_ANSWER_TOKENS).await?;
    let lines = listed(documents, question, &parts);
    Ok(if is_made_of(&reply, &known) { format!("{}\n\n{lines}", reply.trim()) } else { lines })
}

/// Asks for the parts of a question.
async fn parts_of(steps: &mut Steps<'_>, question: &str) -> Result<Vec<String>, Stop> {
    let ask = Ask {
        system: render("map_compare", context! {}),
        user: render("map_question", context! { question }),
        begin: render("map_parts_begin", context! {}),
        stop: ["\n\n", "\nQuestion"].map(str::to_owned).to_vec(),
        max_tokens: MAX_PARTS_TOKENS,
        choices: Vec::new(),
    };
    let reply = steps.ask_one(PlanStep::Check { findings: 1 }, ask).await?;
    let mut parts: Vec<String> = Vec::new();
    for line in reply.lines() {
        let part = NUMBERED.replace(line, "").trim().to_owned();
        if !part.is_empty() && part != question && !parts.contains(&part) && parts.len() < MAX_PARTS {
            parts.push(part);
        }
    }
    Ok(parts)
}

/// What was found for a part, for the model: the passages that were read, and amounts for the span of time that the question asks for.
fn notes(documents: &Documents, question: &str, part: &Part) -> Vec<String> {
    if part.found.findings.is_empty() {
        return Vec::new();
    }
    let mut notes = Vec::new();
    for window in part.found.read.iter().take(MAX_NOTES) {
        let path = &documents.all[window.document].path;
        let text = running(window, "");
        notes.push(format!("{path}: {}", text.split_whitespace().collect::<Vec<_>>().join(" ")));
        notes.extend(converted(question, path, &text));
    }
    let found = part.found.findings.iter().take(MAX_NOTES).map(|finding| finding.text.as_str()).collect::<Vec<_>>();
    notes.push(format!("{} {}", part.question, found.join("; ")));
    notes
}

/// What the engine says of the values of two parts: which is the larger, or the later, and by how much.
fn compared(documents: &Documents, question: &str, parts: &[Part]) -> Option<String> {
    let value = |part: &Part| {
        let finding = part.found.findings.first()?;
        let path = &documents.all[finding.document].path;
        if let Some(date) = dates_in(path, &finding.text).into_iter().next() {
            return Some((date.value, date.amount, true));
        }
        let now = finding.text.split(" (").next().unwrap_or_default();
        let read = part.found.read.first().map(|window| running(window, "")).unwrap_or_default();
        let converted =
            converted(question, path, &read).into_iter().find(|line| line.contains(now.split(' ').next().unwrap_or_default()));
        let text = converted.as_deref().and_then(|line| line.split(" is ").nth(1)).unwrap_or(now);
        let digits = NUMBER.find(text)?;
        Some((text.trim_end_matches('.').to_owned(), digits.as_str().replace(',', "").parse().ok()?, false))
    };
    let [first, second] = parts else { return None };
    let (a, b) = (value(first)?, value(second)?);
    let (less, more) = if a.1 <= b.1 { (a, b) } else { (b, a) };
    match (less.2 && more.2, less.2 || more.2) {
        (true, _) if less.1 == more.1 => Some(format!("{} is the same day.", less.0)),
        (true, _) => Some(format!("{} is earlier than {}.", less.0, more.0)),
        (false, true) => None,
        _ if less.1 == more.1 => Some(format!("{} and {} are equal.", less.0, more.0)),
        _ => Some(format!("{} is more than {}, by {}.", more.0, less.0, written(more.1 - less.1))),
    }
}

/// The parts with their answers and places.
fn listed(documents: &Documents, question: &str, parts: &[Part]) -> String {
    let parts: Vec<_> = parts
        .iter()
        .map(|part| {
            let lines = lines_of(documents, question, &part.found);
            context! { question => part.question.clone(), lines }
        })
        .collect();
    render("map_parts", context! { parts })
}
