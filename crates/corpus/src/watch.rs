//! Keeping a listing current: the system tells which folders changed, and only these are listed again.

use crate::{
    OpenCorpus,
    document::Document,
    listing::{self, Walk},
    members,
    opening::Listing,
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
        let mut watching = match started {
            Ok(watcher) => Watching { watcher: Some(watcher), state: WatchState::Watching },
            Err(error) => Watching { watcher: None, state: WatchState::Off(reason(&error)) },
        };
        let listing = self.listing.borrow().clone().unwrap_or_default();
        // Thousands of folders take a while: nobody who asks for the state waits for that.
        let state = watching.follow(&listing);
        let mut held = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        let watching = held.insert(watching);
        let now = self.listing.borrow().clone().unwrap_or_default();
        if Arc::ptr_eq(&listing, &now) { state } else { watching.follow(&now) }
    }

    /// Whether changes show by themselves. `None`: watching was never begun.
    pub fn watch_state(&self) -> Option<WatchState> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|watching| watching.state.clone())
    }

    /// Lists everything again. True: something changed. Blocks.
    pub fn rescan(&self) -> bool {
        let Some(before) = self.listing.borrow().clone() else { return false };
        let found = AtomicU64::new(0);
        let walk = Walk { include: self.include, pictures: self.reading.pictures, stop: &self.stop, found: &found };
        let listing::Found { documents, folders, .. } = listing::walk(&self.roots, &walk);
        self.replace(&before, Listing::new(documents, folders), |_| true, |_| true)
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
        self.relist(&before, &folders, &known, &single)
    }

    /// Lists these folders anew, and what was asked about as single files.
    fn relist(&self, before: &Listing, folders: &BTreeSet<&Path>, known: &HashMap<&Path, &Arc<Root>>, single: &[String]) -> bool {
        let found = AtomicU64::new(0);
        let walk = Walk { include: self.include, pictures: self.reading.pictures, stop: &self.stop, found: &found };
        let mut fresh = Listing::default();
        let mut relisted = HashSet::new();
        for folder in folders {
            let Some(root) = known.get(folder) else { continue };
            relisted.insert(root.inside(folder));
            let listing::Found { documents, folders: below, .. } = listing::below(root, folder, Some(1), true, &walk);
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
        let stays: HashSet<&Path> = fresh.folders.iter().map(|(_, folder)| folder.as_path()).collect();
        let gone = before.folders.iter().filter(|(_, folder)| {
            folder.parent().is_some_and(|above| folders.contains(above)) && !stays.contains(folder.as_path())
        });
        let gone: Vec<(PathBuf, String)> = gone.map(|(root, folder)| (folder.clone(), root.inside(folder) + "/")).collect();
        drop(stays);
        let covers = |document: &Document| {
            let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            relisted.contains(folder)
                || gone.iter().any(|(_, folder)| document.path.starts_with(folder))
                || single.contains(&document.path)
        };
        self.replace(before, fresh, covers, |folder| gone.iter().any(|(gone, _)| folder.starts_with(gone)))
    }

    /// Puts what was listed anew in the place of what it covers. Documents that did not change stay what they are, and what lies in them too.
    fn replace(
        &self,
        before: &Listing,
        mut fresh: Listing,
        covers: impl Fn(&Document) -> bool,
        covers_folder: impl Fn(&Path) -> bool,
    ) -> bool {
        let is_file = |document: &Document| document.origin.outermost().is_none();
        let covered: HashSet<*const Document> =
            before.documents.iter().filter(|document| is_file(document) && covers(document)).map(Arc::as_ptr).collect();
        let mut dropped = covered.clone();
        let mut changed = Vec::new();
        for document in &mut fresh.documents {
            match before.known(document) {
                Some(old) => {
                    dropped.remove(&Arc::as_ptr(old));
                    *document = old.clone();
                }
                None => changed.push(document.clone()),
            }
        }
        let mut folders: Vec<_> = before.folders.iter().filter(|(_, folder)| !covers_folder(folder)).cloned().collect();
        folders.append(&mut fresh.folders);
        listing::folders_in_order(&mut folders);
        if changed.is_empty() && dropped.is_empty() && folders.len() == before.folders.len() {
            // What is not listed may have changed.
            *before.left_out.lock().unwrap_or_else(PoisonError::into_inner) = None;
            return false;
        }
        let kept = before.documents.iter().filter(|document| match document.origin.outermost() {
            None => !covered.contains(&Arc::as_ptr(document)),
            Some(of) => !dropped.contains(&Arc::as_ptr(of)),
        });
        let mut documents: Vec<_> = kept.cloned().collect();
        documents.append(&mut fresh.documents);
        documents.extend(members::of(&changed, self.include.hidden, &self.reading, &self.stop, None));
        listing::in_order(&mut documents);
        let after = Arc::new(Listing::new(documents, folders));
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
