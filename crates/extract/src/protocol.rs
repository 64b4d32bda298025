//! What the parent and its sealed child say to each other: frames, a length (`u32`, little-endian) before the bytes.
//!
//! The child is started with the family of the document as its argument, the document as its standard input, and a socket as its standard
//! output, over which it also hears. It begins with [`Ready`]; then the parent sends a [`Request`] and the child an [`Answer`], again and again.
//! After an answer that has content the content follows in pieces, ended by an empty one, or by [`BROKEN`] and a [`Failure`].

use crate::{Drawn, Failure, Parsed};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, ErrorKind, Read, Write};

/// The largest frame of JSON: a few bytes for each page, row or member.
pub const MAX_HEAD: u32 = 64 << 20;
/// The largest piece of content.
pub const MAX_PIECE: u32 = 4 << 20;
/// The largest text of one document.
pub const MAX_TEXT: u64 = 256 << 20;
/// The largest document that is unpacked from another one.
pub const MAX_MEMBER: u64 = 4 << 30;
/// The largest document that is read inside of another one, in memory.
pub const MAX_INNER: usize = 128 << 20;
/// In the place of a piece's length: a failure follows, and no further piece.
pub const BROKEN: u32 = u32::MAX;

/// Whether the child could seal itself, and if not, why.
pub type Ready = Result<(), String>;

/// What is asked of the document.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// Its text; the answer's content.
    Read,
    /// The text of a document that lies in it, by its place in [`Parsed::members`], and its name; the answer's content.
    ReadMember(usize, String),
    /// The bytes of a document that lies in it, by its place in [`Parsed::members`]; the answer's content.
    Member(usize),
    /// A page, from 0, drawn with this many pixels of width; the PNG is the answer's content.
    Draw {
        /// From 0.
        page: u32,
        /// Pixels.
        width: u32,
    },
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The text follows.
    Read(Parsed),
    /// The bytes follow.
    Member,
    /// The image follows.
    Drawn(Drawn),
    /// A document inside of another one is too large to be read in memory; its bytes can be asked for. Nothing follows.
    TooLarge,
    /// Nothing follows.
    Failed(Failure),
}

/// Writes content in pieces. [`Pieces::end`] or [`Pieces::broken`] ends it.
pub struct Pieces<W: Write> {
    to: W,
    buffer: Vec<u8>,
}

impl<W: Write> Pieces<W> {
    /// Nothing is written yet.
    pub fn new(to: W) -> Self {
        Self { to, buffer: Vec::new() }
    }

    /// All was written.
    ///
    /// # Errors
    /// The other side is gone.
    pub fn end(mut self) -> io::Result<()> {
        self.flush()?;
        write(&mut self.to, &[])
    }

    /// The rest cannot be had.
    ///
    /// # Errors
    /// The other side is gone.
    pub fn broken(mut self, failure: &Failure) -> io::Result<()> {
        self.to.write_all(&BROKEN.to_le_bytes())?;
        write_json(&mut self.to, failure)
    }
}

impl<W: Write> Write for Pieces<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = MAX_PIECE as usize - self.buffer.len();
        let taken = &bytes[..bytes.len().min(room)];
        self.buffer.extend_from_slice(taken);
        if self.buffer.len() == MAX_PIECE as usize {
            self.flush()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            write(&mut self.to, &self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }
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
