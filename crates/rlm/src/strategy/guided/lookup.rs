//! Looks up the lines that share most with a few words.
//!
//! Words match as parts of longer ones, so that inflected forms are found without knowing any language; rare words count more. Of lines that
//! differ only in their numbers, as those of a log do, one is enough.

use crate::{
    node::spec::Line,
    traits::corpus::{Corpus, GrepQuery, Hit},
};
use std::collections::{HashMap, HashSet};

/// Maximum number of matching lines that are ranked.
const MAX_RANKED: usize = 5_000;

/// Maximum number of words to look for.
const MAX_WORDS: usize = 24;

/// A line that was found, and the number of other lines that differ from it only in their numbers.
pub struct Found {
    pub line: Line,
    pub alike: usize,
}

/// Returns the best `limit` lines for the words of `text`.
pub async fn best_lines(corpus: &dyn Corpus, text: &str, limit: usize) -> Vec<Found> {
    let words = words(text);
    if words.is_empty() {
        return Vec::new();
    }
    let pattern = words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
    let query = GrepQuery { pattern, path: None, ignore_case: true, limit: MAX_RANKED };
    let Ok(found) = corpus.grep(&query).await else { return Vec::new() };
    ranked(&words, &found.hits, limit)
}

/// Lower-case words of at least two characters, each once, in order.
fn words(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1).map(str::to_lowercase);
    words.filter(|word| seen.insert(word.clone())).take(MAX_WORDS).collect()
}

fn ranked(words: &[String], hits: &[Hit], limit: usize) -> Vec<Found> {
    let matched: Vec<Vec<usize>> = hits
        .iter()
        .map(|hit| {
            let text = hit.text.to_lowercase();
            (0..words.len()).filter(|&word| text.contains(&words[word])).collect()
        })
        .collect();
    let mut count = vec![0usize; words.len()];
    matched.iter().flatten().for_each(|&word| count[word] += 1);
    let weight = |word: usize| (1.0 + hits.len() as f64 / (1.0 + count[word] as f64)).ln();
    // The best line of each shape; of equal ones the first.
    let mut best: HashMap<String, (f64, usize, usize)> = HashMap::new();
    for (index, hit) in hits.iter().enumerate() {
        let score: f64 = matched[index].iter().map(|&word| weight(word)).sum();
        let shape = hit.text.chars().filter(|c| !c.is_ascii_digit()).collect();
        let known = best.entry(shape).or_insert((score, index, 0));
        known.2 += 1;
        if score > known.0 {
            (known.0, known.1) = (score, index);
        }
    }
    let mut order: Vec<(f64, usize, usize)> = best.into_values().collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    order.iter().take(limit).map(|&(_, index, count)| Found { line: Line::from(&hits[index]), alike: count - 1 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(line: u64, text: &str) -> Hit {
        Hit { path: "a.log".into(), line, text: text.into() }
    }

    #[test]
    fn rare_words_come_first_even_when_inflected() {
        let hits = [hit(1, "pump 1 runs"), hit(2, "pump 2 runs"), hit(3, "pump 3 runs"), hit(4, "valve B tripped")];
        let found = ranked(&words("Did a pump or valve trip?"), &hits, 2);
        assert_eq!(found.iter().map(|found| (found.line.line, found.alike)).collect::<Vec<_>>(), [(4, 0), (1, 2)]);
    }

    #[test]
    fn lines_that_differ_only_in_numbers_are_shown_once() {
        let hits = [hit(1, "10:00 stop 7"), hit(2, "10:05 stop 8"), hit(3, "10:09 start")];
        assert_eq!(ranked(&words("stop start"), &hits, 9).len(), 2);
    }

    #[test]
    fn words_are_taken_from_any_script() {
        assert_eq!(words("Wie oft fiel Pumpe P3 aus? 水位"), ["wie", "oft", "fiel", "pumpe", "p3", "aus", "水位"]);
    }
}
