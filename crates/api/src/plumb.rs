//! The open program.

use crate::{
    folders::Folders,
    runs::live::Live,
    types::{Nothing, Update},
};
use plumb_corpus::{Extraction, Extractor, OpenCorpus};
use plumb_models::Models;
use plumb_repl::SealedPython;
use plumb_rlm::{fault::Fault, ids::RunId, traits::clock::Clock};
use plumb_store::Store;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Private memory of one Python worker, in bytes.
pub(crate) const WORKER_MEMORY: u64 = 2 << 30;

/// Updates kept for a slow front end before it is told that it missed some.
const BACKLOG: usize = 16_384;

/// Everything behind the front ends. Clones are the same program.
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
    /// Libraries as they are now: watched, so that their listings stay current.
    pub open: Mutex<HashMap<i64, Arc<OpenCorpus>>>,
    /// The user agreed that text in pictures is read.
    pub pictures: AtomicBool,
    pub fetches: Mutex<HashMap<String, CancellationToken>>,
    /// Libraries that are being read as a whole.
    pub examined: Mutex<HashMap<i64, CancellationToken>>,
    /// Folders that may be looked into; all where absent.
    pub confined_to: Option<Vec<PathBuf>>,
}

impl Plumb {
    /// Opens the program's data.
    ///
    /// # Errors
    /// Where the data cannot be opened: no access, a full disk, a newer version's data.
    pub async fn open(folders: Folders) -> Result<Self, Fault> {
        Self::open_confined(folders, None).await
    }

    /// The same, for a host that others could reach: only what lies in these folders can be opened.
    ///
    /// # Errors
    /// As [`Plumb::open`].
    pub async fn open_confined(folders: Folders, confined_to: Option<Vec<PathBuf>>) -> Result<Self, Fault> {
        let store = Store::open(&folders.data).await?;
        let (updates, _) = broadcast::channel(BACKLOG);
        let plumb = Plumb {
            inner: Arc::new(Inner {
                store,
                models: Models::new(folders.models(), folders.own_profiles()),
                extraction: Extraction::new(Arc::new(Extractor::new()), &folders.cache),
                launcher: Arc::new(SealedPython::new([Folders::program("plumb-python")], WORKER_MEMORY)),
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

    /// Everything a front end is told without asking, from now on.
    pub fn updates(&self) -> broadcast::Receiver<Update> {
        self.inner.updates.subscribe()
    }

    /// Tells all front ends.
    pub fn tell(&self, update: Update) {
        // Nobody listening is fine.
        let _ = self.inner.updates.send(update);
    }
}

/// A lock whose holder never leaves it in a bad state.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// A new run's name.
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
