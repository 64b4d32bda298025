//! A worker on another machine or in a container, which a command of the user's starts and pipes to.

use crate::here;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use std::{io, process::Stdio, time::Duration};
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
};

/// Maximum length kept of the command's errors, in bytes.
const MAX_ERROR_BYTES: u64 = 4096;
/// Time for a failing command to end after its pipes closed.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// The command's standard error.
pub struct Errors(ChildStderr);

impl Errors {
    /// The last line, once the command has ended or [`END_TIMEOUT`] has passed.
    pub async fn last_line(self) -> Option<String> {
        let mut bytes = Vec::new();
        let _ = tokio::time::timeout(END_TIMEOUT, self.0.take(MAX_ERROR_BYTES).read_to_end(&mut bytes)).await;
        String::from_utf8_lossy(&bytes).lines().rfind(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
    }
}

/// Starts the command in the user's shell, with the user's environment, where ssh, docker and kubectl find their settings.
pub fn start(command: &str) -> io::Result<(Child, ChildStdin, ChildStdout, Errors)> {
    let mut process =
        here::shell(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
    let (Some(input), Some(output), Some(errors)) = pipes else { return Err(io::ErrorKind::BrokenPipe.into()) };
    Ok((process, input, output, Errors(errors)))
}

/// The fault of a command that started no worker.
pub fn fault(command: &str, why: &str) -> Fault {
    fault!(
        Code::NoWorker,
        "The command that runs code elsewhere ({command}) started no worker: {why}. Try it in a terminal, where it must start plumb-python and leave \
         standard input and output to it, or remove it from the settings to run code on this computer.",
        command = command,
        why = why,
    )
}
