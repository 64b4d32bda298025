//! The protocol between the parent and its sealed child: frames of a length (`u32`, little-endian) and that many bytes.
//!
//! The child gets the family of the document as its argument and the document as its standard input. Its standard output is a socket, over which it
//! also receives. It sends [`Ready`] first; then each [`Request`] of the parent gets an [`Answer`]. After an answer with content, the content follows
//! in pieces, ended by an empty piece, or by [`BROKEN`] and a [`Failure`].

use crate::{Drawn, Failure, Parsed};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, ErrorKind, Read, Write};

/// Maximum size of a frame of JSON, in bytes; a document needs a few for each page, row or member.
pub const MAX_JSON_BYTES: u32 = 64 << 20;
/// Maximum size of a piece of content.
pub const MAX_PIECE_BYTES: u32 = 4 << 20;
/// Maximum size of the text of one document, in bytes.
pub const MAX_TEXT: u64 = 256 << 20;
/// Maximum unpacked size of a member, in bytes.
pub const MAX_MEMBER: u64 = 4 << 30;
/// Maximum size of a member that the child reads in memory, in bytes.
pub const MAX_INNER: usize = 128 << 20;
/// Stands in place of a piece's length: a failure follows, and no further piece.
pub const BROKEN: u32 = u32::MAX;

/// Whether the child is ready to read, or why not.
pub type Ready = Result<(), String>;

/// A request about the document.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// Read its text, which is the answer's content.
    Read,
    /// Read the text of the member with this index in [`Parsed::members`] and this name. The text is the answer's content.
    ReadMember(usize, String),
    /// Send the bytes of the member with this index in [`Parsed::members`] as the answer's content.
    Member(usize),
    /// Draw a page. The PNG is the answer's content.
    Draw {
        /// The page, counted from 0.
        page: u32,
        /// Width of the image, in pixels.
        width: u32,
    },
}

/// The answer to a request.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The text follows.
    Read(Parsed),
    /// The bytes follow.
    Member,
    /// The image follows.
    Drawn(Drawn),
    /// The member is too large to read in memory; the parent can request its bytes. Nothing follows.
    TooLarge,
    /// The request failed. Nothing follows.
    Failed(Failure),
}

/// Writes content in pieces. [`Pieces::end`] or [`Pieces::broken`] ends it.
pub struct Pieces<W: Write> {
    to: W,
    buffer: Vec<u8>,
}

impl<W: Write> Pieces<W> {
    /// Makes a writer that has written nothing yet.
    pub fn new(to: W) -> Self {
        Self { to, buffer: Vec::new() }
    }

    /// Ends complete content.
    ///
    /// # Errors
    /// The other side closed the connection.
    pub fn end(mut self) -> io::Result<()> {
        self.flush()?;
        write(&mut self.to, &[])
    }

    /// Ends content whose rest could not be read.
    ///
    /// # Errors
    /// The other side closed the connection.
    pub fn broken(mut self, failure: &Failure) -> io::Result<()> {
        self.to.write_all(&BROKEN.to_le_bytes())?;
        write_json(&mut self.to, failure)
    }
}

impl<W: Write> Write for Pieces<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = MAX_PIECE_BYTES as usize - self.buffer.len();
        let taken = &bytes[..bytes.len().min(room)];
        self.buffer.extend_from_slice(taken);
        if self.buffer.len() == MAX_PIECE_BYTES as usize {
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
/// The other side closed the connection.
pub fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&length(bytes)?)?;
    to.write_all(bytes)?;
    to.flush()
}

/// Writes one frame of JSON.
///
/// # Errors
/// The other side closed the connection.
pub fn write_json(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    write(to, &serde_json::to_vec(message)?)
}

/// Encodes the length of a frame.
///
/// # Errors
/// The bytes are too many for a frame.
pub fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    u32::try_from(bytes.len()).map(u32::to_le_bytes).map_err(|_| too_long())
}

/// Reads one frame of at most `max` bytes. Memory grows with the bytes that arrive, not with the announced length.
///
/// # Errors
/// The other side closed the connection or announces more than `max` bytes.
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
/// As [`read`], or the frame does not hold a `T`.
pub fn read_json<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    Ok(serde_json::from_slice(&read(from, MAX_JSON_BYTES)?)?)
}

/// Decodes and checks the length of a frame, which may come from a hostile child.
///
/// # Errors
/// The length is more than `max`.
pub fn checked(length: [u8; 4], max: u32) -> io::Result<u64> {
    let length = u32::from_le_bytes(length);
    if length > max { Err(too_long()) } else { Ok(length.into()) }
}

fn too_long() -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, "a frame is longer than allowed")
}
