//! One document of a listing: where its bytes are, and the facts known about it. Many runs may share it.

use crate::{
    facts::{About, Facts, Without},
    remote::{PATIENCE, within},
    system,
};
use parking_lot::Mutex;
use plumb_extract::{Family, Kind};
use plumb_rlm::documents::{DocumentEntry, DocumentState};
use std::{
    borrow::Cow,
    fs::{File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// How deep documents may lie in documents.
const MAX_DEPTH: usize = 4;

/// BLAKE3 of a document's bytes; for a member, of the outer document's content and the member's place.
pub type Content = [u8; 32];

/// One folder or file that was asked about.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its path, without links and dots.
    pub path: PathBuf,
    /// Precedes the paths of its documents; empty for a single folder.
    pub prefix: String,
    /// It is a file.
    pub is_file: bool,
    /// Mount points of other computers' drives below it or above it.
    pub remote: Vec<PathBuf>,
}

impl Root {
    /// The corpus's name for a path below this root. Bytes that are not UTF-8 are written as `\xE9`, so that two names stay two.
    pub fn inside(&self, path: &Path) -> String {
        let name = readable(self.below(path));
        match (self.prefix.is_empty(), name.is_empty()) {
            (true, _) => name.into_owned(),
            (false, true) => self.prefix.clone(),
            (false, false) => format!("{}/{name}", self.prefix),
        }
    }

    fn below<'a>(&self, path: &'a Path) -> &'a Path {
        system::below(&self.path, path)
    }
}

fn readable(path: &Path) -> Cow<'_, str> {
    use std::fmt::Write;
    if let Some(path) = path.to_str() {
        return Cow::Borrowed(path);
    }
    let mut out = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
    Cow::Owned(out)
}

/// Where a document's bytes are.
#[derive(Debug)]
pub enum Origin {
    /// In a file.
    File {
        /// The root above it.
        root: Arc<Root>,
        /// The path below the root.
        below: Box<Path>,
    },
    /// Inside another document.
    Member {
        /// The document around it.
        of: Arc<Document>,
        /// Its place among the members.
        index: usize,
    },
}

impl Origin {
    /// A file at this path.
    pub fn at(root: &Arc<Root>, path: &Path) -> Self {
        Origin::File { root: root.clone(), below: root.below(path).into() }
    }

    /// The file's path. `None` for a member.
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            // A source that is a file has nothing below it.
            Origin::File { root, below } if below.as_os_str().is_empty() => Some(root.path.clone()),
            Origin::File { root, below } => Some(root.path.join(below)),
            Origin::Member { .. } => None,
        }
    }

    /// It lies on another computer's drive, as far as that is known without asking the drive.
    pub fn is_remote(&self) -> bool {
        match self {
            Origin::File { root, .. } if root.remote.is_empty() => false,
            Origin::File { root, .. } => self.file().is_some_and(|file| root.remote.iter().any(|mount| file.starts_with(mount))),
            Origin::Member { of, .. } => of.origin.is_remote(),
        }
    }

    /// The user named this file itself, and not a folder around it.
    pub fn is_root(&self) -> bool {
        matches!(self, Origin::File { root, .. } if root.is_file)
    }

    /// The file around a member, through all documents between. `None` for a file.
    pub fn outermost(&self) -> Option<&Arc<Document>> {
        match self {
            Origin::File { .. } => None,
            Origin::Member { of, .. } => of.origin.outermost().or(Some(of)),
        }
    }

    /// The number of documents around it.
    pub fn depth(&self) -> usize {
        match self {
            Origin::File { .. } => 0,
            Origin::Member { of, .. } => of.origin.depth() + 1,
        }
    }
}

/// How to open a document that holds others.
#[derive(Clone, Copy, Debug)]
pub struct Container {
    /// The reader to use.
    pub family: Family,
    /// Its content when it was listed; its members are those of this content.
    pub content: Content,
}

/// A file's size and time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Size in bytes.
    pub bytes: u64,
    /// Time of the last write, in nanoseconds since 1970.
    pub modified_ns: i64,
}

impl Stamp {
    /// The stamp of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Stamp { bytes: metadata.len(), modified_ns: system::modified_ns(metadata) }
    }

    /// The stamp of a member, with its size as far as it is known.
    pub fn of_member(bytes: u64) -> Self {
        Stamp { bytes, modified_ns: 0 }
    }
}

