//! Changes of what was found: an amendment or a later letter speaks of the value that an older document states.

use crate::{
    prompts::{context, render},
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
    let ask = |passage: &Window| {
        let path = documents.all[finding.document].path.clone();
        let values = context! { path, said => finding.text.clone(), passage => asked_of(documents, passage, question) };
        Ask::writing("map_update", render("map_update_text", values), "map_begin", &["\n"], MAX_REPLY_TOKENS)
    };
    let replies = steps.read(documents, &passages, passages.iter().map(ask).collect()).await?;
    let mut found = Vec::new();
    for (passage, reply) in passages.iter().zip(replies) {
        let reply = reply.unwrap_or_default();
        if reply.to_lowercase().starts_with(NO_CHANGE) {
            continue;
        }
        let whole = Finding { text: reply, ..finding.clone() };
        let update = findings(documents, passage, whole.now()).into_iter().next();
        let update = update.filter(|update| !update.says_no_more_than(finding));
        found.extend(update.map(|update| (Finding { text: whole.text, ..update }, passage.clone())));
    }
    Ok(found)
}

/// Passages of related documents in which the value of a finding stands.
fn speaking_of(documents: &Documents, finding: &Finding) -> Vec<Window> {
    let values = values_of(&finding.text);
    if values.is_empty() {
        return Vec::new();
    }
    let speaks = |passage: &Window| {
        let text = passage.lines.iter().map(|(_, line)| line.to_lowercase()).collect::<Vec<_>>().join(" ");
        values.iter().any(|value| text.contains(value))
    };
    let related = documents.related(finding.document).into_iter();
    let passages = related.flat_map(|document| documents.of_document(document)).flat_map(Window::paragraphs);
    passages.filter(speaks).take(MAX_ASKED).collect()
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
