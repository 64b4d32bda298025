//! A journal in memory, which can fail at a chosen event as a program that is killed there would.

use crate::{
    fault::{Code, Fault},
    ids::{BlobId, CallId, NodeId},
    money::Usd,
    record::event::Event,
    traits::{
        allowance::{Allowance, Granted},
        journal::{Journal, Watcher},
    },
};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::collections::HashMap;

/// A run's record in memory.
#[derive(Default)]
pub struct MemoryJournal {
    events: Mutex<Vec<Event>>,
    blobs: Mutex<HashMap<BlobId, String>>,
    /// The partial replies, by node and call.
    partials: Mutex<HashMap<(NodeId, Option<CallId>), String>>,
    capacity: Option<usize>,
}

impl MemoryJournal {
    /// A journal that holds `events` already and takes `capacity` events in all, then fails.
    pub fn with_events(events: Vec<Event>, capacity: Option<usize>) -> Self {
        MemoryJournal { events: Mutex::new(events), capacity, ..MemoryJournal::default() }
    }

    /// The events so far, in order of their numbers.
    pub fn events(&self) -> Vec<Event> {
        let mut events = self.events.lock().clone();
        events.sort_by_key(|event| event.seq);
        events
    }

    /// What had arrived of a reply.
    pub fn partial(&self, node: NodeId, call: Option<CallId>) -> Option<String> {
        self.partials.lock().get(&(node, call)).cloned()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, event: &Event) -> Result<(), Fault> {
        let mut events = self.events.lock();
        if self.capacity.is_some_and(|capacity| events.len() >= capacity) {
            return Err(Fault::new(Code::Store, "The history could not be written."));
        }
        events.push(event.clone());
        Ok(())
    }

    async fn append_with(&self, event: &Event, text: &str) -> Result<(), Fault> {
        self.append(event).await?;
        self.put_blob(text).await.map(drop)
    }

    async fn put_blob(&self, text: &str) -> Result<BlobId, Fault> {
        let id = BlobId::of(text);
        self.blobs.lock().insert(id.clone(), text.to_owned());
        Ok(id)
    }

    async fn blob(&self, id: &BlobId) -> Result<String, Fault> {
        self.blobs.lock().get(id).cloned().ok_or_else(|| Fault::new(Code::Store, "There is no such text."))
    }

    async fn save_partial(&self, node: NodeId, call: Option<CallId>, text: &str) -> Result<(), Fault> {
        self.partials.lock().insert((node, call), text.to_owned());
        Ok(())
    }
}

/// A watcher that looks away.
pub struct Unwatched;

impl Watcher for Unwatched {
    fn event(&self, _event: &Event) {}
    fn delta(&self, _node: NodeId, _call: Option<CallId>, _text: &str) {}
    fn loading(&self, _part: f32) {}
}

/// An allowance without a limit, or with one that is never settled.
#[derive(Default)]
pub struct MemoryAllowance {
    /// What is left; `None`: there is no limit.
    pub left: Option<Mutex<Usd>>,
    /// Given with each grant.
    pub warning: Option<Fault>,
}

#[async_trait]
impl Allowance for MemoryAllowance {
    async fn is_limited(&self) -> Result<bool, Fault> {
        Ok(self.left.is_some())
    }

    async fn reserve(&self, _node: NodeId, _call: Option<CallId>, least: Usd, most: Usd) -> Result<Granted, Fault> {
        let Some(left) = &self.left else { return Ok(Granted { amount: most, warning: self.warning.clone() }) };
        let mut left = left.lock();
        if *left < least {
            return Err(Fault::new(Code::LimitMonth, "The month's limit is reached."));
        }
        let amount = most.min(*left);
        *left = left.minus(amount);
        Ok(Granted { amount, warning: self.warning.clone() })
    }
}
