//! Ranked passages (BM25) over frozen texts.

use crate::words::words;
use plumb_rlm::corpus::{Passage, Text};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

/// A passage ends at this many lines or characters, whichever comes first.
const LINES: usize = 12;
const CHARACTERS: usize = 800;
/// Lines that two neighbours share, so that no sentence is cut apart in both.
const OVERLAP: usize = 2;
/// What a word in a document's path adds, compared with one in the passage.
const PATH: f64 = 0.3;
/// Two common settings of BM25.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Words to passages. Holds the texts it was built over.
pub struct Index {
    texts: Vec<(String, Arc<dyn Text>)>,
    /// Words of the paths to texts.
    paths: HashMap<String, Vec<u32>>,
    passages: Vec<Range>,
    postings: HashMap<Box<str>, Vec<(u32, u16)>>,
    mean_words: f64,
}

#[derive(Clone, Copy)]
struct Range {
    text: u32,
    start: usize,
    end: usize,
    first_line: u64,
    last_line: u64,
    words: u32,
}

impl Index {
    /// Over these texts, in their order; where `only` is given, for these words, so that the index stays small however large the texts are.
    pub fn new(texts: Vec<(String, Arc<dyn Text>)>, only: Option<&[String]>) -> Self {
        let mut index = Index { texts, paths: HashMap::new(), passages: Vec::new(), postings: HashMap::new(), mean_words: 1.0 };
        let mut counts: HashMap<Box<str>, u16> = HashMap::new();
        for number in 0..index.texts.len() {
            for word in distinct(&index.texts[number].0) {
                index.paths.entry(word).or_default().push(number as u32);
            }
            let text = index.texts[number].1.clone();
            let text = text.as_str();
            for mut range in passages(text, number as u32) {
                words(&text[range.start..range.end], |word| {
                    range.words += 1;
                    if only.is_some_and(|only| !only.iter().any(|known| known == word)) {
                        return;
                    }
                    match counts.get_mut(word) {
                        Some(count) => *count = count.saturating_add(1),
                        None => drop(counts.insert(word.into(), 1)),
                    }
                });
                let id = index.passages.len() as u32;
                for (word, count) in counts.drain() {
                    index.postings.entry(word).or_default().push((id, count));
                }
                index.passages.push(range);
            }
        }
        let all: u64 = index.passages.iter().map(|passage| u64::from(passage.words)).sum();
        index.mean_words = (all as f64 / index.passages.len().max(1) as f64).max(1.0);
        index
    }

    /// The `k` best passages; of two that overlap in more than their shared edge, the better one.
    pub fn best(&self, query: &str, k: usize) -> Vec<Passage> {
        let asked = distinct(query);
        let mut scores: HashMap<u32, f64> = HashMap::new();
        for word in &asked {
            let Some(postings) = self.postings.get(word.as_str()) else { continue };
            let (all, with) = (self.passages.len() as f64, postings.len() as f64);
            let rarity = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for &(id, count) in postings {
                let Some(passage) = self.passages.get(id as usize) else { continue };
                let (count, length) = (f64::from(count), f64::from(passage.words) / self.mean_words);
                *scores.entry(id).or_default() += rarity * count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length));
            }
        }
        for word in &asked {
            let Some(named) = self.paths.get(word) else { continue };
            let (all, with) = (self.texts.len() as f64, named.len() as f64);
            let rarity = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for &text in named {
                // All passages of that document that were found, and its beginning in any case.
                let from = self.passages.partition_point(|passage| passage.text < text);
                let of_it = self.passages[from..].iter().take_while(|passage| passage.text == text);
                for id in (from..from + of_it.count()).map(|id| id as u32) {
                    if id as usize == from {
                        scores.entry(id).or_default();
                    }
                    if let Some(score) = scores.get_mut(&id) {
                        *score += PATH * rarity;
                    }
                }
            }
        }
        let mut ranked: Vec<(u32, f64)> = scores.into_iter().collect();
        // Equal scores in reading order, so that the same question gives the same passages.
        ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut chosen: Vec<(Range, f64)> = Vec::new();
        for (id, score) in ranked {
            if chosen.len() >= k {
                break;
            }
            let Some(&range) = self.passages.get(id as usize) else { continue };
            let shared = |other: &Range| {
                let lines = other.last_line.min(range.last_line) as i64 - other.first_line.max(range.first_line) as i64 + 1;
                other.text == range.text && lines > OVERLAP as i64
            };
            if !chosen.iter().any(|(other, _)| shared(other)) {
                chosen.push((range, score));
            }
        }
        chosen.into_iter().filter_map(|(range, score)| self.passage(range, score)).collect()
    }

    fn passage(&self, range: Range, score: f64) -> Option<Passage> {
        let (path, text) = self.texts.get(range.text as usize)?;
        let text = text.as_str().get(range.start..range.end)?.trim_end_matches(['\n', '\r']).to_owned();
        Some(Passage { path: path.clone(), start_line: range.first_line, end_line: range.last_line, text, score })
    }
}

