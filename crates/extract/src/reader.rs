//! Documents in, texts out.

use crate::{
    Extracted, Failure, Format,
    child::Child,
    decode_text,
    kind::{self, Kind},
    protocol::MAX_DOCUMENT,
};
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

/// Time for one document.
const TIME: Duration = Duration::from_secs(30);
/// Children at work at the same time.
const CHILDREN: usize = 2;

/// Turns the bytes of documents into text. Share it behind an `Arc`. Sealed children are started when first needed, kept, and replaced when
/// they crash or take too long.
pub struct Extractor {
    program: Option<PathBuf>,
    time: Duration,
    turns: Semaphore,
    idle: Mutex<Vec<Child>>,
}

impl Default for Extractor {
    fn default() -> Self {
        Self::new()
    }
}

impl Extractor {
    /// With the `plumb-extract` beside this program and 30 seconds for one document. Nothing is started yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(beside_this_program(), TIME)
    }

    /// With this program as the child and another limit of time for one document.
    #[must_use]
    pub fn with(program: Option<PathBuf>, time: Duration) -> Self {
        Self { program, time, turns: Semaphore::new(CHILDREN), idle: Mutex::default() }
    }

    /// The text of one document. `name` only helps to say what a file is that holds no text.
    ///
    /// # Errors
    /// What became of the document, and why, in plain words.
    pub async fn extract(&self, name: &str, bytes: Vec<u8>) -> Result<Extracted, Failure> {
        match kind::of(&bytes) {
            Kind::Text => {
                let text = spawn_blocking(move || decode_text(&bytes)).await;
                let text = text.unwrap_or_else(|_| Err(Failure::failed("the reader of plain text failed on it")));
                text.map(|text| Extracted { text, places: Vec::new(), kind: "text" }).map_err(|failure| match kind::skip_by_name(
                    name,
                ) {
                    Some(reason) if failure.reason == kind::UNKNOWN => Failure::skipped(reason),
                    _ => failure,
                })
            }
            Kind::Parsed(format) => {
                let (text, places) = self.parse(format, &bytes).await?;
                Ok(Extracted { text, places, kind: format.name() })
            }
            Kind::Skipped(reason) => Err(Failure::skipped(reason)),
        }
    }

    async fn parse(&self, format: Format, bytes: &[u8]) -> Result<(String, Vec<(u64, String)>), Failure> {
        if bytes.len() > MAX_DOCUMENT as usize {
            return Err(Failure::failed(format!("larger than {} MB", MAX_DOCUMENT >> 20)));
        }
        let program = self.program.as_ref().ok_or_else(|| {
            Failure::failed(
                "the program plumb-extract, which reads PDF and Word files, is missing beside Plumb; install Plumb again",
            )
        })?;
        let _turn = self.turns.acquire().await.map_err(|_| Failure::failed("Plumb is closing"))?;
        let mut kept = self.idle().pop();
        loop {
            let mut child = match kept.take() {
                Some(child) => child,
                None => Child::start(program).await.map_err(Failure::failed)?,
            };
            match timeout(self.time, child.ask(format, bytes)).await {
                Ok(Ok(answer)) => {
                    self.idle().push(child);
                    return answer;
                }
                // It may have died of what earlier documents left behind: a fresh one decides.
                Ok(Err(_)) if child.used => {}
                Ok(Err(_)) => return Err(Failure::failed(child.last_words().await)),
                Err(_) => return Err(Failure::failed(format!("reading it took longer than {:?}", self.time))),
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Child>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tests lie one folder below the programs.
fn beside_this_program() -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    let name = format!("plumb-extract{}", std::env::consts::EXE_SUFFIX);
    here.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file())
}
