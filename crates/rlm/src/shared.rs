//! What all nodes of a run have in common.

use crate::{
    calls::budget::Budget,
    fault::Fault,
    ids::{CallId, NodeId},
    record::{given::Given, log::Log, replay::NodeRecord},
    traits::{allowance::Allowance, corpus::Corpus, model::Model, repl::ReplLauncher},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Why a node or a run ends without an answer of its own.
#[derive(Clone, Debug)]
pub enum Stop {
    /// A limit is reached.
    Limit(Fault),
    /// By the user.
    ByUser,
    /// By a fault.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(error: Fault) -> Self {
        Stop::Fault(error)
    }
}

impl Stop {
    /// From a refusal of the budget.
    pub fn refused(fault: Fault) -> Self {
        if fault.code.is_limit() { Stop::Limit(fault) } else { Stop::Fault(fault) }
    }
}

/// What all nodes of a run share.
pub struct Shared {
    pub root_model: Arc<dyn Model>,
    pub sub_model: Arc<dyn Model>,
    pub corpus: Arc<dyn Corpus>,
    pub launcher: Arc<dyn ReplLauncher>,
    pub log: Arc<Log>,
    pub budget: Budget,
    /// What this run shares with others.
    pub allowance: Arc<dyn Allowance>,
    /// The user was told that little of it is left.
    pub warned: AtomicBool,
    /// The user was told that some figures are estimates.
    pub told_of_estimates: AtomicBool,
    /// Sub-calls in flight.
    pub slots: Semaphore,
    /// Children at work, by the depth of their parents.
    pub child_slots: Vec<Semaphore>,
    /// Bytes of text handed to children.
    pub handed: AtomicU64,
    pub seed: u64,
    /// Ends everything; [`Shared::why`] says why.
    pub stop: CancellationToken,
    pub limit: Mutex<Option<Fault>>,
    /// What is on record of nodes that an earlier part of the run began.
    pub records: Mutex<HashMap<NodeId, NodeRecord>>,
    pub children: HashMap<CallId, NodeId>,
    pub next_node: AtomicU32,
    pub next_call: AtomicU32,
    /// The end of the last wait that was written down.
    pub waiting_until: Mutex<Option<Instant>>,
    pub given: Given,
}

impl Shared {
    /// The next call's number.
    pub fn new_call(&self) -> CallId {
        CallId(self.next_call.fetch_add(1, Ordering::Relaxed))
    }

    /// The next node's number.
    pub fn new_node(&self) -> NodeId {
        NodeId(self.next_node.fetch_add(1, Ordering::Relaxed))
    }

    /// Why everything was told to stop.
    pub fn why(&self) -> Stop {
        match self.limit.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            Some(fault) => Stop::Limit(fault),
            None => Stop::ByUser,
        }
    }
}
