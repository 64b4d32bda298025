//! Facts about a document beside its words: its kind, and why it has no text.

use plumb_extract::{Failure, FailureState, Kind, Place};
use plumb_rlm::documents::{DocumentEntry, DocumentState};
use std::borrow::Cow;

/// Bytes of text to a token.
const BYTES_PER_TOKEN: u64 = 4;
/// Bytes of a PDF or Word file to a token: it is mostly fonts, pictures and markup.
const PACKED_BYTES_PER_TOKEN: u64 = 20;

/// Facts about a text.
#[derive(Clone, Debug)]
pub struct About {
    /// The document's kind.
    pub kind: Kind,
    /// The text was extracted from the document; false where it is the file itself.
    pub extracted: bool,
    /// Where its lines lie in the original.
    pub places: Vec<Place>,
    /// Parts that may read badly.
    pub doubts: Vec<String>,
    /// Pages that are only pictures, whose text was not read.
    pub scans: u32,
    /// The file changed between the listing and this reading.
    pub changed: bool,
}

impl About {
    /// Facts about a plain text of this kind.
    pub fn plain(kind: Kind) -> Self {
        About { kind, extracted: false, places: Vec::new(), doubts: Vec::new(), scans: 0, changed: false }
    }
}

/// Facts that stay known of a document whose text was read.
#[derive(Clone, Debug)]
pub struct Known {
    kind: Kind,
    extracted: bool,
    doubts: Vec<String>,
    scans: u32,
    /// Length of its text, in bytes.
    text_bytes: u64,
}

/// Why a document has no text.
#[derive(Clone, Debug)]
pub struct Without {
    /// Its kind, where that was found out.
    pub kind: Option<Kind>,
    /// How it is listed.
    pub state: DocumentState,
    /// The reason, in plain words.
    pub reason: String,
    /// It may succeed another time, though nothing changed.
    pub passing: bool,
    /// The file is not the one that was listed any more.
    pub changed: bool,
}

impl Without {
    /// A reason that holds as long as the document does not change.
    pub fn new(kind: Option<Kind>, state: DocumentState, reason: impl Into<String>) -> Self {
        Without { kind, state, reason: reason.into(), passing: false, changed: false }
    }

    /// Holds for every later reader of the listed document.
    pub fn is_lasting(&self) -> bool {
        !self.passing && !self.changed
    }
}

impl From<Failure> for Without {
    fn from(failure: Failure) -> Self {
        let state = match failure.state {
            FailureState::NoText => DocumentState::NoText,
            FailureState::Skipped => DocumentState::Skipped,
            FailureState::Failed | FailureState::Passing => DocumentState::Failed,
        };
        Without { passing: failure.state == FailureState::Passing, ..Without::new(None, state, failure.reason) }
    }
}

impl From<Without> for Facts {
    fn from(without: Without) -> Self {
        Facts::Without(Box::new(without))
    }
}

/// Everything known about a document so far.
#[derive(Clone, Debug)]
pub enum Facts {
    /// It was only listed.
    Listed,
    /// Its name says that it has no text. When it is asked for, its content decides.
    SkippedByName(&'static str),
    /// It has text.
    Known(Box<Known>),
    /// It has no text.
    Without(Box<Without>),
}

impl Facts {
    /// Facts about a document with a text of this many bytes.
    pub fn of_text(about: &About, text_bytes: u64) -> Self {
        let About { kind, extracted, doubts, scans, .. } = about;
        Facts::Known(Box::new(Known { kind: *kind, extracted: *extracted, doubts: doubts.clone(), scans: *scans, text_bytes }))
    }

    /// Why there is no text, where that was found out by more than the name.
    pub fn without(&self) -> Option<&Without> {
        match self {
            Facts::Without(without) => Some(without),
            _ => None,
        }
    }

    /// Nothing rules out a text so far.
    pub fn may_have_text(&self) -> bool {
        match self {
            Facts::SkippedByName(_) => false,
            Facts::Without(without) => without.state == DocumentState::Failed,
            Facts::Listed | Facts::Known(_) => true,
        }
    }

    /// It counts among the documents that can be asked about.
    pub fn is_askable(&self) -> bool {
        matches!(self, Facts::Listed | Facts::Known(_))
    }

    /// Reading it failed before.
    pub fn has_failed(&self) -> bool {
        self.without().is_some_and(|without| without.state == DocumentState::Failed)
    }

    /// Why it is left out or failed.
    pub fn left_out(&self) -> Option<&str> {
        match self {
            Facts::SkippedByName(reason) => Some(reason),
            Facts::Without(without) if without.state != DocumentState::Opened => Some(&without.reason),
            _ => None,
        }
    }

    /// Its text in tokens; of a document that was not read, estimated from its name and its file's size in bytes.
    pub fn tokens_estimate(&self, path: &str, file_bytes: u64) -> u64 {
        match self {
            Facts::Known(known) => known.text_bytes / BYTES_PER_TOKEN,
            _ if Kind::by_name(path).is_some_and(Kind::is_packed) => file_bytes / PACKED_BYTES_PER_TOKEN,
            _ => file_bytes / BYTES_PER_TOKEN,
        }
    }

    /// The listing's entry for it.
    pub fn entry(&self, path: &str, bytes: u64) -> DocumentEntry {
        let (kind, state, reason, doubts, scans) = match self {
            Facts::Listed => (None, DocumentState::Listed, None, Vec::new(), 0),
            // A picture may hold text that other means can read.
            Facts::SkippedByName(reason) if Kind::by_name(path) == Some(Kind::Image) => {
                (None, DocumentState::NoText, Some((*reason).to_owned()), Vec::new(), 0)
            }
            Facts::SkippedByName(reason) => (None, DocumentState::Skipped, Some((*reason).to_owned()), Vec::new(), 0),
            Facts::Known(known) => {
                let state = if known.extracted { DocumentState::Extracted } else { DocumentState::Text };
                (Some(known.kind), state, None, known.doubts.clone(), known.scans)
            }
            Facts::Without(without) => (without.kind, without.state, Some(without.reason.clone()), Vec::new(), 0),
        };
        let kind = kind.or_else(|| Kind::by_name(path)).unwrap_or(match state {
            DocumentState::Skipped => Kind::Other,
            _ => Kind::Text,
        });
        DocumentEntry {
            path: path.to_owned(),
            bytes,
            kind: Cow::Borrowed(kind.id()),
            kind_name: Cow::Borrowed(kind.name()),
            state,
            reason,
            doubts,
            scans,
        }
    }
}
