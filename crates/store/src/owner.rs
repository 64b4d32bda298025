//! Owners of runs. Each open store holds an OS lock on a file of its own. The system releases the lock however the process ends, so a lock that can
//! be taken has no owner any more.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Held while a store opens, so that two processes do not migrate the database at once, and none deletes a lock file that another is creating.
pub(crate) struct OpeningGuard(#[expect(dead_code, reason = "held, not read")] File);

impl OpeningGuard {
    /// Waits until no other store is opening.
    pub(crate) fn wait(locks: &Path) -> io::Result<Self> {
        let file = File::create(locks.join("opening"))?;
        file.lock()?;
        Ok(OpeningGuard(file))
    }
}

/// The lock of an open store.
#[derive(Debug)]
pub(crate) struct OwnerLock {
    pub(crate) id: String,
    locks: PathBuf,
    _file: File,
}

impl OwnerLock {
    /// Deletes lock files of dead stores, and takes a new lock.
    pub(crate) fn take(locks: &Path, _guard: &OpeningGuard) -> io::Result<Self> {
        for entry in std::fs::read_dir(locks)? {
            let path = entry?.path();
            let left_behind =
                path.extension().is_some_and(|e| e == "lock") && File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            if left_behind {
                std::fs::remove_file(&path)?;
            }
        }
        let id = Uuid::now_v7().to_string();
        let file = File::create(lock_path(locks, &id))?;
        file.lock()?;
        Ok(OwnerLock { id, locks: locks.to_owned(), _file: file })
    }

    /// Whether the store `owner` is still open in any process.
    pub(crate) fn is_alive(&self, owner: &str) -> bool {
        // The id comes from the database, so it is checked before it becomes part of a path.
        let Ok(owner) = Uuid::parse_str(owner) else { return false };
        // A shared lock, so that two processes that look at once do not take each other for the owner.
        File::open(lock_path(&self.locks, &owner.to_string()))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(lock_path(&self.locks, &self.id)) {
            tracing::debug!(%error, "could not delete the lock file; the next start will");
        }
    }
}

fn lock_path(locks: &Path, id: &str) -> PathBuf {
    locks.join(id).with_extension("lock")
}
