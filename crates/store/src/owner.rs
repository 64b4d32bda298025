//! Who works on a run. Each open store holds an OS lock on a file of its own for its life: the system lets go of it however the process
//! ends, so a lock that can be taken belongs to nobody any more.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// Held while a store is opened, so that no two processes change the database's form at once, and none clears away a lock that is just
/// being made.
pub(crate) struct OpeningGuard(#[expect(dead_code, reason = "held, not read")] File);

impl OpeningGuard {
    /// Waits for its turn.
    pub(crate) fn wait(locks: &Path) -> io::Result<Self> {
        let file = File::create(locks.join("opening"))?;
        file.lock()?;
        Ok(OpeningGuard(file))
    }
}

/// A store's own lock.
#[derive(Debug)]
pub(crate) struct OwnerLock {
    pub(crate) id: String,
    locks: PathBuf,
    _file: File,
}

impl OwnerLock {
    /// Clears away what dead stores left, and takes a lock of its own.
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

    /// Whether the store `owner` is still open, in whatever process.
    pub(crate) fn is_alive(&self, owner: &str) -> bool {
        // The name comes from the database; only a true id becomes part of a path.
        let Ok(owner) = Uuid::parse_str(owner) else { return false };
        // A shared lock: two who look at once do not take each other for the owner.
        File::open(lock_path(&self.locks, &owner.to_string()))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(lock_path(&self.locks, &self.id)) {
            tracing::debug!(%error, "lock file left for the next start to clear away");
        }
    }
}

fn lock_path(locks: &Path, id: &str) -> PathBuf {
    locks.join(id).with_extension("lock")
}
