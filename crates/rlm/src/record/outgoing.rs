//! Records requests and frames before they leave.

use crate::{
    fault::Fault,
    ids::{CallId, NodeId},
    record::{event::EventKind, log::Log},
    traits::sending::{Destination, Sending},
};
use async_trait::async_trait;
use std::{fmt, sync::Arc};

/// Records the requests of one call, or the frames for the code of one node.
pub(crate) struct Outgoing {
    log: Arc<Log>,
    node: NodeId,
    call: Option<CallId>,
    tokens: u64,
}

impl Outgoing {
    /// For a call with a prompt of `tokens` tokens.
    pub fn of_call(log: &Arc<Log>, node: NodeId, call: Option<CallId>, tokens: u64) -> Arc<dyn Sending> {
        Arc::new(Outgoing { log: log.clone(), node, call, tokens })
    }

    /// For a node's code that runs elsewhere.
    pub fn of_code(log: &Arc<Log>, node: NodeId) -> Arc<dyn Sending> {
        Self::of_call(log, node, None, 0)
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("node", &self.node).field("call", &self.call).finish_non_exhaustive()
    }
}

#[async_trait]
impl Sending for Outgoing {
    async fn sending(&self, to: &Destination, bytes: u64) -> Result<(), Fault> {
        let event = EventKind::Sent { call: self.call, to: to.clone(), bytes, tokens: self.tokens };
        self.log.append(self.node, event).await
    }
}
