//! Which documents are read, where reading all would take too long.

use super::statistics::Asked;
use crate::{document::Document, grep, reading::Reading};
use plumb_rlm::fault::Fault;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicBool},
};

/// The most text (files' bytes) that one search reads.
const READ: u64 = 64 << 20;
/// What a word in a path counts beside one in the text.
const PATH: f64 = 0.3;

/// Those of the documents that hold the rarest words of the query, as many as one search reads; all, where they are no more than that.
pub fn narrow(
    documents: &[Arc<Document>],
    which: Vec<usize>,
    asked: &Asked,
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<Vec<usize>, Fault> {
    if which.iter().map(|index| documents[*index].stamp.bytes).sum::<u64>() <= READ {
        return Ok(which);
    }
    let those: Vec<Arc<Document>> = which.iter().map(|index| documents[*index].clone()).collect();
    let rarity = |found: usize| (1.0 + those.len() as f64 / found as f64).ln();
    // A document counts by how rare the words are that it holds.
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
    named.into_values().for_each(|found| weigh(found, PATH));
    let mut ranked: Vec<(usize, f64)> = weights.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut room = READ;
    let mut chosen = Vec::new();
    for (index, _) in ranked {
        let bytes = those[index].stamp.bytes;
        // One document larger than all the room is still read when it is the best.
        if bytes <= room || chosen.is_empty() {
            room = room.saturating_sub(bytes);
            chosen.push(which[index]);
        }
    }
    Ok(chosen)
}
