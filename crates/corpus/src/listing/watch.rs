//! Watching the folders of a listing.

use crate::{
    document::Root,
    listing::{
        listed::{Listing, Scope},
        watcher::Watcher,
    },
    system,
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Whether a listing follows changes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchState {
    /// It does.
    Watching,
    /// It does not, for this reason in plain words. The folders are listed again on request.
    Off(String),
}

/// The watched folders of a corpus. Watching ends when this is dropped.
pub struct Watching {
    watcher: Option<Watcher>,
    state: WatchState,
    /// The numbers of the roots' files, by which a root that was moved away and replaced is recognised.
    roots: Vec<(Arc<Root>, Option<(u64, u64)>)>,
}

impl Watching {
    /// Starts watching; `changed` receives the paths that changed, and whether some were lost. Watches no folder yet.
    pub fn start(scope: &Scope, changed: impl FnMut(BTreeSet<PathBuf>, bool) + Send + 'static) -> Self {
        let roots = scope.roots.iter().map(|root| (root.clone(), number(root))).collect();
        match Watcher::start(changed) {
            Ok(watcher) => Watching { watcher: Some(watcher), state: WatchState::Watching, roots },
            Err(reason) => Watching { watcher: None, state: WatchState::Off(reason), roots },
        }
    }

    /// Whether changes show by themselves.
    pub fn state(&self) -> &WatchState {
        &self.state
    }

    /// Watches the folders of this listing, and no others. Ignored folders are not watched: builds change them all the time.
    pub fn follow(&mut self, listing: &Listing) {
        let Some(watcher) = &mut self.watcher else { return };
        let mut wanted: BTreeSet<PathBuf> = listing.folders.iter().map(|(_, folder)| folder.clone()).collect();
        let files = listing.documents.iter().filter(|document| document.origin.is_root());
        wanted.extend(files.filter_map(|document| document.origin.file()?.parent().map(Path::to_owned)));
        if let Err(reason) = watcher.follow(wanted) {
            self.state = WatchState::Off(reason);
            self.watcher = None;
        }
    }

    /// The watch of a folder may have ended, so that [`Watching::follow`] has to be called again.
    pub fn has_moved(&self) -> bool {
        self.watcher.as_ref().is_some_and(Watcher::has_moved)
    }

    /// Every change that the system reported is in the listing. The system does not report the changes that other computers make.
    pub fn is_current(&self) -> bool {
        self.watcher.as_ref().is_some_and(Watcher::is_settled)
            && self.roots.iter().all(|(root, known)| root.remote.is_empty() && number(root) == *known)
    }
}

/// The number of a root's folder or file. Asks no other computer's drive.
fn number(root: &Root) -> Option<(u64, u64)> {
    if !root.remote.is_empty() {
        return None;
    }
    system::number(&root.path.metadata().ok()?)
}
