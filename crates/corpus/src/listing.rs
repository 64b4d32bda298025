//! What lies in the sources: found by walking, without reading a file.

use crate::{
    document::Document,
    members,
    remote::{self, PATIENCE, within},
    source::{Origin, Root, Stamp},
};
use ignore::{DirEntry, WalkBuilder, WalkState};
use plumb_rlm::{
    documents::{DocumentState, Include},
    fault::{Code, Fault},
};
use rustix::fs::{AtFlags, Mode, OFlags};
use std::{
    collections::HashSet,
    ffi::OsStr,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// How a walk goes.
pub struct Walk<'a> {
    /// What is listed beside plain files.
    pub include: Include,
    /// Pictures are listed like documents that have text.
    pub pictures: bool,
    /// Ends it early.
    pub stop: &'a AtomicBool,
    /// Counts what was found.
    pub found: &'a AtomicU64,
}

/// Resolves the sources; each gets a prefix of its own where there are several.
pub fn roots(sources: &[PathBuf]) -> Result<Vec<Arc<Root>>, Fault> {
    let mut taken = HashSet::new();
    let mut roots = Vec::new();
    for source in sources {
        let missing = |error: std::io::Error| {
            Fault::new(
                Code::NoSuchFolder,
                match error.kind() {
                    std::io::ErrorKind::NotFound => {
                        format!(
                            "There is no file or folder \"{}\". Check the spelling, or whether its disk is connected.",
                            source.display()
                        )
                    }
                    _ => format!("\"{}\" cannot be opened: {error}. Check its permissions.", source.display()),
                },
            )
        };
        let asked = source.clone();
        let look = move || {
            let path = asked.canonicalize()?;
            let is_file = !path.metadata()?.is_dir();
            if !is_file {
                std::fs::read_dir(&path)?;
            }
            Ok((path, is_file))
        };
        let silent = || std::io::Error::other("its drive does not answer; is it connected?");
        let (path, is_file) = within(PATIENCE, look).unwrap_or_else(|| Err(silent())).map_err(missing)?;
        let remote = remote::mounts(&path);
        let name = path.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned());
        let mut prefix = name.clone();
        let mut number = 2;
        while !taken.insert(prefix.clone()) {
            prefix = format!("{name}-{number}");
            number += 1;
        }
        roots.push(Root { path, prefix, is_file, remote });
    }
    if let [only] = roots.as_mut_slice()
        && !only.is_file
    {
        only.prefix.clear();
    }
    Ok(roots.into_iter().map(Arc::new).collect())
}

/// The only source is a file.
pub fn is_single(roots: &[Arc<Root>]) -> bool {
    matches!(roots, [only] if only.is_file)
}

/// What was found by a walk.
#[derive(Default)]
pub struct Found {
    /// In path order.
    pub documents: Vec<Arc<Document>>,
    /// Those of them that may hold others.
    pub containers: Vec<Arc<Document>>,
    /// The folders that were walked, in order.
    pub folders: Vec<(Arc<Root>, PathBuf)>,
}

impl Found {
    /// Its name is looked at now, while it is at hand: in a large folder, going through all of them once more takes as long as a tenth of the walk.
    fn add(&mut self, document: Document) {
        let document = Arc::new(document);
        if members::may_hold(&document) {
            self.containers.push(document.clone());
        }
        self.documents.push(document);
    }

    fn append(&mut self, mut other: Found) {
        self.documents.append(&mut other.documents);
        self.containers.append(&mut other.containers);
        self.folders.append(&mut other.folders);
    }
}

/// All documents in path order. Ends early, with what it has, when it is stopped.
pub fn walk(roots: &[Arc<Root>], walk: &Walk<'_>) -> Found {
    let mut all = Found::default();
    for root in roots {
        if root.is_file {
            all.add(single_file(root));
            continue;
        }
        let mut found = below(root, &root.path, None, true, walk);
        if found.documents.is_empty() {
            // A folder that a rule further up leaves out was still chosen by the user.
            found = below(root, &root.path, None, false, walk);
        }
        all.append(found);
    }
    in_order(&mut all.documents);
    folders_in_order(&mut all.folders);
    all
}

/// In path order, each path once.
pub fn in_order(documents: &mut Vec<Arc<Document>>) {
    // Mostly in order already where a part was listed anew: this sort sees that.
    documents.sort_by(|a, b| a.path.cmp(&b.path));
    documents.dedup_by(|a, b| a.path == b.path);
}

/// In the order of their bytes, each once.
pub fn folders_in_order(folders: &mut Vec<(Arc<Root>, PathBuf)>) {
    folders.sort_by(|a, b| a.1.as_os_str().cmp(b.1.as_os_str()));
    folders.dedup_by(|a, b| a.1 == b.1);
}

fn single_file(root: &Arc<Root>) -> Document {
    let metadata = root.path.metadata();
    let stamp = metadata.as_ref().map(Stamp::of).unwrap_or_default();
    let document = Document::new(root.prefix.clone(), Origin::at(root, &root.path), stamp);
    match metadata {
        Ok(metadata) if !metadata.is_file() => document.with(DocumentState::Skipped, "no ordinary file"),
        _ => document,
    }
}

