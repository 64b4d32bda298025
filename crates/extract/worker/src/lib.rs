//! What the sealed child does with the bytes of one document. It is a library so that tests and fuzzing can call the parsers directly.

mod formats;
mod lines;

pub use formats::pdf::{draw, load_pdfium};

use plumb_extract::{Failure, Family, Kind, Parsed, Reader, decode_text, protocol::MAX_INNER, reader_of};
use std::io::Write;

/// What became of a document.
pub type Outcome = Result<Parsed, Failure>;

/// The documents inside of one, opened to be read one after the other.
pub trait Container {
    /// Writes the bytes of a member, by its place in [`Parsed::members`].
    ///
    /// # Errors
    /// It is damaged, or unpacks to more than is allowed; what could be written was written.
    fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure>;
}

/// The text of a document, and what lies in it.
///
/// # Errors
/// What became of it, in plain words.
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

/// Opens what lies in a document.
///
/// # Errors
/// As [`read`]; `Skipped` where nothing can lie in such a document.
pub fn open<'a>(family: Family, bytes: &'a [u8]) -> Result<Box<dyn Container + 'a>, Failure> {
    match family {
        Family::Zip => formats::archive::open(bytes),
        Family::Ole => formats::outlook::open(bytes),
        Family::Mail => formats::mail::open(bytes),
        Family::Mailbox => formats::mailbox::open(bytes),
        Family::Tar => formats::tar::open(bytes),
        Family::Gzip | Family::Bzip2 | Family::Xz | Family::Zstd => formats::compressed::open(family, bytes),
        Family::Pdf | Family::Rtf | Family::Html | Family::Notebook => Err(Failure::skipped("nothing lies in such a document")),
    }
}

/// The text of a document inside of another one. `None`: it is too large to be read in memory.
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

/// As much as is read in memory.
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
