//! Libraries: folders and files that the user asks about.

use crate::{
    plumb::{Plumb, now_ms},
    types::*,
};
use parking_lot::Mutex;
use plumb_corpus::{Extraction, OpenCorpus, WatchState};
use plumb_rlm::{
    documents::{Include, Overview},
    fault::{Code, Fault},
    traits::corpus::Corpus,
};
use std::{
    collections::hash_map::Entry,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Time between two progress updates.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);

/// Maximum wait for an overview before a library is shown without one.
const OVERVIEW_TIMEOUT: Duration = Duration::from_millis(150);

impl Plumb {
    /// All libraries, last used first. Those not yet listed are listed in the background.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn libraries(&self, _: Nothing) -> Result<Vec<Library>, Fault> {
        let mut libraries = Vec::new();
        for stored in self.inner.store.libraries().await? {
            libraries.push(match self.listing(&stored) {
                Ok(corpus) => library(stored, Some(&corpus), None).await,
                Err(e) => library(stored, None, Some(e)).await,
            });
        }
        Ok(libraries)
    }

    /// Opens folders and files as a library; returns before they are listed. The same sources give the same library.
    ///
    /// # Errors
    /// `no_such_folder`, `not_allowed`.
    pub async fn open_library(&self, request: OpenLibrary) -> Result<Library, Fault> {
        let mut sources = Vec::new();
        for source in &request.sources {
            let path = std::path::absolute(source).unwrap_or_else(|_| PathBuf::from(source));
            let path = self.allowed(&path)?;
            // One folder is one library, whatever links lead to it.
            let real = path.canonicalize().unwrap_or(path);
            let text = real.to_string_lossy().into_owned();
            if !sources.contains(&text) {
                sources.push(text);
            }
        }
        if sources.is_empty() {
            return Err(Fault::new(Code::NothingChosen, "Choose a folder or a file to ask about."));
        }
        // Sources that cannot be opened do not become a library.
        OpenCorpus::check(&self.allowed_paths(&sources)?)?;
        let stored = self.inner.store.upsert_library(&name_of(&sources), &sources, now_ms() as i64).await?;
        let corpus = self.listing(&stored)?;
        Ok(library(stored, Some(&corpus), None).await)
    }

    /// Removes a library from the list. The user's files and the library's questions stay.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn close_library(&self, request: LibraryId) -> Result<Nothing, Fault> {
        let id = library_id(&request.library)?;
        self.inner.store.delete_library(id).await?;
        self.inner.open.lock().remove(&id);
        self.tell(Update::Libraries);
        Ok(Nothing {})
    }

    /// A library's listing.
    ///
    /// # Errors
    /// `no_such_library`, or the reason it cannot be opened.
    pub async fn documents(&self, request: ListDocuments) -> Result<Documents, Fault> {
        let corpus = self.library_corpus(&request.library).await?;
        let entries = corpus.files(request.pattern.as_deref(), request.limit).await?;
        let left_out_by_rules = corpus.left_out_by_rules().await?;
        Ok(Documents { overview: corpus.overview().await, entries, left_out_by_rules })
    }

    /// Chooses the hidden and ignored files of a library that are listed too.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn set_include(&self, request: SetInclude) -> Result<Nothing, Fault> {
        let id = library_id(&request.library)?;
        self.inner.store.set_include(id, request.include).await?;
        let before = self.inner.open.lock().remove(&id);
        if let Some(before) = before {
            self.keep_open(id, before.with_include(request.include));
        }
        self.tell(Update::Libraries);
        Ok(Nothing {})
    }

    /// Lists a library's folders again, where Plumb cannot watch them for changes.
    ///
    /// # Errors
    /// `no_such_library`, or the reason it cannot be opened.
    pub async fn rescan(&self, request: LibraryId) -> Result<Nothing, Fault> {
        let corpus = self.library_corpus(&request.library).await?;
        let changed = tokio::task::spawn_blocking(move || corpus.rescan()).await;
        if changed.unwrap_or(true) {
            self.tell(Update::Libraries);
        }
        Ok(Nothing {})
    }

    /// Reads every document of a library once, so that its listing shows the state of each. Progress arrives as updates.
    ///
    /// # Errors
    /// `no_such_library`, or the reason it cannot be opened.
    pub async fn examine(&self, request: LibraryId) -> Result<Nothing, Fault> {
        let id = library_id(&request.library)?;
        let corpus = self.library_corpus(&request.library).await?;
        let stop = CancellationToken::new();
        match self.inner.examined.lock().entry(id) {
            // Already under way.
            Entry::Occupied(_) => return Ok(Nothing {}),
            Entry::Vacant(free) => drop(free.insert(stop.clone())),
        }
        let plumb = self.clone();
        tokio::spawn(async move {
            let read = Mutex::new((Instant::now(), Vec::new()));
            let (teller, library) = (plumb.clone(), request.library.clone());
            let examined = corpus.examine(false, move |document, done, all| {
                let mut read = read.lock();
                let (told, documents) = &mut *read;
                documents.push(document.entry);
                if told.elapsed() >= PROGRESS_INTERVAL || done == all {
                    *told = Instant::now();
                    let (library, documents) = (library.clone(), std::mem::take(documents));
                    let (done, all) = (done as u64, all as u64);
                    teller.tell(Update::Examined { library, done, all, documents, ended: false, fault: None });
                }
            });
            let ended = tokio::select! {
                ended = examined => ended,
                () = stop.cancelled() => Ok(()),
            };
            plumb.inner.examined.lock().remove(&id);
            let fault = ended.err();
            let (library, documents) = (request.library, Vec::new());
            plumb.tell(Update::Examined { library, done: 0, all: 0, documents, ended: true, fault });
            plumb.tell(Update::Libraries);
        });
        Ok(Nothing {})
    }

    /// Stops reading every document of a library.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn stop_examine(&self, request: LibraryId) -> Result<Nothing, Fault> {
        if let Some(stop) = self.inner.examined.lock().get(&library_id(&request.library)?) {
            stop.cancel();
        }
        Ok(Nothing {})
    }

    /// Opens these sources anew, for a run.
    pub(crate) fn corpus(&self, sources: &[String], include: Include) -> Result<Arc<OpenCorpus>, Fault> {
        self.corpus_with(sources, include, self.reads_pictures())
    }

    /// The documents of one run: the current listing of an open library with these sources, else a new listing.
    pub(crate) async fn run_corpus(&self, sources: &[String], include: Include) -> Result<Arc<OpenCorpus>, Fault> {
        let library = self.inner.store.libraries().await?.into_iter().find(|library| library.sources == sources);
        let open = library.and_then(|library| self.inner.open.lock().get(&library.id).cloned());
        let listing = open.and_then(|corpus| corpus.current_listing()).filter(|listing| listing.include() == include);
        match listing {
            Some(listing) => {
                self.allowed_paths(sources)?;
                OpenCorpus::of(&listing, None, &self.inner.extraction)
            }
            None => self.corpus(sources, include),
        }
    }

    /// Whether the user agreed that text in pictures is read.
    pub(crate) fn reads_pictures(&self) -> bool {
        self.inner.pictures.load(Ordering::Relaxed)
    }

    /// Opens these sources anew, with or without text in pictures.
    pub(crate) fn corpus_with(&self, sources: &[String], include: Include, pictures: bool) -> Result<Arc<OpenCorpus>, Fault> {
        let paths = self.allowed_paths(sources)?;
        OpenCorpus::open(&paths, include, &Extraction { pictures, ..self.inner.extraction.clone() })
    }

    fn allowed_paths(&self, sources: &[String]) -> Result<Vec<PathBuf>, Fault> {
        let paths: Vec<PathBuf> = sources.iter().map(PathBuf::from).collect();
        for path in &paths {
            self.allowed(path)?;
        }
        Ok(paths)
    }

    /// The current listing of a library. The first call opens it and starts watching it.
    fn listing(&self, stored: &plumb_store::Library) -> Result<Arc<OpenCorpus>, Fault> {
        if let Some(open) = self.inner.open.lock().get(&stored.id) {
            return Ok(open.clone());
        }
        let corpus = self.corpus(&stored.sources, stored.include)?;
        self.keep_open(stored.id, corpus.clone());
        Ok(corpus)
    }

    /// Tells front ends when a library is listed and, from then on, when its folders change.
    fn keep_open(&self, id: i64, corpus: Arc<OpenCorpus>) {
        let listed = Arc::downgrade(&corpus);
        self.inner.open.lock().insert(id, corpus);
        let plumb = self.clone();
        // Ends when the library is closed.
        tokio::spawn(async move {
            while let Some(corpus) = listed.upgrade().filter(|corpus| !corpus.progress().1) {
                let done = tokio::time::timeout(PROGRESS_INTERVAL, corpus.overview()).await.is_ok();
                drop(corpus);
                if !done {
                    plumb.tell(Update::Libraries);
                }
            }
            plumb.tell(Update::Libraries);
            let teller = plumb.clone();
            let watch = move || listed.upgrade().map(|corpus| corpus.watch(move || teller.tell(Update::Libraries)));
            if let Ok(Some(WatchState::Off(_))) = tokio::task::spawn_blocking(watch).await {
                plumb.tell(Update::Libraries);
            }
        });
    }

    pub(crate) async fn library_corpus(&self, library: &str) -> Result<Arc<OpenCorpus>, Fault> {
        self.listing(&self.inner.store.library(library_id(library)?).await?)
    }
}

