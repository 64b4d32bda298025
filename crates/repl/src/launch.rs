//! Starts a worker and waits until it has sealed itself.

use crate::{
    elsewhere,
    frames::{FromWorker, ToWorker},
    process::Process,
    texts::Texts,
    worker::Worker,
    zygote::Zygote,
};
use async_trait::async_trait;
use plumb_rlm::{
    fault::{Code, Fault},
    sending::Destination,
    traits::repl::{Context, Repl, ReplLauncher, ReplSpec},
};
use plumb_sandbox::Seal;
use serde_json::json;
use std::{ffi::OsString, fs::File, io, sync::Arc, time::Duration};
use tokio::net::unix::pipe;

/// How long a worker may take from nothing to sealed.
const START: Duration = Duration::from_secs(20);
/// The same on another machine or in a container, which may have to be started first.
const START_ELSEWHERE: Duration = Duration::from_secs(120);

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

/// What a worker found out about itself.
#[derive(Debug)]
pub struct Examined {
    /// How it is sealed, measured.
    pub seal: Seal,
    /// Python's version.
    pub python: String,
}

impl SealedPython {
    /// Workers of `program` (with arguments, where it is a wrapper), each with at most `memory_bytes` of private memory.
    pub fn new(program: impl IntoIterator<Item = impl Into<OsString>>, memory_bytes: u64) -> Self {
        let command = program.into_iter().map(Into::into).collect();
        SealedPython { place: Place::Here(Arc::new(Zygote::new(command))), memory_bytes, zero_copy: true }
    }

    /// Workers that `command` starts on another machine or in a container, and pipes to: `ssh HOST plumb-python`. Texts are carried in frames.
    pub fn elsewhere(command: &str, memory_bytes: u64) -> Self {
        SealedPython { place: Place::Elsewhere(command.to_owned()), memory_bytes, zero_copy: false }
    }

    /// Workers copy texts into their memory instead of reading them in the snapshot: for a Python whose strings are laid out otherwise.
    pub fn copying(mut self) -> Self {
        self.zero_copy = false;
        self
    }

    /// Starts a worker just to see how it is sealed.
    ///
    /// # Errors
    /// As [`ReplLauncher::launch`].
    pub async fn examine(&self) -> Result<Examined, Fault> {
        // Nothing to read.
        let snapshot = File::open("/dev/null").map_err(no_worker)?;
        let context = Context::Folder { documents: 0 };
        self.start(ReplSpec { snapshot, context, seed: 0, sending: None }).await.map(|(_, examined)| examined)
    }

    /// Starts a worker, and tells how it is sealed.
    ///
    /// # Errors
    /// As [`ReplLauncher::launch`].
    pub async fn start(&self, spec: ReplSpec) -> Result<(Worker, Examined), Fault> {
        match &self.place {
            Place::Here(zygote) => {
                let (zygote, snapshot) = (zygote.clone(), spec.snapshot.try_clone().map_err(no_worker)?);
                let forked = tokio::task::spawn_blocking(move || zygote.fork(&snapshot)).await;
                let forked = forked.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into())).map_err(no_worker)?;
                let input = pipe::Sender::from_owned_fd(forked.input.into()).map_err(no_worker)?;
                let output = pipe::Receiver::from_owned_fd(forked.output.into()).map_err(no_worker)?;
                let mut worker = Worker::new(
                    Process::Forked { process: forked.process, id: forked.id, _zygote: forked.zygote },
                    Box::new(input),
                    Box::new(output),
                    Texts::InSnapshot,
                    self.memory_bytes,
                );
                let examined = self.begin(&mut worker, &spec, START).await.map_err(Trouble::here)?;
                Ok((worker, examined))
            }
            Place::Elsewhere(command) => {
                let (process, input, output, words) =
                    elsewhere::start(command).map_err(|e| elsewhere::trouble(command, &e.to_string()))?;
                let texts = Texts::Carried(spec.snapshot.try_clone().map_err(no_worker)?);
                let worker = Worker::new(Process::Command(process), Box::new(input), Box::new(output), texts, self.memory_bytes);
                let mut worker = worker.noting(Destination::Command { command: command.clone() }, spec.sending.clone());
                match self.begin(&mut worker, &spec, START_ELSEWHERE).await {
                    Ok(examined) => Ok((worker, examined)),
                    Err(_) if !worker.said().is_empty() => {
                        let said: String = worker.said().chars().filter(|c| !c.is_control()).collect();
                        Err(elsewhere::trouble(command, &format!("it printed something of its own first: “{}”", said.trim())))
                    }
                    Err(Trouble::NotSealed(why)) => Err(not_sealed(why)),
                    Err(trouble) => Err(elsewhere::trouble(command, &words.last().await.unwrap_or_else(|| trouble.to_string()))),
                }
            }
        }
    }

    /// Sends the first frame and waits for the worker to have sealed itself.
    async fn begin(&self, worker: &mut Worker, spec: &ReplSpec, within: Duration) -> Result<Examined, Trouble> {
        let mut context = json!(spec.context);
        if let (Context::Placed { placement }, Texts::Carried(_)) = (&spec.context, worker.texts()) {
            context["placement"]["text"] = worker.texts().read(*placement).map_err(Trouble::Io)?.into();
        }
        let start = ToWorker::Start {
            context: &context,
            seed: spec.seed,
            memory_bytes: self.memory_bytes,
            snapshot: matches!(worker.texts(), Texts::InSnapshot),
            zero_copy: self.zero_copy,
        };
        match tokio::time::timeout(within, worker.first(&start)).await {
            Ok(Ok(Some(FromWorker::Ready { seal, python }))) => match serde_json::from_str(seal.get()) {
                Ok(seal) => Ok(Examined { seal, python }),
                Err(e) => Err(Trouble::Io(e.into())),
            },
            Ok(Ok(Some(FromWorker::Failed { message }))) => Err(Trouble::NotSealed(message.chars().take(500).collect())),
            Ok(Ok(_)) => Err(Trouble::Ended),
            Ok(Err(e)) => Err(Trouble::Io(e)),
            Err(_) => Err(Trouble::Io(io::ErrorKind::TimedOut.into())),
        }
    }
}

/// Why there is no ready worker.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    NotSealed(String),
    #[error("it ended before it was sealed")]
    Ended,
    #[error("{0}")]
    Io(io::Error),
}

impl Trouble {
    fn here(self) -> Fault {
        match self {
            Trouble::NotSealed(why) => not_sealed(why),
            Trouble::Ended => not_sealed("The Python worker ended before it was sealed".to_owned()),
            Trouble::Io(e) => no_worker(e),
        }
    }
}

fn no_worker(error: io::Error) -> Fault {
    Fault::new(
        Code::NoWorker,
        format!("Plumb's Python worker (plumb-python) could not be started: {error}. Installing Plumb again repairs this."),
    )
}

fn not_sealed(why: String) -> Fault {
    Fault::new(
        Code::NotSealed,
        format!("{why}. Plumb runs a model's code only where it is sealed off; run `plumb doctor` for what is missing."),
    )
}

#[async_trait]
impl ReplLauncher for SealedPython {
    async fn launch(&self, spec: ReplSpec) -> Result<Box<dyn Repl>, Fault> {
        let (worker, _) = self.start(spec).await?;
        Ok(Box::new(worker))
    }
}
