//! The interface to a run's record, which is on disk before anything acts on it.

use crate::{
    fault::Fault,
    ids::{BlobId, CallId, NodeId},
    record::event::Event,
};
use async_trait::async_trait;

/// The record of one run.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends one event; it is committed when this returns. Events of one run come with `seq` 0, 1, 2, …, but may be appended concurrently.
    async fn append(&self, event: &Event) -> Result<(), Fault>;

    /// Appends one event together with a text that it names by the hash of its content.
    async fn append_with(&self, event: &Event, text: &str) -> Result<(), Fault>;

    /// Stores a text under the hash of its content.
    async fn put_blob(&self, text: &str) -> Result<BlobId, Fault>;

    /// Returns a stored text.
    async fn blob(&self, id: &BlobId) -> Result<String, Fault>;

    /// Stores the part of a reply that has arrived, and replaces the one stored earlier for the same call.
    async fn save_partial(&self, node: NodeId, call: Option<CallId>, text: &str) -> Result<(), Fault>;
}

/// Sees a run as it happens. Must not block.
pub trait Watcher: Send + Sync {
    /// An event that is on disk.
    fn event(&self, event: &Event);
    /// A piece of a reply that is still arriving.
    fn delta(&self, node: NodeId, call: Option<CallId>, text: &str);
    /// A model on this computer is being loaded, and a call waits for it: how much of it is in memory, 0 to 1.
    fn loading(&self, part: f32);
}
