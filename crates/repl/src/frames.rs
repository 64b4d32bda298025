//! What crosses the pipes: a little-endian `u32` length, then that many bytes of JSON. The worker's side is in `worker/src/frames.rs`.

use plumb_rlm::repl::{CellOutcome, Context, HostError, HostReply};
use plumb_sandbox::Seal;
use serde::{Deserialize, Serialize};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The largest frame taken from a worker, in bytes.
const LARGEST: usize = 64 << 20;

/// To the worker.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker<'a> {
    /// First frame.
    Start { context: &'a Context, seed: u64, memory_bytes: u64, zero_copy: bool },
    /// Runs a cell.
    Run { id: u64, code: &'a str, output_chars: usize },
    /// Answers a call.
    Reply {
        id: u64,
        #[serde(flatten)]
        outcome: ReplyOutcome,
    },
}

/// The two ways a call can end.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyOutcome {
    /// Well.
    Ok(HostReply),
    /// As an exception.
    Error(HostError),
}

/// From the worker.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FromWorker {
    /// Sealed and ready.
    Ready { seal: Seal, python: String },
    /// Not sealed, and gone.
    Failed { message: String },
    /// Asks something of the program. The body is read apart, so that a malformed one fails the call and not the worker.
    Call { id: u64, body: serde_json::Value },
    /// A cell ended.
    Done { id: u64, outcome: CellOutcome },
}

/// Reads one frame; `None` when the worker is gone.
///
/// # Errors
/// `InvalidData` for a frame that is too large or not understood.
pub async fn read(input: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<FromWorker>> {
    let length = match input.read_u32_le().await {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other? as usize,
    };
    if length > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame that is too large"));
    }
    let mut body = Vec::new();
    // Grows with what really arrives: the length alone reserves nothing.
    if input.take(length as u64).read_to_end(&mut body).await? < length {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes one frame.
pub async fn write(output: &mut (impl AsyncWrite + Unpin), frame: &ToWorker<'_>) -> io::Result<()> {
    let mut whole = vec![0; 4];
    serde_json::to_writer(&mut whole, frame)?;
    let length = u32::try_from(whole.len() - 4).map_err(|_| io::ErrorKind::InvalidInput)?;
    whole[..4].copy_from_slice(&length.to_le_bytes());
    output.write_all(&whole).await?;
    output.flush().await
}
