//! A comparison: the same question about each of its things, the engine's own word on which value is larger or later, and one answer.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        differences::entries::dates_in,
        documents::Documents,
        facts::{Following, Found, lines_of, look_up, own_sentence},
        passages::{has_only_numbers_of, is_made_of, running},
        periods::{Converted, converted, written},
        rating::not_found,
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
/// A number with commas for thousands, and its unit.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<sign>[£$€%]|EUR|USD|GBP|CHF)?\s*(?P<size>\d[\d,]*(?:\.\d+)?)\s*(?P<word>\p{L}{2,})?")
        .expect("constant pattern")
});

/// Two names, each of one or more words with a capital or digits, and the word between them.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"\p{Lu}[\p{L}\p{N}'’-]*(?: [\p{Lu}\p{N}][\p{L}\p{N}'’-]*)*";
    Regex::new(&format!(r"\b({name}) (?:or|and|oder|und|ou|et|y|o) ({name})")).expect("constant pattern")
});

/// A part of a question with what was found.
struct Part {
    question: String,
    found: Found,
}

/// Compares the things that a question names. `None` where it names fewer than two.
pub async fn comparison(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<Option<String>, Stop> {
    let questions = parts_of(steps, question).await?;
    let [first, second, ..] = questions.as_slice() else { return Ok(None) };
    // Values of two years are compared as they stood then.
    let is_of_times = different(first, second).iter().all(|words| words.chars().any(|c| c.is_ascii_digit()));
    let following = if is_of_times { Following::Nothing } else { Following::Updates };
    let mut parts: Vec<Part> = Vec::new();
    for part in questions {
        let mut found = look_up(steps, documents, &part, POSSIBLE, following).await?;
        if found.findings.is_empty() {
            found.findings.extend(own_sentence(&part, found.best, found.read.first()));
        }
        parts.push(Part { question: part, found });
        steps.drafted(listed(documents, question, &parts)).await?;
    }
    if parts.iter().all(|part| part.found.findings.is_empty()) {
        return Ok(Some(not_found(documents, parts.first().and_then(|part| part.found.read.first()))));
    }
    let lines = listed(documents, question, &parts);
    if let [first, second] = parts.as_slice()
        && let Some(verdict) = verdict(documents, question, [first, second])
    {
        return Ok(Some(format!("{verdict}\n\n{lines}")));
    }
    let notes: Vec<String> = parts.iter().flat_map(|part| notes(documents, question, part)).collect();
    let known = format!("{question} {}", notes.join(" "));
    let reply = steps.write("map_write", render("map_notes", context! { notes, question }), MAX_ANSWER_TOKENS).await?;
    let is_founded = is_made_of(&reply, &known) && has_only_numbers_of(&reply, &known);
    Ok(Some(if is_founded { format!("{}\n\n{lines}", reply.trim()) } else { lines }))
}

/// The question for each of two names that stand side by side in it. The model, which is asked for others, may forget the rest of the question.
fn of_names(question: &str) -> Option<[String; 2]> {
    // The first word has a capital in any case.
    let (first, rest) = question.split_once(' ')?;
    let names = NAMES.captures(rest)?;
    let both = names.get(0)?;
    let of = |name: &str| format!("{first} {}{name}{}", &rest[..both.start()], &rest[both.end()..]);
    Some([of(&names[1]), of(&names[2])])
}

/// The parts of a question.
async fn parts_of(steps: &mut Steps<'_>, question: &str) -> Result<Vec<String>, Stop> {
    if let Some(parts) = of_names(question) {
        return Ok(parts.into());
    }
    let user = render("map_question", context! { question });
    let ask = Ask::writing("map_compare", user, "map_parts_begin", &["\n\n", "\nQuestion"], MAX_PARTS_TOKENS);
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
        notes.extend(converted(question, path, &text).iter().map(Converted::shown));
    }
    let found = part.found.findings.iter().take(MAX_NOTES).map(|finding| finding.text.as_str()).collect::<Vec<_>>();
    notes.push(format!("{} {}", part.question, found.join("; ")));
    notes
}

