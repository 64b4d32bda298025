//! An open corpus: the documents of a library or of one run.

mod open;
mod watched;

use crate::{
    document::Document,
    facts::Facts,
    grep,
    listing::{
        listed::{Listing, Scope},
        paths::{Wanted, find},
        rules::count_left_out,
        watch::Watching,
    },
    reading::{
        cache::TextCache,
        examine::{Examined, begins_with_text, examine},
        read::Reading,
    },
    search::{
        self,
        index::{Indexes, PassageIndex},
    },
    snapshot::text::{FrozenText, place_text},
    work::{self, blocking, cancelled},
};
use async_trait::async_trait;
use parking_lot::Mutex;
use plumb_extract::{Drawn, Extractor};
use plumb_rlm::{
    documents::{DocumentEntry, LeftOut, LeftOutByRule, Overview},
    fault,
    fault::{Code, Fault},
    traits::corpus::{Corpus, GrepQuery, GrepResult, Passage, Placement, Text},
};
use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

/// State shared by all corpora of a program.
#[derive(Clone)]
pub struct Extraction {
    /// Reads documents that are no plain text.
    pub extractor: Arc<Extractor>,
    /// Cache of extracted texts.
    pub texts: Arc<TextCache>,
    /// Indexes of passages.
    pub indexes: Arc<Indexes>,
    /// Folder of the snapshots, which have no names.
    pub scratch: PathBuf,
    /// Text in pictures is read too.
    pub pictures: bool,
}

impl Extraction {
    /// Keeps everything in this folder. Text in pictures is not read.
    pub fn new(extractor: Arc<Extractor>, cache: &Path) -> Self {
        Extraction {
            extractor,
            texts: Arc::new(TextCache::new(&cache.join("texts"))),
            indexes: Arc::new(Indexes::new(&cache.join("passages"))),
            scratch: cache.to_owned(),
            pictures: false,
        }
    }
}

/// The documents of a library or a run.
pub struct OpenCorpus {
    scope: Arc<Scope>,
    /// `None` until everything is listed.
    listing: tokio::sync::watch::Sender<Option<Arc<Listing>>>,
    /// Documents listed so far.
    found: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    pub(crate) reading: Reading,
    indexes: Arc<Indexes>,
    pub(crate) passages: Arc<PassageIndex>,
    /// The last glob: code in a loop asks with the same one again.
    last_glob: Mutex<Option<Arc<Wanted>>>,
    watching: Mutex<Option<Watching>>,
    /// Held while the listing is replaced by one made from it.
    relisting: Mutex<()>,
}

impl Drop for OpenCorpus {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl OpenCorpus {
    /// The number of documents found so far, and whether these are all.
    pub fn progress(&self) -> (u64, bool) {
        match &*self.listing.borrow() {
            Some(listing) => (listing.documents.len() as u64, true),
            None => (self.found.load(Ordering::Relaxed), false),
        }
    }

    /// A document's frozen text, with the facts about it.
    ///
    /// # Errors
    /// As [`Corpus::text`].
    pub async fn frozen(&self, path: &str) -> Result<Arc<FrozenText>, Fault> {
        let document = self.document(path).await?;
        if let Some(text) = self.reading.held.text(&document) {
            return Ok(text);
        }
        let reading = self.reading.clone();
        blocking(move |_| reading.touch(&document)).await
    }

    /// A page of a document, from 0, as an image of this many pixels of width, with the boxes of its words.
    ///
    /// # Errors
    /// `no_such_path`; `unreadable` when it has no pages or they cannot be drawn.
    pub async fn draw(&self, path: &str, page: u32, width: u32) -> Result<Drawn, Fault> {
        let document = self.document(path).await?;
        let originals = self.reading.originals.clone();
        blocking(move |_| originals.draw(&document, page, width)).await
    }

    /// Reads every document once, so that its kind and state are known and its text is in the store. Hands each to `take`, in no order, with
    /// the number of documents done and of all documents. Dropping the future stops it.
    ///
    /// # Errors
    /// `disk_full`, `cancelled`. A document that cannot be read says so in its entry.
    pub async fn examine(
        &self,
        with_texts: bool,
        take: impl Fn(Examined, usize, usize) + Send + Sync + 'static,
    ) -> Result<(), Fault> {
        let (listing, passages, reading) = (self.listed().await, self.passages.clone(), self.reading.clone());
        blocking(move |stop| {
            let (all, done) = (listing.documents.len(), AtomicUsize::new(0));
            work::each(&listing.documents, stop, || {
                |_, document: &Arc<Document>| {
                    take(examine(document, with_texts, &reading)?, done.fetch_add(1, Ordering::Relaxed) + 1, all);
                    Ok(())
                }
            })?;
            // A user who has everything read will ask about it.
            search::prepare(&passages, &listing, &reading);
            Ok(())
        })
        .await
    }

    /// Files and folders that the rules leave out, by rule. A folder counts once. The first call looks into every folder of the listing.
    ///
    /// # Errors
    /// `cancelled`.
    pub async fn left_out_by_rules(&self) -> Result<Vec<LeftOutByRule>, Fault> {
        let listing = self.listed().await;
        let known = listing.left_out.lock().clone();
        if let Some(left_out) = known {
            return Ok(left_out);
        }
        blocking(move |stop| {
            let counted = count_left_out(&listing, stop);
            if stop.load(Ordering::Relaxed) {
                return Err(cancelled());
            }
            *listing.left_out.lock() = Some(counted.clone());
            Ok(counted)
        })
        .await
    }

