//! Names the line that an answer most likely rests on, where a small model named none: the line it was shown that shares most of the answer's
//! rare words. The place is then resolved like any other citation.

use crate::{citations, corpus::Hit};
use std::collections::{HashMap, HashSet};

/// A line that a model has been shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The document.
    pub path: String,
    /// From 1.
    pub line: u64,
    /// Its text.
    pub text: String,
}

impl From<&Hit> for Line {
    fn from(hit: &Hit) -> Self {
        Line { path: hit.path.clone(), line: hit.line, text: hit.text.trim().to_owned() }
    }
}

impl Line {
    /// As it is shown: `path:line: text`.
    pub fn shown(&self) -> String {
        format!("{}:{}: {}", self.path, self.line, self.text)
    }

    /// Reads a line of output in that form.
    pub fn read(output: &str) -> Option<Line> {
        let (path, rest) = output.split_once(':')?;
        let (line, text) = rest.split_once(':')?;
        Some(Line { path: path.trim().to_owned(), line: line.trim().parse().ok()?, text: text.trim().to_owned() })
    }
}

/// The answer, with a mark for a line that was shown. A mark of a line that was not, the model made up: it gives way to the line that fits best.
pub fn attach(answer: &str, shown: &[Line]) -> String {
    let marks = citations::marks(answer);
    let was_shown = |mark: &citations::Mark| {
        let (first, last) = mark.lines.unwrap_or((0, u64::MAX));
        shown.iter().any(|line| line.path == mark.path && (first..=last).contains(&line.line))
    };
    if marks.iter().any(was_shown) {
        return answer.to_owned();
    }
    let words = citations::without_marks(answer);
    match best(&words, shown) {
        Some(line) => format!("{} [[{}#L{}]]", words.trim_end(), line.path, line.line),
        None => answer.to_owned(),
    }
}

/// The line that shares most with the answer; words that stand in many of the lines count little.
fn best<'a>(answer: &str, shown: &'a [Line]) -> Option<&'a Line> {
    let words: Vec<HashSet<String>> = shown.iter().map(|line| words(&line.text)).collect();
    let mut spread: HashMap<&String, f64> = HashMap::new();
    for word in words.iter().flatten() {
        *spread.entry(word).or_default() += 1.0;
    }
    let wanted = self::words(answer);
    let scored = words.iter().zip(shown).map(|(words, line)| {
        let score: f64 = words.intersection(&wanted).filter_map(|word| spread.get(word)).map(|count| 1.0 / count).sum();
        (score, line)
    });
    // The first of equals: what was shown first fits the question better.
    scored
        .filter(|(score, _)| *score > 0.0)
        .fold(None, |best: Option<(f64, &Line)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, line)| line)
}

fn words(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(line: u64, text: &str) -> Line {
        Line { path: "a.md".into(), line, text: text.into() }
    }

    #[test]
    fn the_line_with_the_answers_rare_words_is_named() {
        let shown =
            [line(1, "the fee for the boat is paid yearly"), line(2, "the fee is 40 pounds"), line(3, "the fee for guests")];
        assert_eq!(attach("The fee is 40 pounds.", &shown), "The fee is 40 pounds. [[a.md#L2]]");
    }

    #[test]
    fn a_mark_of_a_line_that_was_never_shown_gives_way_to_the_one_that_fits() {
        assert_eq!(attach("40 [[b.md#L9]]", &[line(2, "40")]), "40 [[a.md#L2]]");
        assert_eq!(attach("40 [[a.md#L900]]", &[line(2, "40")]), "40 [[a.md#L2]]");
    }

    #[test]
    fn an_answer_with_a_mark_of_a_shown_line_or_nothing_in_common_stays_as_it_is() {
        assert_eq!(attach("40 [[a.md#L1-L2]]", &[line(2, "40")]), "40 [[a.md#L1-L2]]");
        assert_eq!(attach("yes", &[line(2, "40")]), "yes");
    }

    #[test]
    fn lines_of_output_are_read_back() {
        assert_eq!(Line::read("a/b.log:12: x: y"), Some(Line { path: "a/b.log".into(), line: 12, text: "x: y".into() }));
        assert_eq!(Line::read("12:30 noon"), None);
    }
}