/// One document of a listing.
#[derive(Debug)]
pub struct Document {
    /// Path inside the corpus.
    pub path: String,
    /// The file's size and modification time when it was listed.
    pub stamp: Stamp,
    /// Where its bytes are.
    pub origin: Origin,
    /// How to open it, once other documents were found inside it.
    pub container: OnceLock<Box<Container>>,
    /// Facts about the document as it was listed. They hold for all runs.
    facts: Mutex<Facts>,
    /// Held while the file is read, which may take long, so that readers at the same time share one extraction.
    pub turn: Mutex<()>,
}

impl Document {
    /// A document that was only listed.
    pub fn new(path: String, origin: Origin, stamp: Stamp) -> Self {
        Document { path, stamp, origin, container: OnceLock::new(), facts: Mutex::new(Facts::Listed), turn: Mutex::default() }
    }

    /// The same document, left out by the listing for this reason.
    pub fn with(self, state: DocumentState, reason: impl Into<String>) -> Self {
        self.set_facts(Without::new(None, state, reason).into());
        self
    }

    /// The same document, skipped where its name says that it has no text. Pictures have text where pictures are read.
    pub fn by_name(self, pictures: bool) -> Self {
        if let Some(reason) = plumb_extract::skip_by_name(&self.path)
            && !(pictures && reason == plumb_extract::IMAGE)
        {
            self.set_facts(Facts::SkippedByName(reason));
        }
        self
    }

    /// Looks at the facts. They are locked meanwhile.
    pub fn look<T>(&self, look: impl FnOnce(&Facts) -> T) -> T {
        look(&self.facts.lock())
    }

    /// Replaces the facts.
    pub fn set_facts(&self, facts: Facts) {
        *self.facts.lock() = facts;
    }

    /// The listing's entry for it.
    pub fn entry(&self, facts: &Facts) -> DocumentEntry {
        facts.entry(&self.path, self.stamp.bytes)
    }

    /// Remembers why there is no text, unless that is known already.
    pub fn refuse(&self, without: Without) {
        let mut facts = self.facts.lock();
        if facts.is_askable() {
            *facts = without.into();
        }
    }

    /// Remembers facts about its text, where nothing was known.
    pub fn know(&self, about: &About, text_bytes: u64) {
        let mut facts = self.facts.lock();
        if matches!(&*facts, Facts::Listed) {
            *facts = Facts::of_text(about, text_bytes);
        }
    }

    /// Other documents may lie in it. Decided by file name: no file is read to find out that it is an archive.
    pub fn may_hold_others(&self) -> bool {
        let by_name = Kind::by_name(&self.path);
        // A document that was opened for an earlier listing is opened again: other members of it may be listed now.
        let opens = self.look(Facts::is_askable) || self.container.get().is_some();
        if !opens || !by_name.is_some_and(Kind::is_container) {
            return false;
        }
        match &self.origin {
            Origin::File { .. } => true,
            // A mailbox lists the attachments of its e-mails itself: it reads them all at once.
            Origin::Member { of, .. } => {
                let of_mailbox = of.look(|facts| of.entry(facts)).kind == Kind::Mailbox.id();
                self.origin.depth() < MAX_DEPTH && !(of_mailbox && by_name == Some(Kind::Mail))
            }
        }
    }

    /// Opens the file.
    ///
    /// # Errors
    /// The reason, in plain words.
    pub fn open(&self) -> Result<File, String> {
        let Some(path) = self.origin.file() else { return Err("it lies in another document".to_owned()) };
        let opened = system::open_without_waiting(&path).and_then(|file| match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("it is no ordinary file any more")),
        });
        opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "it is no longer there: it was moved or deleted after the folder was opened".to_owned(),
            io::ErrorKind::PermissionDenied => "Plumb may not open it: look at its permissions".to_owned(),
            _ => format!("it cannot be opened: {error}"),
        })
    }

    /// The file is not the one that was listed any more. A member does not change as long as it is listed.
    pub fn is_changed(&self) -> bool {
        let Some(path) = self.origin.file() else { return false };
        let stamp = move || path.metadata().ok().map(|metadata| Stamp::of(&metadata));
        let now = if self.origin.is_remote() { within(PATIENCE, stamp).flatten() } else { stamp() };
        now != Some(self.stamp)
    }
}
