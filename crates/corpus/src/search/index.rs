//! The index of passages on the disk, so that no text has to be read to rank it.
//!
//! There is one for each scope of folders and rules. `tantivy` keeps it; it is safe to delete at any time. Documents in it are known by path
//! and stamp: a document that changed counts as not in it.

use super::{
    cut::Range,
    schema::{Fields, open},
    statistics::{Asked, Counts},
};
use crate::document::{Document, Origin};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};
use tantivy::{
    DocAddress, DocId, DocSet, IndexReader, ReloadPolicy, Score, Searcher, SegmentReader, TERMINATED, Term,
    collector::TopDocs,
    columnar::{BytesColumn, Column},
    query::{Bm25StatisticsProvider, BooleanQuery, Occur, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

/// Size of all indexes together on the disk, in bytes.
pub const MAX_BYTES: u64 = 4 << 30;

/// Identifies a document as it was listed: a part of the BLAKE3 of its path and stamp.
pub type Key = [u8; 16];

/// The key of a document. `None`: it lies in a document that was not opened.
pub fn key(document: &Document) -> Option<Key> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&document.stamp.bytes.to_le_bytes()).update(&document.stamp.modified_ns.to_le_bytes());
    if let Origin::Member { of, .. } = &document.origin {
        hasher.update(&of.container.get()?.content);
    }
    hasher.update(document.path.as_bytes());
    hasher.finalize().as_bytes().first_chunk().copied()
}

/// All indexes of a program, in a folder of their own.
pub struct Indexes {
    folder: PathBuf,
    open: Mutex<HashMap<String, Arc<PassageIndex>>>,
}

impl Indexes {
    /// Keeps indexes in this folder, which is made when first needed.
    pub fn new(folder: &Path) -> Self {
        Indexes { folder: folder.to_owned(), open: Mutex::default() }
    }

    /// The index with this name.
    pub(crate) fn named(&self, name: &str) -> Arc<PassageIndex> {
        let mut open = self.open.lock();
        let make = || {
            Arc::new(PassageIndex { folder: self.folder.join(name), reader: Mutex::default(), building: AtomicBool::new(false) })
        };
        open.entry(name.to_owned()).or_insert_with(make).clone()
    }
}

/// The index of a scope.
pub struct PassageIndex {
    pub folder: PathBuf,
    reader: Mutex<Option<Reader>>,
    /// A thread of this program writes to it.
    pub building: AtomicBool,
}

struct Reader {
    reader: IndexReader,
    fields: Fields,
    seen: Option<Arc<Seen>>,
}

impl PassageIndex {
    /// The index as it is now. `None`: it was not made yet, or could not be read and was removed.
    pub fn seen(&self) -> Option<Arc<Seen>> {
        let mut held = self.reader.lock();
        let seen = self.look(&mut held);
        if !matches!(seen, Ok(Some(_))) {
            *held = None;
        }
        match seen {
            Ok(seen) => seen,
            Err(_) => {
                // Damaged, or of another version. While it is written, it is whole at the next look.
                if !self.building.load(Ordering::Relaxed) {
                    let _ = fs::remove_dir_all(&self.folder);
                }
                None
            }
        }
    }

    fn look(&self, held: &mut Option<Reader>) -> tantivy::Result<Option<Arc<Seen>>> {
        let begun = self.folder.join("meta.json");
        if !begun.is_file() {
            return Ok(None);
        }
        let opened = match held.take() {
            Some(opened) => opened,
            None => {
                let (index, fields) = open(&self.folder)?;
                // Manual, because the other policy starts a thread that looks at the folder twice a second.
                Reader { reader: index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?, fields, seen: None }
            }
        };
        let opened = held.insert(opened);
        opened.reader.reload()?;
        let searcher = opened.reader.searcher();
        if let Some(seen) =
            opened.seen.as_ref().filter(|seen| seen.searcher.generation().segments() == searcher.generation().segments())
        {
            return Ok(Some(seen.clone()));
        }
        // The time of this file tells when the index was last used.
        let _ = fs::File::open(&begun).and_then(|file| file.set_modified(SystemTime::now()));
        let columns = searcher.segment_readers().iter().map(Columns::of).collect::<tantivy::Result<_>>()?;
        let seen = Seen { held: documents(&searcher, opened.fields)?, columns, searcher, fields: opened.fields };
        Ok(Some(opened.seen.insert(Arc::new(seen)).clone()))
    }
}

/// The documents that have passages in the index.
fn documents(searcher: &Searcher, fields: Fields) -> tantivy::Result<HashSet<Key>> {
    let mut held = HashSet::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(fields.document)?;
        held.reserve(index.terms().num_terms());
        let mut terms = index.terms().stream()?;
        while let Some((term, info)) = terms.next() {
            let Some(key) = term.first_chunk() else { continue };
            // The dictionary still names documents whose passages were deleted.
            if segment.has_deletes() {
                let mut passages = index.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
                while passages.doc() != TERMINATED && segment.is_deleted(passages.doc()) {
                    passages.advance();
                }
                if passages.doc() == TERMINATED {
                    continue;
                }
            }
            held.insert(*key);
        }
    }
    Ok(held)
}

