//! What commands take and give. Everything here is plain data; paths are absolute unless they name a document of a library.

mod computer;
mod estimate;
mod libraries;
mod models;
mod runs;
mod spending;

pub use computer::*;
pub use estimate::*;
pub use libraries::*;
pub use models::*;
pub use plumb_store::RunState;
pub use runs::*;
pub use spending::*;

use plumb_rlm::{
    corpus::DocumentEntry,
    event::{CallId, Event, Fault, NodeId, RunId},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The form in which every fault crosses to a front end.
#[derive(Clone, Debug, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
#[ts(export)]
pub struct ApiError {
    /// For programs; front ends switch on it.
    pub code: String,
    /// What happened, why, and what to do.
    pub message: String,
}

impl ApiError {
    /// A fault of our own.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        ApiError { code: code.to_owned(), message: message.into() }
    }
}

macro_rules! from_faults {
    ($($fault:ty),+) => {
        $(impl From<$fault> for ApiError {
            fn from(fault: $fault) -> Self {
                ApiError::new(fault.code, fault.message)
            }
        })+
    };
}

from_faults!(
    plumb_store::StoreError,
    plumb_rlm::corpus::CorpusError,
    plumb_rlm::model::ModelError,
    plumb_rlm::journal::JournalError,
    plumb_models::FetchError
);

/// A command that takes nothing.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
pub struct Nothing {}

/// What a front end is told without asking.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum Update {
    /// Something happened in a run, and is on disk.
    Event {
        /// Which run.
        run: RunId,
        /// What.
        event: Box<Event>,
    },
    /// A piece of a reply that is still arriving.
    Delta {
        /// Which run.
        run: RunId,
        /// Whose.
        node: NodeId,
        /// Absent: the node's own turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        call: Option<CallId>,
        /// The piece.
        text: String,
    },
    /// A library was opened, listed or removed.
    Libraries,
    /// A library is being read as a whole.
    Examined {
        /// Which.
        library: String,
        /// Documents that were read.
        done: u64,
        /// Documents in all.
        all: u64,
        /// Those that were read since the last word of it, as they are now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<DocumentEntry>>", optional)]
        documents: Vec<DocumentEntry>,
        /// It ended: well, stopped, or with the fault beside.
        ended: bool,
        /// Why it ended badly.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        fault: Option<Fault>,
    },
    /// A run began, ended or was deleted.
    Runs,
    /// A built-in model is being fetched.
    Fetch {
        /// Which.
        id: String,
        /// Bytes that are here.
        bytes_here: u64,
        /// Bytes in all.
        bytes: u64,
        /// It ended: well, or with the fault beside.
        done: bool,
        /// Why it ended badly.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        fault: Option<Fault>,
    },
    /// Updates were lost because this front end was slow: read again what is shown.
    Missed,
    /// Files or folders were dropped on the window.
    Dropped {
        /// Absolute.
        paths: Vec<String>,
    },
}
