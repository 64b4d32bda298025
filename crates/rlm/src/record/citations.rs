//! Citations: marks such as `[[notes/a.md#L10-L14]]` in an answer, resolved against the frozen text.
//!
//! The check covers two things: the place exists, and it contains the words quoted beside the mark. It does not cover whether the text supports
//! the claim.

use crate::{
    record::event::{Citation, QuoteCheck},
    traits::corpus::{Corpus, Text},
};
use regex::Regex;
use std::{ops::Range, sync::LazyLock};

/// Maximum number of marks to resolve: a broken model can write thousands.
const MAX_MARKS: usize = 200;

/// Maximum length of a quote, in characters.
const QUOTE_CHARS: usize = 400;
/// Characters shown before quoted words that are far inside a long line.
const LEAD_CHARS: usize = 60;

/// A mark in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The document, as the answer names it.
    pub path: String,
    /// First and last line; `None` for the whole document.
    pub lines: Option<(u64, u64)>,
    /// Byte offset of the mark.
    pub at: usize,
}

#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static MARK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[\[([^\[\]\n]+?)(?:#L(\d{1,9})(?:\s*[-–]\s*L?(\d{1,9}))?)?\]\]").expect("constant pattern"));

#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""([^"\n]{3,400})"|“([^”\n]{3,400})”|«([^»\n]{3,400})»|„([^“”\n]{3,400})[“”]"#).expect("constant pattern")
});

/// All marks of an answer, in order.
pub fn marks(answer: &str) -> Vec<Mark> {
    let number = |m: Option<regex::Match<'_>>| m.and_then(|m| m.as_str().parse().ok());
    MARK.captures_iter(answer)
        .take(MAX_MARKS)
        .filter_map(|found| {
            let lines = number(found.get(2)).map(|first| (first, number(found.get(3)).unwrap_or(first)));
            Some(Mark { path: found.get(1)?.as_str().trim().to_owned(), lines, at: found.get(0)?.start() })
        })
        .collect()
}

/// The answer without its marks.
pub fn without_marks(answer: &str) -> String {
    MARK.replace_all(answer, "").into_owned()
}

/// Resolves all marks of an answer.
pub async fn resolve(answer: &str, corpus: &dyn Corpus) -> Vec<Citation> {
    let mut citations = Vec::new();
    for mark in marks(answer) {
        let citation = match corpus.text(&mark.path).await {
            Ok(text) => against(&mark, &quotes_before(answer, mark.at), text.as_ref()),
            Err(_) => missing(&mark, String::new()),
        };
        citations.push(citation);
    }
    citations
}

/// The quoted words of the sentence that the mark ends.
fn quotes_before(answer: &str, at: usize) -> Vec<String> {
    let before = &answer[..at];
    // Words before the previous mark, or on the previous line, belong to another mark.
    let start = before.rfind('\n').max(before.rfind("]]")).map_or(0, |i| i + 1);
    QUOTED
        .captures_iter(&before[start..])
        .filter_map(|found| (1..=4).find_map(|group| found.get(group)).map(|m| m.as_str().to_owned()))
        .collect()
}

fn against(mark: &Mark, quotes: &[String], text: &dyn Text) -> Citation {
    let all = text.as_str();
    let total = all.lines().count() as u64;
    let (first, last) = mark.lines.unwrap_or((1, total.max(1)));
    if first == 0 || first > last || last > total.max(1) {
        return missing(mark, text.digest().to_owned());
    }
    let cited = all.lines().skip((first - 1) as usize).take((last - first + 1) as usize).collect::<Vec<_>>().join("\n");
    let normal = normalised(&cited);
    let verified = if quotes.is_empty() {
        QuoteCheck::PlaceFound
    } else if quotes.iter().all(|quote| normal.contains(&normalised(quote))) {
        QuoteCheck::QuoteFound
    } else {
        QuoteCheck::NotFound
    };
    Citation {
        path: mark.path.clone(),
        place: place(first, last, text),
        start_line: first,
        end_line: last,
        quote: excerpt(cited.trim(), quotes),
        verified,
        digest: text.digest().to_owned(),
        notes: text.notes(),
    }
}

fn missing(mark: &Mark, digest: String) -> Citation {
    let (first, last) = mark.lines.unwrap_or((1, 1));
    Citation {
        path: mark.path.clone(),
        place: "not found".to_owned(),
        start_line: first,
        end_line: last,
        quote: String::new(),
        verified: QuoteCheck::NotFound,
        digest,
        notes: Vec::new(),
    }
}

