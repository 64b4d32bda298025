//! Where sealed children come from.

use crate::{Failure, Family, child::Opened};
use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Time for one document of no size; large ones have [`BYTES_PER_SECOND`] more.
const TIME: Duration = Duration::from_secs(30);
/// Time for one picture.
const PICTURE: Duration = Duration::from_secs(120);
/// Slower than any reader on any machine, in bytes per second.
const BYTES_PER_SECOND: u64 = 1 << 20;

/// Opens documents in sealed children. Share it behind an `Arc`.
pub struct Extractor {
    program: Option<PathBuf>,
    time: Duration,
    turns: Arc<Turns>,
}

impl Default for Extractor {
    fn default() -> Self {
        Self::new()
    }
}

impl Extractor {
    /// With the `plumb-extract` beside this program and 30 seconds for a small document. Nothing is started yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(beside_this_program(), TIME)
    }

    /// With this program as the child and another limit of time for a small document.
    #[must_use]
    pub fn with(program: Option<PathBuf>, time: Duration) -> Self {
        let children = std::thread::available_parallelism().map_or(2, usize::from);
        Self { program, time, turns: Arc::new(Turns { free: Mutex::new(children), freed: Condvar::new() }) }
    }

    /// Opens a document in a child of its own. Blocks until the child has sealed itself. The file must lie on a disk; it is mapped.
    ///
    /// # Errors
    /// The child cannot be started, or cannot seal itself.
    pub fn open(&self, family: Family, document: &File) -> Result<Opened, Failure> {
        let program = self.program()?;
        let bytes = document.metadata().map_or(0, |metadata| metadata.len());
        let time = self.time + Duration::from_secs(bytes / BYTES_PER_SECOND);
        let _turn = self.turns.take();
        Opened::start(program, family, document, time, self.turns.clone())
    }
}

impl Extractor {
    /// Reads a picture, in all languages that are installed.
    ///
    /// # Errors
    /// As [`crate::ocr::ocr`].
    pub fn ocr(&self, picture: &[u8]) -> Result<Vec<crate::ocr::OcrLine>, Failure> {
        let _turn = self.turns.take();
        crate::ocr::ocr(self.program()?, picture, &crate::ocr::languages(), PICTURE)
    }

    fn program(&self) -> Result<&PathBuf, Failure> {
        self.program.as_ref().ok_or_else(|| {
            Failure::passing("the program plumb-extract, which reads documents, is missing beside Plumb; install Plumb again")
        })
    }
}

/// How many children may work at the same time.
pub(crate) struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits for one.
    pub(crate) fn take(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

/// Tests lie one folder below the programs.
fn beside_this_program() -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    let name = format!("plumb-extract{}", std::env::consts::EXE_SUFFIX);
    here.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file())
}
