//! Opening a corpus: over folders, which are listed in the background, or over a listing that exists already.

use crate::{
    corpus::{Extraction, OpenCorpus},
    listing::{
        list::list,
        listed::{Listing, Scope},
        roots::{name, roots},
    },
    reading::{containers::Originals, read::Reading},
    search::index::Indexes,
    snapshot::file::Snapshot,
};
use parking_lot::Mutex;
use plumb_rlm::{documents::Include, fault::Fault};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64},
    },
};

impl OpenCorpus {
    /// Opens folders and files. Returns at once, and lists them in the background.
    ///
    /// # Errors
    /// `no_such_folder` when a source does not exist or cannot be opened; `disk_full`, `unreadable` when the snapshot cannot be made.
    pub fn open(sources: &[PathBuf], include: Include, extraction: &Extraction) -> Result<Arc<Self>, Fault> {
        let scope = Scope { roots: roots(sources)?, name: name(sources)?, include, pictures: extraction.pictures };
        let corpus = Arc::new(Self::new(Arc::new(scope), reading(extraction)?, extraction.indexes.clone(), None));
        corpus.list(None);
        Ok(corpus)
    }

    /// Opens the documents of a listing for one run; `only` the documents at these paths and their members, where given. Walks no folder.
    ///
    /// The run freezes its texts in a snapshot of its own. Text in pictures is read as it was for the listing.
    ///
    /// # Errors
    /// `no_such_path` for a path that is not listed; `disk_full`, `unreadable` when the snapshot cannot be made.
    pub fn of(listing: &Arc<Listing>, only: Option<&[String]>, extraction: &Extraction) -> Result<Arc<Self>, Fault> {
        let listing = match only {
            Some(paths) => Arc::new(listing.narrowed(paths)?),
            None => listing.clone(),
        };
        let scope = listing.scope.clone();
        let reading = reading(&Extraction { pictures: scope.pictures, ..extraction.clone() })?;
        Ok(Arc::new(Self::new(scope, reading, extraction.indexes.clone(), Some(listing))))
    }

    /// Lists the same folders and files with other rules, in the background. Facts about documents that did not change stay known, if
    /// everything was listed before.
    pub fn with_include(&self, include: Include) -> Arc<Self> {
        let Scope { name, roots, pictures, .. } = &*self.scope;
        let scope = Scope { name: name.clone(), roots: roots.clone(), include, pictures: *pictures };
        let corpus = Arc::new(Self::new(Arc::new(scope), self.reading.clone(), self.indexes.clone(), None));
        corpus.list(self.listing.borrow().clone());
        corpus
    }

    /// Checks whether folders and files can be opened, without opening them.
    ///
    /// # Errors
    /// As [`OpenCorpus::open`].
    pub fn check(sources: &[PathBuf]) -> Result<(), Fault> {
        roots(sources).map(drop)
    }

    fn new(scope: Arc<Scope>, reading: Reading, indexes: Arc<Indexes>, listing: Option<Arc<Listing>>) -> Self {
        OpenCorpus {
            passages: indexes.named(&index_name(&scope)),
            scope,
            listing: tokio::sync::watch::channel(listing).0,
            found: Arc::default(),
            stop: Arc::default(),
            reading,
            indexes,
            last_glob: Mutex::default(),
            watching: Mutex::default(),
            relisting: Mutex::default(),
        }
    }

    /// Makes the listing in the background.
    fn list(self: &Arc<Self>, before: Option<Arc<Listing>>) {
        let corpus = Arc::downgrade(self);
        let (scope, originals) = (self.scope.clone(), self.reading.originals.clone());
        let (stop, found): (Arc<AtomicBool>, Arc<AtomicU64>) = (self.stop.clone(), self.found.clone());
        std::thread::spawn(move || {
            let listing = list(&scope, &originals, &stop, &found, before.as_deref());
            // A corpus that was dropped needs no listing.
            if let Some(corpus) = corpus.upgrade() {
                corpus.listing.send_replace(Some(Arc::new(listing)));
            }
        });
    }
}

fn reading(extraction: &Extraction) -> Result<Reading, Fault> {
    let originals = Originals {
        extractor: extraction.extractor.clone(),
        cache: extraction.texts.clone(),
        scratch: extraction.scratch.clone(),
        pictures: extraction.pictures,
        open: Arc::default(),
    };
    Ok(Reading { originals, snapshot: Arc::new(Snapshot::new(&extraction.scratch)?), held: Arc::default() })
}

/// The name of a scope's index. It depends on everything that decides which documents there are and which texts they have.
fn index_name(scope: &Scope) -> String {
    let mut hasher = blake3::Hasher::new();
    for root in &scope.roots {
        hasher.update(root.path.as_os_str().as_encoded_bytes()).update(&[0]).update(root.prefix.as_bytes()).update(&[0]);
    }
    let Include { hidden, ignored, git } = scope.include;
    let choices = [hidden, ignored, git, scope.pictures].map(u8::from);
    let name = hasher.update(&choices).update(&plumb_extract::VERSION.to_le_bytes()).finalize();
    name.to_hex()[..32].to_owned()
}
