//! Runs: listed, reopened, resumed and deleted.

use crate::{
    fault::{damaged, no_such_run, of_sql},
    store::Store,
    write::{books::Asked, columns::call_of_column, packing::unpack},
};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    ids::{BlobId, CallId, NodeId, RunId},
    record::event::{EVENT_VERSION, Event, EventKind},
    traits::journal::Journal,
};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::sync::Arc;
use ts_rs::TS;

/// State of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// In progress, perhaps in another window.
    Running,
    /// Ended with an answer.
    Answered,
    /// Ended at a limit.
    Limit,
    /// Stopped by the user.
    Stopped,
    /// Ended by a fault.
    Failed,
    /// Its program ended first. The run can be resumed.
    Interrupted,
}

/// A row of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunRow {
    /// Id of the run.
    pub run_id: RunId,
    /// The first question of the run.
    pub question: String,
    /// Name of the folders and files that it asks about.
    pub name: String,
    /// Its state.
    pub status: RunState,
    /// When it started, in milliseconds since 1970.
    pub started_at_ms: i64,
    /// When it ended, in milliseconds since 1970.
    pub finished_at_ms: Option<i64>,
    /// Cost in US dollars; `None` if the price of a call is unknown.
    pub cost_usd: Option<f64>,
    /// The library with the same sources, if it exists.
    pub library_id: Option<i64>,
}

/// The part of an unfinished reply that had arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Partial {
    /// The node of the reply.
    pub node: NodeId,
    /// The sub-call; `None` for the node's own turn.
    pub call: Option<CallId>,
    /// The text so far.
    pub text: String,
    /// When it was stored, in milliseconds since 1970.
    pub at_ms: i64,
}

#[derive(FromRow)]
struct StoredRun {
    run_id: String,
    question: String,
    name: String,
    library_id: Option<i64>,
    started_at_ms: i64,
    status: String,
    cost_pico: i64,
    unpriced: i64,
    finished_at_ms: Option<i64>,
    owner: Option<String>,
}

impl StoredRun {
    fn row(self, store: &Store) -> RunRow {
        let run_id = RunId(self.run_id);
        let status = match self.status.as_str() {
            "answered" => RunState::Answered,
            "limit" => RunState::Limit,
            "stopped" => RunState::Stopped,
            "failed" => RunState::Failed,
            _ if self.owner.is_some_and(|owner| store.is_at_work(&run_id, &owner)) => RunState::Running,
            _ => RunState::Interrupted,
        };
        RunRow {
            run_id,
            question: self.question,
            name: self.name,
            status,
            started_at_ms: self.started_at_ms,
            finished_at_ms: self.finished_at_ms,
            cost_usd: (self.unpriced == 0).then(|| self.cost_pico as f64 / 1e12),
            library_id: self.library_id,
        }
    }
}

const RUN: &str =
    "SELECT run_id, question, name, library_id, started_at_ms, status, cost_pico, unpriced, finished_at_ms, owner FROM runs";

