//! Choosing the documents to read, where reading all would take too long.

use super::statistics::Asked;
use crate::{document::Document, grep, reading::read::Reading};
use plumb_rlm::fault::Fault;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicBool},
};

/// Size of the files, in bytes, that one search reads.
const MAX_READ_BYTES: u64 = 64 << 20;
/// Weight of a word in a path, where a word in the text weighs 1.
const PATH_WEIGHT: f64 = 0.3;

/// The documents that hold the rarest words of the query, as many as one search reads. All, where one search can read them.
///
/// # Errors
/// `disk_full`, `cancelled`.
pub fn narrow(
    documents: &[Arc<Document>],
    which: Vec<usize>,
    asked: &Asked,
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<Vec<usize>, Fault> {
    if which.iter().map(|index| documents[*index].stamp.bytes).sum::<u64>() <= MAX_READ_BYTES {
        return Ok(which);
    }
    let those: Vec<Arc<Document>> = which.iter().map(|index| documents[*index].clone()).collect();
    let rarity = |found: usize| (1.0 + those.len() as f64 / found as f64).ln();
    // A document weighs more the rarer its words are.
    let mut weights: BTreeMap<usize, f64> = BTreeMap::new();
    let mut weigh = |found: Vec<usize>, factor: f64| {
        let rarity = factor * rarity(found.len());
        found.into_iter().for_each(|index| *weights.entry(index).or_default() += rarity);
    };
    for word in &asked.words {
        let matcher = grep::matcher(&regex::escape(word), true)?;
        weigh(grep::matching(&those, &matcher, reading, stop)?, 1.0);
    }
    let mut named: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, document) in those.iter().enumerate() {
        for place in asked.in_path(&document.path) {
            named.entry(place).or_default().push(index);
        }
    }
    named.into_values().for_each(|found| weigh(found, PATH_WEIGHT));
    let mut ranked: Vec<(usize, f64)> = weights.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut room = MAX_READ_BYTES;
    let mut chosen = Vec::new();
    for (index, _) in ranked {
        let bytes = those[index].stamp.bytes;
        // The best document is read even if it is larger than all the room.
        if bytes <= room || chosen.is_empty() {
            room = room.saturating_sub(bytes);
            chosen.push(which[index]);
        }
    }
    Ok(chosen)
}
