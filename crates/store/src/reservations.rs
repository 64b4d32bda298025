//! Reservations: money set aside for calls in flight, so that all runs of all programs together keep the month's limit.

use crate::fault::of_sql;
use crate::{
    Store,
    record::{Write, call_column, pico},
};
use parking_lot::Mutex;
use plumb_rlm::{
    fault::Fault,
    ids::{CallId, NodeId, RunId},
    money::Usd,
};
use sqlx::SqliteConnection;
use std::sync::{Arc, atomic::Ordering};

/// Name of the setting with the month's limit.
const LIMIT_SETTING: &str = "month_limit_usd";

/// A month's spending when a call asks for money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reserved {
    /// The amount set aside; `None` if less than the required minimum is left.
    pub granted: Option<Usd>,
    /// The amount spent this month.
    pub spent: Usd,
    /// The amount set aside for other calls.
    pub set_aside: Usd,
}

/// A request to set money aside for one call.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Minimum amount that the call can use.
    pub least: Usd,
    /// Maximum cost of the call.
    pub most: Usd,
    /// The month's limit.
    pub limit: Usd,
    /// Time in milliseconds since 1970, which decides the month.
    pub at_ms: u64,
}

/// A request to set money aside, and its result once it is written.
pub(crate) struct Reservation {
    run_id: String,
    owner: String,
    node: i64,
    call: i64,
    wanted: Wanted,
    reserved: Mutex<Reserved>,
}

fn usd(pico: i64) -> Usd {
    Usd::from_dollars(pico as f64 / 1e12)
}

impl Reservation {
    pub(crate) async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), Fault> {
        // A repeated call replaces its own reservation.
        sqlx::query("DELETE FROM reservations WHERE run_id = ? AND node = ? AND call = ?")
            .bind(&self.run_id)
            .bind(self.node)
            .bind(self.call)
            .execute(&mut *connection)
            .await
            .map_err(of_sql)?;
        let (spent, set_aside): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT coalesce(sum(cost_pico), 0) FROM spending
                    WHERE day BETWEEN strftime('%Y-%m-01', ?1 / 1000, 'unixepoch', 'localtime')
                        AND strftime('%Y-%m-31', ?1 / 1000, 'unixepoch', 'localtime')),
                (SELECT coalesce(sum(cost_pico), 0) FROM reservations)",
        )
        .bind(self.wanted.at_ms as i64)
        .fetch_one(&mut *connection)
        .await
        .map_err(of_sql)?;
        let (spent, set_aside) = (usd(spent), usd(set_aside));
        let granted = self.wanted.limit.minus(spent).minus(set_aside).min(self.wanted.most);
        let granted = (granted >= self.wanted.least).then_some(granted);
        if let Some(granted) = granted {
            sqlx::query("INSERT INTO reservations (run_id, node, call, owner, cost_pico) VALUES (?, ?, ?, ?, ?)")
                .bind(&self.run_id)
                .bind(self.node)
                .bind(self.call)
                .bind(&self.owner)
                .bind(pico(granted))
                .execute(connection)
                .await
                .map_err(of_sql)?;
        }
        *self.reserved.lock() = Reserved { granted, spent, set_aside };
        Ok(())
    }
}

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
        self.inner.reserves.store(true, Ordering::Relaxed);
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
        for owner in owners.iter().filter(|owner| *owner != self.owner_id() && !self.inner.owner.is_alive(owner)) {
            sqlx::query("DELETE FROM reservations WHERE owner = ?").bind(owner).execute(self.pool()).await.map_err(of_sql)?;
            any = true;
        }
        Ok(any)
    }
}
