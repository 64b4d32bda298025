//! Finding passages by reading: in texts that are not in the index, or changed since.

use super::{
    cut::{Range, passages},
    statistics::{Asked, Counts, Weights},
    words::words,
};
use crate::{document::Document, reading::read::Reading, work};
use parking_lot::Mutex;
use plumb_rlm::fault::{Code, Fault};
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicBool},
};

/// A passage that holds a word of the query, or the first passage of a document whose path does.
pub struct Found {
    /// Index of its document among those that were asked about.
    pub document: usize,
    pub range: Range,
    /// Number of its words.
    words: u32,
    /// The place of each asked word in the query, and how often the passage holds it.
    counts: Box<[(u16, u16)]>,
    /// The places of the asked words that its document's path holds.
    named: Arc<[usize]>,
}

impl Found {
    /// Its score.
    pub fn score(&self, weights: &Weights) -> f32 {
        weights.of_passage(self.words, &self.counts) + weights.of_path(&self.named)
    }
}

/// Reads the documents with these indexes. Leaves out those that cannot be read, as `grep` does.
///
/// # Errors
/// `disk_full`, `cancelled`.
pub fn scan(
    documents: &[Arc<Document>],
    which: &[usize],
    asked: &Asked,
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<(Counts, Vec<Found>), Fault> {
    let all = Mutex::new((Counts::of(asked.words.len()), Vec::new()));
    work::each(which, stop, || {
        |_, &document: &usize| match reading.look(&documents[document]) {
            Ok(read) => {
                let (counts, found) = of_text(document, &documents[document].path, read.as_str(), asked);
                let mut all = all.lock();
                all.0.add(&counts);
                all.1.extend(found);
                Ok(())
            }
            Err(fault) if fault.code == Code::DiskFull => Err(fault),
            Err(_) => Ok(()),
        }
    })?;
    Ok(all.into_inner())
}

/// Passages of one text that may be among the best. In a giant text, nearly all may hold a frequent word.
const MAX_PASSAGES: usize = 20_000;

/// Finds the passages of one text.
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
        if found.len() >= 2 * MAX_PASSAGES {
            // Ranked by the counts so far, which are large by now.
            let weights = counts.weights();
            found.sort_by(|a: &Found, b| b.score(&weights).total_cmp(&a.score(&weights)));
            found.truncate(MAX_PASSAGES);
        }
    }
    (counts, found)
}
