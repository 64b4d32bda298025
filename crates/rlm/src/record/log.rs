//! Appends events: numbers them, dates them, has them on disk before anyone sees them.

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

/// The one way into a run's record.
pub struct Log {
    pub(crate) journal: Arc<dyn Journal>,
    watcher: Arc<dyn Watcher>,
    clock: Arc<dyn Clock>,
    next: AtomicU64,
}

impl Log {
    /// Goes on at event number `next`.
    pub fn new(journal: Arc<dyn Journal>, watcher: Arc<dyn Watcher>, clock: Arc<dyn Clock>, next: u64) -> Self {
        Log { journal, watcher, clock, next: AtomicU64::new(next) }
    }

    /// Appends one event; it is on disk when this returns.
    ///
    /// # Errors
    /// When the record cannot be written: then nothing may be done that the event announces.
    pub async fn append(&self, node: NodeId, kind: EventKind) -> Result<(), Fault> {
        let event = self.dated(node, kind);
        self.journal.append(&event).await?;
        self.watcher.event(&event);
        Ok(())
    }

    /// Appends one event together with a text that it names by its content.
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

    /// Tells the user something that does not end the run.
    pub async fn notice(&self, node: NodeId, code: Code, message: impl Into<String>) -> Result<(), Fault> {
        self.append(node, EventKind::Notice(Fault::new(code, message.into()))).await
    }

    /// Shows a piece of a reply that is still arriving.
    pub fn delta(&self, node: NodeId, call: Option<CallId>, text: &str) {
        self.watcher.delta(node, call, text);
    }

    /// Shows how far a model on this computer is loaded.
    pub fn loading(&self, part: f32) {
        self.watcher.loading(part);
    }
}
