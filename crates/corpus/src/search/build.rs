//! Making the index, in the background: nobody waits for it, and what is not in it yet is found by reading.

use super::{
    cut::passages,
    index::{Key, MOST, PassageIndex, key},
    schema::{Fields, open},
};
use crate::{cache::SETTLED, document::Document, opening::Listing, reading::Reading, snapshot::room};
use std::{
    collections::HashSet,
    fs, io,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};
use tantivy::{IndexWriter, TantivyDocument, TantivyError, Term, directory::error::LockError, indexer::LogMergePolicy};

/// Of a writer, in bytes.
const MEMORY: usize = 64 << 20;
/// What was written is shown after so many bytes of text, or so long.
const SHOWN: usize = 64 << 20;
const SHOWN_AFTER: Duration = Duration::from_secs(10);
/// A larger document, in bytes of its file, is always found by reading: its text would have to fit into memory.
const LARGEST: u64 = 128 << 20;
/// So much of the disk stays free, in bytes.
const FREE: u64 = 2 << 30;

/// Begins to put into the index what is not in it, and to take out what is not listed any more, unless somebody does already.
pub fn begin(index: &Arc<PassageIndex>, listing: &Arc<Listing>, reading: &Reading) {
    if index.building.swap(true, Ordering::Relaxed) {
        return;
    }
    let (built, listing, reading) = (index.clone(), listing.clone(), reading.clone());
    let work = move || {
        // SAFETY: a number for this thread; the threads of the writer begin with the same one. A question goes before the index.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 19) };
        // What could not be written is found by reading, as before.
        let _ = build(&built, &listing, &reading);
        built.building.store(false, Ordering::Relaxed);
    };
    if std::thread::Builder::new().name("passages".to_owned()).spawn(work).is_err() {
        index.building.store(false, Ordering::Relaxed);
    }
}

fn build(index: &PassageIndex, listing: &Listing, reading: &Reading) -> tantivy::Result<()> {
    let seen = index.seen();
    // In their order: equal scores come in that of the index.
    let listed: Vec<(Key, &Arc<Document>)> =
        listing.documents.iter().filter_map(|document| Some((key(document)?, document))).collect();
    let keys: HashSet<&Key> = listed.iter().map(|(key, _)| key).collect();
    let gone: Vec<&Key> = seen.iter().flat_map(|seen| seen.documents()).filter(|key| !keys.contains(key)).collect();
    let held = |key: &Key| seen.as_ref().is_some_and(|seen| seen.holds(key));
    let new: Vec<_> = listed.iter().filter(|(key, document)| !held(key) && fits(document)).collect();
    if gone.is_empty() && new.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(&index.folder)?;
    make_room(&index.folder)?;
    let Some(mut writer) = Writer::new(&index.folder)? else { return Ok(()) };
    gone.into_iter().for_each(|key| writer.delete(key));
    let (mut unshown, mut shown) = (0, Instant::now());
    for (key, document) in new {
        // What is wrong with a document is known by its entry, and one that changed is listed anew soon.
        let Ok(read) = document.look(reading) else { continue };
        if read.about().changed {
            continue;
        }
        writer.add(key, &document.path, read.as_str())?;
        unshown += read.as_str().len();
        if unshown > SHOWN || shown.elapsed() > SHOWN_AFTER {
            writer.commit()?;
            (unshown, shown) = (0, Instant::now());
            if free(&index.folder)? < FREE || size(&index.folder) > MOST {
                return writer.end();
            }
        }
    }
    writer.commit()?;
    writer.end()
}

/// It has text that can be indexed and that will not change without a trace.
fn fits(document: &Document) -> bool {
    let modified = u64::try_from(document.stamp.modified_ns).unwrap_or_default();
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + Duration::from_nanos(modified));
    document.is_askable() && document.stamp.bytes <= LARGEST && age.is_ok_and(|age| age > SETTLED)
}

/// Removes the other indexes that were not used for longest, as long as all together take too much or the disk is nearly full.
fn make_room(folder: &Path) -> io::Result<()> {
    let Some(all) = folder.parent() else { return Ok(()) };
    let used = |folder: &Path| fs::metadata(folder.join("meta.json")).and_then(|meta| meta.modified()).ok();
    let others = fs::read_dir(all)?.flatten().map(|entry| entry.path()).filter(|other| other != folder);
    let mut others: Vec<_> = others.map(|other| (used(&other), size(&other), other)).collect();
    others.sort();
    let mut taken = size(folder) + others.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
    for (_, bytes, other) in others {
        if taken <= MOST && free(folder)? >= FREE {
            break;
        }
        fs::remove_dir_all(other)?;
        taken -= bytes;
    }
    if free(folder)? < FREE { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
}

fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

fn free(folder: &Path) -> io::Result<u64> {
    Ok(room(&rustix::fs::statvfs(folder)?))
}

/// The one writer.
struct Writer {
    writer: IndexWriter,
    fields: Fields,
}

impl Writer {
    /// `None`: another program is writing. The lock goes with the program, however it ends.
    fn new(folder: &Path) -> tantivy::Result<Option<Self>> {
        let (index, fields) = open(folder)?;
        // One thread: nobody waits for it.
        match index.writer_with_num_threads::<TantivyDocument>(1, MEMORY) {
            Ok(writer) => {
                let mut merging = LogMergePolicy::default();
                // Small parts are merged early, so that there are never many of them.
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

    /// From here on searches see all of it. What was not committed is lost with the program, and nothing else.
    fn commit(&mut self) -> tantivy::Result<()> {
        self.writer.commit().map(drop)
    }

    /// Waits for merges that are under way, and gives the lock back.
    fn end(self) -> tantivy::Result<()> {
        self.writer.wait_merging_threads()
    }
}
