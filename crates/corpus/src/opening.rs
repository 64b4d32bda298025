//! Opening a corpus: the listing is made in the background.

use crate::{
    Extraction, OpenCorpus,
    document::Document,
    listing::{self, Walk},
    members,
    reading::Reading,
    search::Indexes,
    snapshot::Snapshot,
    source::{Origin, Root},
};
use plumb_rlm::{
    documents::{Include, LeftOutByRule},
    fault::{Code, Fault},
};
use std::{
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// The documents of a corpus, and the folders that they lie in.
#[derive(Default)]
pub struct Listing {
    /// In path order.
    pub documents: Vec<Arc<Document>>,
    /// In path order; with the root that each lies below.
    pub folders: Vec<(Arc<Root>, PathBuf)>,
    /// What the rules leave out of these folders, once it was counted.
    pub left_out: Mutex<Option<Vec<LeftOutByRule>>>,
}

impl Listing {
    /// Of what was found.
    pub fn new(documents: Vec<Arc<Document>>, folders: Vec<(Arc<Root>, PathBuf)>) -> Self {
        Listing { documents, folders, left_out: Mutex::default() }
    }

    /// The document that was found again, if it is still the same: in the same place, with the same stamp.
    pub fn known(&self, found: &Document) -> Option<&Arc<Document>> {
        let at = self.documents.binary_search_by(|known| known.path.cmp(&found.path)).ok()?;
        let known = &self.documents[at];
        let place = match (&known.origin, &found.origin) {
            (Origin::File { .. }, Origin::File { .. }) => true,
            (Origin::Member { of: one, .. }, Origin::Member { of: other, .. }) => Arc::ptr_eq(one, other),
            _ => false,
        };
        (place && known.stamp == found.stamp).then_some(known)
    }

    /// Puts documents that are known in the place of those that were found again.
    pub fn keep_known(&self, found: &mut [Arc<Document>]) {
        for document in found {
            if let Some(known) = self.known(document) {
                *document = known.clone();
            }
        }
    }
}

impl OpenCorpus {
    /// Opens folders and files. Returns at once; the listing is made in the background.
    ///
    /// # Errors
    /// `no_such_folder` when a source does not exist or cannot be opened, `disk_full`, `unreadable` when the snapshot cannot be made.
    pub fn open(sources: &[PathBuf], include: Include, extraction: &Extraction) -> Result<Arc<Self>, Fault> {
        let roots = listing::roots(sources)?;
        let name = name(sources)?;
        let reading = Reading {
            snapshot: Arc::new(Snapshot::new(&extraction.scratch)?),
            extractor: extraction.extractor.clone(),
            cache: extraction.texts.clone(),
            scratch: extraction.scratch.clone(),
            pictures: extraction.pictures,
            open: Arc::default(),
        };
        Ok(Self::begin(name, roots, include, reading, extraction.indexes.clone(), None))
    }

    /// The same folders and files with other rules: listed anew, in the background. What is known of documents that are still the same
    /// stays known, if all of them were listed.
    pub fn with_include(&self, include: Include) -> Arc<Self> {
        let before = self.listing.borrow().clone();
        Self::begin(self.name.clone(), self.roots.clone(), include, self.reading.clone(), self.indexes.clone(), before)
    }

    fn begin(
        name: String,
        roots: Vec<Arc<Root>>,
        include: Include,
        reading: Reading,
        indexes: Arc<Indexes>,
        before: Option<Arc<Listing>>,
    ) -> Arc<Self> {
        let passages = indexes.named(&index_name(&roots, include, reading.pictures));
        let corpus = Arc::new(OpenCorpus {
            name,
            roots,
            include,
            listing: tokio::sync::watch::channel(None).0,
            found: Arc::default(),
            stop: Arc::new(AtomicBool::new(false)),
            reading,
            indexes,
            passages,
            wanted: std::sync::Mutex::default(),
            watching: std::sync::Mutex::default(),
        });
        let listed = Arc::downgrade(&corpus);
        let (stop, roots, include, reading) = (corpus.stop.clone(), corpus.roots.clone(), corpus.include, corpus.reading.clone());
        let found = corpus.found.clone();
        std::thread::spawn(move || {
            let listing = list(&roots, include, &reading, &stop, &found, before.as_deref());
            // Nobody waits any more when the corpus was dropped.
            if let Some(corpus) = listed.upgrade() {
                corpus.listing.send_replace(Some(Arc::new(listing)));
            }
        });
        corpus
    }

    /// Whether folders and files can be opened, without opening them.
    ///
    /// # Errors
    /// As [`OpenCorpus::open`].
    pub fn check(sources: &[PathBuf]) -> Result<(), Fault> {
        listing::roots(sources).map(drop)
    }

    /// How many documents were found so far, and whether these are all.
    pub fn progress(&self) -> (u64, bool) {
        match &*self.listing.borrow() {
            Some(listing) => (listing.documents.len() as u64, true),
            None => (self.found.load(Ordering::Relaxed), false),
        }
    }

    pub(crate) async fn listed(&self) -> Arc<Listing> {
        let mut listing = self.listing.subscribe();
        // The sender lives in this corpus: it cannot be gone.
        let listed = listing.wait_for(Option::is_some).await.ok().and_then(|listing| listing.clone());
        listed.unwrap_or_default()
    }
}

/// Everything below these roots, and what lies in archives and mailboxes. What is known from a listing before stays known.
fn list(
    roots: &[Arc<Root>],
    include: Include,
    reading: &Reading,
    stop: &AtomicBool,
    found: &AtomicU64,
    before: Option<&Listing>,
) -> Listing {
    let listing::Found { mut documents, mut containers, folders } =
        listing::walk(roots, &Walk { include, pictures: reading.pictures, stop, found });
    if let Some(before) = before {
        before.keep_known(&mut documents);
        before.keep_known(&mut containers);
    }
    let mut inner = members::of(&containers, include.hidden, reading, stop, before);
    if !inner.is_empty() {
        documents.append(&mut inner);
        listing::in_order(&mut documents);
    }
    Listing::new(documents, folders)
}

/// What decides which documents there are and what their texts are.
fn index_name(roots: &[Arc<Root>], include: Include, pictures: bool) -> String {
    let mut hasher = blake3::Hasher::new();
    for Root { path, prefix, .. } in roots.iter().map(|root| &**root) {
        hasher.update(path.as_os_str().as_bytes()).update(&[0]).update(prefix.as_bytes()).update(&[0]);
    }
    let Include { hidden, ignored, git } = include;
    let choices = [hidden, ignored, git, pictures].map(u8::from);
    let name = hasher.update(&choices).update(&plumb_extract::VERSION.to_le_bytes()).finalize();
    name.to_hex()[..32].to_owned()
}

fn name(sources: &[PathBuf]) -> Result<String, Fault> {
    let name = |path: &PathBuf| {
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
    };
    match sources {
        [] => Err(Fault::new(Code::NoSuchFolder, "Name at least one file or folder to ask about.")),
        [only] => Ok(name(only)),
        [first, rest @ ..] => Ok(format!("{} and {} more", name(first), rest.len())),
    }
}
