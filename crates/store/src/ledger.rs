//! What events say of money, added up per local day, model and run as they are written. It stays when a run is deleted.

use crate::{
    StoreError,
    packing::unpack,
    record::{OWN_TURN, call_column, pico},
};
use plumb_rlm::{event::EventKind, model::Usage, money::Usd};
use sqlx::SqliteConnection;

/// What one event adds.
pub(crate) enum Entry {
    /// How large the corpus is, and who reads its pieces.
    Began { tokens: i64, sub_model: String },
    /// The way that was taken.
    Routed { mode: String },
    /// A node (its own turns) or a sub-call asks this model.
    Asks { call: i64, model: String },
    /// A call ended.
    Paid { call: i64, cost: Option<Usd>, usage: Usage },
    /// The run ended, or goes on after its program's end: no call of it is under way.
    Rests,
}

impl Entry {
    pub(crate) fn of(kind: &EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::RunStarted { options, tokens_estimate, .. } => {
                let sub = options.sub_model.as_ref().unwrap_or(&options.model);
                Entry::Began { tokens: *tokens_estimate as i64, sub_model: format!("{}:{}", sub.provider, sub.name) }
            }
            EventKind::Routed { mode, .. } => {
                Entry::Routed { mode: serde_json::to_value(mode).ok()?.as_str().unwrap_or_default().to_owned() }
            }
            EventKind::NodeStarted { model, .. } => Entry::Asks { call: OWN_TURN, model: model.clone() },
            EventKind::CallStarted { call, model, .. } => Entry::Asks { call: call_column(Some(*call)), model: model.clone() },
            EventKind::Reply { cost_usd, usage, .. } | EventKind::ReplyLost { cost_usd, usage, .. } => {
                Entry::Paid { call: OWN_TURN, cost: *cost_usd, usage: *usage }
            }
            EventKind::CallFinished { call, cost_usd, usage, .. } => {
                Entry::Paid { call: call_column(Some(*call)), cost: *cost_usd, usage: *usage }
            }
            EventKind::Resumed | EventKind::Finished { .. } => Entry::Rests,
            _ => return None,
        })
    }

    /// Adds it, for an event of `node` at `at_ms`. The run's row is there already.
    pub(crate) async fn apply(
        &self,
        connection: &mut SqliteConnection,
        run_id: &str,
        node: i64,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        match self {
            Entry::Began { tokens, sub_model } => {
                let query = sqlx::query("UPDATE runs SET tokens_estimate = ?, sub_model = ? WHERE run_id = ?");
                query.bind(tokens).bind(sub_model).bind(run_id).execute(connection).await?;
            }
            Entry::Routed { mode } => {
                let query = sqlx::query("UPDATE runs SET mode = ? WHERE run_id = ?");
                query.bind(mode).bind(run_id).execute(connection).await?;
            }
            Entry::Asks { call, model } => {
                let query = sqlx::query("INSERT OR REPLACE INTO asked (run_id, node, call, model) VALUES (?, ?, ?, ?)");
                query.bind(run_id).bind(node).bind(call).bind(model).execute(connection).await?;
            }
            Entry::Paid { call, cost, usage } => {
                // Nothing was sent, or a child's turns carry the figures.
                if *usage != Usage::default() || cost.is_some_and(|cost| cost > Usd::ZERO) {
                    sqlx::query(
                        "INSERT INTO spending (day, model, run_id, calls, free, unpriced, cost_pico, input_tokens, output_tokens)
                         VALUES (date(?1 / 1000, 'unixepoch', 'localtime'),
                            coalesce((SELECT model FROM asked WHERE run_id = ?2 AND node = ?3 AND call = ?4),
                                (SELECT model FROM runs WHERE run_id = ?2), ''),
                            ?2, 1, ?5 IS NOT NULL AND ?5 = 0, ?5 IS NULL, coalesce(?5, 0), ?6, ?7)
                         ON CONFLICT (day, model, run_id) DO UPDATE SET
                            calls = calls + 1, free = free + excluded.free, unpriced = unpriced + excluded.unpriced,
                            cost_pico = cost_pico + excluded.cost_pico,
                            input_tokens = input_tokens + excluded.input_tokens,
                            output_tokens = output_tokens + excluded.output_tokens",
                    )
                    .bind(at_ms)
                    .bind(run_id)
                    .bind(node)
                    .bind(call)
                    .bind(cost.map(pico))
                    .bind(usage.input_tokens as i64)
                    .bind(usage.output_tokens as i64)
                    .execute(&mut *connection)
                    .await?;
                }
                let query = sqlx::query("DELETE FROM reservations WHERE run_id = ? AND node = ? AND call = ?");
                query.bind(run_id).bind(node).bind(call).execute(&mut *connection).await?;
                // A sub-call ends once; a node's next turn asks the same model.
                if *call != OWN_TURN {
                    let query = sqlx::query("DELETE FROM asked WHERE run_id = ? AND node = ? AND call = ?");
                    query.bind(run_id).bind(node).bind(call).execute(connection).await?;
                }
            }
            Entry::Rests => {
                let query = sqlx::query("DELETE FROM reservations WHERE run_id = ?");
                query.bind(run_id).execute(connection).await?;
            }
        }
        Ok(())
    }
}

/// Adds what was kept before there was a ledger; each run whole or not at all, so that it goes on where it was broken off.
pub(crate) async fn fold_runs_of_before(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let runs: Vec<String> = sqlx::query_scalar("SELECT run_id FROM unfolded").fetch_all(&mut *connection).await?;
    for run_id in runs {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        let folded = fold(connection, &run_id).await;
        let end = if folded.is_ok() { "COMMIT" } else { "ROLLBACK" };
        sqlx::query(end).execute(&mut *connection).await?;
        folded?;
    }
    Ok(())
}

async fn fold(connection: &mut SqliteConnection, run_id: &str) -> Result<(), StoreError> {
    let events: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as("SELECT node, at_ms, body FROM events WHERE run_id = ? ORDER BY seq")
        .bind(run_id)
        .fetch_all(&mut *connection)
        .await?;
    for (node, at_ms, body) in events {
        // One that cannot be read must not keep the program from starting; opening its run says so.
        let kind = unpack(body).ok().and_then(|body| serde_json::from_str::<EventKind>(&body).ok());
        if let Some(entry) = kind.as_ref().and_then(Entry::of) {
            entry.apply(connection, run_id, node, at_ms).await?;
        }
    }
    sqlx::query("DELETE FROM unfolded WHERE run_id = ?").bind(run_id).execute(connection).await?;
    Ok(())
}
