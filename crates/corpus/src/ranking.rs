//! Ranking over a corpus: which documents, and which passages of them.

use crate::{document::Document, frozen::FrozenText, grep, parallel, reading::Reading, search::Index};
use plumb_rlm::corpus::{CorpusError, Text};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

/// The most text (files' bytes) that one search ranks. Where the corpus is larger, the files with the rarest words of the query are ranked.
pub const RANKED: u64 = 64 << 20;

/// Freezes these documents and indexes them, for these words or all. One that cannot be read is left out, as in `grep`.
pub fn index(
    documents: impl Iterator<Item = Arc<Document>>,
    words: Option<&[String]>,
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<Index, CorpusError> {
    let documents: Vec<Arc<Document>> = documents.filter(|document| document.may_have_text()).collect();
    let texts: Mutex<BTreeMap<usize, Arc<FrozenText>>> = Mutex::default();
    parallel::each(&documents, stop, || {
        |index, document: &Arc<Document>| match document.touch(reading) {
            Ok(text) => {
                texts.lock().unwrap_or_else(PoisonError::into_inner).insert(index, text);
                Ok(())
            }
            Err(error) if error.code == "disk_full" => Err(error),
            Err(_) => Ok(()),
        }
    })?;
    let texts = texts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.into_iter().map(|(index, text)| (documents[index].path.clone(), text as Arc<dyn Text>)).collect();
    Ok(Index::new(texts, words))
}

/// The documents that hold the rarest words of the query, as many as one search ranks.
pub fn narrow(
    listing: &[Arc<Document>],
    words: &[String],
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<Vec<Arc<Document>>, CorpusError> {
    let mut by_word = Vec::new();
    for word in words {
        let matcher = grep::matcher(&regex::escape(word), true)?;
        let found = grep::matching(listing, &matcher, reading, stop)?;
        if !found.is_empty() {
            by_word.push(found);
        }
    }
    by_word.sort_by_key(Vec::len);
    // A document counts by how rare the words are that it holds.
    let mut weights: BTreeMap<usize, f64> = BTreeMap::new();
    for found in &by_word {
        let rarity = (1.0 + listing.len() as f64 / found.len() as f64).ln();
        for &index in found {
            *weights.entry(index).or_default() += rarity;
        }
    }
    let mut ranked: Vec<(usize, f64)> = weights.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut room = RANKED;
    let mut chosen = HashSet::new();
    for (index, _) in ranked {
        let bytes = listing[index].stamp.bytes;
        // One document larger than all the room is still ranked when it is the best.
        if bytes <= room || chosen.is_empty() {
            room = room.saturating_sub(bytes);
            chosen.insert(index);
        }
    }
    Ok(listing.iter().enumerate().filter(|(index, _)| chosen.contains(index)).map(|(_, document)| document.clone()).collect())
}
