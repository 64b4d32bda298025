//! Numbers, first lines and phrases of the story.

use crate::{
    fault::Code,
    record::event::{EventKind, PlanKind, PlanStep, QuoteCheck},
    traits::repl::CellEnding,
    usage::Finish,
};

/// Characters of a text that a detail shows.
const DETAIL_CHARS: usize = 140;
/// Characters of a query that a title shows.
const QUERY_CHARS: usize = 60;

/// 1900000: "1,900,000".
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// "1 document", "214 documents".
pub fn plural(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// 950: "950", 12400: "12.4 K", 1900000: "1.9 M".
pub fn short(number: u64) -> String {
    let scaled = |unit: f64, name: &str| {
        let digits = format!("{:.1}", number as f64 / unit);
        format!("{} {name}", digits.strip_suffix(".0").unwrap_or(&digits))
    };
    match number {
        ..10_000 => count(number),
        10_000..1_000_000 => scaled(1e3, "K"),
        1_000_000..1_000_000_000 => scaled(1e6, "M"),
        _ => scaled(1e9, "G"),
    }
}

/// The first line with a letter or digit, shortened; `None` if there is none.
pub fn first_line(text: &str) -> Option<String> {
    text.lines().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric)).map(|line| shortened(line, DETAIL_CHARS))
}

/// The last line of an error.
pub fn last_line(text: &str) -> Option<String> {
    text.trim().lines().next_back().and_then(first_line)
}

fn shortened(line: &str, most: usize) -> String {
    if line.chars().count() <= most {
        return line.to_owned();
    }
    let head: String = line.chars().take(most - 1).collect();
    format!("{}…", head.trim_end())
}

/// A query in quotation marks.
pub fn quoted(query: &str) -> String {
    let line = first_line(query).unwrap_or_default();
    format!("“{}”", shortened(&line, QUERY_CHARS))
}

/// The text of a reply outside its code.
pub fn prose(reply: &str) -> String {
    let outside: String = reply.split("```").step_by(2).collect();
    outside.trim().to_owned()
}

/// The answer in a reply that was read from passages: empty if they do not contain it, `None` for any other reply.
pub fn read_answer(reply: &str) -> Option<String> {
    let words = reply.trim_start().strip_prefix("Answer:")?.trim_start();
    let not_found = words.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("not found"));
    Some(if not_found { String::new() } else { words.to_owned() })
}

/// The plan for a kind of question.
pub fn plan(kind: PlanKind) -> &'static str {
    match kind {
        PlanKind::Fact => "Plan: find the passage that says it",
        PlanKind::Rows => "Plan: work it out from the rows of a table",
        PlanKind::List => "Plan: collect every entry",
        PlanKind::Compare => "Plan: find each and compare",
        PlanKind::Summary => "Plan: read it and tell it in short",
        PlanKind::Overview => "Plan: describe each document, then the whole",
        PlanKind::Differences => "Plan: put statements about the same thing side by side",
        PlanKind::Steps => "Plan: find one fact with the help of another",
    }
}

/// A step of a plan: when it is over, and while it runs.
pub fn plan_step(step: &PlanStep) -> [String; 2] {
    let both = |over: &str, now: &str, of: String| [format!("{over} {of}"), format!("{now} {of}")];
    match step {
        PlanStep::Describe { documents } => both("Described", "Describing", plural(*documents, "document")),
        PlanStep::Search { passages } => both("Searched", "Searching", plural(*passages, "passage")),
        PlanStep::Read { passages, documents } => {
            both("Read", "Reading", format!("{} of {}", plural(*passages, "passage"), plural(*documents, "document")))
        }
        PlanStep::Check { findings } => both("Checked", "Checking", plural(*findings, "finding")),
        PlanStep::Compare { documents } => {
            both("Compared the statements of", "Comparing the statements of", plural(*documents, "document"))
        }
        PlanStep::Query { query } => both("Worked out", "Working out", query.clone()),
        PlanStep::Write => both("Wrote", "Writing", "the answer".to_owned()),
    }
}

