//! Ranking passages with BM25. Those that are not in the index yet are found by reading, with the same scores.

pub mod build;
pub mod cut;
pub mod index;
pub mod narrow;
pub mod scan;
pub mod schema;
pub mod statistics;
pub mod words;

use crate::{document::Document, listing::listed::Listing, reading::read::Reading};
use cut::Range;
use index::{Key, PassageIndex, Seen, key};
use plumb_rlm::{
    fault::{Code, Fault},
    traits::corpus::{Passage, Text},
};
use statistics::{Asked, Counts, Weights};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::AtomicBool},
};

/// Passages that the index is asked for, as a multiple of those wanted: names count too, and some documents may not be asked about.
const LIMIT_FACTOR: usize = 8;
/// Passages that the index is asked for at least.
const MIN_LIMIT: usize = 100;
/// Passages that the index is asked for at most.
const MAX_LIMIT: usize = 100_000;
/// Size of files, in bytes, above which an index is worth its making.
const INDEXED_ABOVE_BYTES: u64 = 4 << 20;

/// A passage that may be among the best.
struct Candidate {
    document: usize,
    range: Range,
    score: f32,
}

/// Starts to put everything into the index, where that is worth it.
pub fn prepare(index: &Arc<PassageIndex>, listing: &Arc<Listing>, reading: &Reading) {
    if listing.documents.iter().map(|document| document.stamp.bytes).sum::<u64>() > INDEXED_ABOVE_BYTES {
        build::begin(index, listing, reading);
    }
}

/// Finds the `k` best passages of these documents. Starts to put those into the index that had to be read.
///
/// # Errors
/// `disk_full`, `cancelled`.
pub fn search(
    documents: &[Arc<Document>],
    (query, k): (&str, usize),
    (index, listing): (&Arc<PassageIndex>, &Arc<Listing>),
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<Vec<Passage>, Fault> {
    let asked = Asked::new(query);
    if asked.words.is_empty() || k == 0 {
        return Ok(Vec::new());
    }
    let seen = index.seen();
    let (mut indexed, mut rest) = (HashMap::with_capacity(documents.len()), Vec::new());
    for (place, document) in documents.iter().enumerate() {
        match (&seen, key(document)) {
            (Some(seen), Some(key)) if seen.holds(&key) => drop(indexed.insert(key, place)),
            _ => rest.push(place),
        }
    }
    if rest.iter().map(|place| documents[*place].stamp.bytes).sum::<u64>() > INDEXED_ABOVE_BYTES {
        build::begin(index, listing, reading);
    }
    let rest = narrow::narrow(documents, rest, &asked, reading, stop)?;
    let (mut counts, found) = scan::scan(documents, &rest, &asked, reading, stop)?;
    // An index that cannot be read finds nothing now, and is made anew later.
    let seen = seen.filter(|_| !indexed.is_empty()).and_then(|seen| Some((seen.counts(&asked).ok()?, seen)));
    if let Some((of_index, _)) = &seen {
        counts.add(of_index);
    }
    let ranking = Ranking { documents, asked: &asked, counts: &counts, weights: &counts.weights() };
    let mut candidates: Vec<Candidate> = found.iter().map(|found| ranking.scanned(found)).collect();
    if let Some((_, seen)) = seen {
        candidates.extend(ranking.indexed(&seen, &indexed, k).unwrap_or_default());
    }
    ranking.best(candidates, k, reading)
}

struct Ranking<'a> {
    documents: &'a [Arc<Document>],
    asked: &'a Asked,
    counts: &'a Counts,
    weights: &'a Weights,
}

impl Ranking<'_> {
    fn by_path(&self, document: usize) -> f32 {
        self.weights.of_path(&self.asked.in_path(&self.documents[document].path))
    }

    fn scanned(&self, found: &scan::Found) -> Candidate {
        Candidate { document: found.document, range: found.range, score: found.score(self.weights) }
    }

    /// The best passages of the index. Asks for more until there are enough of these documents.
    fn indexed(&self, seen: &Seen, documents: &HashMap<Key, usize>, k: usize) -> tantivy::Result<Vec<Candidate>> {
        let mut limit = (k * LIMIT_FACTOR).max(MIN_LIMIT);
        loop {
            let by_text = seen.by_text(self.asked, self.counts, limit)?;
            let by_path = seen.by_path(self.asked, self.counts, limit)?;
            let all = by_text.len() < limit && by_path.len() < limit;
            let mut held: HashMap<(usize, usize), Candidate> = HashMap::new();
            // A passage found by its words keeps that score. The path's score is added to each.
            for (hit, score) in by_text.into_iter().chain(by_path.into_iter().map(|(hit, _)| (hit, 0.0))) {
                if let Some(&document) = documents.get(&hit.document) {
                    let candidate = || Candidate { document, range: hit.range, score: score + self.by_path(document) };
                    held.entry((document, hit.range.start)).or_insert_with(candidate);
                }
            }
            if all || held.len() >= k || limit >= MAX_LIMIT {
                return Ok(held.into_values().collect());
            }
            limit *= LIMIT_FACTOR;
        }
    }

    /// The `k` best with their texts, frozen. A document that changed since it was listed is ranked as it is now.
    fn best(&self, mut candidates: Vec<Candidate>, k: usize, reading: &Reading) -> Result<Vec<Passage>, Fault> {
        let (mut passages, mut unreadable, mut read_again) = (Vec::new(), HashSet::new(), HashSet::new());
        in_order(&mut candidates);
        let mut next = candidates.into_iter();
        while let Some(Candidate { document, range, score }) = next.next().filter(|_| passages.len() < k) {
            if unreadable.contains(&document) {
                continue;
            }
            let Document { path, .. } = &*self.documents[document];
            let text = match reading.touch(&self.documents[document]) {
                Ok(text) => text,
                Err(fault) if fault.code == Code::DiskFull => return Err(fault),
                Err(_) => {
                    unreadable.insert(document);
                    continue;
                }
            };
            if text.about().changed && read_again.insert(document) {
                let (_, found) = scan::of_text(document, path, text.as_str(), self.asked);
                let others = next.filter(|other| other.document != document);
                candidates = others.chain(found.iter().map(|found| self.scanned(found))).collect();
                in_order(&mut candidates);
                next = candidates.into_iter();
            } else if let Some(of_it) = text.as_str().get(range.start..range.end) {
                passages.push(Passage {
                    path: path.clone(),
                    start_line: range.first_line,
                    end_line: range.last_line,
                    text: of_it.trim_end_matches(['\n', '\r']).to_owned(),
                    score: f64::from(score),
                });
            }
        }
        passages.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(passages)
    }
}

/// Sorts the best first. Equal scores come in reading order, so that the same question finds the same passages.
fn in_order(candidates: &mut [Candidate]) {
    let place = |of: &Candidate| (of.document, of.range.start);
    candidates.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| place(a).cmp(&place(b))));
}

#[cfg(test)]
mod tests;