    pub(crate) async fn listed(&self) -> Arc<Listing> {
        let mut listing = self.listing.subscribe();
        let listed = listing.wait_for(Option::is_some).await.ok().and_then(|listing| listing.clone());
        // The sender lives in this corpus, so it cannot be gone.
        listed.unwrap_or_else(|| Arc::new(Listing::new(self.scope.clone(), Vec::new(), Vec::new(), false)))
    }

    async fn document(&self, path: &str) -> Result<Arc<Document>, Fault> {
        let listing = self.listed().await;
        Ok(listing.documents[find(&listing.documents, path, &self.scope.name)?].clone())
    }

    fn wanted(&self, pattern: Option<&str>, listing: &Listing) -> Result<Option<Arc<Wanted>>, Fault> {
        let Some(pattern) = pattern else { return Ok(None) };
        let mut last = self.last_glob.lock();
        match &*last {
            Some(wanted) if wanted.pattern == pattern => {}
            _ => *last = Some(Arc::new(Wanted::new(pattern, &listing.documents)?)),
        }
        Ok(last.clone())
    }
}

#[async_trait]
impl Corpus for OpenCorpus {
    async fn overview(&self) -> Overview {
        let listing = self.listed().await;
        let mut overview = Overview { name: self.scope.name.clone(), single: listing.is_single(), ..Overview::default() };
        let mut reasons: HashMap<String, u64> = HashMap::new();
        let mut count = |document: &Document, facts: &Facts| {
            if facts.is_askable() {
                overview.documents += 1;
                overview.bytes += document.stamp.bytes;
                overview.tokens_estimate += facts.tokens_estimate(&document.path, document.stamp.bytes);
            } else if let Some(reason) = facts.left_out() {
                overview.skipped += 1;
                *reasons.entry(reason.to_owned()).or_default() += 1;
            }
        };
        listing.documents.iter().for_each(|document| self.reading.held.look(document, |facts| count(document, facts)));
        overview.left_out = reasons.into_iter().map(|(reason, files)| LeftOut { reason, files }).collect();
        overview.left_out.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.reason.cmp(&b.reason)));
        overview
    }

    async fn files(&self, glob: Option<&str>, limit: usize) -> Result<Vec<DocumentEntry>, Fault> {
        let listing = self.listed().await;
        let wanted = self.wanted(glob, &listing)?;
        let listed = listing.documents.iter().filter(|document| wanted.as_ref().is_none_or(|wanted| wanted.has(&document.path)));
        Ok(listed.take(limit).map(|document| self.reading.entry(document)).collect())
    }

    async fn text(&self, path: &str) -> Result<Arc<dyn Text>, Fault> {
        Ok(self.frozen(path).await?)
    }

    async fn has_text(&self, path: &str) -> Result<(), Fault> {
        let document = self.document(path).await?;
        let reading = self.reading.clone();
        let is_known = self.reading.held.text(&document).is_some();
        if is_known || blocking(move |_| Ok(begins_with_text(&document, &reading))).await? {
            return Ok(());
        }
        self.frozen(path).await.map(drop)
    }

    async fn placement(&self, path: &str) -> Result<Placement, Fault> {
        let text = self.frozen(path).await?;
        match text.placement() {
            Some(placement) => Ok(placement),
            None => blocking(move |_| text.place_in_snapshot()).await,
        }
    }

    fn snapshot(&self) -> Result<File, Fault> {
        self.reading.snapshot.read_only().map_err(|error| {
            fault!(Code::Unreadable, "The text kept for this run cannot be opened: {error}. Ask again.", error = error)
        })
    }

    async fn place_text(&self, text: &str) -> Result<Placement, Fault> {
        let (snapshot, text) = (self.reading.snapshot.clone(), text.to_owned());
        blocking(move |_| place_text(&snapshot, &text)).await
    }

    async fn grep(&self, query: &GrepQuery) -> Result<GrepResult, Fault> {
        let matcher = grep::matcher(&query.pattern, query.ignore_case)?;
        let (listing, reading, limit) = (self.listed().await, self.reading.clone(), query.limit);
        let wanted = self.wanted(query.path.as_deref(), &listing)?;
        blocking(move |stop| {
            let wanted = |document: &&Arc<Document>| wanted.as_ref().is_none_or(|wanted| wanted.has(&document.path));
            let documents: Vec<Arc<Document>> = listing.documents.iter().filter(wanted).cloned().collect();
            grep::grep(&documents, &matcher, limit, &reading, stop)
        })
        .await
    }

    async fn search(&self, query: &str, k: usize, path: Option<&str>) -> Result<Vec<Passage>, Fault> {
        let listing = self.listed().await;
        let wanted = self.wanted(path, &listing)?;
        let chosen = |document: &&Arc<Document>| {
            self.reading.may_have_text(document) && wanted.as_ref().is_none_or(|wanted| wanted.has(&document.path))
        };
        let documents: Vec<Arc<Document>> = listing.documents.iter().filter(chosen).cloned().collect();
        let (query, passages, reading) = (query.to_owned(), self.passages.clone(), self.reading.clone());
        blocking(move |stop| search::search(&documents, (&query, k), (&passages, listing.whole()), &reading, stop)).await
    }
}
