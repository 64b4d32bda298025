//! Folders, repositories and single files as documents.
//!
//! Opening lists and reads nothing. A document is read when it is first touched, and from then on frozen in the snapshot: the REPL, `grep`,
//! `search` and citations of that run see the same bytes, whatever becomes of the file.

mod document;
mod grep;
mod listing;
mod search;
mod snapshot;
mod words;

use async_trait::async_trait;
use document::{Document, Freezer, FrozenText};
use globset::{GlobBuilder, GlobMatcher};
use plumb_extract::Extractor;
use plumb_rlm::corpus::{Corpus, CorpusError, DocumentEntry, GrepQuery, GrepResult, Overview, Passage, Placement, Text};
use search::Index;
use snapshot::Snapshot;
use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::{
    runtime::Handle,
    sync::{OnceCell, Semaphore, watch},
};

/// The most text (files' bytes) that one search ranks. Where the corpus is larger, the files with the rarest words of the query are ranked.
const RANKED: u64 = 64 << 20;

/// The longest glob, in bytes, and the most groups in it.
const LONGEST_GLOB: usize = 1_000;
const MOST_GROUPS: usize = 10;

/// A path that is not there and longer than this, in bytes, is not compared with those that are.
const COMPARED: usize = 300;

type Listing = Arc<Vec<Document>>;

/// The documents of one run: lists in the background from the moment it is opened.
pub struct OpenCorpus {
    name: String,
    single: bool,
    listing: watch::Receiver<Option<Listing>>,
    stop: Arc<AtomicBool>,
    snapshot: Arc<Snapshot>,
    extractor: Arc<Extractor>,
    index: OnceCell<Arc<Index>>,
    /// The last glob: code in a loop asks with the same one again.
    wanted: Mutex<Option<Arc<Wanted>>>,
}

impl Drop for OpenCorpus {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl OpenCorpus {
    /// Opens folders and files. Returns at once; the listing is made in the background, and reads no file.
    ///
    /// # Errors
    /// `no_such_folder` when a source does not exist or cannot be opened, `disk_full`, `unreadable` when the snapshot cannot be made in `cache`.
    pub fn open(sources: &[PathBuf], cache: &Path, extractor: Arc<Extractor>) -> Result<Arc<Self>, CorpusError> {
        let roots = listing::roots(sources)?;
        let name = |path: &PathBuf| {
            let path = path.canonicalize().unwrap_or_else(|_| path.clone());
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
        };
        let name = match sources {
            [] => {
                return Err(CorpusError {
                    code: "no_such_folder",
                    message: "Name at least one file or folder to ask about.".to_owned(),
                });
            }
            [only] => name(only),
            [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
        };
        let snapshot = Arc::new(Snapshot::new(cache)?);
        let stop = Arc::new(AtomicBool::new(false));
        let (done, listing) = watch::channel(None);
        let single = listing::is_single(&roots);
        let stopped = stop.clone();
        std::thread::spawn(move || {
            let documents = listing::walk(&roots, &stopped);
            // Nobody listens any more when the corpus was dropped.
            let _ = done.send(Some(Arc::new(documents)));
        });
        Ok(Arc::new(OpenCorpus {
            name,
            single,
            listing,
            stop,
            snapshot,
            extractor,
            index: OnceCell::new(),
            wanted: Mutex::default(),
        }))
    }

    /// The first line of each page of a document, and its name ("page 3"). Empty where lines are all there is.
    ///
    /// # Errors
    /// As [`Corpus::text`].
    pub async fn places(&self, path: &str) -> Result<Vec<(u64, String)>, CorpusError> {
        Ok(self.frozen(path).await?.places().to_vec())
    }

    async fn listed(&self) -> Listing {
        let mut listing = self.listing.clone();
        // The walk sends before it ends; a walk that died leaves an empty listing.
        let listed = listing.wait_for(Option::is_some).await.ok().and_then(|listing| listing.clone());
        listed.unwrap_or_default()
    }

    fn wanted(&self, pattern: Option<&str>) -> Result<Option<Arc<Wanted>>, CorpusError> {
        let Some(pattern) = pattern else { return Ok(None) };
        let mut last = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(wanted) if wanted.pattern == pattern => {}
            _ => *last = Some(Arc::new(Wanted::new(pattern)?)),
        }
        Ok(last.clone())
    }