/// The words of a query, each once.
pub fn distinct(query: &str) -> Vec<String> {
    let (mut out, mut known) = (Vec::new(), HashSet::new());
    words(query, |word| {
        if known.insert(word.to_owned()) {
            out.push(word.to_owned());
        }
    });
    out
}

/// Lines, a very long one in pieces: where each begins, its length, and the line's number.
fn pieces(text: &str) -> impl Iterator<Item = (usize, usize, u64)> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').zip(1..);
    lines.flat_map(move |(line, number)| {
        let start = at;
        at += line.len();
        let mut from = 0;
        std::iter::from_fn(move || {
            let rest = line.get(from..).filter(|rest| !rest.is_empty())?;
            let mut length = rest.len();
            if length > CHARACTERS {
                let most = rest.floor_char_boundary(CHARACTERS);
                // Better not in the middle of a word.
                length = rest[..most].rfind(' ').filter(|space| *space > most / 2).map_or(most, |space| space + 1);
            }
            from += length;
            Some((start + from - length, length, number))
        })
    })
}

fn passages(text: &str, number: u32) -> Vec<Range> {
    let mut out = Vec::new();
    let mut pieces = pieces(text).peekable();
    let mut kept: VecDeque<(usize, usize, u64)> = VecDeque::new();
    while pieces.peek().is_some() {
        let mut length: usize = kept.iter().map(|piece| piece.1).sum();
        let mut paragraph_ends = false;
        while let Some(piece) = pieces.next_if(|piece| kept.is_empty() || length + piece.1 <= CHARACTERS) {
            length += piece.1;
            kept.push_back(piece);
            paragraph_ends = kept.len() >= LINES / 2 && text[piece.0..piece.0 + piece.1].trim().is_empty();
            if kept.len() == LINES || paragraph_ends {
                break;
            }
        }
        let (Some(first), Some(last)) = (kept.front(), kept.back()) else { break };
        let (start, end) = (first.0, last.0 + last.1);
        out.push(Range { text: number, start, end, first_line: first.2, last_line: last.2, words: 0 });
        let shared = if kept.len() > OVERLAP * 2 && !paragraph_ends { OVERLAP } else { 0 };
        kept.drain(..kept.len() - shared);
        // What comes next must fit beside the lines it shares.
        while let (Some(next), Some(_)) = (pieces.peek(), kept.front())
            && kept.iter().map(|piece| piece.1).sum::<usize>() + next.1 > CHARACTERS
        {
            kept.pop_front();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain(String);

    impl Text for Plain {
        fn as_str(&self) -> &str {
            &self.0
        }
        fn digest(&self) -> &str {
            ""
        }
        fn place(&self, _: u64) -> Option<String> {
            None
        }
    }

    fn index(texts: &[(&str, String)]) -> Index {
        Index::new(
            texts.iter().map(|(path, text)| ((*path).to_owned(), Arc::new(Plain(text.clone())) as Arc<dyn Text>)).collect(),
            None,
        )
    }

    #[test]
    fn the_passage_with_the_rare_words_comes_first_with_its_lines() {
        let mut lines: Vec<String> = (1..=200).map(|n| format!("The water of line {n} is the water of the town.")).collect();
        lines[120] = "The sluice gates open at 141.35 metres.".to_owned();
        let index = index(&[("a.txt", "the town and the water\n".repeat(50)), ("b.txt", lines.join("\n"))]);
        let best = index.best("At what level does the sluice gate open?", 3);
        assert_eq!(best[0].path, "b.txt");
        assert!(best[0].start_line <= 121 && best[0].end_line >= 121 && best[0].text.contains("141.35"));
        assert!(best.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }

    #[test]
    fn neighbouring_passages_share_lines_and_none_is_lost() {
        let text: String = (1..=40).map(|n| format!("line {n}\n")).collect();
        let ranges = passages(&text, 0);
        assert!(ranges.windows(2).all(|pair| pair[1].first_line == pair[0].last_line - 1));
        assert_eq!((ranges[0].first_line, ranges[ranges.len() - 1].last_line), (1, 40));
    }

    #[test]
    fn a_question_about_nothing_in_the_texts_finds_nothing() {
        assert!(index(&[("a", "some words here".to_owned())]).best("zebra", 5).is_empty());
        assert!(index(&[]).best("zebra", 5).is_empty());
    }
}
