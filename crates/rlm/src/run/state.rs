//! State shared by a run's nodes.

use crate::{
    calls::call::Calls,
    fault::Fault,
    ids::{CallId, NodeId},
    options::Limits,
    record::{given::Given, log::Log, replay::NodeRecord},
    stop::Halt,
    traits::{clock::Clock, corpus::Corpus, embedder::Embedder, model::Model, repl::ReplLauncher, tables::Tables},
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};
use tokio::sync::Semaphore;

/// A run under way.
pub struct Run {
    pub root_model: Arc<dyn Model>,
    pub sub_model: Arc<dyn Model>,
    pub corpus: Arc<dyn Corpus>,
    pub launcher: Arc<dyn ReplLauncher>,
    pub tables: Arc<dyn Tables>,
    pub embedder: Option<Arc<dyn Embedder>>,
    pub clock: Arc<dyn Clock>,
    pub log: Arc<Log>,
    pub halt: Arc<Halt>,
    pub calls: Calls,
    pub limits: Limits,
    /// Repeats the random numbers of REPLs.
    pub seed: u64,
    /// Slots of children at work, by the depth of their parents. A node at a depth without slots starts no children.
    pub child_slots: Vec<Semaphore>,
    /// Text that was handed to children, in bytes.
    pub handed_bytes: AtomicU64,
    /// Records of nodes that an earlier part of the run began.
    pub records: Mutex<HashMap<NodeId, NodeRecord>>,
    /// The recorded node that answers each recursive call.
    pub children: HashMap<CallId, NodeId>,
    pub next_node: AtomicU32,
    /// The documents of which code or a prompt was given something.
    pub given: Given,
}

impl Run {
    /// A number that no node has.
    pub fn new_node(&self) -> NodeId {
        NodeId(self.next_node.fetch_add(1, Ordering::Relaxed))
    }

    /// A node at `depth` may start children.
    pub fn nests_at(&self, depth: u32) -> bool {
        (depth as usize) < self.child_slots.len()
    }

    /// Freezes a document's text for the run, and records the first freeze. Does nothing if the text cannot be read.
    pub async fn touch(&self, node: NodeId, path: &str) -> Result<(), Fault> {
        let Ok(text) = self.corpus.text(path).await else { return Ok(()) };
        self.given.whole(&self.log, node, path, text.as_ref()).await
    }

    /// The first `limit` paths that may have text, in path order.
    pub async fn askable(&self, limit: usize) -> Vec<String> {
        // Skipped files are listed too, so more is requested than needed.
        let entries = self.corpus.files(None, limit * 4).await.unwrap_or_default();
        entries.into_iter().filter(|entry| entry.state.is_askable()).map(|entry| entry.path).take(limit).collect()
    }
}
