//! Money that all runs of all programs share: the rest of a month's limit.

use crate::{
    fault::Fault,
    ids::{CallId, NodeId},
    money::Usd,
};
use async_trait::async_trait;

/// Money that was reserved.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The amount, at most the one that was requested.
    pub amount: Usd,
    /// A warning for the user, shown once in a run.
    pub warning: Option<Fault>,
}

/// Money that a run shares with others.
#[async_trait]
pub trait Allowance: Send + Sync {
    /// There is a limit, so a call of unknown price cannot be allowed.
    ///
    /// # Errors
    /// When the limit cannot be read.
    async fn is_limited(&self) -> Result<bool, Fault>;

    /// Reserves at most `most` for a call, and at least `least`. The event of the call's end releases it.
    ///
    /// # Errors
    /// `limit_month` where less than `least` is left; when the limit cannot be read.
    async fn reserve(&self, node: NodeId, call: Option<CallId>, least: Usd, most: Usd) -> Result<Granted, Fault>;
}