    fn freezer(&self) -> Freezer {
        Freezer { snapshot: self.snapshot.clone(), extractor: self.extractor.clone(), runtime: Handle::current() }
    }

    async fn frozen(&self, path: &str) -> Result<Arc<FrozenText>, CorpusError> {
        let listing = self.listed().await;
        let index = find(&listing, path, &self.name)?;
        if let Some(text) = listing[index].frozen() {
            return Ok(text);
        }
        let freezer = self.freezer();
        blocking(move |_| listing[index].touch(&freezer)).await
    }

    async fn index_of_all(&self, listing: &Listing) -> Result<Arc<Index>, CorpusError> {
        let build = async {
            let (listing, freezer) = (listing.clone(), self.freezer());
            blocking(move |stop| Ok(Arc::new(index(listing.iter(), None, &freezer, stop)?))).await
        };
        self.index.get_or_try_init(|| build).await.cloned()
    }
}

#[async_trait]
impl Corpus for OpenCorpus {
    async fn overview(&self) -> Overview {
        let listing = self.listed().await;
        let mut overview = Overview { name: self.name.clone(), single: self.single, ..Overview::default() };
        for document in listing.iter() {
            if document.is_askable() {
                overview.documents += 1;
                overview.bytes += document.bytes;
                overview.tokens_estimate += document.tokens_estimate();
            } else {
                overview.skipped += 1;
            }
        }
        overview
    }

    async fn files(&self, glob: Option<&str>, limit: usize) -> Result<Vec<DocumentEntry>, CorpusError> {
        let wanted = self.wanted(glob)?;
        let listing = self.listed().await;
        let listed = listing.iter().filter(|document| wanted.as_ref().is_none_or(|wanted| wanted.has(&document.path)));
        Ok(listed.take(limit).map(Document::entry).collect())
    }

    async fn text(&self, path: &str) -> Result<Arc<dyn Text>, CorpusError> {
        Ok(self.frozen(path).await?)
    }

    async fn has_text(&self, path: &str) -> Result<(), CorpusError> {
        let listing = self.listed().await;
        let index = find(&listing, path, &self.name)?;
        if listing[index].frozen().is_some() || blocking(move |_| Ok(listing[index].begins_with_text())).await? {
            return Ok(());
        }
        self.frozen(path).await.map(drop)
    }

    async fn placement(&self, path: &str) -> Result<Placement, CorpusError> {
        let text = self.frozen(path).await?;
        match text.placement() {
            Some(placement) => Ok(placement),
            None => blocking(move |_| text.place_in_snapshot()).await,
        }
    }

    fn snapshot(&self) -> Result<File, CorpusError> {
        self.snapshot.read_only().map_err(|error| CorpusError {
            code: "unreadable",
            message: format!("The text that was kept for this run cannot be opened: {error}. Ask again."),
        })
    }

    async fn place_text(&self, text: &str) -> Result<Placement, CorpusError> {
        let (snapshot, text) = (self.snapshot.clone(), text.to_owned());
        blocking(move |_| document::place_text(&snapshot, &text)).await
    }

    async fn grep(&self, query: &GrepQuery) -> Result<GrepResult, CorpusError> {
        let matcher = grep::matcher(&query.pattern, query.ignore_case)?;
        let wanted = self.wanted(query.path.as_deref())?;
        let (listing, freezer, limit) = (self.listed().await, self.freezer(), query.limit);
        blocking(move |stop| {
            let wanted = |document: &&Document| wanted.as_ref().is_none_or(|wanted| wanted.has(&document.path));
            let documents: Vec<&Document> = listing.iter().filter(wanted).collect();
            grep::grep(&documents, &matcher, limit, &freezer, stop)
        })
        .await
    }

