//! One document: listed first, read when it is touched.

use crate::{
    frozen::{About, FrozenText},
    reading::{Read, Reading},
    remote::{PATIENCE, within},
    source::{Origin, Stamp},
    trouble::Trouble,
};
use plumb_extract::{Failure, FailureState, Kind};
use plumb_rlm::{
    documents::{DocumentEntry, DocumentState},
    fault::{Code, Fault},
    traits::corpus::Text,
};
use std::{
    borrow::Cow,
    fs::File,
    io,
    os::unix::fs::OpenOptionsExt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

/// Slower than any drive that works, in bytes per second.
const SLOWEST: u64 = 256 << 10;

/// One document of the listing.
#[derive(Debug)]
pub struct Document {
    /// Path inside the corpus.
    pub path: String,
    /// The file's size and time when it was listed.
    pub stamp: Stamp,
    /// Where its bytes are.
    pub origin: Origin,
    /// How it is opened, once it was found that other documents lie in it.
    pub container: OnceLock<Box<crate::source::Container>>,
    slot: Mutex<Slot>,
    /// Held while the file is read, which may take long; `slot` is held for moments only, because the listing looks at it.
    turn: Mutex<()>,
}

#[derive(Debug)]
enum Slot {
    Listed,
    /// Left out because of its name; asked for by a person or a model, its content decides.
    ByName(&'static str),
    /// It was read, and nobody needed its text to stay as it was.
    Known(Box<Known>),
    Frozen(Arc<FrozenText>),
    Without(Box<Without>),
}

/// What is known of a document that was read.
#[derive(Clone, Debug)]
struct Known {
    kind: Kind,
    extracted: bool,
    doubts: Vec<String>,
    scans: u32,
    /// Of its text.
    bytes: u64,
}

impl Known {
    fn new(about: &About, bytes: u64) -> Self {
        let About { kind, extracted, doubts, scans, .. } = about;
        Known { kind: *kind, extracted: *extracted, doubts: doubts.clone(), scans: *scans, bytes }
    }
}

/// Why a document has no text.
#[derive(Clone, Debug)]
struct Without {
    kind: Option<Kind>,
    state: DocumentState,
    reason: String,
    /// Another time it may go well, though nothing changed.
    passing: bool,
}

impl Document {
    /// One that was only seen.
    pub fn new(path: String, origin: Origin, stamp: Stamp) -> Self {
        Document { path, stamp, origin, container: OnceLock::new(), slot: Mutex::new(Slot::Listed), turn: Mutex::default() }
    }

    /// With what the listing alone tells.
    pub fn with(self, state: DocumentState, reason: impl Into<String>) -> Self {
        self.set_without(Without { kind: None, state, reason: reason.into(), passing: false });
        self
    }

    /// With what its name tells, unless it is a picture and pictures are read.
    pub fn by_name(self, pictures: bool) -> Self {
        if let Some(reason) = plumb_extract::skip_by_name(&self.path)
            && !(pictures && reason == plumb_extract::IMAGE)
        {
            *self.slot() = Slot::ByName(reason);
        }
        self
    }

    fn set_without(&self, without: Without) {
        *self.slot() = Slot::Without(Box::new(without));
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the listing.
    pub fn entry(&self) -> DocumentEntry {
        let text = |extracted: bool| if extracted { DocumentState::Extracted } else { DocumentState::Text };
        let mut scans = 0;
        let (kind, state, reason, doubts) = match &*self.slot() {
            Slot::Listed => (None, DocumentState::Listed, None, Vec::new()),
            // A picture may hold text that can be read by other means.
            Slot::ByName(reason) if Kind::by_name(&self.path) == Some(Kind::Image) => {
                (None, DocumentState::NoText, Some((*reason).to_owned()), Vec::new())
            }
            Slot::ByName(reason) => (None, DocumentState::Skipped, Some((*reason).to_owned()), Vec::new()),
            Slot::Known(known) => {
                scans = known.scans;
                (Some(known.kind), text(known.extracted), None, known.doubts.clone())
            }
            Slot::Frozen(frozen) => {
                let about = frozen.about();
                scans = about.scans;
                (Some(about.kind), text(about.extracted), None, about.doubts.clone())
            }
            Slot::Without(without) => (without.kind, without.state, Some(without.reason.clone()), Vec::new()),
        };
        let kind = kind.or_else(|| Kind::by_name(&self.path)).unwrap_or(match state {
            DocumentState::Skipped => Kind::Other,
            _ => Kind::Text,
        });
        DocumentEntry {
            path: self.path.clone(),
            bytes: self.stamp.bytes,
            kind: Cow::Borrowed(kind.id()),
            kind_name: Cow::Borrowed(kind.name()),
            state,
            reason,
            doubts,
            scans,
        }
    }

    /// It may have text: nothing says otherwise so far.
    pub fn may_have_text(&self) -> bool {
        match &*self.slot() {
            Slot::ByName(_) => false,
            Slot::Without(without) => without.state == DocumentState::Failed,
            _ => true,
        }
    }

    /// It counts among the documents that can be asked about.
    pub fn is_askable(&self) -> bool {
        matches!(&*self.slot(), Slot::Listed | Slot::Known(_) | Slot::Frozen(_))
    }

    /// Why it is left out or failed, as far as is known.
    pub fn left_out(&self) -> Option<String> {
        match &*self.slot() {
            Slot::ByName(reason) => Some((*reason).to_owned()),
            Slot::Without(without) if without.state != DocumentState::Opened => Some(without.reason.clone()),
            _ => None,
        }
    }

    /// Its text in tokens, at 4 bytes to a token; of one that was not read, guessed from the file's size: a PDF or Word file is mostly fonts,
    /// pictures and markup.
    pub fn tokens_estimate(&self) -> u64 {
        match &*self.slot() {
            Slot::Known(known) => known.bytes / 4,
            Slot::Frozen(text) => text.as_str().len() as u64 / 4,
            _ => match Kind::by_name(&self.path) {
                Some(kind) if kind.is_packed() => self.stamp.bytes / 20,
                _ => self.stamp.bytes / 4,
            },
        }
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
        let Some(path) = self.origin.file() else { return Err("it lies in another document".to_owned()) };
        // A pipe that took the file's place must not keep us waiting for its writer.
        let opened = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path);
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

    /// Its text, read and frozen now if it was not before. Blocks.
    pub fn touch(self: &Arc<Self>, reading: &Reading) -> Result<Arc<FrozenText>, Fault> {
        let _turn = self.turn();
        if let Some(text) = self.frozen() {
            return Ok(text);
        }
        self.may_be_read()?;
        match self.patiently(reading, Reading::freeze) {
            Ok(text) => {
                *self.slot() = Slot::Frozen(text.clone());
                Ok(text)
            }
            Err(trouble) => Err(self.note(trouble)),
        }
    }

    /// Its text as it is now, without keeping it; of one that was frozen, the frozen text. Blocks.
    pub fn look(self: &Arc<Self>, reading: &Reading) -> Result<Read, Fault> {
        let _turn = self.turn();
        if let Some(text) = self.frozen() {
            return Ok(Read::Frozen(text));
        }
        self.may_be_read()?;
        match self.patiently(reading, Reading::read) {
            Ok(read) => {
                *self.slot() = match &read {
                    Read::Frozen(text) => Slot::Frozen(text.clone()),
                    Read::Passing(text, about) => Slot::Known(Box::new(Known::new(about, text.len() as u64))),
                };
                Ok(read)
            }
            Err(trouble) => Err(self.note(trouble)),
        }
    }

    /// What lies on another computer's drive is given up when that does not answer.
    fn patiently<T: Send + 'static>(
        self: &Arc<Self>,
        reading: &Reading,
        read: fn(&Reading, &Document) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        if !self.origin.is_remote() {
            return read(reading, self);
        }
        let (document, reading) = (self.clone(), reading.clone());
        let time = PATIENCE * 3 + Duration::from_secs(self.stamp.bytes / SLOWEST);
        let silent = || Err(Failure::passing("its drive does not answer; is it connected?").into());
        within(time, move || read(&reading, &document)).unwrap_or_else(silent)
    }

    /// One that failed is tried again where that may have passed, or its file was changed. A link out of the folder stays closed.
    fn may_be_read(&self) -> Result<(), Fault> {
        let (state, reason) = match &*self.slot() {
            Slot::Without(without) if without.state == DocumentState::Failed && without.passing => return Ok(()),
            Slot::Without(without) => (without.state, without.reason.clone()),
            _ => return Ok(()),
        };
        if state == DocumentState::Failed && self.is_changed() {
            return Ok(());
        }
        Err(self.refusal(state, &reason))
    }

    /// The file is not the one that was listed any more.
    fn is_changed(&self) -> bool {
        // What lies in another document is as it was as long as the listing is.
        let Some(path) = self.origin.file() else { return false };
        let stamp = move || path.metadata().ok().map(|metadata| Stamp::of(&metadata));
        let now = if self.origin.is_remote() { within(PATIENCE, stamp).flatten() } else { stamp() };
        now != Some(self.stamp)
    }

    /// It failed before. Whether it would again is found out by touching it.
    pub fn has_failed(&self) -> bool {
        matches!(&*self.slot(), Slot::Without(without) if without.state == DocumentState::Failed)
    }

    fn note(&self, trouble: Trouble) -> Fault {
        match trouble {
            Trouble::Snapshot(error) => error,
            Trouble::Document { kind, state, reason, passing } => {
                let refusal = self.refusal(state, &reason);
                self.set_without(Without { kind, state, reason, passing });
                refusal
            }
        }
    }

    /// Freezes a text that was just read from the file, unless another one is frozen already; gives the one that is.
    pub fn freeze(&self, reading: &Reading, text: &str) -> Result<Arc<FrozenText>, Fault> {
        let _turn = self.turn();
        if let Some(frozen) = self.frozen() {
            return Ok(frozen);
        }
        let frozen = Arc::new(reading.write(text, reading.about_plain(self, text))?);
        *self.slot() = Slot::Frozen(frozen.clone());
        Ok(frozen)
    }

    /// Remembers why there is no text.
    pub fn refuse(&self, trouble: Trouble) {
        if self.is_askable() && self.frozen().is_none() {
            self.note(trouble);
        }
    }

    /// Remembers what it is, when that was found while it was listed.
    pub fn know(&self, about: &About, bytes: u64) {
        let mut slot = self.slot();
        if matches!(&*slot, Slot::Listed) {
            *slot = Slot::Known(Box::new(Known::new(about, bytes)));
        }
    }

    /// Remembers that other documents lie in it, and no text of its own.
    pub fn opened(&self, kind: Kind, reason: String) {
        self.set_without(Without { kind: Some(kind), state: DocumentState::Opened, reason, passing: false });
    }

    fn refusal(&self, state: DocumentState, reason: &str) -> Fault {
        let path = &self.path;
        match state {
            DocumentState::NoText => Fault::new(Code::NoText, format!("\"{path}\" holds nothing to read: {reason}.")),
            DocumentState::Opened => Fault::new(
                Code::NoText,
                format!("\"{path}\" has no text of its own: {reason}. They are listed under \"{path}/\"."),
            ),
            DocumentState::Skipped => Fault::new(Code::NoText, format!("\"{path}\" is left out: {reason}.")),
            _ => Fault::new(Code::Unreadable, format!("\"{path}\" could not be read: {reason}.")),
        }
    }
}

/// The extractor's word for it in the engine's.
pub fn state_of(state: FailureState) -> DocumentState {
    match state {
        FailureState::NoText => DocumentState::NoText,
        FailureState::Skipped => DocumentState::Skipped,
        FailureState::Failed | FailureState::Passing => DocumentState::Failed,
    }
}
