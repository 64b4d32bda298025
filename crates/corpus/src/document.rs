//! One document: listed first, frozen when it is touched.

use crate::snapshot::{Shape, Snapshot, write_error};
use plumb_extract::{Extractor, FailureState};
use plumb_rlm::corpus::{CorpusError, DocumentEntry, DocumentState, Placement, Text};
use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use tokio::runtime::Handle;

/// From this size on, a file is copied into the snapshot piece by piece as long as it is UTF-8.
const LARGE: u64 = 16 << 20;
/// Pieces of this size are read and written: the page cache takes large ones as a whole, and reading them later is faster.
const PIECE: usize = 4 << 20;
/// The most that is held in memory to find out an encoding or to parse a document.
const LARGEST_WHOLE: u64 = 512 << 20;

/// A document's text in the snapshot.
#[derive(Debug)]
pub struct FrozenText {
    snapshot: Arc<Snapshot>,
    offset: u64,
    length: usize,
    shape: Shape,
    digest: String,
    places: Vec<(u64, String)>,
    placement: OnceLock<Placement>,
}

impl Text for FrozenText {
    fn as_str(&self) -> &str {
        // SAFETY: only whole `str`s were written there, in order, and nothing is ever written there again.
        unsafe { str::from_utf8_unchecked(self.snapshot.bytes(self.offset, self.length)) }
    }

    fn chars(&self) -> u64 {
        self.shape.chars
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn place(&self, line: u64) -> Option<String> {
        let after = self.places.partition_point(|(first, _)| *first <= line);
        self.places.get(after.checked_sub(1)?).map(|(_, place)| place.clone())
    }
}

impl FrozenText {
    /// The first line of each page, and its name.
    pub fn places(&self) -> &[(u64, String)] {
        &self.places
    }

    /// Where a worker finds it, if it lies there already: ASCII in UTF-8 is what Python uses.
    pub fn placement(&self) -> Option<Placement> {
        let as_it_is = Placement { offset: self.offset, chars: self.shape.chars, kind: 1, ascii: true };
        if self.shape.is_ascii() { Some(as_it_is) } else { self.placement.get().copied() }
    }

    /// Where a worker finds it; laid down now if its UTF-8 bytes are not what Python uses.
    pub fn place_in_snapshot(&self) -> Result<Placement, CorpusError> {
        if let Some(placement) = self.placement() {
            return Ok(placement);
        }
        let placement = self.snapshot.place(self.as_str(), self.shape).map_err(|e| write_error(&e))?;
        Ok(*self.placement.get_or_init(|| placement))
    }
}

/// Lays a text down that is no document.
pub fn place_text(snapshot: &Snapshot, text: &str) -> Result<Placement, CorpusError> {
    let mut shape = Shape::default();
    shape.add(text);
    snapshot.place(text, shape).map_err(|e| write_error(&e))
}

/// What freezing a document needs.
pub struct Freezer {
    /// Where texts go.
    pub snapshot: Arc<Snapshot>,
    /// Reads what is not plain text.
    pub extractor: Arc<Extractor>,
    /// The extractor runs there while a blocking thread waits.
    pub runtime: Handle,
}

/// One document of the listing.
#[derive(Debug)]
pub struct Document {
    /// Path inside the corpus.
    pub path: String,
    /// The file's size when it was listed.
    pub bytes: u64,
    file: PathBuf,
    slot: Mutex<Slot>,
    /// Held while the file is read, which may take long; `slot` is held for moments only, because the listing looks at it.
    turn: Mutex<()>,
}

#[derive(Debug)]
enum Slot {
    Listed,
    /// Left out because of its name; asked for by a person or a model, its content decides.
    ByName(&'static str),
    Frozen(Arc<FrozenText>),
    Without(DocumentState, String),
}

impl Document {
    /// One that was only seen.
    pub fn new(path: String, file: PathBuf, bytes: u64) -> Self {
        Document { path, bytes, file, slot: Mutex::new(Slot::Listed), turn: Mutex::default() }
    }

    /// With what the listing alone tells.
    pub fn with(self, state: DocumentState, reason: &str) -> Self {
        *self.slot() = Slot::Without(state, reason.to_owned());
        self
    }