    async fn search(&self, query: &str, k: usize) -> Result<Vec<Passage>, CorpusError> {
        let listing = self.listed().await;
        let bytes: u64 = listing.iter().filter(|document| document.may_have_text()).map(|document| document.bytes).sum();
        let query = query.to_owned();
        if bytes <= RANKED {
            let index = self.index_of_all(&listing).await?;
            return blocking(move |_| Ok(index.best(&query, k))).await;
        }
        let freezer = self.freezer();
        blocking(move |stop| {
            let words = search::distinct(&query);
            let narrowed = narrow(&listing, &words, &freezer, stop)?;
            Ok(index(narrowed.into_iter(), Some(&words), &freezer, stop)?.best(&query, k))
        })
        .await
    }
}

/// Pieces of blocking work at the same time. They may wait for the extractor, which needs a few of the runtime's blocking threads itself.
static TURNS: Semaphore = Semaphore::const_new(32);

/// Runs `work` beside the runtime. When the caller goes away, the flag that `work` looks at is set.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&AtomicBool) -> Result<T, CorpusError> + Send + 'static,
) -> Result<T, CorpusError> {
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

fn cancelled() -> CorpusError {
    CorpusError { code: "cancelled", message: "The search was stopped.".to_owned() }
}

/// A glob over paths; the name of a folder stands for all in it.
struct Wanted {
    pattern: String,
    glob: GlobMatcher,
    folder: String,
}

impl Wanted {
    fn new(given: &str) -> Result<Self, CorpusError> {
        let pattern = given.trim_start_matches("./");
        // What is built from a glob grows with its groups, and can outgrow the stack.
        if given.len() > LONGEST_GLOB || given.matches('{').count() > MOST_GROUPS {
            let message = format!(
                "A pattern for paths may have {LONGEST_GLOB} characters and {MOST_GROUPS} groups in braces; use a simpler one."
            );
            return Err(CorpusError { code: "bad_pattern", message });
        }
        let glob = GlobBuilder::new(pattern).build().map_err(|error| CorpusError {
            code: "bad_pattern",
            message: format!(
                "\"{pattern}\" is not a valid pattern for paths: {}. Write for example \"*.md\" or \"docs/**\".",
                error.kind()
            ),
        })?;
        Ok(Wanted {
            pattern: given.to_owned(),
            glob: glob.compile_matcher(),
            folder: format!("{}/", pattern.trim_end_matches('/')),
        })
    }

    fn has(&self, path: &str) -> bool {
        self.glob.is_match(path)
            || path.starts_with(&self.folder)
            || path.ends_with(&self.folder[..self.folder.len() - 1]) && self.is_end_of(path)
    }

    /// The pattern is the last parts of the path.
    fn is_end_of(&self, path: &str) -> bool {
        let before = path.len() + 1 - self.folder.len();
        before == 0 || path.as_bytes()[before - 1] == b'/'
    }
}

/// A document by its path, or by the last parts of its path if they are those of one document only.
fn find(listing: &[Document], path: &str, name: &str) -> Result<usize, CorpusError> {
    let path = path.trim_start_matches("./");
    if let Ok(index) = listing.binary_search_by(|document| document.path.as_str().cmp(path)) {
        return Ok(index);
    }
    let end = format!("/{path}");
    let mut ending = listing.iter().enumerate().filter(|(_, document)| !path.is_empty() && document.path.ends_with(&end));
    if let (Some((index, _)), None) = (ending.next(), ending.next()) {
        return Ok(index);
    }
    if path.len() > COMPARED {
        let message = format!("There is no document with such a long path in {name}. Its paths are listed by files().");
        return Err(CorpusError { code: "no_such_path", message });
    }
    let file_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let asked = file_name(path);
    let mut close: Vec<(f64, &str)> = listing
        .iter()
        .map(|document| (strsim::jaro_winkler(&file_name(&document.path), &asked), document.path.as_str()))
        .filter(|(likeness, _)| *likeness > 0.7)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let close: Vec<String> = close.iter().take(3).map(|(_, path)| format!("\"{path}\"")).collect();
    let advice = match close.as_slice() {
        [] => "Its paths are listed by files().".to_owned(),
        close => format!("Close to it: {}.", close.join(", ")),
    };
    Err(CorpusError { code: "no_such_path", message: format!("There is no document \"{path}\" in {name}. {advice}") })
}

/// Freezes these documents and indexes them, for these words or all. One that cannot be read is left out, as in `grep`.
fn index<'a>(
    documents: impl Iterator<Item = &'a Document>,
    words: Option<&[String]>,
    freezer: &Freezer,
    stop: &AtomicBool,
) -> Result<Index, CorpusError> {
    let documents: Vec<&Document> = documents.filter(|document| document.may_have_text()).collect();
    let next = AtomicUsize::new(0);
    let texts: Mutex<BTreeMap<usize, Arc<FrozenText>>> = Mutex::default();
    let touch_all = || -> Result<(), CorpusError> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(document) = documents.get(index) else { return Ok(()) };
            if stop.load(Ordering::Relaxed) {
                return Err(cancelled());
            }
            match document.touch(freezer) {
                Ok(text) => drop(texts.lock().unwrap_or_else(PoisonError::into_inner).insert(index, text)),
                Err(error) if error.code == "disk_full" => return Err(error),
                Err(_) => {}
            }
        }
    };
    std::thread::scope(|scope| {
        let others = std::thread::available_parallelism().map_or(1, usize::from).min(documents.len()).saturating_sub(1);
        let others: Vec<_> = (0..others).map(|_| scope.spawn(touch_all)).collect();
        let ours = touch_all();
        others.into_iter().map(|other| other.join().unwrap_or_else(|_| Err(cancelled()))).fold(ours, Result::and)
    })?;
    let texts = texts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.into_iter().map(|(index, text)| (documents[index].path.clone(), text as Arc<dyn Text>)).collect();
    Ok(Index::new(texts, words))
}