/// A value that was found.
struct Measured {
    /// What it is of.
    name: String,
    /// As written.
    text: String,
    size: f64,
    /// The word or sign beside a number; empty for a date.
    unit: String,
    is_date: bool,
}

/// The engine's own word on two values: which is larger and by how much, or which is earlier. `None` where they cannot be compared.
fn verdict(documents: &Documents, question: &str, parts: [&Part; 2]) -> Option<String> {
    let names = different(&parts[0].question, &parts[1].question);
    let [first, second] = [0, 1].map(|index| measured(documents, question, parts[index], names[index].clone()));
    let (first, second) = (first?, second?);
    let is_same_unit = first.unit == second.unit || first.unit.is_empty() || second.unit.is_empty();
    if first.is_date != second.is_date || !is_same_unit {
        return None;
    }
    // The larger number and the earlier day go first.
    let is_first = if first.is_date { first.size <= second.size } else { first.size >= second.size };
    let (a, b) = if is_first { (first, second) } else { (second, first) };
    let by = (a.size != b.size).then(|| written((a.size - b.size).abs()));
    let values = context! { a => [a.name, a.text], b => [b.name, b.text], is_date => a.is_date, by };
    Some(render("map_verdict", values))
}

/// The number or date that was found for a part, for the span of time that the question asks for.
fn measured(documents: &Documents, question: &str, part: &Part, name: String) -> Option<Measured> {
    let finding = part.found.findings.first()?;
    let path = &documents.all[finding.document].path;
    let now = finding.now();
    if let Some(date) = dates_in(path, now).into_iter().next() {
        return Some(Measured { name, text: date.value, size: date.amount, unit: String::new(), is_date: true });
    }
    let digits = NUMBER.captures(now)?.name("size")?.as_str();
    let read = part.found.passage_of_first().map(|window| running(window, "")).unwrap_or_default();
    let converted = converted(question, path, &read).into_iter().find(|amount| amount.stated.contains(digits));
    let text = converted.map_or_else(|| now.trim_end_matches('.').to_owned(), |amount| amount.asked);
    let number = NUMBER.captures(&text)?;
    let size = number["size"].replace(',', "").parse().ok()?;
    let unit = number.name("sign").or(number.name("word")).map_or("", |unit| unit.as_str()).trim_end_matches('s').to_lowercase();
    Some(Measured { name, text, size, unit, is_date: false })
}

/// The words in which two questions differ.
fn different(a: &str, b: &str) -> [String; 2] {
    let [a, b] = [a, b].map(|question| question.trim_end_matches('?').split_whitespace().collect::<Vec<_>>());
    let before = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - before;
    let after = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    [&a[before..a.len() - after], &b[before..b.len() - after]]
        .map(|words| words.join(" ").trim_matches([',', ';', ':']).to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_with_their_units() {
        let of = |text: &str| {
            let number = NUMBER.captures(text).unwrap();
            let unit = |name: &str| number.name(name).map_or("", |unit| unit.as_str()).to_owned();
            (number["size"].to_owned(), unit("sign"), unit("word"))
        };
        assert_eq!(of("is £39,300 a year"), ("39,300".to_owned(), "£".to_owned(), String::new()));
        assert_eq!(of("after 3.5 tonnes"), ("3.5".to_owned(), String::new(), "tonnes".to_owned()));
    }

    #[test]
    fn names_side_by_side_are_asked_about_in_turn() {
        let of = |question: &str| of_names(question).map(|parts| different(&parts[0], &parts[1]));
        assert_eq!(
            of("Which is longer, Old Pier or New Pier 2, and when was it built?"),
            Some(["Old Pier", "New Pier 2"].map(str::to_owned))
        );
        assert_eq!(of_names("Did Vera and Otto pay?").unwrap(), ["Did Vera pay?", "Did Otto pay?"]);
        assert_eq!(of("Is the canoe or the raft older?"), None);
    }

    #[test]
    fn questions_differ_in_the_things_that_are_compared() {
        assert_eq!(different("How long is the old pier?", "How long is the new pier?"), ["old", "new"]);
        assert_eq!(different("What does the hut cost?", "What does the hut cost?"), ["", ""]);
        assert_eq!(different("Who?", "Who pays more?"), ["", "pays more"]);
    }
}