/// Why a reply is incomplete.
pub fn why_incomplete(finish: Finish) -> Option<String> {
    let words = match finish {
        Finish::Stop => return None,
        Finish::Length => "The reply was cut off at the model's greatest length",
        Finish::Refused => "The model refused to answer",
    };
    Some(words.to_owned())
}

/// Why Plumb waits before it sends again.
pub fn wait(code: Code, asked: bool, wait_ms: u64) -> String {
    let seconds = wait_ms.div_ceil(1000);
    let why = match code {
        _ if asked => return format!("The provider asked us to wait {seconds} s"),
        Code::RateLimited => "The provider takes no more calls for now",
        Code::Unreachable => "The provider’s server cannot be reached for now",
        Code::CutShort => "The reply broke off",
        _ => "The provider did not answer as it should",
    };
    format!("{why}: trying again in {seconds} s")
}

/// The title of a cell that did not end well.
pub fn failed_code(ending: CellEnding) -> &'static str {
    match ending {
        CellEnding::Interrupted => "Ran code that was stopped",
        CellEnding::Killed => "Ran code that had to be ended",
        CellEnding::Done | CellEnding::Raised => "Ran code that did not work",
    }
}

/// The result of looking up the places that an answer names.
pub fn places(checks: &[QuoteCheck]) -> String {
    if checks.is_empty() {
        return "It names no places".to_owned();
    }
    let of = |kind: QuoteCheck| checks.iter().filter(|check| **check == kind).count() as u64;
    let (found, missing) = (of(QuoteCheck::QuoteFound), of(QuoteCheck::NotFound));
    let found = (found > 0).then(|| format!("{} found", plural(found, "quote")));
    let missing = (missing > 0).then(|| format!("{} not found", count(missing)));
    let came: Vec<String> = found.into_iter().chain(missing).collect();
    let looked_up = format!("Looked up {} it names", plural(checks.len() as u64, "place"));
    if came.is_empty() { looked_up } else { format!("{looked_up}: {}", came.join(", ")) }
}

/// Title and detail of the corpus, from the event that starts a run.
pub fn overview(kind: &EventKind) -> Option<(String, String)> {
    let EventKind::RunStarted { documents, skipped, tokens_estimate, .. } = kind else { return None };
    let title = if *documents == 1 { "Looked at the document" } else { "Looked at the folder" };
    let left_out = if *skipped > 0 { format!(", {} left out", count(*skipped)) } else { String::new() };
    let detail = format!("{}, about {} tokens{left_out}", plural(*documents, "document"), short(*tokens_estimate));
    Some((title.to_owned(), detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_shortened() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([9_999, 12_400, 20_000, 1_900_000].map(short), ["9,999", "12.4 K", "20 K", "1.9 M"]);
        assert_eq!([plural(1, "piece"), plural(2_000, "piece")], ["1 piece", "2,000 pieces"]);
    }

    #[test]
    fn prose_is_the_text_outside_code() {
        assert_eq!(prose("First.\n```repl\nx\n```\nThen."), "First.\n\nThen.");
        assert_eq!(prose("```repl\nx = 1"), "");
    }

    #[test]
    fn only_a_reply_that_begins_with_answer_was_read() {
        let read = ["Answer: 9 litres", " Answer: Not found.", "Answer:", "The Answer: 9", "Answer: não"].map(read_answer);
        assert_eq!(read, [Some("9 litres".to_owned()), Some(String::new()), Some(String::new()), None, Some("não".to_owned())]);
    }

    #[test]
    fn a_detail_is_the_first_line_with_words() {
        assert_eq!(first_line("\n---\n  two\nthree").as_deref(), Some("two"));
        assert_eq!(first_line("\n---\n"), None);
        assert_eq!(first_line(&"é".repeat(200)).map(|line| line.chars().count()), Some(DETAIL_CHARS));
        assert_eq!(last_line("Traceback\nKeyError: 'x'\n").as_deref(), Some("KeyError: 'x'"));
    }
}
