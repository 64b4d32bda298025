//! The names of runs, nodes, calls and kept texts.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A run's name: a UUID of version 7, so names sort by time. The caller makes it, because it holds the time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct RunId(pub String);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A node of the recursion: 0 is the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// A sub-call, numbered within its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct CallId(pub u32);

/// A kept text: BLAKE3 of its content, in hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct BlobId(pub String);

impl BlobId {
    /// The name of a text.
    pub fn of(text: &str) -> Self {
        BlobId(blake3::hash(text.as_bytes()).to_hex().to_string())
    }
}