async fn library(stored: plumb_store::Library, corpus: Option<&OpenCorpus>, problem: Option<Fault>) -> Library {
    let plumb_store::Library { id, name, sources, local_only, include, .. } = stored;
    let overview = match corpus {
        Some(corpus) => at_once(corpus).await,
        None => None,
    };
    let not_watched = match corpus.and_then(OpenCorpus::watch_state) {
        Some(WatchState::Off(reason)) => Some(reason),
        _ => None,
    };
    let found = corpus.map_or(0, |corpus| corpus.progress().0);
    Library { id: id.to_string(), name, sources, local_only, include, found, not_watched, overview, problem }
}

/// Parses a library's id on the wire.
pub(crate) fn library_id(text: &str) -> Result<i64, Fault> {
    text.parse().map_err(|_| {
        Fault::new(Code::NoSuchLibrary, "There is no such library: it may have been removed. Open its folder again.")
    })
}

/// The overview, if the listing is complete or nearly so. Otherwise an update follows once it is.
async fn at_once(corpus: &OpenCorpus) -> Option<Overview> {
    tokio::time::timeout(OVERVIEW_TIMEOUT, corpus.overview()).await.ok()
}

/// "contracts", or "contracts and 2 more".
fn name_of(sources: &[String]) -> String {
    let name =
        |path: &String| Path::new(path).file_name().map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned());
    match sources {
        [] => String::new(),
        [only] => name(only),
        [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
    }
}
