//! Where a document's bytes are: in a file below a folder that was asked about, or inside of another document.

use crate::{cache::Content, document::Document};
use plumb_extract::Family;
use std::{
    borrow::Cow,
    ffi::OsStr,
    fs::Metadata,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
};

/// One folder or file that was asked about.
#[derive(Clone, Debug)]
pub struct Root {
    /// Where it is, without links and dots.
    pub path: PathBuf,
    /// Before the paths of its documents: empty where there is one folder only.
    pub prefix: String,
    /// It is no folder.
    pub is_file: bool,
    /// Where other computers' drives are mounted below it, or it below them.
    pub remote: Vec<PathBuf>,
}

impl Root {
    /// A path below it as the corpus names it. Bytes that are not UTF-8 are written as `\xE9`, so that two names stay two.
    pub fn inside(&self, path: &Path) -> String {
        let name = readable(self.below(path));
        match (self.prefix.is_empty(), name.is_empty()) {
            (true, _) => name.into_owned(),
            (false, true) => self.prefix.clone(),
            (false, false) => format!("{}/{name}", self.prefix),
        }
    }

    /// The part of a path that lies below this root. A walk asks it of every file: bytes are compared, and not parts of paths.
    fn below<'a>(&self, path: &'a Path) -> &'a Path {
        let rest = path.as_os_str().as_bytes().strip_prefix(self.path.as_os_str().as_bytes());
        match rest {
            Some([b'/', below @ ..]) => Path::new(OsStr::from_bytes(below)),
            Some([]) => Path::new(""),
            // The root of the file system ends with a slash itself.
            _ => path.strip_prefix(&self.path).unwrap_or(path),
        }
    }
}

fn readable(path: &Path) -> Cow<'_, str> {
    use std::fmt::Write;
    if let Some(path) = path.to_str() {
        return Cow::Borrowed(path);
    }
    let mut out = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
    Cow::Owned(out)
}

/// Where the bytes are.
#[derive(Debug)]
pub enum Origin {
    /// A file.
    File {
        /// Below this.
        root: Arc<Root>,
        /// The path below the root.
        below: Box<Path>,
    },
    /// Inside of another document.
    Member {
        /// Which.
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

    /// The file, if it is one.
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            // A source that is a file has nothing below it.
            Origin::File { root, below } if below.as_os_str().is_empty() => Some(root.path.clone()),
            Origin::File { root, below } => Some(root.path.join(below)),
            Origin::Member { .. } => None,
        }
    }

    /// It lies on another computer's drive, as far as is known without asking it.
    pub fn is_remote(&self) -> bool {
        match self {
            Origin::File { root, .. } if root.remote.is_empty() => false,
            Origin::File { root, .. } => self.file().is_some_and(|file| root.remote.iter().any(|mount| file.starts_with(mount))),
            Origin::Member { of, .. } => of.origin.is_remote(),
        }
    }

    /// It was asked about itself: a file, and not one of a folder.
    pub fn is_root(&self) -> bool {
        matches!(self, Origin::File { root, .. } if root.is_file)
    }

    /// The file that it lies in, through all documents between. `None`: it is a file itself.
    pub fn outermost(&self) -> Option<&Arc<Document>> {
        match self {
            Origin::File { .. } => None,
            Origin::Member { of, .. } => of.origin.outermost().or(Some(of)),
        }
    }

    /// How many documents it lies in.
    pub fn depth(&self) -> usize {
        match self {
            Origin::File { .. } => 0,
            Origin::Member { of, .. } => of.origin.depth() + 1,
        }
    }
}

/// How a document that holds others is opened.
#[derive(Clone, Copy, Debug)]
pub struct Container {
    /// By which reader.
    pub family: Family,
    /// Its bytes when it was listed: its members are those of these bytes.
    pub content: Content,
}

/// What a file's directory says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Its size.
    pub bytes: u64,
    /// When it was last written to, in nanoseconds since 1970.
    pub modified_ns: i64,
}

impl Stamp {
    /// Of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Self::new(metadata.len(), metadata.mtime(), metadata.mtime_nsec())
    }

    /// Of a file with this size and time, in seconds and nanoseconds.
    pub fn new(bytes: u64, seconds: i64, nanoseconds: i64) -> Self {
        Stamp { bytes, modified_ns: seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds) }
    }

    /// Of what is no file: a member, with its size as far as it is known.
    pub fn of_member(bytes: u64) -> Self {
        Stamp { bytes, modified_ns: 0 }
    }
}
