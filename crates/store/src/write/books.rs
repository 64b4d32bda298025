//! Books: spending per local day, model and run, derived from events as they are written. They outlive a deleted run.

use crate::{
    fault::of_sql,
    write::{
        columns::{OWN_TURN, call_column, pico},
        packing::unpack,
        statements::Statements,
    },
};
use plumb_rlm::{fault::Fault, money::Usd, record::event::EventKind, usage::Usage};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// Models by the nodes and sub-calls that ask them: the event that ends a call does not repeat the model.
#[derive(Default)]
pub(crate) struct Asked(HashMap<(i64, i64), String>);

impl Asked {
    /// Notes the model of an event's node or sub-call.
    pub(crate) fn note(&mut self, node: i64, kind: &EventKind) {
        match kind {
            EventKind::NodeStarted { model, .. } => drop(self.0.insert((node, OWN_TURN), model.clone())),
            EventKind::CallStarted { call, model, .. } => drop(self.0.insert((node, call_column(Some(*call))), model.clone())),
            _ => {}
        }
    }

    /// The model of a call. A sub-call ends once; a node's next turn asks the same model.
    fn take(&mut self, node: i64, call: i64) -> Option<String> {
        if call == OWN_TURN { self.0.get(&(node, call)).cloned() } else { self.0.remove(&(node, call)) }
    }
}

/// The change of the books by one event.
pub(crate) enum Entry {
    /// The run started: tokens of its corpus, and the model of its sub-calls.
    Began { tokens: i64, sub_model: String },
    /// The way to answer was chosen.
    Routed { mode: String },
    /// A call of `model` ended.
    Paid { call: i64, model: Option<String>, cost: Option<Usd>, usage: Usage },
    /// The run ended, or continues after its program ended: none of its calls is in flight.
    Rests,
}

impl Entry {
    /// The entry of an event of `node`, if it has one.
    pub(crate) fn of(node: i64, kind: &EventKind, asked: &mut Asked) -> Option<Self> {
        asked.note(node, kind);
        let mut paid =
            |call: i64, cost: Option<Usd>, usage: Usage| Entry::Paid { call, model: asked.take(node, call), cost, usage };
        Some(match kind {
            EventKind::RunStarted { options, tokens_estimate, .. } => {
                let sub = options.sub_model.as_ref().unwrap_or(&options.model);
                Entry::Began { tokens: *tokens_estimate as i64, sub_model: format!("{}:{}", sub.provider, sub.name) }
            }
            EventKind::Routed { mode, .. } => {
                Entry::Routed { mode: serde_json::to_value(mode).ok()?.as_str().unwrap_or_default().to_owned() }
            }
            EventKind::Reply { cost_usd, usage, .. } | EventKind::ReplyLost { cost_usd, usage, .. } => {
                paid(OWN_TURN, *cost_usd, *usage)
            }
            EventKind::CallFinished { call, cost_usd, usage, .. } => paid(call_column(Some(*call)), *cost_usd, *usage),
            EventKind::Resumed | EventKind::Finished { .. } => Entry::Rests,
            _ => return None,
        })
    }

    /// Adds the statements, for an event of `node` at `at_ms`. The run's row must exist. `reserves`: money may be set aside for the call.
    pub(crate) fn add_to(
        &self,
        statements: &mut Statements,
        run_id: &str,
        (node, at_ms): (i64, i64),
        reserves: bool,
    ) -> Result<(), Fault> {
        match self {
            Entry::Began { tokens, sub_model } => {
                statements
                    .add("UPDATE runs SET tokens_estimate = ?, sub_model = ? WHERE run_id = ?")
                    .bind(tokens)?
                    .bind(sub_model)?
                    .bind(run_id)?;
            }
            Entry::Routed { mode } => {
                statements.add("UPDATE runs SET mode = ? WHERE run_id = ?").bind(mode)?.bind(run_id)?;
            }
            Entry::Paid { call, model, cost, usage } => {
                // A call without usage was not sent, or a child's turns have its figures.
                if *usage != Usage::default() || cost.is_some_and(|cost| cost > Usd::ZERO) {
                    statements
                        .add(
                            "WITH paid (at_ms, run_id, model, cost, input, output) AS (VALUES (?, ?, ?, ?, ?, ?))
                             INSERT INTO spending (day, model, run_id, calls, free, unpriced, cost_pico, input_tokens, output_tokens)
                             SELECT date(at_ms / 1000, 'unixepoch', 'localtime'),
                                coalesce(model, (SELECT runs.model FROM runs WHERE runs.run_id = paid.run_id), ''),
                                run_id, 1, cost IS NOT NULL AND cost = 0, cost IS NULL, coalesce(cost, 0), input, output
                             FROM paid WHERE true
                             ON CONFLICT (day, model, run_id) DO UPDATE SET
                                calls = calls + 1, free = free + excluded.free, unpriced = unpriced + excluded.unpriced,
                                cost_pico = cost_pico + excluded.cost_pico,
                                input_tokens = input_tokens + excluded.input_tokens,
                                output_tokens = output_tokens + excluded.output_tokens",
                        )
                        .bind(at_ms)?
                        .bind(run_id)?
                        .bind(model)?
                        .bind(cost.map(pico))?
                        .bind(usage.input_tokens as i64)?
                        .bind(usage.output_tokens as i64)?;
                }
                if reserves {
                    statements
                        .add("DELETE FROM reservations WHERE run_id = ? AND node = ? AND call = ?")
                        .bind(run_id)?
                        .bind(node)?
                        .bind(call)?;
                }
            }
            Entry::Rests => {
                statements.add("DELETE FROM reservations WHERE run_id = ?").bind(run_id)?;
            }
        }
        Ok(())
    }
}

/// Books the runs of versions without books. Each run is booked whole or not at all, so an interrupted start continues.
pub(crate) async fn book_older_runs(connection: &mut SqliteConnection) -> Result<(), Fault> {
    let runs: Vec<String> =
        sqlx::query_scalar("SELECT run_id FROM unfolded").fetch_all(&mut *connection).await.map_err(of_sql)?;
    for run_id in runs {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.map_err(of_sql)?;
        let folded = fold(connection, &run_id).await;
        let end = if folded.is_ok() { "COMMIT" } else { "ROLLBACK" };
        sqlx::query(end).execute(&mut *connection).await.map_err(of_sql)?;
        folded?;
    }
    Ok(())
}

async fn fold(connection: &mut SqliteConnection, run_id: &str) -> Result<(), Fault> {
    let events: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as("SELECT node, at_ms, body FROM events WHERE run_id = ? ORDER BY seq")
        .bind(run_id)
        .fetch_all(&mut *connection)
        .await
        .map_err(of_sql)?;
    let mut asked = Asked::default();
    for (node, at_ms, body) in events {
        // An unreadable event must not keep the program from starting. Opening its run reports it.
        let kind = unpack(body).ok().and_then(|body| serde_json::from_str::<EventKind>(&body).ok());
        if let Some(entry) = kind.as_ref().and_then(|kind| Entry::of(node, kind, &mut asked)) {
            let mut statements = Statements::default();
            entry.add_to(&mut statements, run_id, (node, at_ms), false)?;
            statements.run(connection).await?;
        }
    }
    sqlx::query("DELETE FROM unfolded WHERE run_id = ?").bind(run_id).execute(connection).await.map_err(of_sql)?;
    Ok(())
}
