//! Folders and files from outside the page: dropped on the window, or named on the command line of a first or second start.

use parking_lot::Mutex;
use plumb_api::{Plumb, types::Update};
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Manager};

/// Paths that arrived before the page could listen.
pub struct Drops {
    waiting: Mutex<Option<Vec<Vec<String>>>>,
}

impl Drops {
    /// Creates the queue with the paths named at the start of the program.
    pub fn begin(paths: Vec<String>) -> Self {
        let first = if paths.is_empty() { Vec::new() } else { vec![paths] };
        Drops { waiting: Mutex::new(Some(first)) }
    }

    /// Returns the queued paths and stops queueing: the page listens from now on.
    pub fn page_is_there(&self) -> Vec<Vec<String>> {
        self.waiting.lock().take().unwrap_or_default()
    }

    /// Queues paths until the page listens.
    fn keep(&self, paths: &[String]) {
        if let Some(waiting) = self.waiting.lock().as_mut() {
            waiting.push(paths.to_vec());
        }
    }
}

/// Sends paths to the page.
pub fn dropped(app: &AppHandle, paths: Vec<String>) {
    if paths.is_empty() {
        return;
    }
    if let (Some(drops), Some(plumb)) = (app.try_state::<Drops>(), app.try_state::<Plumb>()) {
        drops.keep(&paths);
        plumb.tell(Update::Dropped { paths });
    }
}

/// Existing folders and files named on a command line typed in `folder`.
pub fn named(arguments: &[String], folder: &str) -> Vec<String> {
    let paths = arguments.iter().skip(1).filter(|argument| !argument.starts_with('-'));
    let absolute: Vec<PathBuf> = paths.map(|path| Path::new(folder).join(path)).filter(|path| path.exists()).collect();
    as_text(&absolute)
}

/// Paths as text, for the page.
pub fn as_text(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
}
