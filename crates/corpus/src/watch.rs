//! Keeping a listing current: the system tells which folders changed, and only these are listed again.

use crate::{
    OpenCorpus,
    listing::{self, Walk},
    members,
    opening::{self, Listing},
    source::Root,
    watcher::{Watcher, reason},
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, atomic::AtomicU64},
};

/// Whether changes show by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchState {
    /// They do.
    Watching,
    /// They do not, for this reason in plain words: the folder is listed again when somebody asks for it.
    Off(String),
}

/// The system's watcher of a corpus. It ends when this is dropped.
pub struct Watching {
    watcher: Option<Watcher>,
    state: WatchState,
}

impl OpenCorpus {
    /// Begins to watch the folders of this corpus, once it is listed; `changed` is called after each change of the listing. Blocks.
    pub fn watch(self: &Arc<Self>, changed: impl Fn() + Send + 'static) -> WatchState {
        let corpus = Arc::downgrade(self);
        let started = Watcher::start(move |paths, lost| {
            if corpus.upgrade().is_some_and(|corpus| corpus.take_in(&paths, lost)) {
                changed();
            }
        });
        let watching = match started {
            Ok(watcher) => Watching { watcher: Some(watcher), state: WatchState::Watching },
            Err(error) => Watching { watcher: None, state: WatchState::Off(reason(&error)) },
        };
        let listing = self.listing.borrow().clone().unwrap_or_default();
        let mut held = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(watching).follow(&listing)
    }

