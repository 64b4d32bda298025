//! Lists folders for a browser, and confines the paths a browser may reach.

use crate::{
    plumb::{Plumb, panicked},
    types::{Browse, Folder},
};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use std::path::{Path, PathBuf};

impl Plumb {
    /// Lists a folder, for hosts without the system's file dialog.
    ///
    /// # Errors
    /// `not_allowed` outside the folders named at the start; `unreadable`.
    pub async fn browse(&self, request: Browse) -> Result<Folder, Fault> {
        let Some(roots) = &self.inner.confined_to else {
            return Err(Fault::new(Code::NotAllowed, "Here you choose folders in the system's own dialog."));
        };
        let first = roots.first().cloned().unwrap_or_else(|| PathBuf::from("/"));
        let folder = self.allowed(request.folder.as_ref().map_or(first.as_path(), Path::new))?;
        let shown = folder.clone();
        let (folders, files) = tokio::task::spawn_blocking(move || entries(&folder)).await.map_err(panicked)?.map_err(|e| {
            fault!(Code::Unreadable, "Plumb could not list {path}: {reason}.", path = shown.display(), reason = e)
        })?;
        let parent = shown.parent().filter(|parent| self.allowed(parent).is_ok());
        Ok(Folder {
            parent: parent.map(|parent| parent.to_string_lossy().into_owned()),
            path: shown.to_string_lossy().into_owned(),
            folders,
            files,
        })
    }

    /// Resolves links and dots of a path.
    ///
    /// # Errors
    /// `not_allowed` if the path lies outside the folders this host may open.
    pub(crate) fn allowed(&self, path: &Path) -> Result<PathBuf, Fault> {
        let Some(roots) = &self.inner.confined_to else { return Ok(path.to_owned()) };
        let outside = || {
            fault!(
                Code::NotAllowed,
                "{path} lies outside the folders that Plumb may open. Name its folder when you start `plumb serve`.",
                path = path.display()
            )
        };
        let real = path.canonicalize().map_err(|_| outside())?;
        let inside = roots.iter().filter_map(|root| root.canonicalize().ok()).any(|root| real.starts_with(root));
        if inside { Ok(real) } else { Err(outside()) }
    }
}

/// Names of a folder's subfolders and files, sorted, without hidden ones.
fn entries(folder: &Path) -> std::io::Result<(Vec<String>, Vec<String>)> {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        // Follows links, so that a linked folder is a folder.
        match std::fs::metadata(entry.path()) {
            Ok(found) if found.is_dir() => folders.push(name),
            Ok(found) if found.is_file() => files.push(name),
            _ => {}
        }
    }
    folders.sort_by_key(|name| name.to_lowercase());
    files.sort_by_key(|name| name.to_lowercase());
    Ok((folders, files))
}
