//! Bytes of one document to text, with a map back to its pages.
//!
//! Plain text of any encoding is decoded in process. Formats that need a parser (PDF, Word) are read in a child process, `plumb-extract`,
//! which is sealed before it sees a byte: a crash, a hang or a bomb fails that one document and nothing else.

mod child;
mod kind;
mod plain;
pub mod protocol;
mod reader;

pub use kind::{Format, skip_by_name};
pub use plain::decode_text;
pub use reader::Extractor;

use serde::{Deserialize, Serialize};

/// A document's text and its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extracted {
    /// The text. Lines end with `\n`.
    pub text: String,
    /// The first line (from 1) of each page, and its name ("page 3"). Empty where a document has no pages.
    pub places: Vec<(u64, String)>,
    /// What it is, for people: "text", "PDF", "Word document".
    pub kind: &'static str,
}

/// What it means for a document that it gave no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureState {
    /// It was read, and there is no text in it.
    NoText,
    /// It is of a kind that is not read.
    Skipped,
    /// It should have been readable.
    Failed,
}

/// Why a document gave no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{reason}")]
pub struct Failure {
    /// What it means for the document.
    pub state: FailureState,
    /// In plain words: "an image", "protected with a password".
    pub reason: String,
}

impl Failure {
    /// With a reason in plain words.
    pub fn new(state: FailureState, reason: impl Into<String>) -> Self {
        Self { state, reason: reason.into() }
    }

    fn skipped(reason: impl Into<String>) -> Self {
        Self::new(FailureState::Skipped, reason)
    }

    fn failed(reason: impl Into<String>) -> Self {
        Self::new(FailureState::Failed, reason)
    }
}
