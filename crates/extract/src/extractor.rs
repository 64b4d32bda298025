//! Starts sealed children, one for each document.

use crate::{Failure, Family, child::Opened};
use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Timeout for reading an empty document; each [`MIN_BYTES_PER_SECOND`] of size adds a second.
const BASE_TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout for reading one picture.
const OCR_TIMEOUT: Duration = Duration::from_secs(120);
/// Lower bound for the speed of any reader on any machine.
const MIN_BYTES_PER_SECOND: u64 = 1 << 20;

/// Opens documents in sealed children. Share it behind an `Arc`.
pub struct Extractor {
    program: Option<PathBuf>,
    timeout: Duration,
    permits: Arc<Semaphore>,
}

impl Default for Extractor {
    fn default() -> Self {
        Self::new()
    }
}

impl Extractor {
    /// Uses the `plumb-extract` beside this program, with a timeout of 30 seconds for a small document. Starts nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(beside_this_program(), BASE_TIMEOUT)
    }

    /// Uses `program` as the child and `timeout` for a small document.
    #[must_use]
    pub fn with(program: Option<PathBuf>, timeout: Duration) -> Self {
        let children = std::thread::available_parallelism().map_or(2, usize::from);
        Self { program, timeout, permits: Arc::new(Semaphore { free: Mutex::new(children), released: Condvar::new() }) }
    }

    /// Opens a document in a child of its own. Blocks until the child has sealed itself. The file must be mappable, so it must lie on a disk.
    ///
    /// # Errors
    /// The child cannot start or cannot seal itself.
    pub fn open(&self, family: Family, document: &File) -> Result<Opened, Failure> {
        let program = self.program()?;
        let bytes = document.metadata().map_or(0, |metadata| metadata.len());
        let timeout = self.timeout + Duration::from_secs(bytes / MIN_BYTES_PER_SECOND);
        let _permit = self.permits.acquire();
        Opened::start(program, family, document, timeout, self.permits.clone())
    }

    /// Reads the text of a picture, in all installed languages.
    ///
    /// # Errors
    /// As [`crate::ocr::ocr`].
    pub fn ocr(&self, picture: &[u8]) -> Result<Vec<crate::ocr::OcrLine>, Failure> {
        let _permit = self.permits.acquire();
        crate::ocr::ocr(self.program()?, picture, &crate::ocr::languages(), OCR_TIMEOUT)
    }

    fn program(&self) -> Result<&PathBuf, Failure> {
        self.program
            .as_ref()
            .ok_or_else(|| Failure::passing("the program plumb-extract, which reads documents, is missing; install Plumb again"))
    }
}

/// Limits how many children work at the same time.
pub(crate) struct Semaphore {
    free: Mutex<usize>,
    released: Condvar,
}

/// The right to let a child work, released on drop.
pub(crate) struct Permit<'a>(&'a Semaphore);

impl Semaphore {
    /// Waits for a permit.
    pub(crate) fn acquire(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.released.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.released.notify_one();
    }
}

/// Finds `plumb-extract` in the folder of this program, or one folder up, because tests lie below the programs.
fn beside_this_program() -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    let name = format!("plumb-extract{}", std::env::consts::EXE_SUFFIX);
    here.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file())
}