impl Store {
    /// The history, newest first: at most `limit` runs, those older than `before` when it is given.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn runs(&self, limit: u32, before: Option<&RunId>) -> Result<Vec<RunRow>, Fault> {
        // Ids sort by time. A page can continue after an id whose run was deleted.
        let rows: Vec<StoredRun> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{RUN} WHERE ?1 IS NULL OR run_id < ?1 ORDER BY run_id DESC LIMIT ?2")))
                .bind(before.map(|run| run.0.as_str()))
                .bind(limit)
                .fetch_all(self.pool())
                .await
                .map_err(of_sql)?;
        Ok(rows.into_iter().map(|row| row.row(self)).collect())
    }

    /// The newest `limit` runs whose question contains `words`, ignoring the case of ASCII letters.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn runs_containing(&self, words: &str, limit: u32) -> Result<Vec<RunRow>, Fault> {
        let rows: Vec<StoredRun> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{RUN} WHERE instr(lower(question), lower(?)) > 0 ORDER BY run_id DESC LIMIT ?"
        )))
        .bind(words)
        .bind(limit)
        .fetch_all(self.pool())
        .await
        .map_err(of_sql)?;
        Ok(rows.into_iter().map(|row| row.row(self)).collect())
    }

    async fn stored_run(&self, run_id: &RunId) -> Result<StoredRun, Fault> {
        let row = sqlx::query_as(sqlx::AssertSqlSafe(format!("{RUN} WHERE run_id = ?")));
        row.bind(&run_id.0).fetch_optional(self.pool()).await.map_err(of_sql)?.ok_or_else(|| no_such_run(&run_id.0))
    }

    /// One run.
    ///
    /// # Errors
    /// `no_such_run`.
    pub async fn run(&self, run_id: &RunId) -> Result<RunRow, Fault> {
        Ok(self.stored_run(run_id).await?.row(self))
    }

    /// The run whose id starts with `prefix`.
    ///
    /// # Errors
    /// `no_such_run`; `ambiguous_run` when there are several.
    pub async fn resolve_run(&self, prefix: &str) -> Result<RunId, Fault> {
        let prefix = prefix.trim().to_ascii_lowercase();
        if prefix.is_empty() {
            return Err(no_such_run("without an id"));
        }
        let found: Vec<String> =
            sqlx::query_scalar("SELECT run_id FROM runs WHERE substr(run_id, 1, length(?1)) = ?1 ORDER BY run_id LIMIT 2")
                .bind(&prefix)
                .fetch_all(self.pool())
                .await
                .map_err(of_sql)?;
        match <[String; 1]>::try_from(found) {
            Ok([run]) => Ok(RunId(run)),
            Err(found) if found.is_empty() => Err(no_such_run(&prefix)),
            // An id may be the start of another one.
            Err(found) if found.contains(&prefix) => Ok(RunId(prefix)),
            Err(_) => Err(fault!(
                Code::AmbiguousRun,
                "Several runs have an id that starts with {prefix}. Type more of the id.",
                prefix = prefix
            )),
        }
    }

    /// The events of a run, in order.
    ///
    /// # Errors
    /// `no_such_run`, `damaged`.
    pub async fn events(&self, run_id: &RunId) -> Result<Vec<Event>, Fault> {
        self.events_from(run_id, 0).await
    }

    /// The events of a run from number `from` on, in order, without those of kinds that only a newer version knows.
    ///
    /// # Errors
    /// `no_such_run`, `damaged`.
    pub async fn events_from(&self, run_id: &RunId, from: u64) -> Result<Vec<Event>, Fault> {
        let rows: Vec<(i64, i64, i64, i64, String, Vec<u8>)> =
            sqlx::query_as("SELECT seq, version, at_ms, node, kind, body FROM events WHERE run_id = ? AND seq >= ? ORDER BY seq")
                .bind(&run_id.0)
                .bind(i64::try_from(from).unwrap_or(i64::MAX))
                .fetch_all(self.pool())
                .await
                .map_err(of_sql)?;
        if rows.is_empty() {
            self.stored_run(run_id).await?;
        }
        let mut events = Vec::with_capacity(rows.len());
        for (seq, version, at_ms, node, kind, body) in rows {
            let body: Result<EventKind, _> = serde_json::from_str(&unpack(body)?);
            match body {
                Ok(kind) => events.push(Event {
                    version: version as u16,
                    seq: seq as u64,
                    at_ms: at_ms as u64,
                    node: NodeId(node as u32),
                    kind,
                }),
                Err(_) if version > i64::from(EVENT_VERSION) => {
                    tracing::warn!(run = %run_id, seq, kind, "skipped an event of a newer version");
                }
                Err(error) => return Err(damaged(&format!("event {seq} of run {run_id} cannot be read: {error}"))),
            }
        }
        Ok(events)
    }

    /// The parts of unfinished replies that had arrived.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn partials(&self, run_id: &RunId) -> Result<Vec<Partial>, Fault> {
        let rows: Vec<(i64, i64, Vec<u8>, i64)> =
            sqlx::query_as("SELECT node, call, text, at_ms FROM partials WHERE run_id = ? ORDER BY node, call")
                .bind(&run_id.0)
                .fetch_all(self.pool())
                .await
                .map_err(of_sql)?;
        rows.into_iter()
            .map(|(node, call, text, at_ms)| {
                Ok(Partial { node: NodeId(node as u32), call: call_of_column(call), text: unpack(text)?, at_ms })
            })
            .collect()
    }

    /// A stored text.
    ///
    /// # Errors
    /// `damaged` if it is missing.
    pub async fn blob(&self, id: &BlobId) -> Result<String, Fault> {
        let packed = sqlx::query_scalar("SELECT text FROM blobs WHERE digest = ?")
            .bind(&id.0)
            .fetch_optional(self.pool())
            .await
            .map_err(of_sql)?;
        unpack(packed.ok_or_else(|| damaged("a prompt is missing"))?)
    }

    /// Takes a run over to continue it, and returns its journal. Nobody else can take the run while the journal is held.
    ///
    /// # Errors
    /// `no_such_run`; `run_is_active` when someone is at work on it.
    pub async fn claim_run(&self, run_id: &RunId) -> Result<Arc<dyn Journal>, Fault> {
        let active = || {
            fault!(
                Code::RunIsActive,
                "This run is already in progress, here or in another window or terminal. Wait until it ends, or stop it there first."
            )
        };
        // A lock orders claims within this process. Between processes, the comparison of the owner decides.
        let _turn = self.inner.claims.lock().await;
        let owner = self.stored_run(run_id).await?.owner;
        if owner.as_deref().is_some_and(|owner| self.is_at_work(run_id, owner)) {
            return Err(active());
        }
        let claimed = sqlx::query("UPDATE runs SET owner = ? WHERE run_id = ? AND owner IS ?")
            .bind(self.owner_id())
            .bind(&run_id.0)
            .bind(owner)
            .execute(self.pool())
            .await
            .map_err(of_sql)?;
        // Another process claimed it in between.
        if claimed.rows_affected() == 0 { Err(active()) } else { Ok(self.journal_of(run_id, self.asked(run_id).await?, true)) }
    }

    /// The models of a run's nodes and sub-calls.
    async fn asked(&self, run_id: &RunId) -> Result<Asked, Fault> {
        let mut asked = Asked::default();
        for event in self.events(run_id).await? {
            asked.note(event.node.0.into(), &event.kind);
        }
        Ok(asked)
    }

    /// Deletes a run, its events, and texts that no other run uses.
    ///
    /// # Errors
    /// `no_such_run`; `run_is_active` when someone is at work on it.
    pub async fn delete_run(&self, run_id: &RunId) -> Result<(), Fault> {
        if self.run(run_id).await?.status == RunState::Running {
            return Err(fault!(Code::RunIsActive, "This run is in progress. Stop it first, then delete it."));
        }
        sqlx::query("DELETE FROM runs WHERE run_id = ?").bind(&run_id.0).execute(self.pool()).await.map_err(of_sql)?;
        Ok(())
    }
}
