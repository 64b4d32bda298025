//! The parsers that the sealed child runs on the bytes of one document. They are a library so that tests and fuzzing can call them directly.

mod formats;
mod lines;

pub use formats::pdf::{draw, load_pdfium};

use plumb_extract::{Failure, Family, Kind, Parsed, Reader, decode_text, protocol::MAX_INNER, reader_of};
use std::io::Write;

/// The result of reading a document.
pub type Outcome = Result<Parsed, Failure>;

/// An opened document whose members are read one after the other.
pub trait Container {
    /// Writes the bytes of a member, by its index in [`Parsed::members`].
    ///
    /// # Errors
    /// The member is damaged or unpacks to more than is allowed. Everything before that point has been written.
    fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure>;
}

/// Reads the text of a document and lists its members.
///
/// # Errors
/// Why it has no text, in plain words.
pub fn read(family: Family, bytes: &[u8]) -> Outcome {
    match family {
        Family::Pdf => formats::pdf::text(bytes),
        Family::Zip => formats::zip::text(bytes),
        Family::Ole => formats::ole::text(bytes),
        Family::Rtf => formats::rtf::text(bytes),
        Family::Html => formats::html::text(bytes),
        Family::Notebook => formats::notebook::text(bytes),
        Family::Mail => formats::mail::text(bytes),
        Family::Mailbox => formats::mailbox::text(bytes),
        Family::Tar => formats::tar::text(bytes),
        Family::Gzip | Family::Bzip2 | Family::Xz | Family::Zstd => formats::compressed::text(family, bytes),
    }
}

/// Opens a document to read its members.
///
/// # Errors
/// As [`read`]; `Skipped` if such a document cannot have members.
pub fn open<'a>(family: Family, bytes: &'a [u8]) -> Result<Box<dyn Container + 'a>, Failure> {
    match family {
        Family::Zip => formats::archive::open(bytes),
        Family::Ole => formats::outlook::open(bytes),
        Family::Mail => formats::mail::open(bytes),
        Family::Mailbox => formats::mailbox::open(bytes),
        Family::Tar => formats::tar::open(bytes),
        Family::Gzip | Family::Bzip2 | Family::Xz | Family::Zstd => formats::compressed::open(family, bytes),
        Family::Pdf | Family::Rtf | Family::Html | Family::Notebook => Err(Failure::skipped("it holds no other documents")),
    }
}

/// Reads the text of a member. `None`: it is too large to read in memory.
///
/// # Errors
/// As [`read`].
pub fn read_member(container: &mut dyn Container, index: usize, name: &str) -> Result<Option<Parsed>, Failure> {
    let mut inner = Inner { bytes: Vec::new(), full: false };
    match container.member(index, &mut inner) {
        _ if inner.full => return Ok(None),
        written => written?,
    }
    let bytes = inner.bytes;
    if let Reader::Child(family) = reader_of(&bytes, name) {
        return read(family, &bytes).map(Some);
    }
    let text = decode_text(&bytes).map_err(|failure| match plumb_extract::skip_by_name(name) {
        Some(reason) if failure.reason == plumb_extract::UNKNOWN => Failure::skipped(reason),
        _ => failure,
    })?;
    let kind = Kind::of_text(name, &text);
    Ok(Some(Parsed { places: plumb_extract::places_in(kind, &text), ..Parsed::new(kind, text) }))
}

/// A buffer of at most [`MAX_INNER`] bytes.
struct Inner {
    bytes: Vec<u8>,
    full: bool,
}

impl Write for Inner {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_INNER {
            self.full = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
