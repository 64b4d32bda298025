//! Finding files by walking folders, without reading a file.

use crate::{
    document::{Document, Origin, Root, Stamp},
    listing::listed::{Scope, sort_documents, sort_folders},
    remote::{self, SILENT},
    system::FileStats,
};
use ignore::{DirEntry, WalkBuilder, WalkState};
use parking_lot::Mutex;
use plumb_rlm::documents::DocumentState;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// How to walk.
pub struct Walk<'a> {
    /// The folders, and the rules for their files.
    pub scope: &'a Scope,
    /// Ends the walk early.
    pub stop: &'a AtomicBool,
    /// Counts the documents found.
    pub found: &'a AtomicU64,
}

/// The result of a walk.
#[derive(Default)]
pub struct Found {
    /// In path order.
    pub documents: Vec<Arc<Document>>,
    /// Those of them that may hold others.
    pub containers: Vec<Arc<Document>>,
    /// The folders that were walked, in order.
    pub folders: Vec<(Arc<Root>, PathBuf)>,
    /// A drive did not answer.
    pub is_partial: bool,
}

impl Found {
    /// Looks at the document's name now, while it is at hand: a second pass over a large folder would take a tenth of the walk's time.
    fn add(&mut self, document: Document) {
        let document = Arc::new(document);
        if document.may_hold_others() {
            self.containers.push(document.clone());
        }
        self.documents.push(document);
    }

    fn append(&mut self, mut other: Found) {
        self.documents.append(&mut other.documents);
        self.containers.append(&mut other.containers);
        self.folders.append(&mut other.folders);
        self.is_partial |= other.is_partial;
    }
}

/// Walks these roots. Ends early, with the documents found so far, when it is stopped.
pub fn walk(roots: &[Arc<Root>], walk: &Walk<'_>) -> Found {
    let mut all = Found::default();
    for root in roots {
        if root.is_file {
            all.add(single_file(root));
            continue;
        }
        let mut found = below(root, &root.path, None, true, walk);
        if found.documents.is_empty() {
            // The user chose this folder, though a rule further up leaves it out.
            found = below(root, &root.path, None, false, walk);
        }
        all.append(found);
    }
    sort_documents(&mut all.documents);
    sort_folders(&mut all.folders);
    all
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

/// Walks a folder below a root: `depth` levels of it, or all. `rules_above`: the rules of the folders above it hold too.
pub fn below(root: &Arc<Root>, folder: &Path, depth: Option<usize>, rules_above: bool, walk: &Walk<'_>) -> Found {
    let Walk { scope, stop, found: counted } = walk;
    let (include, pictures, git) = (scope.include, scope.pictures, scope.include.git);
    let found = Mutex::new(Found::default());
    // A walk into a drive that does not answer never comes back.
    let silent: Vec<PathBuf> =
        root.remote.iter().filter(|mount| mount.starts_with(folder) && !remote::answers(mount)).cloned().collect();
    for mount in &silent {
        let document = Document::new(root.inside(mount), Origin::at(root, mount), Stamp::default());
        let document = document.with(DocumentState::Skipped, SILENT);
        let mut found = found.lock();
        found.add(document);
        found.is_partial = true;
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
        // Asking for hidden files is not asking for `.git`.
        .filter_entry(move |entry| (git || entry.file_name() != ".git") && !silent.iter().any(|mount| mount == entry.path()))
        .threads(std::thread::available_parallelism().map_or(2, usize::from))
        .build_parallel();
    walker.run(|| {
        let mut mine = Walker { all: &found, found: Found::default(), stats: FileStats::default() };
        Box::new(move |entry| {
            if stop.load(Ordering::Relaxed) {
                return WalkState::Quit;
            }
            let (visited, next) = match entry {
                Ok(entry) => visit(root, &entry, pictures, &mut mine.stats),
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
    found.into_inner()
}

/// The findings of a walking thread.
struct Walker<'a> {
    all: &'a Mutex<Found>,
    found: Found,
    stats: FileStats,
}

impl Drop for Walker<'_> {
    /// Sorts here, on all processors. Sorting the joined parts is quick then.
    fn drop(&mut self) {
        self.found.documents.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.all.lock().append(std::mem::take(&mut self.found));
    }
}

enum Visited {
    Document(Document),
    Folder(PathBuf),
}

fn visit(root: &Arc<Root>, entry: &DirEntry, pictures: bool, stats: &mut FileStats) -> (Option<Visited>, WalkState) {
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
    let stamp = stats.of(entry.path()).map(|(bytes, modified_ns)| Stamp { bytes, modified_ns });
    let document = listed(stamp.unwrap_or_default());
    (Some(Visited::Document(document.by_name(pictures))), WalkState::Continue)
}

/// Lists a folder or link that cannot be followed, with the reason. A loop of links just ends.
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
