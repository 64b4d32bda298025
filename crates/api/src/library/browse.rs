//! Folders as a browser shows them, and the fence around what a browser may reach.

use crate::{
    plumb::Plumb,
    types::{Browse, Folder},
};
use plumb_rlm::fault::{Code, Fault};
use std::path::{Path, PathBuf};

impl Plumb {
    /// What lies in a folder; only where the system's own dialog cannot be had.
    ///
    /// # Errors
    /// `not_allowed` outside of the folders that were named at the start; `unreadable`.
    pub async fn browse(&self, request: Browse) -> Result<Folder, Fault> {
        let Some(roots) = &self.inner.confined_to else {
            return Err(Fault::new(Code::NotAllowed, "This window chooses folders with the system's own dialog."));
        };
        let first = roots.first().cloned().unwrap_or_else(|| PathBuf::from("/"));
        let folder = self.allowed(request.folder.as_ref().map_or(first.as_path(), Path::new))?;
        let shown = folder.clone();
        let (folders, files) = tokio::task::spawn_blocking(move || entries(&folder))
            .await
            .map_err(|e| Fault::new(Code::Unreadable, e.to_string()))?
            .map_err(|e| Fault::new(Code::Unreadable, format!("{} cannot be listed: {e}", shown.display())))?;
        let parent = shown.parent().filter(|parent| self.allowed(parent).is_ok());
        Ok(Folder {
            parent: parent.map(|parent| parent.to_string_lossy().into_owned()),
            path: shown.to_string_lossy().into_owned(),
            folders,
            files,
        })
    }

    /// The path without links and dots, if it lies where this host may look.
    pub(crate) fn allowed(&self, path: &Path) -> Result<PathBuf, Fault> {
        let Some(roots) = &self.inner.confined_to else { return Ok(path.to_owned()) };
        let outside = || {
            Fault::new(Code::NotAllowed, format!("{} lies outside of the folders that Plumb was started for.", path.display()))
        };
        let real = path.canonicalize().map_err(|_| outside())?;
        let inside = roots.iter().filter_map(|root| root.canonicalize().ok()).any(|root| real.starts_with(root));
        if inside { Ok(real) } else { Err(outside()) }
    }
}

/// Names of the folders and the files in a folder, in order; hidden ones are left out.
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