/// The documents that hold the rarest words of the query, as many as one search ranks.
fn narrow<'a>(
    listing: &'a [Document],
    words: &[String],
    freezer: &Freezer,
    stop: &AtomicBool,
) -> Result<Vec<&'a Document>, CorpusError> {
    let all: Vec<&Document> = listing.iter().collect();
    let mut by_word = Vec::new();
    for word in words {
        let matcher = grep::matcher(&regex::escape(word), true)?;
        let found = grep::matching(&all, &matcher, freezer, stop)?;
        if !found.is_empty() {
            by_word.push(found);
        }
    }
    by_word.sort_by_key(Vec::len);
    // A document counts by how rare the words are that it holds.
    let mut weights: BTreeMap<usize, f64> = BTreeMap::new();
    for found in &by_word {
        let rarity = (1.0 + all.len() as f64 / found.len() as f64).ln();
        for &index in found {
            *weights.entry(index).or_default() += rarity;
        }
    }
    let mut ranked: Vec<(usize, f64)> = weights.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut room = RANKED;
    let mut chosen = HashSet::new();
    for (index, _) in ranked {
        let bytes = listing[index].bytes;
        // One document larger than all the room is still ranked when it is the best.
        if bytes <= room || chosen.is_empty() {
            room = room.saturating_sub(bytes);
            chosen.insert(index);
        }
    }
    Ok(listing.iter().enumerate().filter(|(index, _)| chosen.contains(index)).map(|(_, document)| document).collect())
}

#[cfg(test)]
mod tests;
