//! Changes of what was found: an amendment or a later letter speaks of the value that an older document states.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        passages::{Finding, asked_of, findings},
        steps::{Ask, Steps},
    },
};
use regex::Regex;
use std::sync::LazyLock;

/// Maximum number of passages that are asked.
const MAX_ASKED: usize = 2;
/// Maximum length of a reply, in tokens.
const MAX_REPLY_TOKENS: u32 = 50;
/// The beginning of a reply that says that nothing changes.
const NO_CHANGE: &str = "no change";

/// A number of several digits, or a number with the word after it.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\d[\d.,]*\d|\b(?:\d|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|zwei|drei|vier|fünf|sechs|acht|neun|zehn)\s+\p{L}+",
    )
    .expect("constant pattern")
});

/// What holds after passages of related documents that speak of a finding's value, with the passages.
pub async fn updates(
    steps: &mut Steps<'_>,
    documents: &Documents,
    finding: &Finding,
    question: &str,
) -> Result<Vec<(Finding, Window)>, Stop> {
    let passages = speaking_of(documents, finding);
    if passages.is_empty() {
        return Ok(Vec::new());
    }
    let of = Documents::documents_of(&passages);
    steps.touch(documents, &of).await?;
    let said = format!("{} says: {}", documents.all[finding.document].path, finding.text);
    let asks = passages
        .iter()
        .map(|passage| Ask {
            system: render("map_update", context! {}),
            user: render("map_update_text", context! { said => said.clone(), passage => asked_of(documents, passage, question) }),
            begin: render("map_begin", context! {}),
            stop: vec!["\n".to_owned()],
            max_tokens: MAX_REPLY_TOKENS,
            choices: Vec::new(),
        })
        .collect();
    let replies = steps.ask(PlanStep::Read { passages: passages.len() as u64, documents: of.len() as u64 }, asks).await?;
    let mut found = Vec::new();
    for (passage, reply) in passages.iter().zip(replies) {
        let reply = reply.unwrap_or_default();
        if reply.to_lowercase().starts_with(NO_CHANGE) {
            continue;
        }
        // What was before stands in brackets.
        let now = reply.split(" (").next().unwrap_or_default();
        let update = findings(documents, passage, now).into_iter().next();
        let update = update.filter(|update| !update.says_no_more_than(finding));
        found.extend(update.map(|update| (Finding { text: reply, ..update }, passage.clone())));
    }
    Ok(found)
}

/// Passages of related documents in which the value of a finding stands.
fn speaking_of(documents: &Documents, finding: &Finding) -> Vec<Window> {
    let values = values_of(&finding.text);
    let mut passages = Vec::new();
    for document in documents.related(finding.document) {
        for passage in documents.of_document(document).flat_map(Window::paragraphs) {
            let text = passage.lines.iter().map(|(_, line)| line.to_lowercase()).collect::<Vec<_>>().join(" ");
            if passages.len() < MAX_ASKED && values.iter().any(|value| text.contains(value)) {
                passages.push(passage);
            }
        }
    }
    passages
}

/// The values of a finding, in lower case.
fn values_of(text: &str) -> Vec<String> {
    VALUE.find_iter(text).map(|value| value.as_str().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbers_that_stand_for_something() {
        assert_eq!(values_of("Four months, or £3,025, in clause 4."), ["four months", "3,025"]);
        assert!(values_of("the 2").is_empty());
    }
}
