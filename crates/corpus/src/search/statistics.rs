//! Weighing words: BM25 over all passages, whether they are in the index or were just read.

use super::words::words;
use std::collections::HashMap;
use tantivy::{Score, fieldnorm::FieldNormReader, query::Bm25Weight};

/// Words of a query that count. A longer query is a text, and no question.
const MAX_WORDS: usize = 500;
/// Weight of a word in a path, where a word in the passage weighs 1.
const PATH_WEIGHT: Score = 0.3;

/// The words of a query, each once, with its place.
pub struct Asked {
    pub words: Vec<String>,
    places: HashMap<String, usize>,
}

impl Asked {
    /// Splits a query into words.
    pub fn new(query: &str) -> Self {
        let mut asked = Asked { words: Vec::new(), places: HashMap::new() };
        words(query, |word| {
            if asked.words.len() < MAX_WORDS && !asked.places.contains_key(word) {
                asked.places.insert(word.to_owned(), asked.words.len());
                asked.words.push(word.to_owned());
            }
        });
        asked
    }

    /// The place of a word in the query, if it is asked for.
    pub fn place(&self, word: &str) -> Option<usize> {
        self.places.get(word).copied()
    }

    /// The places of the words in a path, each once.
    pub fn in_path(&self, path: &str) -> Vec<usize> {
        let mut places = Vec::new();
        words(path, |word| places.extend(self.place(word).filter(|place| !places.contains(place))));
        places
    }
}

/// Counts of passages and their words, and of documents and the words in their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passages: u64,
    /// Words in all passages together.
    pub words: u64,
    /// Passages that hold each asked word.
    pub with: Vec<u64>,
    pub documents: u64,
    /// Documents whose paths hold each asked word.
    pub named: Vec<u64>,
}

impl Counts {
    /// Zero counts for a query of this many words.
    pub fn of(words: usize) -> Self {
        Counts { with: vec![0; words], named: vec![0; words], ..Counts::default() }
    }

    /// Adds counts from elsewhere.
    pub fn add(&mut self, other: &Counts) {
        self.passages += other.passages;
        self.words += other.words;
        self.documents += other.documents;
        let pairs = |mine: &mut Vec<u64>, theirs: &[u64]| mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        pairs(&mut self.with, &other.with);
        pairs(&mut self.named, &other.named);
    }

    /// The score of each word in a passage, and in a path.
    pub fn weights(&self) -> Weights {
        let mean = self.words as Score / self.passages.max(1) as Score;
        let in_text = |with: &u64| Bm25Weight::for_one_term_without_explain((*with).min(self.passages), self.passages, mean);
        let in_path = |named: &u64| {
            let (all, with) = (self.documents as Score, (*named).min(self.documents) as Score);
            PATH_WEIGHT * (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
        };
        Weights { in_text: self.with.iter().map(in_text).collect(), in_path: self.named.iter().map(in_path).collect() }
    }
}

/// The weight of each asked word.
pub struct Weights {
    in_text: Vec<Bm25Weight>,
    in_path: Vec<Score>,
}

impl Weights {
    /// The score of a passage with this many words. `counts`: the place of each asked word, and how often the passage holds it.
    pub fn of_passage(&self, words: u32, counts: &[(u16, u16)]) -> Score {
        let length = FieldNormReader::fieldnorm_to_id(words);
        counts.iter().map(|(place, count)| self.in_text[usize::from(*place)].score(length, u32::from(*count))).sum()
    }

    /// The score of a path that holds the words at these places.
    pub fn of_path(&self, places: &[usize]) -> Score {
        places.iter().map(|place| self.in_path[*place]).sum()
    }
}