    /// With what its name tells.
    pub fn by_name(self, reason: &'static str) -> Self {
        *self.slot() = Slot::ByName(reason);
        self
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the listing.
    pub fn entry(&self) -> DocumentEntry {
        let (state, reason) = match &*self.slot() {
            Slot::Listed => (DocumentState::Listed, None),
            Slot::ByName(reason) => (DocumentState::Skipped, Some((*reason).to_owned())),
            Slot::Frozen(_) => (DocumentState::Read, None),
            Slot::Without(state, reason) => (*state, Some(reason.clone())),
        };
        DocumentEntry { path: self.path.clone(), bytes: self.bytes, state, reason }
    }

    /// It may have text: nothing says otherwise so far.
    pub fn may_have_text(&self) -> bool {
        !matches!(&*self.slot(), Slot::ByName(_) | Slot::Without(DocumentState::Skipped | DocumentState::NoText, _))
    }

    /// It counts among the documents that can be asked about.
    pub fn is_askable(&self) -> bool {
        matches!(&*self.slot(), Slot::Listed | Slot::Frozen(_))
    }

    /// Its text in tokens, guessed from the file's size: 4 bytes to a token; a PDF or Word file is mostly fonts, pictures and markup.
    pub fn tokens_estimate(&self) -> u64 {
        let packed =
            self.path.rsplit_once('.').is_some_and(|(_, end)| ["pdf", "docx"].iter().any(|e| end.eq_ignore_ascii_case(e)));
        self.bytes / if packed { 20 } else { 4 }
    }

    /// Its text, if it was touched before.
    pub fn frozen(&self) -> Option<Arc<FrozenText>> {
        match &*self.slot() {
            Slot::Frozen(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Opens the file; says in plain words why that fails.
    pub fn open(&self) -> Result<File, String> {
        // A pipe that took the file's place must not keep us waiting for its writer.
        let opened = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&self.file);
        let opened = opened.and_then(|file| match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("it is no ordinary file any more")),
        });
        opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "it is no longer there: it was moved or deleted after the folder was opened".to_owned(),
            io::ErrorKind::PermissionDenied => "Plumb may not open it: look at its permissions".to_owned(),
            _ => format!("it cannot be opened: {error}"),
        })
    }

    /// Whether the beginning of a large file is text in UTF-8. False: it has to be read to know.
    pub fn begins_with_text(&self) -> bool {
        let mut head = Vec::new();
        let read = |file: File| file.take(64 << 10).read_to_end(&mut head).is_ok();
        if self.bytes < LARGE || !self.is_askable() || !self.open().is_ok_and(read) || needs_extractor(&head) {
            return false;
        }
        let text = str::from_utf8(&head).or_else(|error| str::from_utf8(&head[..error.valid_up_to()]));
        text.is_ok_and(|text| text.len() + 4 > head.len() && !text.trim().is_empty())
    }

    /// Its text, read and frozen now if it was not before. Blocks.
    pub fn touch(&self, freezer: &Freezer) -> Result<Arc<FrozenText>, CorpusError> {
        let _turn = self.turn();
        match &*self.slot() {
            Slot::Frozen(text) => return Ok(text.clone()),
            // A failed one may have been repaired. A link out of the folder stays closed.
            Slot::Listed | Slot::ByName(_) | Slot::Without(DocumentState::Failed, _) => {}
            Slot::Without(state, reason) => return Err(self.refusal(*state, reason)),
        }
        match self.read(freezer) {
            Ok(text) => {
                let text = Arc::new(text);
                *self.slot() = Slot::Frozen(text.clone());
                Ok(text)
            }
            Err(Trouble::Snapshot(error)) => Err(error),
            Err(Trouble::Document(state, reason)) => {
                let refusal = self.refusal(state, &reason);
                *self.slot() = Slot::Without(state, reason);
                Err(refusal)
            }
        }
    }

    /// Freezes a text that was just read from the file, unless another one is frozen already; gives the one that is.
    pub fn freeze(&self, freezer: &Freezer, text: &str) -> Result<Arc<FrozenText>, CorpusError> {
        let _turn = self.turn();
        if let Some(frozen) = self.frozen() {
            return Ok(frozen);
        }
        let frozen = Arc::new(write(freezer, text, Vec::new()).map_err(|e| write_error(&e))?);
        *self.slot() = Slot::Frozen(frozen.clone());
        Ok(frozen)
    }

    /// Remembers why there is no text.
    pub fn refuse(&self, state: DocumentState, reason: String) {
        let mut slot = self.slot();
        if matches!(&*slot, Slot::Listed) {
            *slot = Slot::Without(state, reason);
        }
    }

    fn refusal(&self, state: DocumentState, reason: &str) -> CorpusError {
        let path = &self.path;
        match state {
            DocumentState::NoText => CorpusError { code: "no_text", message: format!("\"{path}\" has no text: {reason}.") },
            DocumentState::Skipped => CorpusError { code: "no_text", message: format!("\"{path}\" is left out: {reason}.") },
            _ => CorpusError { code: "unreadable", message: format!("\"{path}\" could not be read: {reason}.") },
        }
    }

