//! Frames over the pipes of a worker. Their content is `plumb-python-protocol`'s.

use plumb_frames::HEAD_BYTES;
use plumb_python_protocol::{FromWorker, MAX_FROM_WORKER_BYTES};
use std::{io, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes kept of a refused frame: enough to recognise a greeting.
const KEPT_REFUSED_BYTES: usize = 80;
/// Bytes of a frame written at a time.
const WRITE_BYTES: usize = 64 << 10;
/// Bytes read at a time, at least.
const READ_BYTES: usize = 64 << 10;
/// Capacity kept for the next frame after a large one, in bytes.
const KEPT_CAPACITY_BYTES: usize = 1 << 20;

/// The frames of one worker, as they arrive.
pub struct Incoming<R> {
    input: R,
    buffer: Vec<u8>,
    refused: String,
}

impl<R: AsyncRead + Unpin> Incoming<R> {
    /// Reads frames from `input`.
    pub fn new(input: R) -> Self {
        Incoming { input, buffer: Vec::new(), refused: String::new() }
    }

    /// The first bytes of a refused frame, as text.
    pub fn refused(&self) -> &str {
        &self.refused
    }

    /// The next frame; `None` when the worker is gone, in the middle of a frame too. Dropping the future loses no bytes.
    ///
    /// # Errors
    /// `InvalidData` for a frame that is too large or not understood.
    pub async fn next(&mut self) -> io::Result<Option<FromWorker<'static>>> {
        loop {
            if let Some((head, rest)) = self.buffer.split_first_chunk::<HEAD_BYTES>() {
                let length = plumb_frames::length(*head, MAX_FROM_WORKER_BYTES);
                let length = length.inspect_err(|_| self.refused = beginning(&self.buffer))?;
                if let Some(body) = rest.get(..length) {
                    // Repairs text that is not UTF-8. The JSON reader refuses text that is nested too deeply.
                    let frame = serde_json::from_str(&String::from_utf8_lossy(body));
                    if frame.is_err() {
                        self.refused = beginning(body);
                    }
                    self.buffer.drain(..length + HEAD_BYTES);
                    self.buffer.shrink_to(KEPT_CAPACITY_BYTES);
                    return Ok(Some(frame?));
                }
            }
            // The buffer grows with the bytes that arrive: an announced length alone reserves nothing.
            self.buffer.reserve(READ_BYTES);
            if self.input.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

fn beginning(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(KEPT_REFUSED_BYTES)]).into_owned()
}

/// Writes one encoded frame. A large one may take long over a slow line: it fails when nothing moves for `stall_timeout`.
pub async fn write(output: &mut (impl AsyncWrite + Unpin), frame: &[u8], stall_timeout: Duration) -> io::Result<()> {
    for piece in frame.chunks(WRITE_BYTES) {
        tokio::time::timeout(stall_timeout, output.write_all(piece)).await??;
    }
    tokio::time::timeout(stall_timeout, output.flush()).await?
}
