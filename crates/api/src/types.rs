//! Requests and responses of commands, as plain data. Paths are absolute unless they name a document of a library.

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

/// An empty request or response.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
pub struct Nothing {}

/// An update that Plumb sends to front ends.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum Update {
    /// An event of a run, already on disk.
    Event {
        /// The run.
        run: RunId,
        /// The event, with its meaning.
        event: Box<Told>,
    },
    /// A piece of a reply that is still arriving.
    Delta {
        /// The run.
        run: RunId,
        /// The node that gets the reply.
        node: NodeId,
        /// The sub-call; absent: the node's own turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        call: Option<CallId>,
        /// The piece.
        text: String,
    },
    /// A run waits while a model on this computer is loaded.
    Loading {
        /// The run.
        run: RunId,
        /// How much of the model is in memory, 0 to 1.
        part: f32,
    },
    /// A library was opened, listed or removed.
    Libraries,
    /// All documents of a library are being read.
    Examined {
        /// The library's id.
        library: String,
        /// Documents read so far.
        done: u64,
        /// All documents.
        all: u64,
        /// Documents read since the last update, in their current state.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<DocumentEntry>>", optional)]
        documents: Vec<DocumentEntry>,
        /// Reading has ended: complete, stopped, or with `fault`.
        ended: bool,
        /// Why reading failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        fault: Option<Fault>,
    },
    /// A run started, ended or was deleted.
    Runs,
    /// A built-in model is being downloaded.
    Fetch {
        /// The model's id.
        id: String,
        /// Bytes that have arrived.
        bytes_here: u64,
        /// Size of the whole file, in bytes.
        bytes: u64,
        /// The download has ended: complete, stopped, or with `fault`.
        done: bool,
        /// Why the download failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        fault: Option<Fault>,
    },
    /// This front end was too slow and missed updates. It must reload what it shows.
    Missed,
    /// Files or folders were dropped on the window.
    Dropped {
        /// Absolute paths.
        paths: Vec<String>,
    },
}