/// A passage of the index.
pub struct Hit {
    pub document: Key,
    pub range: Range,
}

/// The index as it was at one moment.
pub struct Seen {
    searcher: Searcher,
    fields: Fields,
    /// Of each segment.
    columns: Vec<Columns>,
    held: HashSet<Key>,
}

impl Seen {
    pub fn holds(&self, document: &Key) -> bool {
        self.held.contains(document)
    }

    pub fn documents(&self) -> impl Iterator<Item = &Key> {
        self.held.iter()
    }

    /// How often these words occur.
    pub fn counts(&self, asked: &Asked) -> tantivy::Result<Counts> {
        let with = |field| -> tantivy::Result<Vec<u64>> {
            asked.words.iter().map(|word| self.searcher.doc_freq(&Term::from_field_text(field, word))).collect()
        };
        Ok(Counts {
            passages: self.searcher.num_docs(),
            words: Bm25StatisticsProvider::total_num_tokens(&self.searcher, self.fields.body)?,
            with: with(self.fields.body)?,
            documents: self.held.len() as u64,
            named: with(self.fields.path)?,
        })
    }

    /// The best passages by their words. `counts` include the passages that are not in the index.
    pub fn by_text(&self, asked: &Asked, counts: &Counts, limit: usize) -> tantivy::Result<Vec<(Hit, Score)>> {
        self.best(
            self.fields.body,
            asked,
            &Everywhere { passages: counts.passages, words: counts.words, with: &counts.with, asked },
            limit,
        )
    }

    /// The first passages of the documents that the words name best.
    pub fn by_path(&self, asked: &Asked, counts: &Counts, limit: usize) -> tantivy::Result<Vec<(Hit, Score)>> {
        // All paths count as equally long.
        let of_paths = Everywhere { passages: counts.documents, words: counts.documents, with: &counts.named, asked };
        self.best(self.fields.path, asked, &of_paths, limit)
    }

    fn best(&self, field: Field, asked: &Asked, counts: &Everywhere<'_>, limit: usize) -> tantivy::Result<Vec<(Hit, Score)>> {
        // With frequencies, whole blocks that cannot be among the best are skipped (block-max WAND).
        let term = |word: &String| -> (Occur, Box<dyn Query>) {
            (Occur::Should, Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs)))
        };
        let query = BooleanQuery::new(asked.words.iter().map(term).collect());
        let collector = TopDocs::with_limit(limit).order_by_score();
        let found = self.searcher.search_with_statistics_provider(&query, &collector, counts)?;
        found.into_iter().map(|(score, address)| Ok((self.hit(address)?, score))).collect()
    }

    fn hit(&self, at: DocAddress) -> tantivy::Result<Hit> {
        self.columns[at.segment_ord as usize].hit(at.doc_id)
    }
}

/// The columns of a segment, which say where its passages lie. To open one takes time for each 512 passages.
struct Columns {
    document: Option<BytesColumn>,
    start: Column,
    end: Column,
    first_line: Column,
    last_line: Column,
}

impl Columns {
    fn of(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Columns {
            document: columns.bytes("document")?,
            start: columns.u64("start")?,
            end: columns.u64("end")?,
            first_line: columns.u64("first_line")?,
            last_line: columns.u64("last_line")?,
        })
    }

    fn hit(&self, passage: DocId) -> tantivy::Result<Hit> {
        let number = |column: &Column| column.first(passage).unwrap_or_default();
        let range = Range {
            start: number(&self.start) as usize,
            end: number(&self.end) as usize,
            first_line: number(&self.first_line),
            last_line: number(&self.last_line),
        };
        let mut document = Vec::new();
        if let Some(column) = &self.document
            && let Some(ord) = column.term_ords(passage).next()
        {
            column.ord_to_bytes(ord, &mut document)?;
        }
        Ok(Hit { document: document.first_chunk().copied().unwrap_or_default(), range })
    }
}

/// The statistics behind the scores, where a part of the passages is not in the index.
struct Everywhere<'a> {
    passages: u64,
    words: u64,
    with: &'a [u64],
    asked: &'a Asked,
}

impl Bm25StatisticsProvider for Everywhere<'_> {
    fn total_num_tokens(&self, _: Field) -> tantivy::Result<u64> {
        Ok(self.words)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.passages)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let place = term.value().as_str().and_then(|word| self.asked.place(word));
        // The index still counts deleted passages.
        Ok(place.map_or(0, |place| self.with[place].min(self.passages)))
    }
}
