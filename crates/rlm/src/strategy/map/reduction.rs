//! A count, a sum, an average, the highest or the lowest of things that no table holds: the model finds the entries, the engine counts and adds.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        differences::entries::measure_of,
        documents::Documents,
        lists::{Entry, entries, listed},
        periods::with_number,
        rating::{MAX_RATED, SURE, ranked},
        steps::{Ask, Steps, probability},
    },
};

/// What is made of the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Count,
    Sum,
    Average,
    Most,
    Least,
}

/// The operations by the words that the prompt has for them.
const WORDS: [(&str, Option<Operation>); 7] = [
    ("count", Some(Operation::Count)),
    ("sum", Some(Operation::Sum)),
    ("average", Some(Operation::Average)),
    ("most", Some(Operation::Most)),
    ("least", Some(Operation::Least)),
    ("list", None),
    ("one", None),
];
/// Maximum length of a reply that names an operation, in tokens.
const MAX_WORD_TOKENS: u32 = 3;

/// Answers a question by what the engine makes of the entries that the documents hold for it. `None` where the entries
/// themselves are asked for, where one place is likelier to say it, or where too few have a value.
pub async fn reduction(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<Option<String>, Stop> {
    let Some(operation) = operation_of(steps, question).await? else { return Ok(None) };
    let rated = ranked(steps, documents, question, MAX_RATED, SURE).await?;
    if rated.first().is_some_and(|(likely, _)| *likely >= SURE) {
        return Ok(None);
    }
    let found = entries(steps, documents, question, rated).await?;
    let Some((result, terms)) = reduced(operation, &found) else { return Ok(None) };
    let is_average = operation == Operation::Average;
    Ok(Some(render("map_reduced", context! { result, terms, is_average, entries => listed(documents, &found) })))
}

/// Asks what is made of the entries.
async fn operation_of(steps: &mut Steps<'_>, question: &str) -> Result<Option<Operation>, Stop> {
    let user = render("map_question", context! { question });
    let ask = Ask::choosing("map_operation", user, "map_begin", &WORDS.map(|(word, _)| word), MAX_WORD_TOKENS);
    let reply = steps.ask_one(PlanStep::Check { findings: 1 }, ask).await?;
    let best = WORDS.iter().max_by(|a, b| probability(&reply, a.0).total_cmp(&probability(&reply, b.0)));
    Ok(best.and_then(|(_, operation)| *operation))
}

/// The result of an operation, and the terms that were added. `None` where too few entries hold a value.
fn reduced(operation: Operation, found: &[Entry]) -> Option<(String, Vec<String>)> {
    if operation == Operation::Count {
        return (!found.is_empty()).then(|| (found.len().to_string(), Vec::new()));
    }
    let value_of = |entry: &Entry| measure_of(&entry.said).or_else(|| measure_of(&entry.finding.text));
    let values: Vec<(String, f64, &Entry)> =
        found.iter().filter_map(|entry| value_of(entry).map(|(written, amount)| (written, amount, entry))).collect();
    if values.len() < 2 || values.len() * 2 < found.len() {
        return None;
    }
    let sum: f64 = values.iter().map(|(_, amount, _)| amount).sum();
    let terms = || values.iter().map(|(written, ..)| written.clone()).collect();
    let said = |best: &(String, f64, &Entry)| (best.2.said.clone(), Vec::new());
    match operation {
        Operation::Average => Some((with_number(&values[0].0, sum / values.len() as f64), terms())),
        Operation::Most => values.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(said),
        Operation::Least => values.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map(said),
        Operation::Sum | Operation::Count => Some((with_number(&values[0].0, sum), terms())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::map::passages::Finding;

    fn entry(said: &str) -> Entry {
        Entry { said: said.to_owned(), finding: Finding { document: 0, line: 1, text: said.to_owned() } }
    }

    #[test]
    fn entries_are_counted_and_their_values_added() {
        let found = [entry("the old hut: £1,250"), entry("the new hut: £90.50"), entry("Vera: nothing")];
        let of = |operation| reduced(operation, &found).map(|(result, _)| result);
        assert_eq!(of(Operation::Count).as_deref(), Some("3"));
        assert_eq!(of(Operation::Sum).as_deref(), Some("£1,340.50"));
        assert_eq!(of(Operation::Average).as_deref(), Some("£670.25"));
        assert_eq!(of(Operation::Least).as_deref(), Some("the new hut: £90.50"));
        assert_eq!(reduced(Operation::Sum, &found[..1]), None);
    }
}
