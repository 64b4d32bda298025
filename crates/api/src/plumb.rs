//! The open program: its data, keys, libraries and runs.

use crate::{
    folders::Folders,
    runs::live::Live,
    types::{Nothing, Update},
};
use parking_lot::Mutex;
use plumb_corpus::{Extraction, Extractor, OpenCorpus};
use plumb_models::Models;
use plumb_repl::SealedPython;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    ids::RunId,
    traits::clock::Clock,
};
use plumb_store::Store;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::{sync::broadcast, task::JoinError};
use tokio_util::sync::CancellationToken;

/// Private memory of one Python worker, in bytes.
pub(crate) const WORKER_MEMORY_BYTES: u64 = 2 << 30;

/// Updates kept for a slow front end before it misses some.
const BACKLOG_UPDATES: usize = 16_384;

/// Everything behind the front ends. Clones share one program.
#[derive(Clone)]
pub struct Plumb {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub store: Store,
    pub models: Models,
    pub extraction: Extraction,
    pub launcher: Arc<SealedPython>,
    pub folders: Folders,
    pub updates: broadcast::Sender<Update>,
    pub live: Mutex<HashMap<RunId, Arc<Live>>>,
    /// Open libraries, watched so that their listings stay current.
    pub open: Mutex<HashMap<i64, Arc<OpenCorpus>>>,
    /// Whether the user agreed that text in pictures is read.
    pub pictures: AtomicBool,
    /// Downloads of built-in models under way.
    pub fetches: Mutex<HashMap<String, CancellationToken>>,
    /// Libraries whose documents are all being read.
    pub examined: Mutex<HashMap<i64, CancellationToken>>,
    /// Folders that may be opened; absent: all.
    pub confined_to: Option<Vec<PathBuf>>,
}

impl Plumb {
    /// Opens the program's data.
    ///
    /// # Errors
    /// When the data cannot be opened: no access, a full disk, or data of a newer version.
    pub async fn open(folders: Folders) -> Result<Self, Fault> {
        Self::open_confined(folders, None).await
    }

    /// Opens the program's data for a host that others could reach: it opens only files in these folders.
    ///
    /// # Errors
    /// As [`Plumb::open`].
    pub async fn open_confined(folders: Folders, confined_to: Option<Vec<PathBuf>>) -> Result<Self, Fault> {
        let store = Store::open(&folders.data).await?;
        let (updates, _) = broadcast::channel(BACKLOG_UPDATES);
        let plumb = Plumb {
            inner: Arc::new(Inner {
                store,
                models: Models::new(folders.models(), folders.own_profiles()),
                extraction: Extraction::new(Arc::new(Extractor::new()), &folders.cache),
                launcher: Arc::new(SealedPython::new([Folders::program("plumb-python")], WORKER_MEMORY_BYTES)),
                folders,
                updates,
                live: Mutex::default(),
                open: Mutex::default(),
                pictures: AtomicBool::default(),
                fetches: Mutex::default(),
                examined: Mutex::default(),
                confined_to,
            }),
        };
        let agreed = plumb.settings(Nothing {}).await?.read_images;
        plumb.inner.pictures.store(agreed, Ordering::Relaxed);
        Ok(plumb)
    }

    /// Subscribes to the updates from now on.
    pub fn updates(&self) -> broadcast::Receiver<Update> {
        self.inner.updates.subscribe()
    }

    /// Sends an update to all front ends.
    pub fn tell(&self, update: Update) {
        // No front end has to listen.
        let _ = self.inner.updates.send(update);
    }
}

/// The fault of a task that panicked.
pub(crate) fn panicked(error: JoinError) -> Fault {
    fault!(Code::Crashed, "Plumb failed unexpectedly: {reason}. Try again.", reason = error)
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Creates a run's id, ordered by time.
pub(crate) fn new_run_id() -> RunId {
    RunId(uuid::Uuid::now_v7().to_string())
}

/// The computer's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        now_ms()
    }

    fn monotonic(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}
