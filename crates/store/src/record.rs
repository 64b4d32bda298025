//! What one write changes: an event with the columns derived from it, a kept text, or a partial reply.

use crate::{
    StoreError,
    books::{Asked, Entry},
    libraries::sources_json,
    packing::pack,
    reservations::Reservation,
};
use plumb_rlm::{
    event::{BlobId, CallId, Event, EventKind, NodeId, RunStatus},
    model::Usage,
    money::Usd,
};
use sqlx::SqliteConnection;
use std::sync::Arc;

/// Stands for "no sub-call: the node's own turn", because NULL would not make the key unique.
pub(crate) const OWN_TURN: i64 = -1;

pub(crate) enum Write {
    Event(Box<EventWrite>),
    Reservation(Arc<Reservation>),
    Blob { run_id: String, id: BlobId, packed: Vec<u8> },
    Partial { run_id: String, node: NodeId, call: Option<CallId>, packed: Vec<u8>, at_ms: i64 },
}

pub(crate) struct EventWrite {
    run_id: String,
    owner: String,
    seq: i64,
    version: i64,
    at_ms: i64,
    node: i64,
    kind: String,
    body: Vec<u8>,
    effect: Effect,
    entry: Option<Entry>,
    reserves: bool,
}

/// What an event changes beside the list of events.
enum Effect {
    Nothing,
    Started {
        question: String,
        name: String,
        sources: String,
        library: String,
        model: String,
    },
    /// `free`: no token was used, so that an unknown price does not matter.
    Replied {
        call: i64,
        cost: Option<Usd>,
        free: bool,
    },
    Resumed,
    Finished {
        status: &'static str,
    },
}

pub(crate) fn call_column(call: Option<CallId>) -> i64 {
    call.map_or(OWN_TURN, |call| i64::from(call.0))
}

pub(crate) fn call_of_column(column: i64) -> Option<CallId> {
    u32::try_from(column).ok().map(CallId)
}

pub(crate) fn status_column(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Answered => "answered",
        RunStatus::Limit => "limit",
        RunStatus::Stopped => "stopped",
        RunStatus::Failed => "failed",
    }
}

/// The amount as whole picodollars; `i64` holds nine million dollars.
pub(crate) fn pico(amount: Usd) -> i64 {
    (amount.dollars() * 1e12).round() as i64
}