/// "page 3, lines 10–14".
fn place(first: u64, last: u64, text: &dyn Text) -> String {
    let lines = if first == last { format!("line {first}") } else { format!("lines {first}–{last}") };
    match text.place(first) {
        Some(place) => format!("{place}, {lines}"),
        None => lines,
    }
}

/// The text without differences of case, white space and typographic quotation marks, which do not make a quote false.
fn normalised(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '‘' | '’' => '\'',
            '“' | '”' | '„' => '"',
            c => c,
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The text at a place, shortened: its start, or the part around the first quoted words if they are further inside.
fn excerpt(cited: &str, quotes: &[String]) -> String {
    let found = quotes.first().and_then(|quote| position(cited, quote));
    let Some(at) = found.filter(|words| words.end > QUOTE_CHARS).map(|words| words.start) else { return shortened(cited) };
    let start = cited[..at].char_indices().rev().take(LEAD_CHARS).last().map_or(at, |(start, _)| start);
    format!("…{}", shortened(cited[start..].trim_start()))
}

/// Where quoted words stand, compared as by [`normalised`].
fn position(text: &str, quote: &str) -> Option<Range<usize>> {
    let words: Vec<_> = normalised(quote).split(' ').map(regex::escape).collect();
    let pattern = words.join(r"\s+").replace('\'', "['‘’]").replace('"', "[\"“”„]");
    Regex::new(&format!("(?i){pattern}")).ok()?.find(text).map(|found| found.range())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain(&'static str);

    impl Text for Plain {
        fn as_str(&self) -> &str {
            self.0
        }
        fn digest(&self) -> &str {
            "d"
        }
        fn place(&self, line: u64) -> Option<String> {
            (line > 1).then(|| "page 2".to_owned())
        }
    }

    fn check(answer: &str) -> Citation {
        let mark = marks(answer).remove(0);
        against(&mark, &quotes_before(answer, mark.at), &Plain("The fee is 40 pounds.\nIt is due\non  1 May."))
    }

    #[test]
    fn marks_are_read_in_every_form() {
        let found = marks("a [[x/y z.md#L3-L5]] b [[x.md#L7]] c [[x.md]] d [[x.md#L2–4]] e [link](x) [[a\nb]]");
        let lines: Vec<_> = found.iter().map(|mark| mark.lines).collect();
        assert_eq!(lines, [Some((3, 5)), Some((7, 7)), None, Some((2, 4))]);
        assert_eq!(found[0].path, "x/y z.md");
    }

    #[test]
    fn a_quote_is_found_across_lines_and_white_space() {
        let citation = check("It says “due on 1 may” [[a.md#L2-L3]].");
        assert_eq!((citation.verified, citation.place.as_str()), (QuoteCheck::QuoteFound, "page 2, lines 2–3"));
    }

    #[test]
    fn a_quote_that_stands_elsewhere_is_not_found() {
        assert_eq!(check("\"The fee is 40 pounds\" [[a.md#L2]]").verified, QuoteCheck::NotFound);
        assert_eq!(check("\"The fee is 50 pounds\" [[a.md#L1]]").verified, QuoteCheck::NotFound);
    }

    #[test]
    fn of_a_long_line_the_quote_is_the_part_around_the_quoted_words() {
        let line = format!("{}It isn’t due\non  1 May.{}", "é ".repeat(100_000), " x".repeat(100_000));
        let quote = excerpt(&line, &["isn't DUE on 1 may".to_owned()]);
        assert!(quote.starts_with("…é ") && quote.contains("It isn’t due\non  1 May. x x") && quote.ends_with('…'), "{quote}");
        assert!(quote.chars().count() <= QUOTE_CHARS + 2);
        assert!(excerpt(&line, &[]).starts_with("é é"));
    }

    #[test]
    fn without_a_quote_only_the_place_is_found() {
        assert_eq!(check("The fee is a million. [[a.md#L1]]").verified, QuoteCheck::PlaceFound);
        assert_eq!(check("x [[a.md#L4]]").verified, QuoteCheck::NotFound);
        assert_eq!(check("x [[a.md#L0]]").verified, QuoteCheck::NotFound);
    }

    #[test]
    fn a_quote_belongs_to_the_nearest_mark_after_it() {
        let answer = "\"The fee\" [[a.md#L1]] and then [[a.md#L2]]";
        let second = &marks(answer)[1];
        assert!(quotes_before(answer, second.at).is_empty());
    }
}
