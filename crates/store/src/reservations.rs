//! Reservations: money set aside for calls in flight, so that all runs of all programs together keep the month's limit.

use crate::{
    fault::of_sql,
    store::Store,
    write::{
        Write,
        columns::call_column,
        reservation::{Reservation, Reserved, Wanted},
    },
};
use parking_lot::Mutex;
use plumb_rlm::{
    fault::Fault,
    ids::{CallId, NodeId, RunId},
};
use std::sync::Arc;

/// Name of the setting with the month's limit.
const LIMIT_SETTING: &str = "month_limit_usd";

impl Store {
    /// The month's limit in US dollars; `None` if there is none.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn month_limit(&self) -> Result<Option<f64>, Fault> {
        Ok(self.setting::<Option<f64>>(LIMIT_SETTING).await?.flatten())
    }

    /// Sets or removes the month's limit.
    ///
    /// # Errors
    /// The database could not be written.
    pub async fn set_month_limit(&self, limit: Option<f64>) -> Result<(), Fault> {
        self.set_setting(LIMIT_SETTING, &limit).await
    }

    /// Sets money aside for a call. The event that ends the call or its run releases it.
    ///
    /// # Errors
    /// The database could not be written.
    pub async fn reserve(&self, run_id: &RunId, node: NodeId, call: Option<CallId>, wanted: Wanted) -> Result<Reserved, Fault> {
        let reserved = self.try_reserve(run_id, node, call, wanted).await?;
        if reserved.granted.is_none() && self.release_dead_reservations().await? {
            return self.try_reserve(run_id, node, call, wanted).await;
        }
        Ok(reserved)
    }

    async fn try_reserve(&self, run_id: &RunId, node: NodeId, call: Option<CallId>, wanted: Wanted) -> Result<Reserved, Fault> {
        self.begin_reserving();
        let reservation = Arc::new(Reservation {
            run_id: run_id.0.clone(),
            owner: self.owner_id().to_owned(),
            node: node.0.into(),
            call: call_column(call),
            wanted,
            reserved: Mutex::default(),
        });
        self.writer().write(Write::Reservation(reservation.clone())).await?;
        let reserved = *reservation.reserved.lock();
        Ok(reserved)
    }

    /// Releases reservations of programs that have ended. Returns whether there were any.
    async fn release_dead_reservations(&self) -> Result<bool, Fault> {
        let owners: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT owner FROM reservations").fetch_all(self.pool()).await.map_err(of_sql)?;
        let mut any = false;
        for owner in owners.iter().filter(|owner| *owner != self.owner_id() && !self.is_alive(owner)) {
            sqlx::query("DELETE FROM reservations WHERE owner = ?").bind(owner).execute(self.pool()).await.map_err(of_sql)?;
            any = true;
        }
        Ok(any)
    }
}
