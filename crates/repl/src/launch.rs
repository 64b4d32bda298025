//! Starts a worker and waits until it has sealed itself.

use crate::{
    frames::{self, FromWorker, ToWorker},
    worker::Worker,
};
use async_trait::async_trait;
use plumb_rlm::repl::{Context, Repl, ReplError, ReplLauncher, ReplSpec};
use plumb_sandbox::Seal;
use std::{fs::File, io, os::fd::AsRawFd, path::PathBuf, process::Stdio, time::Duration};
use tokio::process::Command;

/// How long a worker may take from nothing to sealed.
const START: Duration = Duration::from_secs(20);

/// Starts workers from the `plumb-python` program.
pub struct SealedPython {
    program: PathBuf,
    /// Private memory of one worker, in bytes.
    memory_bytes: u64,
    zero_copy: bool,
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
    /// Workers from `program`, each with at most `memory_bytes` of private memory.
    pub fn new(program: PathBuf, memory_bytes: u64) -> Self {
        SealedPython { program, memory_bytes, zero_copy: true }
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
    pub async fn examine(&self, snapshot: File) -> Result<Examined, ReplError> {
        let context = Context::Folder { documents: 0 };
        self.start(ReplSpec { snapshot, context, seed: 0 }).await.map(|(_, examined)| examined)
    }

    async fn start(&self, spec: ReplSpec) -> Result<(Worker, Examined), ReplError> {
        let no_worker = |e: io::Error| ReplError {
            code: "no_worker",
            message: format!(
                "Plumb's Python worker ({}) could not be started: {e}. Installing Plumb again repairs this.",
                self.program.display()
            ),
        };
        let mut command = Command::new(&self.program);
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let snapshot = spec.snapshot.as_raw_fd();
        // SAFETY: between fork and exec only async-signal-safe calls are made.
        unsafe {
            command.pre_exec(move || hand_over(snapshot));
        }
        let mut child = command.spawn().map_err(no_worker)?;
        let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(no_worker(io::ErrorKind::BrokenPipe.into()));
        };
        let start = ToWorker::Start {
            context: &spec.context,
            seed: spec.seed,
            memory_bytes: self.memory_bytes,
            zero_copy: self.zero_copy,
        };
        let ready = async {
            frames::write(&mut input, &start).await?;
            frames::read(&mut output).await
        };
        let not_sealed = |why: String| ReplError {
            code: "not_sealed",
            message: format!(
                "{why}. Plumb runs a model's code only where it is sealed off; run `plumb doctor` for what is missing."
            ),
        };
        match tokio::time::timeout(START, ready).await {
            Ok(Ok(Some(FromWorker::Ready { seal, python }))) => {
                Ok((Worker::new(child, input, output), Examined { seal, python }))
            }
            Ok(Ok(Some(FromWorker::Failed { message }))) => Err(not_sealed(message)),
            Ok(Ok(_)) => Err(not_sealed("The Python worker ended before it was sealed".to_owned())),
            Ok(Err(e)) => Err(no_worker(e)),
            Err(_) => Err(no_worker(io::ErrorKind::TimedOut.into())),
        }
    }
}

/// Leaves the child with standard input and output, and the snapshot as descriptor 3.
fn hand_over(snapshot: i32) -> io::Result<()> {
    // SAFETY: plain calls with integer arguments.
    unsafe {
        let moved = if snapshot == 3 { libc::fcntl(3, libc::F_DUPFD, 10) } else { snapshot };
        if moved < 0 || libc::dup2(moved, 3) < 0 {
            return Err(io::Error::last_os_error());
        }
        // Nothing else of the parent's may follow: close what was opened without close-on-exec. Old kernels lack the call; descriptors that
        // Rust opens are closed on exec anyway.
        libc::syscall(libc::SYS_close_range, 4, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
    }
    Ok(())
}

#[async_trait]
impl ReplLauncher for SealedPython {
    async fn launch(&self, spec: ReplSpec) -> Result<Box<dyn Repl>, ReplError> {
        let (worker, _) = self.start(spec).await?;
        Ok(Box::new(worker))
    }
}
