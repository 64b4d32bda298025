//! Runs as they are listed, reopened, resumed and deleted.

use crate::fault::{self, of_sql};
use crate::{Store, books::Asked, packing::unpack, record::call_of_column};
use plumb_rlm::{
    fault::{Code, Fault},
    ids::{BlobId, CallId, NodeId, RunId},
    record::event::{EVENT_VERSION, Event, EventKind},
    traits::journal::Journal,
};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::sync::Arc;
use ts_rs::TS;

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Someone is at work on it, perhaps in another window.
    Running,
    /// Ended with an answer.
    Answered,
    /// Ended at a limit.
    Limit,
    /// Ended by the user.
    Stopped,
    /// Ended by a fault.
    Failed,
    /// Its program ended before it did. It can be resumed.
    Interrupted,
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunRow {
    /// Which.
    pub run_id: RunId,
    /// What was asked.
    pub question: String,
    /// What people call that which it was asked about.
    pub name: String,
    /// How it stands.
    pub status: RunState,
    /// Milliseconds since 1970.
    pub started_at_ms: i64,
    /// Milliseconds since 1970.
    pub finished_at_ms: Option<i64>,
    /// `None` while the price of any call is unknown.
    pub cost_usd: Option<f64>,
    /// The library with the same sources, when there is one.
    pub library_id: Option<i64>,
}

/// What had arrived of a reply that is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Partial {
    /// Whose reply.
    pub node: NodeId,
    /// The sub-call; `None` for the node's own turn.
    pub call: Option<CallId>,
    /// The text so far.
    pub text: String,
    /// When it was kept, in milliseconds since 1970.
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
        // Names sort by time, and stay a valid place to go on from when the run itself is deleted.
        let rows: Vec<StoredRun> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{RUN} WHERE ?1 IS NULL OR run_id < ?1 ORDER BY run_id DESC LIMIT ?2")))
                .bind(before.map(|run| run.0.as_str()))
                .bind(limit)
                .fetch_all(self.pool())
                .await
                .map_err(of_sql)?;
        Ok(rows.into_iter().map(|row| row.row(self)).collect())
    }

    /// The newest `limit` runs whose question contains `words`, upper and lower case (of ASCII) being the same.
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
        row.bind(&run_id.0).fetch_optional(self.pool()).await.map_err(of_sql)?.ok_or_else(|| fault::no_such_run(&run_id.0))
    }

    /// One run.
    ///
    /// # Errors
    /// `no_such_run`.
    pub async fn run(&self, run_id: &RunId) -> Result<RunRow, Fault> {
        Ok(self.stored_run(run_id).await?.row(self))
    }

    /// The run whose name begins with `prefix`.
    ///
    /// # Errors
    /// `no_such_run`; `ambiguous_run` when there are several.
    pub async fn resolve_run(&self, prefix: &str) -> Result<RunId, Fault> {
        let prefix = prefix.trim().to_ascii_lowercase();
        if prefix.is_empty() {
            return Err(fault::no_such_run("without a name"));
        }
        let found: Vec<String> =
            sqlx::query_scalar("SELECT run_id FROM runs WHERE substr(run_id, 1, length(?1)) = ?1 ORDER BY run_id LIMIT 2")
                .bind(&prefix)
                .fetch_all(self.pool())
                .await
                .map_err(of_sql)?;
        match <[String; 1]>::try_from(found) {
            Ok([run]) => Ok(RunId(run)),
            Err(found) if found.is_empty() => Err(fault::no_such_run(&prefix)),
            // One name may begin with another that is whole.
            Err(found) if found.contains(&prefix) => Ok(RunId(prefix)),
            Err(_) => {
                Err(Fault::new(Code::AmbiguousRun, format!("More than one run begins with {prefix}. Give more of its name.")))
            }
        }
    }

    /// The events of a run, in order.
    ///
    /// # Errors
    /// `no_such_run`, `damaged`.
    pub async fn events(&self, run_id: &RunId) -> Result<Vec<Event>, Fault> {
        self.events_from(run_id, 0).await
    }

    /// The events of a run from number `from` on, in order. Kinds that only a newer version knows are left out.
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
                    tracing::warn!(run = %run_id, seq, kind, "an event of a newer version is passed over");
                }
                Err(error) => return Err(fault::damaged(&format!("event {seq} of run {run_id} cannot be read: {error}"))),
            }
        }
        Ok(events)
    }

    /// What had arrived of replies that are not finished.
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

    /// A kept text.
    ///
    /// # Errors
    /// `damaged` when it is not there.
    pub async fn blob(&self, id: &BlobId) -> Result<String, Fault> {
        let packed = sqlx::query_scalar("SELECT text FROM blobs WHERE digest = ?")
            .bind(&id.0)
            .fetch_optional(self.pool())
            .await
            .map_err(of_sql)?;
        unpack(packed.ok_or_else(|| fault::damaged("a prompt is missing"))?)
    }

    /// Takes a run over, to go on with it; the record returned is how. Nobody else can take it while this is held.
    ///
    /// # Errors
    /// `no_such_run`; `run_is_active` when someone is at work on it.
    pub async fn claim_run(&self, run_id: &RunId) -> Result<Arc<dyn Journal>, Fault> {
        let active = || {
            Fault::new(
                Code::RunIsActive,
                "Someone is at work on this run, in this or another window. Wait until it is finished, or stop it there first.",
            )
        };
        // Within this process one claim at a time; between processes the comparison of the owner decides.
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
        // Someone else was faster.
        if claimed.rows_affected() == 0 { Err(active()) } else { Ok(self.journal_of(run_id, self.asked(run_id).await?, true)) }
    }

    /// Whom the nodes and sub-calls of a run ask.
    async fn asked(&self, run_id: &RunId) -> Result<Asked, Fault> {
        let mut asked = Asked::default();
        for event in self.events(run_id).await? {
            asked.note(event.node.0.into(), &event.kind);
        }
        Ok(asked)
    }

    /// Deletes a run with its events and the texts that only it kept.
    ///
    /// # Errors
    /// `no_such_run`; `run_is_active` when someone is at work on it.
    pub async fn delete_run(&self, run_id: &RunId) -> Result<(), Fault> {
        if self.run(run_id).await?.status == RunState::Running {
            return Err(Fault::new(Code::RunIsActive, "Someone is at work on this run. Stop it first, then delete it."));
        }
        sqlx::query("DELETE FROM runs WHERE run_id = ?").bind(&run_id.0).execute(self.pool()).await.map_err(of_sql)?;
        Ok(())
    }
}
