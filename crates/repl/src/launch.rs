//! Starts a worker and waits until it has sealed itself.

use crate::{
    elsewhere,
    here::{self, Zygote},
    process::Process,
    texts::Texts,
    worker::Worker,
};
use async_trait::async_trait;
use plumb_python_protocol::{FromWorker, Start};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    traits::{
        repl::{Context, Repl, ReplLauncher, ReplSpec},
        sending::Destination,
    },
};
use plumb_sandbox::Seal;
use serde_json::json;
use std::{borrow::Cow, ffi::OsString, io, sync::Arc, time::Duration};

/// Time for a worker to start and seal itself.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// The same on another machine or in a container, which may have to start first.
const START_TIMEOUT_ELSEWHERE: Duration = Duration::from_secs(120);
/// Maximum length kept of a worker's reason for not sealing itself, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Starts workers from the `plumb-python` program.
pub struct SealedPython {
    place: Place,
    /// Private memory of one worker, in bytes.
    memory_bytes: u64,
    zero_copy: bool,
}

enum Place {
    /// Forked from a zygote on this machine.
    Here(Arc<Zygote>),
    /// Started by this command, which pipes to it.
    Elsewhere(String),
}

/// A worker's report on itself.
#[derive(Debug)]
pub struct Examined {
    /// Its measured seal.
    pub seal: Seal,
    /// Python's version.
    pub python: String,
}

impl SealedPython {
    /// Starts workers of `program` (with arguments, where it is a wrapper), each with at most `memory_bytes` of private memory.
    pub fn new(program: impl IntoIterator<Item = impl Into<OsString>>, memory_bytes: u64) -> Self {
        let command = program.into_iter().map(Into::into).collect();
        SealedPython { place: Place::Here(Arc::new(Zygote::new(command))), memory_bytes, zero_copy: true }
    }

    /// Starts workers by a command that pipes to another machine or a container: `ssh HOST plumb-python`. Frames carry their texts.
    pub fn elsewhere(command: &str, memory_bytes: u64) -> Self {
        SealedPython { place: Place::Elsewhere(command.to_owned()), memory_bytes, zero_copy: false }
    }

    /// Makes workers copy texts into their memory instead of reading them in the snapshot, for a Python with another layout of strings.
    pub fn copying(mut self) -> Self {
        self.zero_copy = false;
        self
    }

    /// Starts a worker only to measure its seal.
    ///
    /// # Errors
    /// As [`ReplLauncher::launch`].
    pub async fn examine(&self) -> Result<Examined, Fault> {
        let snapshot = here::empty_file().map_err(no_worker)?;
        let context = Context::Folder { documents: 0 };
        self.start(ReplSpec { snapshot, context, seed: 0, sending: None }).await.map(|(_, examined)| examined)
    }

    /// Starts a worker, and returns its report on itself.
    ///
    /// # Errors
    /// As [`ReplLauncher::launch`].
    pub async fn start(&self, spec: ReplSpec) -> Result<(Worker, Examined), Fault> {
        match &self.place {
            Place::Here(zygote) => {
                let started = here::fork(zygote, &spec.snapshot).await.map_err(no_worker)?;
                let process = Process::Forked(started.process);
                let mut worker = Worker::new(process, started.input, started.output, Texts::InSnapshot, self.memory_bytes);
                let examined = self.begin(&mut worker, &spec, START_TIMEOUT).await.map_err(StartError::here)?;
                Ok((worker, examined))
            }
            Place::Elsewhere(command) => {
                let (process, input, output, errors) =
                    elsewhere::start(command).map_err(|e| elsewhere::fault(command, &e.to_string()))?;
                let texts = Texts::Carried(spec.snapshot.try_clone().map_err(no_worker)?);
                let worker = Worker::new(Process::Command(process), Box::new(input), Box::new(output), texts, self.memory_bytes);
                let mut worker = worker.recorded(Destination::Command { command: command.clone() }, spec.sending.clone());
                match self.begin(&mut worker, &spec, START_TIMEOUT_ELSEWHERE).await {
                    Ok(examined) => Ok((worker, examined)),
                    Err(_) if !worker.refused().is_empty() => {
                        let printed: String = worker.refused().chars().filter(|c| !c.is_control()).collect();
                        Err(elsewhere::fault(command, &format!("it printed something of its own first: “{}”", printed.trim())))
                    }
                    Err(StartError::NotSealed(why)) => Err(not_sealed(why)),
                    Err(error) => Err(elsewhere::fault(command, &errors.last_line().await.unwrap_or_else(|| error.to_string()))),
                }
            }
        }
    }

    /// Sends the first frame and waits until the worker has sealed itself.
    async fn begin(&self, worker: &mut Worker, spec: &ReplSpec, timeout: Duration) -> Result<Examined, StartError> {
        let mut context = json!(spec.context);
        if let (Context::Placed { placement }, Texts::Carried(_)) = (&spec.context, worker.texts()) {
            context["placement"]["text"] = worker.texts().read(*placement).map_err(StartError::Io)?.into();
        }
        let start = Start {
            context: Cow::Borrowed(&context),
            seed: spec.seed,
            memory_bytes: self.memory_bytes,
            snapshot: matches!(worker.texts(), Texts::InSnapshot),
            zero_copy: self.zero_copy,
        };
        match tokio::time::timeout(timeout, worker.first(start)).await {
            Ok(Ok(Some(FromWorker::Ready { seal, python }))) => match serde_json::from_str(seal.get()) {
                Ok(seal) => Ok(Examined { seal, python: python.into_owned() }),
                Err(e) => Err(StartError::Io(e.into())),
            },
            Ok(Ok(Some(FromWorker::Failed { message }))) => {
                Err(StartError::NotSealed(message.chars().take(MAX_REASON_CHARS).collect()))
            }
            Ok(Ok(_)) => Err(StartError::Ended),
            Ok(Err(e)) => Err(StartError::Io(e)),
            Err(_) => Err(StartError::Io(io::ErrorKind::TimedOut.into())),
        }
    }
}

/// Why there is no ready worker.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("{0}")]
    NotSealed(String),
    #[error("it ended before it was sealed")]
    Ended,
    #[error("{0}")]
    Io(io::Error),
}

impl StartError {
    fn here(self) -> Fault {
        match self {
            StartError::NotSealed(why) => not_sealed(why),
            StartError::Ended => not_sealed("The Python worker ended before it was sealed".to_owned()),
            StartError::Io(e) => no_worker(e),
        }
    }
}

fn no_worker(error: io::Error) -> Fault {
    fault!(
        Code::NoWorker,
        "Plumb's Python worker (plumb-python) could not be started: {error}. Install Plumb again to repair it.",
        error = error,
    )
}

fn not_sealed(why: String) -> Fault {
    fault!(
        Code::NotSealed,
        "{why}. Plumb runs a model's code only in a sealed process; run `plumb doctor` to see what is missing.",
        why = why,
    )
}

#[async_trait]
impl ReplLauncher for SealedPython {
    async fn launch(&self, spec: ReplSpec) -> Result<Box<dyn Repl>, Fault> {
        let (worker, _) = self.start(spec).await?;
        Ok(Box::new(worker))
    }
}
