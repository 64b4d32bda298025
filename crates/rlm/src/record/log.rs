//! The log of a run: numbers and dates events, and writes them to disk before anyone sees them.

use crate::{
    fault::{Code, Fault},
    ids::{CallId, NodeId},
    record::event::{EVENT_VERSION, Event, EventKind},
    traits::{
        clock::Clock,
        journal::{Journal, Watcher},
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The only way to append to a run's record.
pub struct Log {
    pub(crate) journal: Arc<dyn Journal>,
    watcher: Arc<dyn Watcher>,
    clock: Arc<dyn Clock>,
    next: AtomicU64,
}

impl Log {
    /// Continues at event number `next`.
    pub fn new(journal: Arc<dyn Journal>, watcher: Arc<dyn Watcher>, clock: Arc<dyn Clock>, next: u64) -> Self {
        Log { journal, watcher, clock, next: AtomicU64::new(next) }
    }

    /// Appends one event; it is on disk when this returns.
    ///
    /// # Errors
    /// When the record cannot be written. The caller must then not do what the event announces.
    pub async fn append(&self, node: NodeId, kind: EventKind) -> Result<(), Fault> {
        let event = self.dated(node, kind);
        self.journal.append(&event).await?;
        self.watcher.event(&event);
        Ok(())
    }

    /// Appends one event and a text that it names by content.
    ///
    /// # Errors
    /// As for [`Log::append`].
    pub async fn append_with(&self, node: NodeId, kind: EventKind, text: &str) -> Result<(), Fault> {
        let event = self.dated(node, kind);
        self.journal.append_with(&event, text).await?;
        self.watcher.event(&event);
        Ok(())
    }

    fn dated(&self, node: NodeId, kind: EventKind) -> Event {
        Event { version: EVENT_VERSION, seq: self.next.fetch_add(1, Ordering::Relaxed), at_ms: self.clock.now_ms(), node, kind }
    }

    /// Appends a message to the user that does not end the run.
    pub async fn notice(&self, node: NodeId, code: Code, message: impl Into<String>) -> Result<(), Fault> {
        self.append(node, EventKind::Notice(Fault::new(code, message.into()))).await
    }

    /// Shows a piece of an arriving reply.
    pub fn delta(&self, node: NodeId, call: Option<CallId>, text: &str) {
        self.watcher.delta(node, call, text);
    }

    /// Shows how much of a local model is loaded, 0 to 1.
    pub fn loading(&self, part: f32) {
        self.watcher.loading(part);
    }
}