    fn read(&self, freezer: &Freezer) -> Result<FrozenText, Trouble> {
        let failed = |reason: String| Trouble::Document(DocumentState::Failed, reason);
        let mut file = self.open().map_err(failed)?;
        let length = file.metadata().map_err(|e| failed(format!("it cannot be read: {e}")))?.len();
        if length >= LARGE {
            if let Some(text) = stream(&mut file, length, freezer)? {
                return Ok(text);
            }
            file = self.open().map_err(failed)?;
        }
        if length > LARGEST_WHOLE {
            return Err(failed(format!("it is larger than {} MB and not plain text in UTF-8", LARGEST_WHOLE >> 20)));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(LARGEST_WHOLE).read_to_end(&mut bytes).map_err(|e| failed(format!("it cannot be read: {e}")))?;
        let extracted = freezer.runtime.block_on(freezer.extractor.extract(&self.path, bytes));
        let extracted = extracted.map_err(|failure| Trouble::Document(state_of(failure.state), failure.reason))?;
        if extracted.text.trim().is_empty() {
            return Err(Trouble::Document(DocumentState::NoText, "it is empty".to_owned()));
        }
        Ok(write(freezer, &extracted.text, extracted.places)?)
    }
}

/// The extractor's word for it in the engine's.
pub fn state_of(state: FailureState) -> DocumentState {
    match state {
        FailureState::NoText => DocumentState::NoText,
        FailureState::Skipped => DocumentState::Skipped,
        FailureState::Failed => DocumentState::Failed,
    }
}

/// The document's fault, or the snapshot's.
enum Trouble {
    Document(DocumentState, String),
    Snapshot(CorpusError),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::Snapshot(write_error(&error))
    }
}

/// A text on its way into reserved room.
struct Writer<'a> {
    freezer: &'a Freezer,
    offset: u64,
    length: usize,
    shape: Shape,
    digest: blake3::Hasher,
}

impl<'a> Writer<'a> {
    fn new(freezer: &'a Freezer, room: u64) -> io::Result<Self> {
        let offset = freezer.snapshot.reserve(room)?;
        Ok(Writer { freezer, offset, length: 0, shape: Shape::default(), digest: blake3::Hasher::new() })
    }

    fn push(&mut self, piece: &str) -> io::Result<()> {
        self.freezer.snapshot.write(self.offset + self.length as u64, piece.as_bytes())?;
        self.length += piece.len();
        self.shape.add(piece);
        self.digest.update(piece.as_bytes());
        Ok(())
    }

    fn end(self, places: Vec<(u64, String)>) -> io::Result<FrozenText> {
        let snapshot = self.freezer.snapshot.clone();
        snapshot.close(self.offset + self.length as u64)?;
        Ok(FrozenText {
            snapshot,
            offset: self.offset,
            length: self.length,
            shape: self.shape,
            digest: self.digest.finalize().to_hex().to_string(),
            places,
            placement: OnceLock::new(),
        })
    }
}

fn write(freezer: &Freezer, text: &str, places: Vec<(u64, String)>) -> io::Result<FrozenText> {
    let mut writer = Writer::new(freezer, text.len() as u64)?;
    writer.push(text)?;
    writer.end(places)
}

/// Whether a file that begins like this may be something else than text in UTF-8 without a mark.
pub fn needs_extractor(head: &[u8]) -> bool {
    let head = &head[..head.len().min(8 << 10)];
    let special: [&[u8]; 6] = [b"PK\x03\x04", b"{\\rtf", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b"];
    special.iter().any(|mark| head.starts_with(mark)) || head.contains(&0) || memchr::memmem::find(head, b"%PDF-").is_some()
}

/// Copies a large file as it is, as long as it is plain UTF-8; line ends become `\n`, as for small ones.
fn stream(file: &mut File, length: u64, freezer: &Freezer) -> Result<Option<FrozenText>, Trouble> {
    let read_error = |e: io::Error| Trouble::Document(DocumentState::Failed, format!("it cannot be read: {e}"));
    let mut writer = Writer::new(freezer, length)?;
    let mut buffer = Vec::with_capacity(PIECE);
    // What grows while it is read ends where it ended when it was opened: that is the room that was reserved.
    let mut left = length;
    loop {
        let carried = buffer.len();
        let read = file.take(left.min((PIECE - carried) as u64)).read_to_end(&mut buffer).map_err(read_error)?;
        let first = left == length;
        left -= read as u64;
        let last = left == 0 || read == 0;
        if first && needs_extractor(&buffer) {
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
            return Ok(Some(writer.end(Vec::new())?));
        }
    }
}
