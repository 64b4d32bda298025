//! Money to set aside for a call, within the month's limit.

use crate::{fault::of_sql, write::columns::pico};
use parking_lot::Mutex;
use plumb_rlm::{fault::Fault, money::Usd};
use sqlx::SqliteConnection;

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
    pub(crate) run_id: String,
    pub(crate) owner: String,
    pub(crate) node: i64,
    pub(crate) call: i64,
    pub(crate) wanted: Wanted,
    pub(crate) reserved: Mutex<Reserved>,
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
