//! Money that all runs share, whichever program they are in: what a month's limit has left.

use crate::{
    fault::Fault,
    ids::{CallId, NodeId},
    money::Usd,
};
use async_trait::async_trait;

/// Money that was set aside.
#[derive(Clone, Debug)]
pub struct Granted {
    /// How much: at most what was asked for.
    pub amount: Usd,
    /// What the user should know of it, said once in a run.
    pub warning: Option<Fault>,
}

/// What a run shares with others.
#[async_trait]
pub trait Allowance: Send + Sync {
    /// There is a limit, so that a call of unknown price cannot be allowed.
    ///
    /// # Errors
    /// When it cannot be found out.
    async fn is_limited(&self) -> Result<bool, Fault>;

    /// Sets aside at most `most` for a call, and not less than `least`. It is let go when the event of the call's end is on record.
    ///
    /// # Errors
    /// `limit_month` where so much is not left; when it cannot be found out.
    async fn reserve(&self, node: NodeId, call: Option<CallId>, least: Usd, most: Usd) -> Result<Granted, Fault>;
}
