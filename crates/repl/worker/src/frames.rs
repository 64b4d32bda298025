//! Frames over pipes: a little-endian `u32` length, then that many bytes of JSON.

use serde::{Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};

/// The largest frame accepted from the parent, which is trusted, so this only guards against a broken pipe's garbage.
const LARGEST: usize = 1 << 30;

/// Reads one frame; `None` at the end of the input.
pub fn read<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    match input.read_exact(&mut head) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_le_bytes(head) as usize;
    if length > LARGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes one frame whole.
pub fn write(output: &mut impl Write, frame: &impl Serialize) -> io::Result<()> {
    let mut whole = vec![0; 4];
    serde_json::to_writer(&mut whole, frame)?;
    let length = u32::try_from(whole.len() - 4).map_err(|_| io::ErrorKind::InvalidData)?;
    whole[..4].copy_from_slice(&length.to_le_bytes());
    output.write_all(&whole)?;
    output.flush()
}
