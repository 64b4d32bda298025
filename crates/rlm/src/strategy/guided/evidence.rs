//! Names the line that an answer most likely rests on, where a small model named none: the line it was shown that shares most of the answer's
//! rare words. The place is then resolved like any other citation.

use crate::{
    record::citations,
    traits::corpus::{Hit, Passage},
};
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
}

impl Passage {
    /// Its lines, each with its number.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let line = |(line, text): (u64, &str)| Line { path: self.path.clone(), line, text: text.trim().to_owned() };
        (self.start_line..).zip(self.text.lines()).filter(|(_, text)| !text.trim().is_empty()).map(line).collect()
    }
}

/// The answer, with a mark for a line that was shown. A mark of a line that was not shown, or that shares much less with the answer than
/// another does, gives way to the line that fits best: small models copy the nearest place.
pub fn attach(answer: &str, shown: &[Line]) -> String {
    let words = citations::without_marks(answer);
    let scores = scores(&words, shown);
    // The first of equals: what was shown first fits the question better.
    let best = scores
        .iter()
        .enumerate()
        .filter(|(_, score)| **score > 0.0)
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    let holds = |mark: &citations::Mark| {
        let (first, last) = mark.lines.unwrap_or((0, u64::MAX));
        let of_mark = shown.iter().zip(&scores).filter(|(line, _)| line.path == mark.path && (first..=last).contains(&line.line));
        let fits = of_mark.map(|(_, score)| *score).reduce(f64::max);
        fits.is_some_and(|fits| best.is_none_or(|(_, best)| fits * 2.0 >= *best))
    };
    match best.and_then(|(index, _)| shown.get(index)) {
        Some(line) if !citations::marks(answer).iter().any(holds) => {
            format!("{} [[{}#L{}]]", words.trim_end(), line.path, line.line)
        }
        _ => answer.to_owned(),
    }
}

/// How much each line shares with the answer; words that stand in many of the lines count little.
fn scores(answer: &str, shown: &[Line]) -> Vec<f64> {
    let wanted = words(answer);
    let words: Vec<HashSet<String>> = shown.iter().map(|line| words(&line.text)).collect();
    let mut spread: HashMap<&String, f64> = HashMap::new();
    for word in words.iter().flatten() {
        *spread.entry(word).or_default() += 1.0;
    }
    words
        .iter()
        .map(|words| words.intersection(&wanted).filter_map(|word| spread.get(word)).map(|count| 1.0 / count).sum())
        .collect()
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
    fn a_mark_of_a_shown_line_that_says_something_else_gives_way_too() {
        let shown = [line(1, "The fee is due in May."), line(2, "Guests pay 40 pounds.")];
        assert_eq!(attach("40 pounds [[a.md#L1]]", &shown), "40 pounds [[a.md#L2]]");
    }

    #[test]
    fn the_lines_of_a_passage_carry_their_numbers() {
        let passage = Passage { path: "a.md".into(), start_line: 7, end_line: 9, text: "one\n\nthree".into(), score: 1.0 };
        assert_eq!(passage.lines(), [line(7, "one"), line(9, "three")]);
    }
}
