//! OLE compound files: detects the format and calls its reader.

use super::{doc, outlook, ppt, sheet};
use crate::Outcome;
use cfb::CompoundFile;
use plumb_extract::Failure;
use std::io::{Cursor, Read};

/// Most bytes read from a stream; real documents stay below.
const MAX_STREAM_BYTES: u64 = 400 << 20;

/// An opened compound file whose streams are read by name.
pub struct Streams<'a> {
    file: CompoundFile<Cursor<&'a [u8]>>,
}

impl<'a> Streams<'a> {
    /// Opens the list of streams.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let file = CompoundFile::open(Cursor::new(bytes)).map_err(|e| Failure::failed(format!("damaged: {e}")))?;
        Ok(Self { file })
    }

    /// Whether the file has this stream.
    pub fn has(&self, name: &str) -> bool {
        self.file.is_stream(format!("/{name}"))
    }

    /// The bytes of a stream, up to the first error.
    pub fn read(&mut self, name: &str) -> Option<Vec<u8>> {
        let stream = self.file.open_stream(format!("/{name}")).ok()?;
        let mut out = Vec::new();
        // Bytes read before an error are kept.
        let _ = stream.take(MAX_STREAM_BYTES).read_to_end(&mut out);
        Some(out)
    }
}

/// Detects the format by the names of the streams and reads the document.
///
/// # Errors
/// Why there is no text, in plain words.
pub fn text(bytes: &[u8]) -> Outcome {
    let mut streams = Streams::open(bytes)?;
    if streams.has("EncryptedPackage") {
        return Err(Failure::failed("protected with a password"));
    }
    if streams.has("WordDocument") {
        return doc::text(streams);
    }
    if streams.has("PowerPoint Document") {
        return ppt::text(streams);
    }
    for name in ["Workbook", "Book"] {
        if let Some(stream) = streams.read(name) {
            return sheet::xls(bytes, &stream);
        }
    }
    if streams.has("__properties_version1.0") {
        return outlook::text(bytes);
    }
    Err(Failure::skipped("an Office document of a kind that is not read"))
}
