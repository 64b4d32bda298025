//! Folders and files given from outside of the page: dropped on the window, or named when Plumb is started, also a second time.

use plumb_api::{Plumb, types::Update};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use tauri::{AppHandle, Manager};

/// What was given before the page could listen.
pub struct Drops {
    waiting: Mutex<Option<Vec<Vec<String>>>>,
}

impl Drops {
    /// Begins with what the program was started with.
    pub fn begin(paths: Vec<String>) -> Self {
        let first = if paths.is_empty() { Vec::new() } else { vec![paths] };
        Drops { waiting: Mutex::new(Some(first)) }
    }

    /// The page listens from now on: what was given before.
    pub fn page_is_there(&self) -> Vec<Vec<String>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// Keeps what the page cannot hear yet.
    fn keep(&self, paths: &[String]) {
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            waiting.push(paths.to_vec());
        }
    }
}

/// Hands paths to the page.
pub fn dropped(app: &AppHandle, paths: Vec<String>) {
    if paths.is_empty() {
        return;
    }
    if let (Some(drops), Some(plumb)) = (app.try_state::<Drops>(), app.try_state::<Plumb>()) {
        drops.keep(&paths);
        plumb.tell(Update::Dropped { paths });
    }
}

/// The folders and files named on a command line that was typed in `folder`.
pub fn named(arguments: &[String], folder: &str) -> Vec<String> {
    let paths = arguments.iter().skip(1).filter(|argument| !argument.starts_with('-'));
    let absolute: Vec<PathBuf> = paths.map(|path| Path::new(folder).join(path)).filter(|path| path.exists()).collect();
    as_text(&absolute)
}

/// Paths as the page takes them.
pub fn as_text(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
}
