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
    documents::DocumentEntry,
    fault::Fault,
    ids::{CallId, NodeId, RunId},
    record::story::Told,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
        /// What, with what it means.
        event: Box<Told>,
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
    /// A run waits for a model on this computer to be loaded.
    Loading {
        /// Which run.
        run: RunId,
        /// How much of the model is in memory, 0 to 1.
        part: f32,
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
