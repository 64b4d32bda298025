//! The line that an answer most likely rests on, where a small model named none: among the lines it was shown, the one that shares most of the
//! answer's rare words. The place is then resolved like any other citation.

use crate::{node::spec::Line, record::citations};
use std::collections::{HashMap, HashSet};

/// Adds a mark for a line that was shown. It replaces a mark of a line that was not shown, or that shares much less with the answer than another:
/// small models copy the nearest place.
pub fn attach(answer: &str, shown: &[Line]) -> String {
    let words = citations::without_marks(answer);
    let scores = scores(&words, shown);
    // The first of equals: lines that were shown first fit the question better.
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

/// Scores each line by the words it shares with the answer; words in many of the lines count little.
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
    fn the_line_with_the_answers_rare_words_is_cited() {
        let shown =
            [line(1, "the fee for the boat is paid yearly"), line(2, "the fee is 40 pounds"), line(3, "the fee for guests")];
        assert_eq!(attach("The fee is 40 pounds.", &shown), "The fee is 40 pounds. [[a.md#L2]]");
    }

    #[test]
    fn marks_of_lines_that_were_not_shown_are_replaced() {
        assert_eq!(attach("40 [[b.md#L9]]", &[line(2, "40")]), "40 [[a.md#L2]]");
        assert_eq!(attach("40 [[a.md#L900]]", &[line(2, "40")]), "40 [[a.md#L2]]");
    }

    #[test]
    fn answers_with_a_good_mark_or_nothing_in_common_stay() {
        assert_eq!(attach("40 [[a.md#L1-L2]]", &[line(2, "40")]), "40 [[a.md#L1-L2]]");
        assert_eq!(attach("yes", &[line(2, "40")]), "yes");
    }

    #[test]
    fn marks_of_shown_lines_that_fit_badly_are_replaced() {
        let shown = [line(1, "The fee is due in May."), line(2, "Guests pay 40 pounds.")];
        assert_eq!(attach("40 pounds [[a.md#L1]]", &shown), "40 pounds [[a.md#L2]]");
    }
}
