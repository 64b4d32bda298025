//! Reading documents: plain text as it is, everything else by the extractor or from the store of extracted texts.

use crate::{
    document::{Document, Origin, Stamp},
    facts::{About, Without},
    reading::{
        containers::{Originals, lies_in_it},
        held::Held,
        trouble::{EMPTY, Trouble, unreadable},
    },
    snapshot::{
        file::{Snapshot, write_fault},
        text::{FrozenText, Writer, write},
    },
    system,
};
use plumb_extract::{Failure, HEAD, Kind, Parsed, Reader, decode_text, reader_of};
use plumb_rlm::{documents::DocumentState, fault::Fault, traits::corpus::Text as _};
use std::{
    fs::File,
    io::{Read as _, Seek},
    sync::Arc,
};

/// Size, in bytes, from which on a file in UTF-8 is copied into the snapshot piece by piece.
pub const LARGE_BYTES: u64 = 16 << 20;
/// Bytes of these pieces. The page cache keeps such pieces as a whole, so reading them later is faster.
const PIECE_BYTES: usize = 4 << 20;
/// Bytes that are held in memory to find out an encoding.
const MAX_WHOLE_BYTES: u64 = 512 << 20;

/// Reads documents for one corpus, and freezes their texts in its snapshot.
#[derive(Clone)]
pub struct Reading {
    /// Opens documents' bytes.
    pub originals: Originals,
    /// Holds frozen texts.
    pub snapshot: Arc<Snapshot>,
    /// The documents whose texts are frozen.
    pub held: Arc<Held>,
}

/// A document's text.
pub enum Read {
    /// As it is now. The next time it may be another one.
    Passing(String, About),
    /// Frozen for this corpus.
    Frozen(Arc<FrozenText>),
}

impl Read {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Read::Passing(text, _) => text,
            Read::Frozen(text) => text.as_str(),
        }
    }

    /// The text as a string of its own.
    pub fn into_string(self) -> String {
        match self {
            Read::Passing(text, _) => text,
            Read::Frozen(text) => text.as_str().to_owned(),
        }
    }

    /// Facts about it beside its words.
    pub fn about(&self) -> &About {
        match self {
            Read::Passing(_, about) => about,
            Read::Frozen(text) => text.about(),
        }
    }
}

impl Reading {
    /// Reads a document into the snapshot.
    pub fn freeze(&self, document: &Document) -> Result<Arc<FrozenText>, Trouble> {
        match self.read_as(document, true)? {
            Read::Frozen(frozen) => Ok(frozen),
            Read::Passing(text, about) => Ok(Arc::new(write(&self.snapshot, &text, about)?)),
        }
    }

    /// Reads a document. A document that is too large for memory is frozen.
    pub fn read(&self, document: &Document) -> Result<Read, Trouble> {
        self.read_as(document, false)
    }

    /// Writes a text into the snapshot.
    pub fn write(&self, text: &str, about: About) -> Result<FrozenText, Fault> {
        write(&self.snapshot, text, about).map_err(|e| write_fault(&e))
    }

    /// Facts about a document that turned out to be plain text.
    pub fn about_plain(&self, document: &Document, text: &str) -> About {
        let kind = Kind::of_text(&document.path, text);
        About { places: plumb_extract::places_in(kind, text), ..About::plain(kind) }
    }

    /// `keep`: the text will be frozen, so a large one need not come into memory first.
    fn read_as(&self, document: &Document, keep: bool) -> Result<Read, Trouble> {
        match self.read_plain_or_parsed(document, keep) {
            Err(trouble) if self.originals.pictures && trouble.may_be_picture() => {
                with_text(self.originals.read_picture(document)?).map(|(text, about)| Read::Passing(text, about))
            }
            read => read,
        }
    }

    fn read_plain_or_parsed(&self, document: &Document, keep: bool) -> Result<Read, Trouble> {
        let file = match &document.origin {
            Origin::File { .. } => document.open().map_err(Trouble::passing)?,
            Origin::Member { of, index } => match self.originals.read_member(of, *index, &document.path)? {
                Some(parsed) => {
                    let (text, about) = self.with_scans(document, parsed)?;
                    return Ok(Read::Passing(text, about));
                }
                None => self.originals.unpack(of, *index)?,
            },
        };
        let metadata = file.metadata().map_err(|e| unreadable(&e))?;
        let changed = document.origin.file().is_some() && Stamp::of(&metadata) != document.stamp;
        let read = self.read_file(document, file, metadata.len(), keep, changed);
        read.map_err(|trouble| if changed { trouble.of_changed() } else { trouble })
    }

