//! Why a document has no text, or why its text could not be kept.

use crate::{document::state_of, reading::EMPTY, snapshot::write_error};
use plumb_extract::{Failure, FailureState, Kind};
use plumb_rlm::{documents::DocumentState, fault::Fault};
use std::io;

/// The document's fault, or the snapshot's.
pub enum Trouble {
    /// It has no text.
    Document {
        /// What it is, if that was found out.
        kind: Option<Kind>,
        /// What it means.
        state: DocumentState,
        /// In plain words.
        reason: String,
        /// Another time it may go well, though nothing changed.
        passing: bool,
    },
    /// It could not be kept.
    Snapshot(Fault),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::Snapshot(write_error(&error))
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        let passing = failure.state == FailureState::Passing;
        Trouble::Document { kind: None, state: state_of(failure.state), reason: failure.reason, passing }
    }
}

impl Trouble {
    /// Another time it may go well.
    pub fn passing(reason: impl Into<String>) -> Self {
        Failure::passing(reason).into()
    }

    /// A document that has nothing to read.
    pub fn no_text(kind: Option<Kind>, reason: impl Into<String>) -> Self {
        Trouble::Document { kind, state: DocumentState::NoText, reason: reason.into(), passing: false }
    }

    /// The failure of a file that changed after it was listed is not that of the file that was listed.
    pub fn of_changed(mut self) -> Self {
        if let Trouble::Document { passing, .. } = &mut self {
            *passing = true;
        }
        self
    }

    /// It has no text, or is an image.
    pub fn may_be_picture(&self) -> bool {
        match self {
            Trouble::Document { state: DocumentState::NoText, reason, .. } => reason != EMPTY,
            Trouble::Document { reason, .. } => reason == plumb_extract::IMAGE,
            Trouble::Snapshot(_) => false,
        }
    }

    /// With what it is, now that it is known.
    pub fn of_kind(mut self, known: Kind) -> Self {
        if let Trouble::Document { kind, .. } = &mut self {
            *kind = Some(known);
        }
        self
    }
}

/// A file that was opened cannot be read.
pub fn unreadable(error: &io::Error) -> Trouble {
    Trouble::passing(format!("it cannot be read: {error}"))
}