    /// Whether changes show by themselves. `None`: watching was never begun.
    pub fn watch_state(&self) -> Option<WatchState> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|watching| watching.state.clone())
    }

    /// Lists everything again. True: something changed. Blocks.
    pub fn rescan(&self) -> bool {
        let Some(before) = self.listing.borrow().clone() else { return false };
        let found = AtomicU64::new(0);
        let after = opening::list(&self.roots, self.include, &self.reading, &self.stop, &found);
        self.replace(&before, after)
    }

    /// Lists the folders again that these paths lie in. True: something changed.
    fn take_in(&self, paths: &BTreeSet<PathBuf>, lost: bool) -> bool {
        let Some(before) = self.listing.borrow().clone() else { return false };
        let rules = [".gitignore", ".ignore"];
        let rules_changed = paths.iter().any(|path| path.file_name().is_some_and(|name| rules.iter().any(|rule| name == *rule)));
        if lost || rules_changed {
            return self.rescan();
        }
        let known: HashMap<&Path, &Arc<Root>> = before.folders.iter().map(|(root, folder)| (folder.as_path(), root)).collect();
        let mut folders: BTreeSet<&Path> =
            paths.iter().filter_map(|path| path.parent()).filter(|folder| known.contains_key(folder)).collect();
        folders.extend(paths.iter().map(|path| path.as_path()).filter(|path| known.contains_key(path)));
        // One that is gone shows in the folder that it lay in.
        folders.retain(|folder| folder.is_dir());
        let single = self.roots.iter().filter(|root| root.is_file && paths.contains(&root.path));
        let single: Vec<_> = single.map(|root| root.prefix.clone()).collect();
        if folders.is_empty() && single.is_empty() {
            return false;
        }
        let after = self.relist(&before, &folders, &known, &single);
        self.replace(&before, after)
    }

    /// The listing with these folders listed anew.
    fn relist(
        &self,
        before: &Listing,
        folders: &BTreeSet<&Path>,
        known: &HashMap<&Path, &Arc<Root>>,
        single: &[String],
    ) -> Listing {
        let found = AtomicU64::new(0);
        let walk = Walk { include: self.include, pictures: self.reading.pictures, stop: &self.stop, found: &found };
        let mut fresh = Listing::default();
        for folder in folders {
            let Some(root) = known.get(folder) else { continue };
            let listing::Found { documents, folders: below } = listing::below(root, folder, Some(1), true, &walk);
            fresh.documents.extend(documents);
            for (root, inner) in below {
                if inner != **folder && !known.contains_key(inner.as_path()) {
                    // A new folder, as deep as it is.
                    let found = listing::below(&root, &inner, None, true, &walk);
                    fresh.documents.extend(found.documents);
                    fresh.folders.extend(found.folders);
                } else {
                    fresh.folders.push((root, inner));
                }
            }
        }
        if !single.is_empty() {
            let roots: Vec<Arc<Root>> = self.roots.iter().filter(|root| root.is_file).cloned().collect();
            fresh.documents.extend(listing::walk(&roots, &walk).documents);
        }
        // A folder that is gone takes all below it along.
        let gone: Vec<&Path> = before
            .folders
            .iter()
            .map(|(_, folder)| folder.as_path())
            .filter(|folder| folder.parent().is_some_and(|above| folders.contains(above)))
            .filter(|folder| !fresh.folders.iter().any(|(_, path)| path == folder))
            .collect();
        let is_gone = |path: &Path| gone.iter().any(|folder| path.starts_with(folder));
        let kept = before.documents.iter().filter(|document| match document.origin.file() {
            Some(file) => {
                file.parent().is_none_or(|folder| !folders.contains(folder) && !is_gone(folder))
                    && !single.contains(&document.path)
            }
            None => false,
        });
        let mut documents: Vec<_> = kept.cloned().collect();
        documents.append(&mut fresh.documents);
        let mut all: Vec<_> = before.folders.iter().filter(|(_, folder)| !is_gone(folder)).cloned().collect();
        all.append(&mut fresh.folders);
        all.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        all.dedup_by(|a, b| a.1 == b.1);
        Listing { documents, folders: all }
    }

    /// Puts a new listing in the place of the old one; documents that did not change stay what they are, and what lies in them too.
    fn replace(&self, before: &Listing, mut after: Listing) -> bool {
        let known: HashMap<&str, usize> =
            before.documents.iter().enumerate().map(|(at, document)| (document.path.as_str(), at)).collect();
        let mut same = 0;
        let mut fresh = Vec::new();
        for document in &mut after.documents {
            if document.origin.file().is_none() {
                continue;
            }
            match known.get(document.path.as_str()).map(|&at| &before.documents[at]) {
                Some(old) if old.stamp == document.stamp => {
                    *document = old.clone();
                    same += 1;
                }
                _ => fresh.push(document.clone()),
            }
        }
        let files = |listing: &Listing| listing.documents.iter().filter(|document| document.origin.file().is_some()).count();
        let folders_same = before.folders.len() == after.folders.len();
        if fresh.is_empty() && same == files(before) && folders_same {
            return false;
        }
        let stays: HashSet<&str> = after.documents.iter().map(|document| document.path.as_str()).collect();
        let fresh_paths: HashSet<&str> = fresh.iter().map(|document| document.path.as_str()).collect();
        let inner = before.documents.iter().filter(|document| {
            let outermost = document.origin.outermost();
            outermost.is_some_and(|of| stays.contains(of.path.as_str()) && !fresh_paths.contains(of.path.as_str()))
        });
        let mut inner: Vec<_> = inner.cloned().collect();
        inner.extend(members::of(&fresh, self.include.hidden, &self.reading, &self.stop));
        after.documents.retain(|document| document.origin.file().is_some());
        after.documents.append(&mut inner);
        listing::in_order(&mut after.documents);
        let after = Arc::new(after);
        self.listing.send_replace(Some(after.clone()));
        if let Some(watching) = &mut *self.watching.lock().unwrap_or_else(PoisonError::into_inner) {
            watching.follow(&after);
        }
        true
    }
}

impl Watching {
    /// Watches the folders of this listing, and no others. Ignored ones are not watched: what is built there changes all the time.
    fn follow(&mut self, listing: &Listing) -> WatchState {
        let Some(watcher) = &mut self.watcher else { return self.state.clone() };
        let mut wanted: BTreeSet<PathBuf> = listing.folders.iter().map(|(_, folder)| folder.clone()).collect();
        let files = listing.documents.iter().filter(|document| document.origin.is_root());
        wanted.extend(files.filter_map(|document| document.origin.file()?.parent().map(Path::to_owned)));
        if let Err(error) = watcher.follow(wanted) {
            self.state = WatchState::Off(reason(&error));
            self.watcher = None;
        }
        self.state.clone()
    }
}
