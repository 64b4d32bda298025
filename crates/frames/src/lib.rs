//! Frames of JSON over pipes: a little-endian `u32` length, then that many bytes.

use serde::{Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};

/// Bytes before a frame's JSON: its length.
pub const HEAD_BYTES: usize = 4;

/// Encodes one frame whose JSON has at most `max_bytes`.
///
/// # Errors
/// `InvalidData` when the value cannot be written as JSON or is longer.
pub fn encode<T: Serialize + ?Sized>(value: &T, max_bytes: u32) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; HEAD_BYTES];
    serde_json::to_writer(&mut bytes, value)?;
    let length = bytes.len() - HEAD_BYTES;
    let head = u32::try_from(length).ok().filter(|length| *length <= max_bytes).ok_or_else(|| too_long(length))?;
    bytes[..HEAD_BYTES].copy_from_slice(&head.to_le_bytes());
    Ok(bytes)
}

/// Writes one frame whose JSON has at most `max_bytes`, and flushes.
///
/// # Errors
/// As [`encode`], and when writing fails.
pub fn write<T: Serialize + ?Sized>(to: &mut impl Write, value: &T, max_bytes: u32) -> io::Result<()> {
    to.write_all(&encode(value, max_bytes)?)?;
    to.flush()
}

/// Reads one frame whose JSON has at most `max_bytes`; `None` at the end of the stream.
///
/// # Errors
/// When the stream ends inside a frame, or holds anything but a frame of `T`.
pub fn read<T: DeserializeOwned>(from: &mut impl Read, max_bytes: u32) -> io::Result<Option<T>> {
    let mut head = [0; HEAD_BYTES];
    match from.read(&mut head[..1])? {
        0 => return Ok(None),
        _ => from.read_exact(&mut head[1..])?,
    }
    let mut bytes = vec![0; length(head, max_bytes)?];
    from.read_exact(&mut bytes)?;
    Ok(Some(serde_json::from_slice(&bytes)?))
}

/// The length of the JSON that a frame's head announces, in bytes.
///
/// # Errors
/// `InvalidData` when it is beyond `max_bytes`.
pub fn length(head: [u8; HEAD_BYTES], max_bytes: u32) -> io::Result<usize> {
    let length = u32::from_le_bytes(head);
    if length <= max_bytes { Ok(length as usize) } else { Err(too_long(length as usize)) }
}

fn too_long(length: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_BYTES: u32 = 100;

    #[test]
    fn a_frame_reads_back_as_it_was_written() {
        let frames = ["seven", "é\n"];
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| encode(frame, MAX_BYTES).unwrap()).collect();
        let mut from = bytes.as_slice();
        for frame in frames {
            assert_eq!(read::<String>(&mut from, MAX_BYTES).unwrap().as_deref(), Some(frame));
        }
        assert_eq!(read::<String>(&mut from, MAX_BYTES).unwrap(), None);
    }

    #[test]
    fn a_huge_length_is_refused_before_allocation() {
        let error = read::<String>(&mut [0xff, 0xff, 0xff, 0xff, b'"'].as_slice(), MAX_BYTES).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_frame_that_is_too_long_is_not_written() {
        assert!(encode(&"x".repeat(98), MAX_BYTES).is_ok());
        assert!(encode(&"x".repeat(99), MAX_BYTES).is_err());
    }

    #[test]
    fn a_frame_cut_short_is_an_error_and_not_an_end() {
        let bytes = encode("seven", MAX_BYTES).unwrap();
        assert!(read::<String>(&mut &bytes[..2], MAX_BYTES).is_err());
        assert!(read::<String>(&mut &bytes[..bytes.len() - 1], MAX_BYTES).is_err());
    }
}
