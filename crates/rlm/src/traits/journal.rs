//! What the engine asks of its record: on disk before anything acts on it.

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

    /// Appends one event together with a text that it names by its content.
    async fn append_with(&self, event: &Event, text: &str) -> Result<(), Fault>;

    /// Keeps a text under the name of its content.
    async fn put_blob(&self, text: &str) -> Result<BlobId, Fault>;

    /// A kept text.
    async fn blob(&self, id: &BlobId) -> Result<String, Fault>;

    /// Keeps what has arrived of a reply that is not finished; replaces what was kept for the same call.
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
