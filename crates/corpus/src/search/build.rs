//! Making the index in the background. Passages that are not in it yet are found by reading.

use super::{
    cut::passages,
    index::{Key, MAX_BYTES, PassageIndex, key},
    schema::{Fields, open},
};
use crate::{
    document::Document,
    facts::Facts,
    listing::listed::Listing,
    reading::{cache::SETTLED, read::Reading},
    system,
};
use std::{
    collections::HashSet,
    fs, io,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};
use tantivy::{IndexWriter, TantivyDocument, TantivyError, Term, directory::error::LockError, indexer::LogMergePolicy};

/// Memory of a writer, in bytes.
const WRITER_BYTES: usize = 64 << 20;
/// Bytes of text after which passages are committed, so that searches find them.
const COMMIT_BYTES: usize = 64 << 20;
/// Time after which passages are committed.
const COMMIT_INTERVAL: Duration = Duration::from_secs(10);
/// Size of the largest file, in bytes, that is put into the index: its text has to fit into memory. Larger ones are found by reading.
const MAX_FILE_BYTES: u64 = 128 << 20;
/// Bytes of the disk that stay free.
const MIN_FREE_BYTES: u64 = 2 << 30;

/// Starts to add documents that are not in the index, and to remove those that are not listed. Does nothing where that is under way.
pub fn begin(index: &Arc<PassageIndex>, listing: &Arc<Listing>, reading: &Reading) {
    if index.building.swap(true, Ordering::Relaxed) {
        return;
    }
    let (built, listing, reading) = (index.clone(), listing.clone(), reading.clone());
    let work = move || {
        // A question goes before the index. The threads of the writer start with the same priority.
        system::lower_priority();
        // Passages that could not be written are found by reading, as before.
        let _ = build(&built, &listing, &reading);
        built.building.store(false, Ordering::Relaxed);
    };
    if std::thread::Builder::new().name("passages".to_owned()).spawn(work).is_err() {
        index.building.store(false, Ordering::Relaxed);
    }
}

fn build(index: &PassageIndex, listing: &Listing, reading: &Reading) -> tantivy::Result<()> {
    let seen = index.seen();
    // In path order, because equal scores come in the order of the index.
    let listed: Vec<(Key, &Arc<Document>)> =
        listing.documents.iter().filter_map(|document| Some((key(document)?, document))).collect();
    let keys: HashSet<&Key> = listed.iter().map(|(key, _)| key).collect();
    let gone: Vec<&Key> = seen.iter().flat_map(|seen| seen.documents()).filter(|key| !keys.contains(key)).collect();
    let held = |key: &Key| seen.as_ref().is_some_and(|seen| seen.holds(key));
    let new: Vec<_> = listed.iter().filter(|(key, document)| !held(key) && fits(document, reading)).collect();
    if gone.is_empty() && new.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(&index.folder)?;
    make_room(&index.folder)?;
    let Some(mut writer) = Writer::new(&index.folder)? else { return Ok(()) };
    gone.into_iter().for_each(|key| writer.delete(key));
    let (mut uncommitted, mut committed) = (0, Instant::now());
    for (key, document) in new {
        // The document's entry says why it failed. One that changed is listed anew soon.
        let Ok(read) = reading.look(document) else { continue };
        if read.about().changed {
            continue;
        }
        writer.add(key, &document.path, read.as_str())?;
        uncommitted += read.as_str().len();
        if uncommitted > COMMIT_BYTES || committed.elapsed() > COMMIT_INTERVAL {
            writer.commit()?;
            (uncommitted, committed) = (0, Instant::now());
            if system::free_space(&index.folder)? < MIN_FREE_BYTES || size(&index.folder) > MAX_BYTES {
                return writer.end();
            }
        }
    }
    writer.commit()?;
    writer.end()
}

/// The document may have a text that can be indexed, and another change of it would show in its stamp.
fn fits(document: &Document, reading: &Reading) -> bool {
    let modified = u64::try_from(document.stamp.modified_ns).unwrap_or_default();
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + Duration::from_nanos(modified));
    reading.held.look(document, Facts::is_askable) && document.stamp.bytes <= MAX_FILE_BYTES && age.is_ok_and(|age| age > SETTLED)
}

/// Removes other indexes, those that were not used for longest first, until all together are small enough and the disk has room.
fn make_room(folder: &Path) -> io::Result<()> {
    let Some(all) = folder.parent() else { return Ok(()) };
    let used = |folder: &Path| fs::metadata(folder.join("meta.json")).and_then(|meta| meta.modified()).ok();
    let others = fs::read_dir(all)?.flatten().map(|entry| entry.path()).filter(|other| other != folder);
    let mut others: Vec<_> = others.map(|other| (used(&other), size(&other), other)).collect();
    others.sort();
    let mut taken = size(folder) + others.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
    for (_, bytes, other) in others {
        if taken <= MAX_BYTES && system::free_space(folder)? >= MIN_FREE_BYTES {
            break;
        }
        fs::remove_dir_all(other)?;
        taken -= bytes;
    }
    if system::free_space(folder)? < MIN_FREE_BYTES { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
}

fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

/// The only writer of an index.
struct Writer {
    writer: IndexWriter,
    fields: Fields,
}

impl Writer {
    /// Locks the index. `None`: another program is writing. The lock ends with the program, however that ends.
    fn new(folder: &Path) -> tantivy::Result<Option<Self>> {
        let (index, fields) = open(folder)?;
        // One thread, because no caller waits for it.
        match index.writer_with_num_threads::<TantivyDocument>(1, WRITER_BYTES) {
            Ok(writer) => {
                let mut merging = LogMergePolicy::default();
                // Merge small segments early, so that there are never many.
                merging.set_min_num_segments(6);
                merging.set_max_docs_before_merge(4_000_000);
                writer.set_merge_policy(Box::new(merging));
                Ok(Some(Writer { writer, fields }))
            }
            Err(TantivyError::LockFailure(LockError::LockBusy, _)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn add(&mut self, document: &Key, path: &str, text: &str) -> tantivy::Result<()> {
        let fields = self.fields;
        for range in passages(text) {
            let mut passage = TantivyDocument::new();
            passage.add_bytes(fields.document, document);
            if range.start == 0 {
                passage.add_text(fields.path, path);
            }
            passage.add_text(fields.body, &text[range.start..range.end]);
            passage.add_u64(fields.start, range.start as u64);
            passage.add_u64(fields.end, range.end as u64);
            passage.add_u64(fields.first_line, range.first_line);
            passage.add_u64(fields.last_line, range.last_line);
            self.writer.add_document(passage)?;
        }
        Ok(())
    }

    fn delete(&mut self, document: &Key) {
        self.writer.delete_term(Term::from_field_bytes(self.fields.document, document));
    }

    /// Makes all passages visible to searches. If the program ends, only uncommitted ones are lost.
    fn commit(&mut self) -> tantivy::Result<()> {
        self.writer.commit().map(drop)
    }

    /// Waits for running merges, and unlocks the index.
    fn end(self) -> tantivy::Result<()> {
        self.writer.wait_merging_threads()
    }
}
