//! Runs as they happen: who is told, and what has arrived of replies that are not finished.

use crate::types::{Partial, Update};
use plumb_rlm::{
    ids::{CallId, NodeId, RunId},
    record::{
        event::{Event, EventKind},
        story::Story,
    },
    traits::journal::Watcher,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Replies that are arriving, by node and call.
type Arriving = HashMap<(NodeId, Option<CallId>), String>;

/// A run under way in this process.
pub struct Live {
    run: RunId,
    updates: broadcast::Sender<Update>,
    arriving: Mutex<Arriving>,
    story: Mutex<Story>,
    begun: watch::Sender<bool>,
    /// Stops it.
    pub stop: CancellationToken,
}

impl Live {
    /// Watches `run`, whose story so far is `story`.
    pub fn new(run: RunId, updates: broadcast::Sender<Update>, story: Story) -> Arc<Self> {
        let (begun, _) = watch::channel(false);
        Arc::new(Live {
            run,
            updates,
            arriving: Mutex::default(),
            story: Mutex::new(story),
            begun,
            stop: CancellationToken::new(),
        })
    }

    /// Waits until the run's first event is on disk.
    pub async fn begun(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }

    /// What has arrived of replies that are not finished.
    pub fn partials(&self) -> Vec<Partial> {
        let arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        arriving.iter().map(|(&(node, call), text)| Partial { node, call, text: text.clone() }).collect()
    }

    fn tell(&self, update: Update) {
        // Nobody listening is fine.
        let _ = self.updates.send(update);
    }
}

impl Watcher for Live {
    fn event(&self, event: &Event) {
        let finished = match &event.kind {
            EventKind::Reply { .. } | EventKind::ReplyLost { .. } => Some((event.node, None)),
            EventKind::CallFinished { call, .. } => Some((event.node, Some(*call))),
            _ => None,
        };
        if let Some(finished) = finished {
            self.arriving.lock().unwrap_or_else(PoisonError::into_inner).remove(&finished);
        }
        let told = self.story.lock().unwrap_or_else(PoisonError::into_inner).tell(event.clone());
        self.tell(Update::Event { run: self.run.clone(), event: Box::new(told) });
        self.begun.send_replace(true);
    }

    fn delta(&self, node: NodeId, call: Option<CallId>, text: &str) {
        self.arriving.lock().unwrap_or_else(PoisonError::into_inner).entry((node, call)).or_default().push_str(text);
        self.tell(Update::Delta { run: self.run.clone(), node, call, text: text.to_owned() });
    }

    fn loading(&self, part: f32) {
        self.tell(Update::Loading { run: self.run.clone(), part });
    }
}
