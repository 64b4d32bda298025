//! One sealed child, seen from the parent.

use crate::{
    Failure, Format,
    protocol::{self, Answer, MAX_HEAD, MAX_TEXT, Ready, Request},
};
use serde::de::DeserializeOwned;
use std::{io, path::Path, process::Stdio};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, ChildStdout, Command},
};

/// A running `plumb-extract`. It is killed when this is dropped.
pub struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    output: ChildStdout,
    /// It has answered before.
    pub used: bool,
}

impl Child {
    /// Starts it and waits until it has sealed itself.
    pub async fn start(program: &Path) -> Result<Self, String> {
        // It needs nothing of our environment, which may hold keys.
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().map_err(|e| format!("the reader for PDF and Word files could not be started: {e}"))?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (input, mut output) = pipes.ok_or("the reader for PDF and Word files could not be started: it has no pipes")?;
        match read_json::<Ready>(&mut output).await {
            Ok(Ok(())) => Ok(Self { process, input, output, used: false }),
            Ok(Err(reason)) => Err(format!("it was not read, because {reason}")),
            Err(_) => Err("the reader for PDF and Word files ended at once; install Plumb again".to_owned()),
        }
    }

    /// The text of one document. An error means that the child is of no more use.
    pub async fn ask(&mut self, format: Format, bytes: &[u8]) -> io::Result<Result<(String, Vec<(u64, String)>), Failure>> {
        let Self { input, output, .. } = self;
        let send = async {
            write(input, &serde_json::to_vec(&Request { format })?).await?;
            write(input, bytes).await?;
            input.flush().await
        };
        let receive = async {
            match read_json(output).await? {
                Answer::Failed(failure) => Ok(Err(failure)),
                Answer::Read { places } => {
                    let text = String::from_utf8(read(output, MAX_TEXT).await?);
                    text.map(|text| Ok((text, places))).map_err(io::Error::other)
                }
            }
        };
        // Both at once: a child that writes before it has read everything must not block us.
        let ((), answer) = tokio::try_join!(send, receive)?;
        self.used = true;
        Ok(answer)
    }

    /// Why a child that broke off did so.
    pub async fn last_words(mut self) -> &'static str {
        let _ = self.process.start_kill();
        let mut words = Vec::new();
        if let Some(errors) = self.process.stderr.take() {
            let _ = errors.take(4096).read_to_end(&mut words).await;
        }
        let words = String::from_utf8_lossy(&words);
        if words.contains("memory allocation") {
            "it needs more than 1 GB of memory to read"
        } else if words.contains("overflowed its stack") {
            "damaged: its parts are nested without end"
        } else {
            "the reader crashed on it; it may be damaged"
        }
    }
}

async fn write(to: &mut ChildStdin, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&protocol::length(bytes)?).await?;
    to.write_all(bytes).await
}

async fn read(from: &mut ChildStdout, max: u32) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await?;
    let length = protocol::checked(length, max)?;
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

async fn read_json<T: DeserializeOwned>(from: &mut ChildStdout) -> io::Result<T> {
    Ok(serde_json::from_slice(&read(from, MAX_HEAD).await?)?)
}
