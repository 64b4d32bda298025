//! What crosses the pipes: a little-endian `u32` length, then that many bytes of JSON. The worker's side is in `worker/src/{frames,parent}.rs`.

use plumb_rlm::traits::repl::{CellOutcome, HostError, HostReply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use std::{io, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The largest frame taken from a worker, in bytes.
const LARGEST: usize = 64 << 20;
/// Kept of what is refused, in bytes: enough to recognise a greeting.
const WORDS: usize = 80;
/// A frame is written in pieces of this size.
const PIECE: usize = 64 << 10;
/// Room kept for the next frame once a large one has been read.
const ROOM: usize = 1 << 20;

/// To the worker.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker<'a> {
    /// First frame. `snapshot`: it was handed over as a descriptor; else texts are carried in frames.
    Start { context: &'a Value, seed: u64, memory_bytes: u64, snapshot: bool, zero_copy: bool },
    /// Runs a cell.
    Run { id: u64, code: &'a str, output_chars: usize },
    /// Answers a call.
    Reply { id: u64, outcome: ReplyOutcome },
    /// Raises KeyboardInterrupt in the cell, if it still runs.
    Interrupt { id: u64 },
}

/// The two ways a call can end.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyOutcome {
    /// Well.
    Ok(HostReply),
    /// Well, with a text that the worker cannot find in a snapshot.
    #[serde(rename = "ok")]
    Carried { text: String },
    /// As an exception.
    Error(HostError),
}

/// From the worker.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FromWorker {
    /// Sealed and ready.
    Ready { seal: Box<RawValue>, python: String },
    /// Not sealed, and gone.
    Failed { message: String },
    /// Asks something of the program. The body is read apart ([`crate::calls`]), so that a malformed one fails the call and not the worker.
    Call { id: u64, body: Box<RawValue> },
    /// A cell ended.
    Done { id: u64, outcome: CellOutcome },
}

/// The frames of one worker, as they arrive.
pub struct Incoming<R> {
    input: R,
    buffer: Vec<u8>,
    refused: String,
}

impl<R: AsyncRead + Unpin> Incoming<R> {
    /// From this pipe.
    pub fn new(input: R) -> Self {
        Incoming { input, buffer: Vec::new(), refused: String::new() }
    }

    /// The beginning of what was refused as a frame, as text.
    pub fn said(&self) -> String {
        self.refused.clone()
    }

    /// The next frame; `None` when the worker is gone, in the middle of a frame too. What has arrived is kept when this is dropped halfway.
    ///
    /// # Errors
    /// `InvalidData` for a frame that is too large or not understood.
    pub async fn next(&mut self) -> io::Result<Option<FromWorker>> {
        loop {
            if let Some((head, rest)) = self.buffer.split_first_chunk::<4>() {
                let length = u32::from_le_bytes(*head) as usize;
                if length > LARGEST {
                    self.refused = String::from_utf8_lossy(&self.buffer[..self.buffer.len().min(WORDS)]).into_owned();
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame that is too large"));
                }
                if let Some(body) = rest.get(..length) {
                    // Text that is no UTF-8 is repaired; JSON that is nested too deeply is refused by its reader.
                    let frame = serde_json::from_str(&String::from_utf8_lossy(body));
                    if frame.is_err() {
                        self.refused = String::from_utf8_lossy(&body[..body.len().min(WORDS)]).into_owned();
                    }
                    self.buffer.drain(..length + 4);
                    self.buffer.shrink_to(ROOM);
                    return Ok(Some(frame?));
                }
            }
            // The buffer grows with what really arrives: the length alone reserves nothing.
            self.buffer.reserve(64 << 10);
            if self.input.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

impl ToWorker<'_> {
    /// As it crosses the pipe.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut whole = vec![0; 4];
        serde_json::to_writer(&mut whole, self)?;
        let length = u32::try_from(whole.len() - 4).map_err(|_| io::ErrorKind::InvalidInput)?;
        whole[..4].copy_from_slice(&length.to_le_bytes());
        Ok(whole)
    }
}

/// Writes one frame. A large one may take long over a slow line: it fails when nothing moves for `patience`.
pub async fn write(output: &mut (impl AsyncWrite + Unpin), whole: &[u8], patience: Duration) -> io::Result<()> {
    for piece in whole.chunks(PIECE) {
        tokio::time::timeout(patience, output.write_all(piece)).await??;
    }
    tokio::time::timeout(patience, output.flush()).await?
}
