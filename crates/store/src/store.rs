//! The open database, and its owner among the programs that have it open.

use crate::{
    fault,
    owner::{OpeningGuard, OwnerLock},
    write::books,
    writer::Writer,
};
use parking_lot::Mutex;
use plumb_rlm::{fault::Fault, ids::RunId};
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

/// The open history. Clones share it. It closes when the last clone and the last journal are dropped.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pool: SqlitePool,
    writer: Writer,
    owner: OwnerLock,
    /// Runs of this process whose journal someone holds.
    held: Mutex<HashMap<RunId, Weak<Held>>>,
    pub(crate) claims: tokio::sync::Mutex<()>,
    /// This store has set money aside, which ended calls release.
    reserves: AtomicBool,
}

/// Counts a run as running while it lives.
pub(crate) struct Held;

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

    pub(crate) async fn open_with(data_dir: &Path, options: SqliteConnectOptions) -> Result<Self, Fault> {
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
                held: Mutex::default(),
                claims: Default::default(),
                reserves: AtomicBool::default(),
            }),
        })
    }

    /// Keeps a run counted as running for as long as the value lives.
    pub(crate) fn hold(&self, run_id: &RunId) -> Arc<Held> {
        let held = Arc::new(Held);
        let mut runs = self.inner.held.lock();
        runs.retain(|_, run| run.strong_count() > 0);
        runs.insert(run_id.clone(), Arc::downgrade(&held));
        held
    }

    /// Whether the store `owner` is working on a run.
    pub(crate) fn is_at_work(&self, run_id: &RunId, owner: &str) -> bool {
        if owner != self.inner.owner.id {
            return self.is_alive(owner);
        }
        self.inner.held.lock().get(run_id).is_some_and(|run| run.strong_count() > 0)
    }

    /// Whether the program that opened the store `owner` still runs.
    pub(crate) fn is_alive(&self, owner: &str) -> bool {
        self.inner.owner.is_alive(owner)
    }

    /// From now on [`Store::reserves`].
    pub(crate) fn begin_reserving(&self) {
        self.inner.reserves.store(true, Ordering::Relaxed);
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.inner.pool
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.inner.writer
    }

    /// This store has set money aside, which ended calls release.
    pub(crate) fn reserves(&self) -> bool {
        self.inner.reserves.load(Ordering::Relaxed)
    }

    pub(crate) fn owner_id(&self) -> &str {
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
