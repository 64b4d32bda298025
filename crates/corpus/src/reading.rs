//! Reading documents: plain text as it is, everything else by the extractor or from the store of extracted text.

use crate::{
    cache::{Content, Outcome, TextCache, content_of_member},
    children::container,
    document::Document,
    frozen::{About, FrozenText, Writer, write},
    snapshot::{Snapshot, write_error},
    source::{Container, Origin, Stamp},
    trouble::{Trouble, unreadable},
};
use plumb_extract::{Extractor, Failure, Family, HEAD, Kind, Opened, Parsed, Reader, decode_text, reader_of};
use plumb_rlm::{documents::DocumentState, fault::Fault, traits::corpus::Text as _};
use std::{
    fs::File,
    io::{Read as _, Seek},
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// From this size on, a file is copied into the snapshot piece by piece as long as it is UTF-8.
pub const LARGE: u64 = 16 << 20;
/// Pieces of this size are read and written: the page cache takes large ones as a whole, and reading them later is faster.
const PIECE: usize = 4 << 20;
/// The most that is held in memory to find out an encoding.
const LARGEST_WHOLE: u64 = 512 << 20;
/// Of a document without a character.
pub const EMPTY: &str = "it is empty";

/// What reading needs.
#[derive(Clone)]
pub struct Reading {
    /// Where frozen texts go.
    pub snapshot: Arc<Snapshot>,
    /// Reads what is not plain text.
    pub extractor: Arc<Extractor>,
    /// What was read before.
    pub cache: Arc<TextCache>,
    /// Where members are unpacked that do not fit into memory.
    pub scratch: PathBuf,
    /// Text in pictures is read too.
    pub pictures: bool,
    /// Documents that hold others, opened.
    pub open: Arc<Mutex<Vec<(Content, Opened)>>>,
}

/// A document's text.
pub enum Read {
    /// As it is now; the next time it may be another one.
    Passing(String, About),
    /// For good.
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

    /// The text, for itself.
    pub fn into_string(self) -> String {
        match self {
            Read::Passing(text, _) => text,
            Read::Frozen(text) => text.as_str().to_owned(),
        }
    }

    /// What is known of it beside its words.
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

    /// Reads a document. One that is too large for memory is frozen.
    pub fn read(&self, document: &Document) -> Result<Read, Trouble> {
        self.read_as(document, false)
    }

    /// Writes a text into the snapshot.
    pub fn write(&self, text: &str, about: About) -> Result<FrozenText, Fault> {
        write(&self.snapshot, text, about).map_err(|e| write_error(&e))
    }

    /// What is known of a document that turned out to be plain text.
    pub fn about_plain(&self, document: &Document, text: &str) -> About {
        let kind = Kind::of_text(&document.path, text);
        About { places: plumb_extract::places_in(kind, text), ..About::plain(kind) }
    }

    /// `keep`: it will be frozen, so a large one need not come into memory first.
    fn read_as(&self, document: &Document, keep: bool) -> Result<Read, Trouble> {
        match self.read_plain_or_parsed(document, keep) {
            Err(trouble) if self.pictures && trouble.may_be_picture() => {
                with_text(self.read_picture(document)?).map(|(text, about)| Read::Passing(text, about))
            }
            read => read,
        }
    }

    fn read_plain_or_parsed(&self, document: &Document, keep: bool) -> Result<Read, Trouble> {
        let file = match &document.origin {
            Origin::File { .. } => document.open().map_err(Trouble::passing)?,
            Origin::Member { of, index } => match self.read_member(of, *index, &document.path)? {
                Some(parsed) => {
                    let (text, about) = self.with_scans(document, parsed)?;
                    return Ok(Read::Passing(text, about));
                }
                None => self.unpack(of, *index)?,
            },
        };
        let metadata = file.metadata().map_err(|e| unreadable(&e))?;
        let changed = document.origin.file().is_some() && Stamp::of(&metadata) != document.stamp;
        let read = self.read_file(document, file, metadata.len(), keep, changed);
        read.map_err(|trouble| if changed { trouble.of_changed() } else { trouble })
    }

    fn read_file(&self, document: &Document, mut file: File, length: u64, keep: bool, changed: bool) -> Result<Read, Trouble> {
        let mut head = vec![0; HEAD.min(usize::try_from(length).unwrap_or(HEAD))];
        let read = file.read_at(&mut head, 0).map_err(|e| unreadable(&e))?;
        head.truncate(read);
        if let Reader::Child(family) = reader_of(&head, &document.path) {
            let content = self.content_of(document, &file)?;
            let (text, about) = self.with_scans(document, self.parsed(document, family, &file, &content)?)?;
            return Ok(Read::Passing(text, About { changed, ..about }));
        }
        if length >= LARGE && (keep || length > LARGEST_WHOLE) {
            if let Some(writer) = stream(&mut file, length, &self.snapshot)? {
                let kind = Kind::of_text(&document.path, "");
                return Ok(Read::Frozen(Arc::new(writer.end(About { changed, ..About::plain(kind) })?)));
            }
            file.rewind().map_err(|e| unreadable(&e))?;
        }
        if length > LARGEST_WHOLE {
            let reason = format!("it is larger than {} MB and not plain text in UTF-8", LARGEST_WHOLE >> 20);
            return Err(Failure::failed(reason).into());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        // What grows while it is read ends where it ended when it was opened.
        file.take(length).read_to_end(&mut bytes).map_err(|e| unreadable(&e))?;
        let text = decode_text(&bytes).map_err(|failure| self.no_plain_text(document, failure))?;
        if text.trim().is_empty() {
            return Err(Trouble::no_text(None, EMPTY));
        }
        let about = About { changed, ..self.about_plain(document, &text) };
        Ok(Read::Passing(text, about))
    }

    /// An unknown binary file is named after its extension.
    fn no_plain_text(&self, document: &Document, failure: Failure) -> Trouble {
        let by_name = plumb_extract::skip_by_name(&document.path).filter(|_| failure.reason == plumb_extract::UNKNOWN);
        let failure = by_name.map_or(failure, Failure::skipped);
        match failure.reason == plumb_extract::IMAGE {
            // It may hold text that can be read by other means.
            true => Trouble::from(Failure::no_text(failure.reason)).of_kind(Kind::Image),
            false => Trouble::from(failure).of_kind(Kind::Other),
        }
    }

    /// What was extracted, where that is wanted with what pages say that are only pictures.
    fn with_scans(&self, document: &Document, parsed: Parsed) -> Result<(String, About), Trouble> {
        if self.pictures && !parsed.scans.is_empty() {
            match self.read_picture(document) {
                // What may pass does not hide the text that there is.
                Err(Trouble::Document { passing: true, .. }) => {}
                read => return with_text(read?),
            }
        }
        with_text(parsed)
    }

    /// What the extractor makes of a file: from the store, or read now.
    pub fn parsed(&self, document: &Document, family: Family, file: &File, content: &Content) -> Result<Parsed, Trouble> {
        self.kept(content, || {
            let mut opened = self.extractor.open(family, file)?;
            let outcome = opened.read();
            self.unchanged(document, file, content)?;
            if outcome.as_ref().is_ok_and(|parsed| !parsed.members.is_empty()) {
                self.keep_open(*content, opened);
            }
            Ok(outcome)
        })
    }

    /// What is in the store under this name, or what is read now and kept there.
    pub fn kept(&self, name: &Content, read: impl FnOnce() -> Result<Outcome, Trouble>) -> Result<Parsed, Trouble> {
        let outcome = match self.cache.get(name) {
            Some(outcome) => outcome,
            None => {
                let outcome = read()?;
                self.cache.put(name, &outcome);
                outcome
            }
        };
        Ok(outcome?)
    }

    /// What changed while it was read must not be kept under the content that it had before.
    pub fn unchanged(&self, document: &Document, file: &File, content: &Content) -> Result<(), Trouble> {
        match self.content_of(document, file)? == *content {
            true => Ok(()),
            false => Err(Trouble::passing("it was changed while it was read; ask again")),
        }
    }

    /// What says which bytes a document has: its own, or those that it lies in and its place there.
    pub fn content_of(&self, document: &Document, file: &File) -> Result<Content, Trouble> {
        match &document.origin {
            Origin::File { .. } => self.cache.content_of(file).map_err(|e| unreadable(&e)),
            Origin::Member { of, index } => Ok(content_of_member(&container(of)?.content, *index)),
        }
    }

    /// A document's bytes as a file.
    pub fn file_of(&self, document: &Document) -> Result<File, Trouble> {
        match &document.origin {
            Origin::File { .. } => document.open().map_err(Trouble::passing),
            Origin::Member { of, index } => self.unpack(of, *index),
        }
    }

    /// The documents that lie in a document, by what its beginning says that it is. `None`: none can.
    pub fn members(&self, document: &Document) -> Result<Option<(Container, Parsed)>, Trouble> {
        let file = self.file_of(document)?;
        let mut head = vec![0; HEAD];
        let read = file.read_at(&mut head, 0).map_err(|e| unreadable(&e))?;
        let Reader::Child(family) = reader_of(&head[..read], &document.path) else { return Ok(None) };
        let content = self.content_of(document, &file)?;
        let parsed = self.parsed(document, family, &file, &content)?;
        Ok(Some((Container { family, content }, parsed)))
    }
}

/// What was extracted, if there is text in it.
fn with_text(parsed: Parsed) -> Result<(String, About), Trouble> {
    let Parsed { kind, text, places, members, doubts, scans } = parsed;
    if text.trim().is_empty() {
        return Err(match members.len() {
            0 => Trouble::no_text(Some(kind), EMPTY),
            count => {
                Trouble::Document { kind: Some(kind), state: DocumentState::Opened, reason: lies_in_it(count), passing: false }
            }
        });
    }
    let extracted = !kind.is_text();
    Ok((text, About { kind, extracted, places, doubts, scans: scans.len() as u32, changed: false }))
}

/// "12 documents lie in it".
pub fn lies_in_it(count: usize) -> String {
    if count == 1 { "1 document lies in it".to_owned() } else { format!("{count} documents lie in it") }
}

/// Whether a file that begins like this may be something else than text in UTF-8 without a mark.
pub fn needs_extractor(head: &[u8], name: &str) -> bool {
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    marks.iter().any(|mark| head.starts_with(mark))
        || head[..head.len().min(HEAD)].contains(&0)
        || reader_of(head, name) != Reader::Text
}

/// Copies a large file as it is, as long as it is plain UTF-8; line ends become `\n`, as for small ones.
fn stream(file: &mut File, length: u64, snapshot: &Arc<Snapshot>) -> Result<Option<Writer>, Trouble> {
    let mut writer = Writer::new(snapshot.clone(), length)?;
    let mut buffer = Vec::with_capacity(PIECE);
    // What grows while it is read ends where it ended when it was opened: that is the room that was reserved.
    let mut left = length;
    loop {
        let carried = buffer.len();
        let read = file.take(left.min((PIECE - carried) as u64)).read_to_end(&mut buffer).map_err(|e| unreadable(&e))?;
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
