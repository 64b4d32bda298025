//! The monthly limit, shared by all runs of all programs that use this history.

use crate::plumb::now_ms;
use async_trait::async_trait;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    ids::{CallId, NodeId, RunId},
    money::Usd,
    traits::allowance::{Allowance, Granted},
};
use plumb_store::{Store, Wanted};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Part of the limit from which Plumb warns the user.
pub const WARNING_RATIO: f64 = 0.8;

/// Maximum age of the limit read from the store. A changed limit takes effect this soon; a batch of a thousand calls reads it once.
const MAX_LIMIT_AGE: Duration = Duration::from_secs(1);

/// A run's share of the monthly limit.
pub struct MonthAllowance {
    store: Store,
    run: RunId,
    limit: Mutex<Option<(Instant, Option<Usd>)>>,
}

impl MonthAllowance {
    /// Creates the share of `run`.
    pub fn new(store: Store, run: RunId) -> Self {
        MonthAllowance { store, run, limit: Mutex::default() }
    }

    async fn limit(&self) -> Result<Option<Usd>, Fault> {
        let mut known = self.limit.lock().await;
        if let Some((_, limit)) = known.filter(|(since, _)| since.elapsed() < MAX_LIMIT_AGE) {
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
        let cents = |amount: Usd| format!("{:.2}", amount.dollars());
        let Some(amount) = month.granted else {
            return Err(fault!(
                Code::LimitMonth,
                "This month's limit of ${limit} does not allow another call: ${spent} is spent, and ${reserved} is reserved for calls under way. \
                 Raise the limit under Spending, or wait for next month; then continue the run.",
                reserved = cents(month.set_aside),
                spent = cents(month.spent),
                limit = cents(limit)
            ));
        };
        let warning = (month.spent.dollars() >= limit.dollars() * WARNING_RATIO).then(|| {
            fault!(
                Code::MonthAlmostSpent,
                "${spent} of this month's limit of ${limit} is spent. You can raise the limit under Spending.",
                spent = cents(month.spent),
                limit = cents(limit)
            )
        });
        Ok(Granted { amount, warning })
    }
}
