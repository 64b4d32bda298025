//! Libraries: folders and files that questions are asked about.

use crate::{
    plumb::{Plumb, locked, now_ms},
    types::*,
};
use plumb_corpus::OpenCorpus;
use plumb_rlm::{
    corpus::{Corpus, Overview},
    event::Fault,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The most lines shown at once.
const MOST_LINES: u64 = 5_000;

impl Plumb {
    /// All libraries, last used first. Listings that are not there yet are made in the background.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn libraries(&self, _: Nothing) -> Result<Vec<Library>, ApiError> {
        let mut libraries = Vec::new();
        for stored in self.inner.store.libraries().await? {
            let (overview, problem) = match self.listing(stored.id, &stored.sources) {
                Ok(corpus) => (at_once(&corpus).await, None),
                Err(e) => (None, Some(Fault { code: e.code, message: e.message })),
            };
            libraries.push(library(stored, overview, problem));
        }
        Ok(libraries)
    }

    /// Opens folders and files; returns before they are listed. The same sources give the same library.
    ///
    /// # Errors
    /// `no_such_folder`, `not_allowed`.
    pub async fn open_library(&self, request: OpenLibrary) -> Result<Library, ApiError> {
        let mut sources = Vec::new();
        for source in &request.sources {
            let path = std::path::absolute(source).unwrap_or_else(|_| PathBuf::from(source));
            let path = self.allowed(&path)?;
            // Links and dots are resolved, so that one folder is one library.
            let real = path.canonicalize().unwrap_or(path);
            let text = real.to_string_lossy().into_owned();
            if !sources.contains(&text) {
                sources.push(text);
            }
        }
        if sources.is_empty() {
            return Err(ApiError::new("nothing_chosen", "Choose a folder or a file to ask about."));
        }
        // Opened first: what cannot be opened does not become a library.
        let corpus = self.corpus(&sources)?;
        let stored = self.inner.store.upsert_library(&name_of(&sources), &sources, now_ms() as i64).await?;
        self.keep_open(stored.id, &corpus);
        let overview = at_once(&corpus).await;
        Ok(library(stored, overview, None))
    }

    /// Takes a library off the list. No file of the user's is touched, and its questions stay in the history.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn close_library(&self, request: LibraryId) -> Result<Nothing, ApiError> {
        let id = library_id(&request.library)?;
        self.inner.store.delete_library(id).await?;
        locked(&self.inner.open).remove(&id);
        self.tell(Update::Libraries);
        Ok(Nothing {})
    }

    /// A library's listing.
    ///
    /// # Errors
    /// `no_such_library`, or what keeps it from being opened.
    pub async fn documents(&self, request: ListDocuments) -> Result<Documents, ApiError> {
        let corpus = self.library_corpus(&request.library).await?;
        let entries = corpus.files(request.pattern.as_deref(), request.limit).await?;
        Ok(Documents { overview: corpus.overview().await, entries })
    }

    /// Lines of a document.
    ///
    /// # Errors
    /// As the corpus has it: `no_such_path`, `no_text`, `unreadable`.
    pub async fn read_lines(&self, request: ReadLines) -> Result<Lines, ApiError> {
        let corpus = self.library_corpus(&request.library).await?;
        let text = corpus.text(&request.path).await?;
        let places = corpus.places(&request.path).await?;
        let first = request.start_line.max(1);
        let most = request.max_lines.min(MOST_LINES);
        let lines = text.as_str().split('\n').skip((first - 1) as usize).take(most as usize);
        Ok(Lines {
            start_line: first,
            total_lines: text.as_str().split('\n').count() as u64,
            lines: lines.map(|line| line.trim_end_matches('\r').to_owned()).collect(),
            digest: text.digest().to_owned(),
            places: places.into_iter().map(|(line, place)| PlaceMark { line, place }).collect(),
            path: request.path,
        })
    }

    /// A fresh look at these sources: what a run asks.
    pub(crate) fn corpus(&self, sources: &[String]) -> Result<Arc<OpenCorpus>, ApiError> {
        let paths: Vec<PathBuf> = sources.iter().map(PathBuf::from).collect();
        for path in &paths {
            self.allowed(path)?;
        }
        Ok(OpenCorpus::open(&paths, &self.inner.folders.cache, self.inner.extractor.clone())?)
    }

    /// Makes a corpus the one that a library's listing and source view show, and tells the front ends when it is listed.
    pub(crate) fn keep_open(&self, id: i64, corpus: &Arc<OpenCorpus>) {
        locked(&self.inner.open).insert(id, corpus.clone());
        let (plumb, corpus) = (self.clone(), corpus.clone());
        tokio::spawn(async move {
            corpus.overview().await;
            plumb.tell(Update::Libraries);
        });
    }

    fn listing(&self, id: i64, sources: &[String]) -> Result<Arc<OpenCorpus>, ApiError> {
        if let Some(open) = locked(&self.inner.open).get(&id) {
            return Ok(open.clone());
        }
        let corpus = self.corpus(sources)?;
        self.keep_open(id, &corpus);
        Ok(corpus)
    }

    async fn library_corpus(&self, library: &str) -> Result<Arc<OpenCorpus>, ApiError> {
        let stored = self.inner.store.library(library_id(library)?).await?;
        self.listing(stored.id, &stored.sources)
    }
}

fn library(stored: plumb_store::Library, overview: Option<Overview>, problem: Option<Fault>) -> Library {
    let plumb_store::Library { id, name, sources, local_only, .. } = stored;
    Library { id: id.to_string(), name, sources, local_only, overview, problem }
}

/// A library's number from its name on the wire.
pub(crate) fn library_id(text: &str) -> Result<i64, ApiError> {
    text.parse().map_err(|_| ApiError::new("no_such_library", "There is no such library. It may have been removed."))
}

/// The overview, if the listing is complete or nearly so. What takes longer than a glance is told by an update.
async fn at_once(corpus: &OpenCorpus) -> Option<Overview> {
    tokio::time::timeout(Duration::from_millis(150), corpus.overview()).await.ok()
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