    fn read_file(&self, document: &Document, mut file: File, length: u64, keep: bool, changed: bool) -> Result<Read, Trouble> {
        let mut head = vec![0; HEAD.min(usize::try_from(length).unwrap_or(HEAD))];
        let read = system::read_at(&file, &mut head, 0).map_err(|e| unreadable(&e))?;
        head.truncate(read);
        if let Reader::Child(family) = reader_of(&head, &document.path) {
            let content = self.originals.content_of(document, &file)?;
            let (text, about) = self.with_scans(document, self.originals.parsed(document, family, &file, &content)?)?;
            return Ok(Read::Passing(text, About { changed, ..about }));
        }
        if length >= LARGE_BYTES && (keep || length > MAX_WHOLE_BYTES) {
            if let Some(writer) = stream(&mut file, length, &self.snapshot)? {
                let kind = Kind::of_text(&document.path, "");
                return Ok(Read::Frozen(Arc::new(writer.end(About { changed, ..About::plain(kind) })?)));
            }
            file.rewind().map_err(|e| unreadable(&e))?;
        }
        if length > MAX_WHOLE_BYTES {
            let reason = format!("it is larger than {} MB and not plain text in UTF-8", MAX_WHOLE_BYTES >> 20);
            return Err(Failure::failed(reason).into());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        // A file that grows while it is read ends where it ended when it was opened.
        file.take(length).read_to_end(&mut bytes).map_err(|e| unreadable(&e))?;
        let text = decode_text(&bytes).map_err(|failure| self.no_plain_text(document, failure))?;
        if text.trim().is_empty() {
            return Err(Trouble::no_text(None, EMPTY));
        }
        let about = About { changed, ..self.about_plain(document, &text) };
        Ok(Read::Passing(text, about))
    }

    /// The trouble with a file that is no plain text. An unknown binary file is named after its extension.
    fn no_plain_text(&self, document: &Document, failure: Failure) -> Trouble {
        let by_name = plumb_extract::skip_by_name(&document.path).filter(|_| failure.reason == plumb_extract::UNKNOWN);
        let failure = by_name.map_or(failure, Failure::skipped);
        match failure.reason == plumb_extract::IMAGE {
            // A picture may hold text that other means can read.
            true => Trouble::from(Failure::no_text(failure.reason)).of_kind(Kind::Image),
            false => Trouble::from(failure).of_kind(Kind::Other),
        }
    }

    /// The extracted text; where pictures are read, together with the text of pages that are only pictures.
    fn with_scans(&self, document: &Document, parsed: Parsed) -> Result<(String, About), Trouble> {
        if self.originals.pictures && !parsed.scans.is_empty() {
            match self.originals.read_picture(document) {
                // A failure that may pass does not hide the text that there is.
                Err(Trouble::Document(Without { passing: true, .. })) => {}
                read => return with_text(read?),
            }
        }
        with_text(parsed)
    }
}

/// The extracted text, if there is any.
fn with_text(parsed: Parsed) -> Result<(String, About), Trouble> {
    let Parsed { kind, text, places, members, doubts, scans } = parsed;
    if text.trim().is_empty() {
        return Err(match members.len() {
            0 => Trouble::no_text(Some(kind), EMPTY),
            count => Trouble::Document(Without::new(Some(kind), DocumentState::Opened, lies_in_it(count))),
        });
    }
    let extracted = !kind.is_text();
    Ok((text, About { kind, extracted, places, doubts, scans: scans.len() as u32, changed: false }))
}

/// Whether a file with these first bytes may be something else than text in UTF-8 without a byte order mark.
pub fn needs_extractor(head: &[u8], name: &str) -> bool {
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    marks.iter().any(|mark| head.starts_with(mark))
        || head[..head.len().min(HEAD)].contains(&0)
        || reader_of(head, name) != Reader::Text
}

/// Copies a large file into the snapshot. Line ends become `\n`, as for small files. `None`: it is not plain UTF-8.
fn stream(file: &mut File, length: u64, snapshot: &Arc<Snapshot>) -> Result<Option<Writer>, Trouble> {
    let mut writer = Writer::new(snapshot.clone(), length)?;
    let mut buffer = Vec::with_capacity(PIECE_BYTES);
    // A file that grows while it is read ends where it ended when it was opened: that is the reserved room.
    let mut left = length;
    loop {
        let carried = buffer.len();
        let read = file.take(left.min((PIECE_BYTES - carried) as u64)).read_to_end(&mut buffer).map_err(|e| unreadable(&e))?;
        let first = left == length;
        left -= read as u64;
        let last = left == 0 || read == 0;
        if first && needs_extractor(&buffer, "") {
            return Ok(None);
        }
        let whole = match str::from_utf8(&buffer) {
            Ok(text) => text.len(),
            // A character cut in two at the end of this piece.
            Err(error) if error.error_len().is_none() && !last => error.valid_up_to(),
            Err(_) => return Ok(None),
        };
        // A line end cut in two waits for the next piece.
        let whole = if !last && buffer[..whole].ends_with(b"\r") { whole - 1 } else { whole };
        let Ok(text) = str::from_utf8(&buffer[..whole]) else { return Ok(None) };
        if memchr::memchr(b'\r', text.as_bytes()).is_some() {
            writer.push(&text.replace("\r\n", "\n").replace('\r', "\n"))?;
        } else {
            writer.push(text)?;
        }
        buffer.drain(..whole);
        if last {
            return Ok(Some(writer));
        }
    }
}