/// What lies in a folder below a root, as deep as told.
pub fn below(root: &Arc<Root>, folder: &Path, depth: Option<usize>, rules_above: bool, walk: &Walk<'_>) -> Found {
    let Walk { include, pictures, stop, found: counted } = walk;
    let found = Mutex::new(Found::default());
    let git = include.git;
    // Whoever walks into a drive that does not answer never comes back.
    let silent: Vec<PathBuf> =
        root.remote.iter().filter(|mount| mount.starts_with(folder) && !remote::answers(mount)).cloned().collect();
    for mount in &silent {
        let document = Document::new(root.inside(mount), Origin::at(root, mount), Stamp::default());
        let document = document.with(DocumentState::Skipped, "its drive does not answer; is it connected?");
        found.lock().unwrap_or_else(PoisonError::into_inner).add(document);
    }
    let walker = WalkBuilder::new(folder)
        .follow_links(true)
        .hidden(!include.hidden)
        .ignore(!include.ignored)
        .git_ignore(!include.ignored)
        .git_exclude(!include.ignored)
        .git_global(!include.ignored)
        .require_git(false)
        .parents(rules_above && !include.ignored)
        .max_depth(depth)
        // A `.git` folder is no document of anybody who did not ask for it, even where hidden files are.
        .filter_entry(move |entry| (git || entry.file_name() != ".git") && !silent.iter().any(|mount| mount == entry.path()))
        .threads(std::thread::available_parallelism().map_or(2, usize::from))
        .build_parallel();
    walker.run(|| {
        let mut mine = Walker { all: &found, found: Found::default(), near: None };
        Box::new(move |entry| {
            if stop.load(Ordering::Relaxed) {
                return WalkState::Quit;
            }
            let (visited, next) = match entry {
                Ok(entry) => visit(root, &entry, *pictures, &mut mine.near),
                Err(error) => (refused(root, &error), WalkState::Continue),
            };
            match visited {
                Some(Visited::Document(document)) => {
                    counted.fetch_add(1, Ordering::Relaxed);
                    mine.found.add(document);
                }
                Some(Visited::Folder(path)) => mine.found.folders.push((root.clone(), path)),
                None => {}
            }
            next
        })
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// One of the threads that walk, with what it found.
struct Walker<'a> {
    all: &'a Mutex<Found>,
    found: Found,
    near: Option<OpenFolder>,
}

impl Drop for Walker<'_> {
    /// Sorted here, by all processors: what is left to do are two or more sorted parts.
    fn drop(&mut self) {
        self.found.documents.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.all.lock().unwrap_or_else(PoisonError::into_inner).append(std::mem::take(&mut self.found));
    }
}

/// The folder of the file that was looked at last: most files that follow lie there too, and need no walk from the root to them.
struct OpenFolder {
    path: PathBuf,
    folder: OwnedFd,
}

/// Size and time of a file.
fn stamp(file: &Path, near: &mut Option<OpenFolder>) -> Option<Stamp> {
    // Bytes, and not parts of paths: it is done for every file.
    let path = file.as_os_str().as_bytes();
    let slash = memchr::memrchr(b'/', path)?;
    let (parent, name) = (Path::new(OsStr::from_bytes(&path[..slash.max(1)])), OsStr::from_bytes(&path[slash + 1..]));
    if near.as_ref().is_none_or(|near| near.path.as_os_str() != parent.as_os_str()) {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(parent, flags, Mode::empty()).ok()?;
        *near = Some(OpenFolder { path: parent.to_owned(), folder });
    }
    let found = rustix::fs::statat(&near.as_ref()?.folder, name, AtFlags::empty()).ok()?;
    Some(Stamp::new(found.st_size as u64, found.st_mtime, found.st_mtime_nsec as i64))
}

enum Visited {
    Document(Document),
    Folder(PathBuf),
}

fn visit(root: &Arc<Root>, entry: &DirEntry, pictures: bool, near: &mut Option<OpenFolder>) -> (Option<Visited>, WalkState) {
    let listed = |stamp| Document::new(root.inside(entry.path()), Origin::at(root, entry.path()), stamp);
    let left_out = |reason: &str| Some(Visited::Document(listed(Stamp::default()).with(DocumentState::Skipped, reason)));
    if entry.depth() > 0 && entry.path_is_symlink() && !entry.path().canonicalize().is_ok_and(|to| to.starts_with(&root.path)) {
        return (left_out("a link that leads out of the folder"), WalkState::Skip);
    }
    let Some(kind) = entry.file_type() else { return (None, WalkState::Continue) };
    if kind.is_dir() {
        // Links to folders that hold links to folders double at each step: one link in a path is followed.
        let by_another = || entry.path().parent().is_some_and(|above| above.canonicalize().is_ok_and(|real| real != above));
        if entry.depth() > 0 && entry.path_is_symlink() && by_another() {
            return (left_out("a link inside a linked folder"), WalkState::Skip);
        }
        return (Some(Visited::Folder(entry.path().to_owned())), WalkState::Continue);
    }
    if !kind.is_file() {
        return (left_out("no ordinary file"), WalkState::Continue);
    }
    let document = listed(stamp(entry.path(), near).unwrap_or_default());
    (Some(Visited::Document(document.by_name(pictures))), WalkState::Continue)
}

/// A folder or link that cannot be followed is listed with the reason; a loop of links just ends.
fn refused(root: &Arc<Root>, error: &ignore::Error) -> Option<Visited> {
    let (path, cause) = path_of(error)?;
    if path == root.path {
        return None;
    }
    let reason = match cause.kind() {
        std::io::ErrorKind::NotFound => "a link that leads nowhere".to_owned(),
        std::io::ErrorKind::PermissionDenied => "Plumb may not open it".to_owned(),
        _ => cause.to_string(),
    };
    let document = Document::new(root.inside(path), Origin::at(root, path), Stamp::default());
    Some(Visited::Document(document.with(DocumentState::Skipped, reason)))
}

fn path_of(error: &ignore::Error) -> Option<(&Path, &std::io::Error)> {
    match error {
        ignore::Error::WithPath { path, err } => err.io_error().map(|cause| (path.as_path(), cause)),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}
