//! What lies in the sources: found by walking, without reading a file.

use crate::document::Document;
use ignore::{DirEntry, WalkBuilder, WalkState};
use plumb_rlm::corpus::{CorpusError, DocumentState};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// One folder or file that was asked about.
#[derive(Clone, Debug)]
pub struct Root {
    path: PathBuf,
    /// Before the paths of its documents: empty where there is one folder only.
    prefix: String,
    is_file: bool,
}

/// Resolves the sources; each gets a prefix of its own where there are several.
pub fn roots(sources: &[PathBuf]) -> Result<Vec<Root>, CorpusError> {
    let mut taken = HashSet::new();
    let mut roots = Vec::new();
    for source in sources {
        let missing = |error: std::io::Error| CorpusError {
            code: "no_such_folder",
            message: match error.kind() {
                std::io::ErrorKind::NotFound => {
                    format!(
                        "There is no file or folder \"{}\". Check the spelling, or whether its disk is connected.",
                        source.display()
                    )
                }
                _ => format!("\"{}\" cannot be opened: {error}. Check its permissions.", source.display()),
            },
        };
        let path = source.canonicalize().map_err(missing)?;
        let is_file = !path.metadata().map_err(missing)?.is_dir();
        if !is_file {
            std::fs::read_dir(&path).map_err(missing)?;
        }
        let name = path.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned());
        let mut prefix = name.clone();
        let mut number = 2;
        while !taken.insert(prefix.clone()) {
            prefix = format!("{name}-{number}");
            number += 1;
        }
        roots.push(Root { path, prefix, is_file });
    }
    if let [only] = roots.as_mut_slice()
        && !only.is_file
    {
        only.prefix.clear();
    }
    Ok(roots)
}

/// The only source is a file.
pub fn is_single(roots: &[Root]) -> bool {
    matches!(roots, [only] if only.is_file)
}

/// All documents in path order. Ends early, with what it has, when `stop` is set.
pub fn walk(roots: &[Root], stop: &AtomicBool) -> Vec<Document> {
    let mut documents = Vec::new();
    for root in roots {
        if root.is_file {
            documents.push(single_file(root));
            continue;
        }
        let mut found = walk_folder(root, true, stop);
        if found.is_empty() {
            // A folder that a rule further up leaves out was still chosen by the user.
            found = walk_folder(root, false, stop);
        }
        documents.append(&mut found);
    }
    documents.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    documents.dedup_by(|a, b| a.path == b.path);
    documents
}

fn single_file(root: &Root) -> Document {
    let metadata = root.path.metadata().ok();
    let document = Document::new(root.prefix.clone(), root.path.clone(), metadata.as_ref().map_or(0, std::fs::Metadata::len));
    match metadata {
        Some(metadata) if !metadata.is_file() => document.with(DocumentState::Skipped, "no ordinary file"),
        _ => document,
    }
}

fn walk_folder(root: &Root, rules_above: bool, stop: &AtomicBool) -> Vec<Document> {
    let found = Mutex::new(Vec::new());
    let walker = WalkBuilder::new(&root.path)
        .follow_links(true)
        .require_git(false)
        .parents(rules_above)
        .threads(std::thread::available_parallelism().map_or(2, usize::from))
        .build_parallel();
    walker.run(|| {
        let found = &found;
        Box::new(move |entry| {
            if stop.load(Ordering::Relaxed) {
                return WalkState::Quit;
            }
            let (document, next) = match entry {
                Ok(entry) => visit(root, &entry),
                Err(error) => (refused(root, &error), WalkState::Continue),
            };
            found.lock().unwrap_or_else(PoisonError::into_inner).extend(document);
            next
        })
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn visit(root: &Root, entry: &DirEntry) -> (Option<Document>, WalkState) {
    let listed = |bytes| Document::new(inside(root, entry.path()), entry.path().to_owned(), bytes);
    if entry.depth() > 0 && entry.path_is_symlink() && !entry.path().canonicalize().is_ok_and(|to| to.starts_with(&root.path)) {
        return (Some(listed(0).with(DocumentState::Skipped, "a link that leads out of the folder")), WalkState::Skip);
    }
    let Some(kind) = entry.file_type() else { return (None, WalkState::Continue) };
    if kind.is_dir() {
        // Links to folders that hold links to folders double at each step: one link in a path is followed.
        let by_another = || entry.path().parent().is_some_and(|above| above.canonicalize().is_ok_and(|real| real != above));
        if entry.depth() > 0 && entry.path_is_symlink() && by_another() {
            return (Some(listed(0).with(DocumentState::Skipped, "a link inside a linked folder")), WalkState::Skip);
        }
        return (None, WalkState::Continue);
    }
    if !kind.is_file() {
        return (Some(listed(0).with(DocumentState::Skipped, "no ordinary file")), WalkState::Continue);
    }
    let document = listed(entry.metadata().map_or(0, |metadata| metadata.len()));
    (
        Some(match plumb_extract::skip_by_name(&document.path) {
            Some(reason) => document.by_name(reason),
            None => document,
        }),
        WalkState::Continue,
    )
}

/// A folder or link that cannot be followed is listed with the reason; a loop of links just ends.
fn refused(root: &Root, error: &ignore::Error) -> Option<Document> {
    let (path, cause) = path_of(error)?;
    if path == root.path {
        return None;
    }
    let reason = match cause.kind() {
        std::io::ErrorKind::NotFound => "a link that leads nowhere".to_owned(),
        std::io::ErrorKind::PermissionDenied => "Plumb may not open it".to_owned(),
        _ => cause.to_string(),
    };
    Some(Document::new(inside(root, path), path.to_owned(), 0).with(DocumentState::Skipped, &reason))
}

fn path_of(error: &ignore::Error) -> Option<(&Path, &std::io::Error)> {
    match error {
        ignore::Error::WithPath { path, err } => err.io_error().map(|cause| (path.as_path(), cause)),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn inside(root: &Root, path: &Path) -> String {
    let path = path.strip_prefix(&root.path).unwrap_or(path).to_string_lossy();
    if root.prefix.is_empty() { path.into_owned() } else { format!("{}/{path}", root.prefix) }
}
