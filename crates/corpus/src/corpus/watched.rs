//! Keeping an open corpus's listing current, and handing it to runs.

use crate::{
    corpus::OpenCorpus,
    listing::{
        listed::Listing,
        relist::{Relisted, Relister},
        watch::{WatchState, Watching},
    },
};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

impl OpenCorpus {
    /// Starts watching the folders of this corpus, once it is listed; `changed` is called after each change of the listing. Blocks.
    pub fn watch(self: &Arc<Self>, changed: impl Fn() + Send + 'static) -> WatchState {
        let corpus = Arc::downgrade(self);
        let mut watching = Watching::start(&self.scope, move |paths, is_lost| {
            if corpus.upgrade().is_some_and(|corpus| corpus.take_in(&paths, is_lost)) {
                changed();
            }
        });
        // Thousands of folders take a while. Callers who ask for the state need not wait for that.
        if let Some(listing) = self.listing.borrow().clone() {
            watching.follow(&listing);
        }
        // The listing may have been replaced in between.
        let _relisting = self.relisting.lock();
        if let Some(listing) = self.listing.borrow().clone() {
            watching.follow(&listing);
        }
        let state = watching.state().clone();
        *self.watching.lock() = Some(watching);
        state
    }

    /// Whether changes show by themselves. `None`: watching was never started.
    pub fn watch_state(&self) -> Option<WatchState> {
        self.watching.lock().as_ref().map(|watching| watching.state().clone())
    }

    /// The listing, if it is known to be as the folders are now: they are watched, and every reported change is in it. Runs can share it
    /// with [`OpenCorpus::of`]. Does not wait.
    pub fn current_listing(&self) -> Option<Arc<Listing>> {
        // Where it is locked, the listing is being replaced.
        if !self.watching.try_lock()?.as_ref()?.is_current() {
            return None;
        }
        self.listing.borrow().clone().filter(|listing| listing.is_complete)
    }

    #[cfg(test)]
    pub(crate) fn listing_is_settled(&self) -> bool {
        self.watching.lock().as_ref().is_some_and(Watching::is_current)
    }

    /// Lists everything again. True: something changed. Blocks.
    pub fn rescan(&self) -> bool {
        self.relist(|relister| relister.all())
    }

    /// Takes in the changes that the system reported. True: something changed.
    fn take_in(&self, paths: &BTreeSet<PathBuf>, is_lost: bool) -> bool {
        self.relist(|relister| if is_lost { relister.all() } else { relister.around(paths) })
    }

    fn relist(&self, make: impl FnOnce(&Relister<'_>) -> Option<Relisted>) -> bool {
        let _relisting = self.relisting.lock();
        let Some(before) = self.listing.borrow().clone() else { return false };
        let relister = Relister { before: &before, originals: &self.reading.originals, stop: &self.stop };
        let Some(relisted) = make(&relister) else {
            if let Some(watching) = self.watching.lock().as_mut().filter(|watching| watching.has_moved()) {
                watching.follow(&before);
            }
            return false;
        };
        self.reading.held.forget(|document| relisted.is_gone(document));
        let after = Arc::new(relisted.listing);
        self.listing.send_replace(Some(after.clone()));
        if let Some(watching) = &mut *self.watching.lock() {
            watching.follow(&after);
        }
        true
    }
}
