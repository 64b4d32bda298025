//! Folders, repositories and single files as documents.
//!
//! Opening lists and reads nothing, but for archives and mailboxes, whose documents are listed too. A document is read when it is first touched,
//! and from then on frozen in the snapshot: the REPL, `grep`, `search` and citations of that run see the same bytes, whatever becomes of the file.

mod cache;
mod children;
mod document;
mod examine;
mod frozen;
mod grep;
mod listing;
mod members;
mod opening;
mod parallel;
mod paths;
mod pictures;
mod reading;
mod remote;
mod rules;
mod search;
mod snapshot;
mod source;
mod trouble;
mod watch;
mod watcher;

pub use cache::TextCache;
pub use examine::Examined;
pub use frozen::{About, FrozenText};
pub use plumb_extract::{Drawn, Extractor, Place, WordBox};
pub use search::Indexes;
pub use watch::WatchState;

use async_trait::async_trait;
use document::Document;
use opening::Listing;
use paths::{Wanted, find};
use plumb_rlm::{
    documents::{DocumentEntry, Include, LeftOut, Overview},
    fault::{Code, Fault},
    traits::corpus::{Corpus, GrepQuery, GrepResult, Passage, Placement, Text},
};
use reading::Reading;
use search::PassageIndex;
use source::Root;
use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::Semaphore;

/// What all corpora of a program share.
#[derive(Clone)]
pub struct Extraction {
    /// Reads documents that are no plain text.
    pub extractor: Arc<Extractor>,
    /// What was read of them before.
    pub texts: Arc<TextCache>,
    /// Where passages are looked up.
    pub indexes: Arc<Indexes>,
    /// Where the snapshots lie, which have no names.
    pub scratch: PathBuf,
    /// Text in pictures is read too.
    pub pictures: bool,
}

impl Extraction {
    /// With everything that is kept in this folder.
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

/// The documents of a library or a run: lists in the background from the moment it is opened.
pub struct OpenCorpus {
    name: String,
    roots: Vec<Arc<Root>>,
    include: Include,
    listing: tokio::sync::watch::Sender<Option<Arc<Listing>>>,
    /// Documents that were found so far.
    found: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    reading: Reading,
    indexes: Arc<Indexes>,
    passages: Arc<PassageIndex>,
    /// The last glob: code in a loop asks with the same one again.
    wanted: Mutex<Option<Arc<Wanted>>>,
    watching: Mutex<Option<watch::Watching>>,
}

impl Drop for OpenCorpus {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl OpenCorpus {
    /// A document's text with everything that is known of it.
    ///
    /// # Errors
    /// As [`Corpus::text`].
    pub async fn frozen(&self, path: &str) -> Result<Arc<FrozenText>, Fault> {
        let document = self.document(path).await?;
        if let Some(text) = document.frozen() {
            return Ok(text);
        }
        let reading = self.reading.clone();
        blocking(move |_| document.touch(&reading)).await
    }

    /// A page of a document, from 0, as an image of this many pixels of width, with the boxes of its words.
    ///
    /// # Errors
    /// `no_such_path`; `unreadable` when it has no pages or they cannot be drawn.
    pub async fn draw(&self, path: &str, page: u32, width: u32) -> Result<Drawn, Fault> {
        let document = self.document(path).await?;
        let reading = self.reading.clone();
        blocking(move |_| reading.draw(&document, page, width)).await
    }

    async fn document(&self, path: &str) -> Result<Arc<Document>, Fault> {
        let listing = self.listed().await;
        Ok(listing.documents[find(&listing.documents, path, &self.name)?].clone())
    }

    fn wanted(&self, pattern: Option<&str>, listing: &Listing) -> Result<Option<Arc<Wanted>>, Fault> {
        let Some(pattern) = pattern else { return Ok(None) };
        let mut last = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut overview = Overview { name: self.name.clone(), single: listing::is_single(&self.roots), ..Overview::default() };
        let mut reasons: HashMap<String, u64> = HashMap::new();
        for document in &listing.documents {
            if document.is_askable() {
                overview.documents += 1;
                overview.bytes += document.stamp.bytes;
                overview.tokens_estimate += document.tokens_estimate();
            } else if let Some(reason) = document.left_out() {
                overview.skipped += 1;
                *reasons.entry(reason).or_default() += 1;
            }
        }
        overview.left_out = reasons.into_iter().map(|(reason, files)| LeftOut { reason, files }).collect();
        overview.left_out.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.reason.cmp(&b.reason)));
        overview
    }

    async fn files(&self, glob: Option<&str>, limit: usize) -> Result<Vec<DocumentEntry>, Fault> {
        let listing = self.listed().await;
        let wanted = self.wanted(glob, &listing)?;
        let listed = listing.documents.iter().filter(|document| wanted.as_ref().is_none_or(|wanted| wanted.has(&document.path)));
        Ok(listed.take(limit).map(|document| document.entry()).collect())
    }

    async fn text(&self, path: &str) -> Result<Arc<dyn Text>, Fault> {
        Ok(self.frozen(path).await?)
    }

    async fn has_text(&self, path: &str) -> Result<(), Fault> {
        let document = self.document(path).await?;
        if document.frozen().is_some() || blocking(move |_| Ok(examine::begins_with_text(&document))).await? {
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
            Fault::new(Code::Unreadable, format!("The text that was kept for this run cannot be opened: {error}. Ask again."))
        })
    }

    async fn place_text(&self, text: &str) -> Result<Placement, Fault> {
        let (snapshot, text) = (self.reading.snapshot.clone(), text.to_owned());
        blocking(move |_| frozen::place_text(&snapshot, &text)).await
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
            document.may_have_text() && wanted.as_ref().is_none_or(|wanted| wanted.has(&document.path))
        };
        let documents: Vec<Arc<Document>> = listing.documents.iter().filter(chosen).cloned().collect();
        let (query, passages, reading) = (query.to_owned(), self.passages.clone(), self.reading.clone());
        blocking(move |stop| search::search(&documents, (&query, k), (&passages, &listing), &reading, stop)).await
    }
}

/// Pieces of blocking work at the same time. They may wait for the extractor, which needs a few of the runtime's blocking threads itself.
static TURNS: Semaphore = Semaphore::const_new(32);

/// Runs `work` beside the runtime. When the caller goes away, the flag that `work` looks at is set.
async fn blocking<T: Send + 'static>(work: impl FnOnce(&AtomicBool) -> Result<T, Fault> + Send + 'static) -> Result<T, Fault> {
    struct StopOnDrop(Arc<AtomicBool>);
    impl Drop for StopOnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = StopOnDrop(Arc::default());
    let seen = stop.0.clone();
    let turn = TURNS.acquire().await;
    let work = move || {
        let _turn = turn;
        work(&seen)
    };
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|_| Err(cancelled()))
}

fn cancelled() -> Fault {
    Fault::new(Code::Cancelled, "The search was stopped.")
}

#[cfg(test)]
mod tests;
