//! A worker on another machine or in a container: whatever a command that the user gave pipes to.

use plumb_rlm::fault::{Code, Fault};
use std::{io, process::Stdio, time::Duration};
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
};

/// What the command said when it failed, in bytes.
const WORDS: u64 = 4096;

/// What a command complains about.
pub struct Complaints(ChildStderr);

impl Complaints {
    /// Its last line, if it ends within a moment.
    pub async fn last(self) -> Option<String> {
        let mut words = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(1), self.0.take(WORDS).read_to_end(&mut words)).await;
        String::from_utf8_lossy(&words).lines().rfind(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
    }
}

/// Starts the command in the user's shell, with the user's environment: ssh, docker and kubectl find their settings there.
pub fn start(command: &str) -> io::Result<(Child, ChildStdin, ChildStdout, Complaints)> {
    let mut process = Command::new("/bin/sh")
        .args(["-c", &format!("exec {command}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
    let (Some(input), Some(output), Some(errors)) = pipes else { return Err(io::ErrorKind::BrokenPipe.into()) };
    Ok((process, input, output, Complaints(errors)))
}

/// In words.
pub fn trouble(command: &str, why: &str) -> Fault {
    Fault::new(
        Code::NoWorker,
        format!(
            "The command that runs code elsewhere ({command}) brought no worker: {why}. Try it in a terminal; it must start plumb-python and \
             leave standard input and output to it. Or remove it from the settings to run code on this computer."
        ),
    )
}
