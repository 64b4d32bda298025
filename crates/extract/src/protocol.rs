//! What the parent and its sealed child say to each other: frames, a length (`u32`, little-endian) before the bytes.
//!
//! The child begins with [`Ready`]. The parent sends a [`Request`] and the document; the child sends an [`Answer`], and after [`Answer::Read`] the text.

use crate::{Failure, Format};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, ErrorKind, Read, Write};

/// The largest frame of JSON: a few bytes for each page.
pub const MAX_HEAD: u32 = 16 << 20;
/// The largest document. A PDF is held twice while it is parsed, and the child may use 1 GB.
pub const MAX_DOCUMENT: u32 = 300 << 20;
/// The largest text.
pub const MAX_TEXT: u32 = 256 << 20;

/// Whether the child could seal itself, and if not, why.
pub type Ready = Result<(), String>;

/// The document that follows.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// What it is.
    pub format: Format,
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The text follows. `places`: the first line of each page and its name.
    Read {
        /// See [`crate::Extracted::places`].
        places: Vec<(u64, String)>,
    },
    /// There is no text.
    Failed(Failure),
}

/// Writes one frame.
///
/// # Errors
/// The other side is gone.
pub fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&length(bytes)?)?;
    to.write_all(bytes)?;
    to.flush()
}

/// Writes one frame of JSON.
///
/// # Errors
/// The other side is gone.
pub fn write_json(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    write(to, &serde_json::to_vec(message)?)
}

/// The length that goes before these bytes.
///
/// # Errors
/// They are too many for a frame.
pub fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    u32::try_from(bytes.len()).map(u32::to_le_bytes).map_err(|_| too_long())
}

/// Reads one frame of at most `max` bytes. Memory grows with what arrives, not with what is promised.
///
/// # Errors
/// The other side is gone or promises more than `max`.
pub fn read(from: &mut impl Read, max: u32) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = checked(length, max)?;
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

/// Reads one frame of JSON.
///
/// # Errors
/// As [`read`], or it is not what was expected.
pub fn read_json<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    Ok(serde_json::from_slice(&read(from, MAX_HEAD)?)?)
}

/// A length that may come from a hostile child.
///
/// # Errors
/// It is more than `max`.
pub fn checked(length: [u8; 4], max: u32) -> io::Result<u64> {
    let length = u32::from_le_bytes(length);
    if length > max { Err(too_long()) } else { Ok(length.into()) }
}

fn too_long() -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, "a frame is longer than allowed")
}
