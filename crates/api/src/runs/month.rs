//! The month's limit: what all runs of all programs on this history share.

use crate::plumb::now_ms;
use async_trait::async_trait;
use plumb_rlm::{
    fault::{Code, Fault},
    ids::{CallId, NodeId, RunId},
    money::Usd,
    traits::allowance::{Allowance, Granted},
};
use plumb_store::{Store, Wanted};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The user is told when so much of the limit is spent.
pub const WARN_AT: f64 = 0.8;

/// A limit that was changed holds after this time at the latest, in other programs too; a batch of a thousand calls reads it once.
const FRESH: Duration = Duration::from_secs(1);

/// A run's share of it.
pub struct MonthAllowance {
    store: Store,
    run: RunId,
    limit: Mutex<Option<(Instant, Option<Usd>)>>,
}

impl MonthAllowance {
    /// For `run`.
    pub fn new(store: Store, run: RunId) -> Self {
        MonthAllowance { store, run, limit: Mutex::default() }
    }

    async fn limit(&self) -> Result<Option<Usd>, Fault> {
        let mut known = self.limit.lock().await;
        if let Some((_, limit)) = known.filter(|(since, _)| since.elapsed() < FRESH) {
            return Ok(limit);
        }
        let limit = self.store.month_limit().await?.map(Usd::from_dollars);
        *known = Some((Instant::now(), limit));
        Ok(limit)
    }
}

#[async_trait]
impl Allowance for MonthAllowance {
    async fn is_limited(&self) -> Result<bool, Fault> {
        Ok(self.limit().await?.is_some())
    }

    async fn reserve(&self, node: NodeId, call: Option<CallId>, least: Usd, most: Usd) -> Result<Granted, Fault> {
        let Some(limit) = self.limit().await? else { return Ok(Granted { amount: most, warning: None }) };
        let wanted = Wanted { least, most, limit, at_ms: now_ms() };
        let month = self.store.reserve(&self.run, node, call, wanted).await?;
        let (spent, limit) = (month.spent.dollars(), limit.dollars());
        let Some(amount) = month.granted else {
            let set_aside = month.set_aside.dollars();
            let message = format!(
                "This month's limit of ${limit:.2} does not allow another call: ${spent:.2} is spent, and ${set_aside:.2} is set aside for calls \
                 under way. Raise it under Spending, then continue; next month begins anew."
            );
            return Err(Fault::new(Code::LimitMonth, message));
        };
        let warning = (spent >= limit * WARN_AT)
            .then(|| Fault::new(Code::MonthAlmostSpent, format!("${spent:.2} of this month's limit of ${limit:.2} is spent.")));
        Ok(Granted { amount, warning })
    }
}
