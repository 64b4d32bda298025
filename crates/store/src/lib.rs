//! The history: runs with their events, libraries and settings, in one SQLite database in the data folder.
//!
//! Several processes may have it open at once. An acknowledged append survives any end of the process, because the system has the data. A power cut
//! or a crash of the system can lose the last commits: those since the last checkpoint of SQLite's log, typically seconds. Older data stays intact,
//! because SQLite checks the log and replays it up to its last complete commit.

mod books;
mod fault;
mod forks;
mod journal;
mod libraries;
mod owner;
mod packing;
mod pins;
mod record;
mod reservations;
mod runs;
mod settings;
mod spending;
mod statements;
mod writer;

#[cfg(test)]
mod tests;

pub use libraries::Library;
pub use pins::Pin;
pub use reservations::{Reserved, Wanted};
pub use runs::{Partial, RunRow, RunState};
pub use spending::{MonthSpent, Spent};

use books::Asked;
use journal::RunJournal;
use owner::{OpeningGuard, OwnerLock};
use parking_lot::Mutex;
use plumb_rlm::{fault::Fault, ids::RunId, traits::journal::Journal};
use sqlx::{
    ConnectOptions, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use writer::Writer;

/// The open history. Clones share it. It closes when the last clone and the last journal are dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pool: SqlitePool,
    writer: Writer,
    owner: OwnerLock,
    /// Runs of this process whose journal someone holds.
    journals: Mutex<HashMap<RunId, Weak<RunJournal>>>,
    claims: tokio::sync::Mutex<()>,
    /// This store has set money aside, which ended calls release.
    reserves: AtomicBool,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("owner", &self.inner.owner.id).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the history in `data_dir`. Creates folder and database if missing, and migrates an older database.
    ///
    /// # Errors
    /// `no_access`, `disk_full`, `locked`, `damaged`, `newer_version`.
    pub async fn open(data_dir: &Path) -> Result<Self, Fault> {
        Self::open_with(data_dir, SqliteConnectOptions::new().busy_timeout(Duration::from_secs(10))).await
    }

    async fn open_with(data_dir: &Path, options: SqliteConnectOptions) -> Result<Self, Fault> {
        let locks = data_dir.join("locks");
        make_private_folder(&locks).map_err(|error| fault::io(data_dir, &error))?;
        let waiting = locks.clone();
        let guard = tokio::task::spawn_blocking(move || OpeningGuard::wait(&waiting)).await;
        let guard = guard.map_err(|_| fault::closed())?.map_err(|error| fault::io(&locks, &error))?;

        let options = options
            .filename(data_dir.join("plumb.db"))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            // Otherwise the log keeps its size after a burst of writes.
            .pragma("journal_size_limit", "67108864");
        let mut connection = options.clone().create_if_missing(true).connect().await.map_err(fault::of_sql)?;
        sqlx::migrate!("./migrations").run_direct(None, &mut connection, false).await.map_err(fault::of_migration)?;
        books::book_older_runs(&mut connection).await?;
        let owner = OwnerLock::take(&locks, &guard).map_err(|error| fault::io(&locks, &error))?;

        let pool = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options);
        let writer = Writer::start(connection);
        Ok(Store {
            inner: Arc::new(Inner {
                pool,
                writer,
                owner,
                journals: Mutex::default(),
                claims: Default::default(),
                reserves: AtomicBool::default(),
            }),
        })
    }

    /// The journal of a new run, whose first event is `RunStarted`. The run counts as running while someone holds it.
    pub fn journal(&self, run_id: &RunId) -> Arc<dyn Journal> {
        self.journal_of(run_id, Asked::default(), false)
    }

    /// `partials`: parts of replies may be stored from before.
    fn journal_of(&self, run_id: &RunId, asked: Asked, partials: bool) -> Arc<dyn Journal> {
        let journal = Arc::new(RunJournal {
            store: self.clone(),
            run_id: run_id.clone(),
            asked: Mutex::new(asked),
            partials: AtomicBool::new(partials),
        });
        let mut journals = self.inner.journals.lock();
        journals.retain(|_, journal| journal.strong_count() > 0);
        journals.insert(run_id.clone(), Arc::downgrade(&journal));
        journal
    }

    /// Whether the store `owner` is working on a run.
    fn is_at_work(&self, run_id: &RunId, owner: &str) -> bool {
        if owner != self.inner.owner.id {
            return self.inner.owner.is_alive(owner);
        }
        let journals = self.inner.journals.lock();
        journals.get(run_id).is_some_and(|journal| journal.strong_count() > 0)
    }

    fn pool(&self) -> &SqlitePool {
        &self.inner.pool
    }

    fn writer(&self) -> &Writer {
        &self.inner.writer
    }

    fn reserves(&self) -> bool {
        self.inner.reserves.load(Ordering::Relaxed)
    }

    fn owner_id(&self) -> &str {
        &self.inner.owner.id
    }
}

/// Creates a folder that other users cannot read, because it holds questions and answers.
fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}
