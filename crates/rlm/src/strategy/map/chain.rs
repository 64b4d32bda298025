//! A fact in two steps: the passages that a question leads to, those that the names in them lead to, and one answer from all of these. A small model
//! joins two short passages well; it takes questions apart badly.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        facts::{not_found, rate},
        passages::{best_sentence, has_only_numbers_of, is_made_of, is_nothing, shown_text, unquoted},
        steps::{Ask, Steps},
    },
};
use std::collections::HashSet;

/// Passages that are rated for the question, and for the names that its best passages hold.
const MAX_RATED: usize = 12;
const MAX_NEXT: usize = 8;
/// The best of them, which are read together.
const FIRST: usize = 3;
const NEXT: usize = 2;
/// Probability below which nothing in the documents seems to be about the question.
const UNLIKELY: f64 = 0.2;
/// Shortest name, in characters.
const MIN_NAME_CHARS: usize = 3;
/// Maximum length of the answer, in tokens.
const MAX_ANSWER_TOKENS: u32 = 80;
/// Places that an answer names.
const MAX_PLACES: usize = 2;

/// Answers a question from passages that lead to each other.
pub async fn chain(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let first = best(steps, documents, documents.ranked_paragraphs(question, MAX_RATED), question, FIRST).await?;
    let closest = first.first().map(|(_, window)| window.clone());
    if first.first().is_none_or(|(likely, _)| *likely < UNLIKELY) {
        return Ok(not_found(documents, closest.as_ref()));
    }
    let mut read: Vec<Window> = first.into_iter().map(|(_, window)| window).collect();
    let wanted = format!("{question} {}", names(&read, question));
    let mut next = documents.ranked_paragraphs(&wanted, MAX_RATED);
    next.retain(|window| !read.contains(window));
    next.truncate(MAX_NEXT);
    read.extend(best(steps, documents, next, question, NEXT).await?.into_iter().map(|(_, window)| window));
    let passages: Vec<String> = read.iter().map(|window| shown_text(documents, window)).collect();
    let known = format!("{question} {}", passages.join(" "));
    let user = render("map_chain_text", context! { passages, question });
    let ask = Ask::writing("map_chain", user, "map_begin", &["\n"], MAX_ANSWER_TOKENS);
    let reply = steps.ask_one(PlanStep::Write, ask).await?;
    if is_nothing(&reply) || !is_made_of(&reply, &known) || !has_only_numbers_of(&reply, &known) {
        return Ok(not_found(documents, closest.as_ref()));
    }
    Ok(format!("{} {}", unquoted(&reply), places(documents, &read, &reply)))
}

/// The `most` likeliest of some passages, with their probabilities.
async fn best(
    steps: &mut Steps<'_>,
    documents: &Documents,
    passages: Vec<Window>,
    question: &str,
    most: usize,
) -> Result<Vec<(f64, Window)>, Stop> {
    let likely = rate(steps, documents, &passages, question).await?;
    let mut rated: Vec<(f64, Window)> = likely.into_iter().zip(passages).collect();
    rated.sort_by(|a, b| b.0.total_cmp(&a.0));
    rated.truncate(most);
    Ok(rated)
}

/// Words of passages that begin with a capital letter, and do not stand in the question.
fn names(passages: &[Window], question: &str) -> String {
    let asked = question.to_lowercase();
    let mut known = HashSet::new();
    let words = passages.iter().flat_map(|window| &window.lines).flat_map(|(_, line)| line.split(|c: char| !c.is_alphanumeric()));
    let names = words.filter(|word| word.starts_with(char::is_uppercase) && word.chars().count() >= MIN_NAME_CHARS);
    let new = names.filter(|name| !asked.contains(&name.to_lowercase()) && known.insert(*name));
    new.collect::<Vec<_>>().join(" ")
}

/// Marks of the lines that an answer most likely rests on.
fn places(documents: &Documents, passages: &[Window], answer: &str) -> String {
    let mut found: Vec<(usize, String)> = passages
        .iter()
        .filter_map(|window| best_sentence(window, answer))
        .map(|(shared, finding)| (shared, documents.mark(finding.document, finding.line)))
        .filter(|(shared, _)| *shared > 0)
        .collect();
    found.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    found.into_iter().take(MAX_PLACES).map(|(_, mark)| mark).collect::<Vec<_>>().join(" ")
}
