//! Why a document could not be read, or its text not kept.

use crate::{facts::Without, snapshot::file::write_fault};
use plumb_extract::{Failure, Kind};
use plumb_rlm::{documents::DocumentState, fault::Fault};
use std::io;

/// The reason given for a document without a character.
pub const EMPTY: &str = "it is empty";

/// A fault of the document, or of the snapshot.
pub enum Trouble {
    /// The document has no text.
    Document(Without),
    /// The text could not be kept.
    Snapshot(Fault),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::Snapshot(write_fault(&error))
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Trouble::Document(failure.into())
    }
}

impl Trouble {
    /// A failure after which the document may be read another time.
    pub fn passing(reason: impl Into<String>) -> Self {
        Failure::passing(reason).into()
    }

    /// The document has nothing to read.
    pub fn no_text(kind: Option<Kind>, reason: impl Into<String>) -> Self {
        Trouble::Document(Without::new(kind, DocumentState::NoText, reason))
    }

    /// The same trouble of a file that changed after it was listed. It says nothing about the file that was listed.
    pub fn of_changed(mut self) -> Self {
        if let Trouble::Document(without) = &mut self {
            without.changed = true;
        }
        self
    }

    /// The same trouble, now that the document's kind is known.
    pub fn of_kind(mut self, kind: Kind) -> Self {
        if let Trouble::Document(without) = &mut self {
            without.kind = Some(kind);
        }
        self
    }

    /// The document has no text, or is an image.
    pub fn may_be_picture(&self) -> bool {
        match self {
            Trouble::Document(without) => match without.state {
                DocumentState::NoText => without.reason != EMPTY,
                _ => without.reason == plumb_extract::IMAGE,
            },
            Trouble::Snapshot(_) => false,
        }
    }
}

/// A file that was opened cannot be read.
pub fn unreadable(error: &io::Error) -> Trouble {
    Trouble::passing(format!("it cannot be read: {error}"))
}