impl EventWrite {
    /// `reserves`: this store has set money aside.
    pub(crate) fn new(run_id: &str, owner: &str, event: &Event, asked: &mut Asked, reserves: bool) -> Result<Self, StoreError> {
        let body = serde_json::to_value(&event.kind).and_then(|value| Ok((serde_json::to_string(&value)?, value)));
        let (body, value) =
            body.map_err(|error| StoreError::new("store", format!("An event could not be written down: {error}.")))?;
        let effect = match &event.kind {
            EventKind::RunStarted { question, sources, name, options, .. } => Effect::Started {
                question: question.clone(),
                name: name.clone(),
                sources: serde_json::Value::from(sources.clone()).to_string(),
                library: sources_json(sources),
                model: format!("{}:{}", options.model.provider, options.model.name),
            },
            EventKind::Reply { cost_usd, usage, .. } | EventKind::ReplyLost { cost_usd, usage, .. } => {
                Effect::Replied { call: OWN_TURN, cost: *cost_usd, free: *usage == Usage::default() }
            }
            EventKind::CallFinished { call, cost_usd, usage, .. } => {
                Effect::Replied { call: call_column(Some(*call)), cost: *cost_usd, free: *usage == Usage::default() }
            }
            EventKind::Resumed => Effect::Resumed,
            EventKind::Finished { status, .. } => Effect::Finished { status: status_column(*status) },
            _ => Effect::Nothing,
        };
        Ok(EventWrite {
            run_id: run_id.to_owned(),
            owner: owner.to_owned(),
            seq: event.seq as i64,
            version: i64::from(event.version),
            at_ms: event.at_ms as i64,
            node: i64::from(event.node.0),
            kind: value["type"].as_str().unwrap_or_default().to_owned(),
            body: pack(&body),
            effect,
            entry: Entry::of(event.node.0.into(), &event.kind, asked),
            reserves,
        })
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        // The run's row goes first: events refer to it.
        let effect = match &self.effect {
            Effect::Nothing => None,
            Effect::Started { question, name, sources, library, model } => Some(
                sqlx::query(
                    "INSERT INTO runs (run_id, question, name, sources, model, library_id, started_at_ms, status, owner)
                     VALUES (?, ?, ?, ?, ?, (SELECT id FROM libraries WHERE sources = ?), ?, 'running', ?)",
                )
                .bind(&self.run_id)
                .bind(question)
                .bind(name)
                .bind(sources)
                .bind(model)
                .bind(library)
                .bind(self.at_ms)
                .bind(&self.owner),
            ),
            Effect::Replied { call, cost, free } => {
                let cleared = sqlx::query("DELETE FROM partials WHERE run_id = ?1 AND call = ?2 AND (call >= 0 OR node = ?3)");
                cleared.bind(&self.run_id).bind(call).bind(self.node).execute(&mut *connection).await?;
                Some(
                    sqlx::query("UPDATE runs SET cost_pico = cost_pico + ?, unpriced = unpriced + ? WHERE run_id = ?")
                        .bind(cost.map_or(0, pico))
                        .bind(i64::from(cost.is_none() && !free))
                        .bind(&self.run_id),
                )
            }
            Effect::Resumed => Some(
                sqlx::query("UPDATE runs SET status = 'running', finished_at_ms = NULL, owner = ? WHERE run_id = ?")
                    .bind(&self.owner)
                    .bind(&self.run_id),
            ),
            Effect::Finished { status } => Some(
                sqlx::query("UPDATE runs SET status = ?, finished_at_ms = ?, owner = NULL WHERE run_id = ?")
                    .bind(status)
                    .bind(self.at_ms)
                    .bind(&self.run_id),
            ),
        };
        if let Some(effect) = effect {
            effect.execute(&mut *connection).await?;
        }
        if let Some(entry) = &self.entry {
            entry.apply(connection, &self.run_id, (self.node, self.at_ms), self.reserves).await?;
        }
        sqlx::query("INSERT INTO events (run_id, seq, version, at_ms, node, kind, body) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(&self.run_id)
            .bind(self.seq)
            .bind(self.version)
            .bind(self.at_ms)
            .bind(self.node)
            .bind(&self.kind)
            .bind(&self.body)
            .execute(connection)
            .await?;
        Ok(())
    }
}

impl Write {
    pub(crate) async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        match self {
            Write::Event(event) => event.apply(connection).await,
            Write::Reservation(reservation) => reservation.apply(connection).await,
            Write::Blob { run_id, id, packed } => {
                sqlx::query("INSERT OR IGNORE INTO blobs (digest, text) VALUES (?, ?)")
                    .bind(&id.0)
                    .bind(packed)
                    .execute(&mut *connection)
                    .await?;
                sqlx::query("INSERT OR IGNORE INTO run_blobs (digest, run_id) VALUES (?, ?)")
                    .bind(&id.0)
                    .bind(run_id)
                    .execute(connection)
                    .await?;
                Ok(())
            }
            Write::Partial { run_id, node, call, packed, at_ms } => {
                sqlx::query("INSERT OR REPLACE INTO partials (run_id, node, call, text, at_ms) VALUES (?, ?, ?, ?, ?)")
                    .bind(run_id)
                    .bind(i64::from(node.0))
                    .bind(call_column(*call))
                    .bind(packed)
                    .bind(at_ms)
                    .execute(connection)
                    .await?;
                Ok(())
            }
        }
    }
}
