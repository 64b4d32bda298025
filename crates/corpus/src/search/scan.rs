//! Passages found by reading: of texts that are not in the index, or not as they are now.

use super::{
    cut::{Range, passages},
    statistics::{Asked, Counts, Weights},
    words::words,
};
use crate::{document::Document, parallel, reading::Reading};
use plumb_rlm::fault::{Code, Fault};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

/// A passage that holds a word of the query, or the first one of a document whose path does.
pub struct Found {
    /// Its place among the documents that were asked about.
    pub document: usize,
    pub range: Range,
    words: u32,
    /// The place of each asked word that it holds, and how often.
    counts: Box<[(u16, u16)]>,
    /// The places of those that its document's path holds.
    named: Arc<[usize]>,
}

impl Found {
    /// What it adds up to.
    pub fn score(&self, weights: &Weights) -> f32 {
        weights.of_passage(self.words, &self.counts) + weights.of_path(&self.named)
    }
}

/// Reads these of the documents. One that cannot be read is left out, as in `grep`.
pub fn scan(
    documents: &[Arc<Document>],
    which: &[usize],
    asked: &Asked,
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<(Counts, Vec<Found>), Fault> {
    let all = Mutex::new((Counts::of(asked.words.len()), Vec::new()));
    parallel::each(which, stop, || {
        |_, &document: &usize| match documents[document].look(reading) {
            Ok(read) => {
                let (counts, found) = of_text(document, &documents[document].path, read.as_str(), asked);
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.0.add(&counts);
                all.1.extend(found);
                Ok(())
            }
            Err(error) if error.code == Code::DiskFull => Err(error),
            Err(_) => Ok(()),
        }
    })?;
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Of one text so many passages may come among the best: in a giant one, nearly all of them may hold a frequent word.
const KEPT: usize = 20_000;

/// The passages of one text.
pub fn of_text(document: usize, path: &str, text: &str, asked: &Asked) -> (Counts, Vec<Found>) {
    let mut counts = Counts { documents: 1, ..Counts::of(asked.words.len()) };
    let named: Arc<[usize]> = asked.in_path(path).into();
    named.iter().for_each(|place| counts.named[*place] += 1);
    let mut found = Vec::new();
    let mut here: BTreeMap<u16, u16> = BTreeMap::new();
    for range in passages(text) {
        let mut length = 0;
        words(&text[range.start..range.end], |word| {
            length += 1;
            if let Some(place) = asked.place(word) {
                let count = here.entry(place as u16).or_default();
                *count = count.saturating_add(1);
            }
        });
        counts.passages += 1;
        counts.words += u64::from(length);
        here.keys().for_each(|place| counts.with[usize::from(*place)] += 1);
        if !here.is_empty() || range.start == 0 && !named.is_empty() {
            let counts = std::mem::take(&mut here).into_iter().collect();
            found.push(Found { document, range, words: length, counts, named: named.clone() });
        }
        if found.len() >= 2 * KEPT {
            // By what is known so far of the words, which is much by now.
            let weights = counts.weights();
            found.sort_by(|a: &Found, b| b.score(&weights).total_cmp(&a.score(&weights)));
            found.truncate(KEPT);
        }
    }
    (counts, found)
}
