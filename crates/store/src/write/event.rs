//! An event to write, with the columns derived from it.

use crate::{
    fault::unwritable,
    write::{
        blob::Blob,
        books::{Asked, Entry},
        columns::{OWN_TURN, call_column, pico, sources_json, status_column},
        packing::pack,
        statements::Statements,
    },
};
use plumb_rlm::{
    fault::Fault,
    ids::NodeId,
    money::Usd,
    record::event::{Event, EventKind},
    usage::Usage,
};

pub(crate) struct EventWrite {
    run_id: String,
    owner: String,
    seq: i64,
    version: i64,
    at_ms: i64,
    node: i64,
    kind: String,
    body: Vec<u8>,
    /// A text that the event names.
    text: Option<Blob>,
    effect: Effect,
    entry: Option<Entry>,
    to_clear: ToClear,
}

/// Rows of a running call that its end deletes.
#[derive(Clone, Copy)]
pub(crate) struct ToClear {
    /// The part of its reply that had arrived.
    pub(crate) partials: bool,
    /// Money that was set aside.
    pub(crate) reserved: bool,
}

/// The change of a run's row by an event.
enum Effect {
    Nothing,
    Started {
        question: String,
        name: String,
        sources: String,
        library: String,
        model: String,
    },
    /// `free`: the call used no tokens, so an unknown price does not matter.
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

impl EventWrite {
    pub(crate) fn new(
        run_id: &str,
        owner: &str,
        event: &Event,
        text: Option<Blob>,
        asked: &mut Asked,
        to_clear: ToClear,
    ) -> Result<Self, Fault> {
        let body = serde_json::to_value(&event.kind).and_then(|value| Ok((serde_json::to_string(&value)?, value)));
        let (body, value) = body.map_err(|error| unwritable("an event", &error))?;
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
            EventKind::FollowedUp { .. } if event.node == NodeId(0) => Effect::Resumed,
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
            text,
            effect,
            entry: Entry::of(event.node.0.into(), &event.kind, asked),
            to_clear,
        })
    }

    pub(crate) fn add_to(&self, statements: &mut Statements) -> Result<(), Fault> {
        // The run's row goes first: events refer to it.
        match &self.effect {
            Effect::Nothing => {}
            Effect::Started { question, name, sources, library, model } => {
                statements
                    .add(
                        "INSERT INTO runs (run_id, question, name, sources, model, library_id, started_at_ms, status, owner)
                         VALUES (?, ?, ?, ?, ?, (SELECT id FROM libraries WHERE sources = ?), ?, 'running', ?)",
                    )
                    .bind(&self.run_id)?
                    .bind(question)?
                    .bind(name)?
                    .bind(sources)?
                    .bind(model)?
                    .bind(library)?
                    .bind(self.at_ms)?
                    .bind(&self.owner)?;
            }
            Effect::Replied { call, cost, free } => {
                if self.to_clear.partials {
                    statements
                        .add("DELETE FROM partials WHERE run_id = ? AND call = ? AND (call >= 0 OR node = ?)")
                        .bind(&self.run_id)?
                        .bind(call)?
                        .bind(self.node)?;
                }
                statements
                    .add("UPDATE runs SET cost_pico = cost_pico + ?, unpriced = unpriced + ? WHERE run_id = ?")
                    .bind(cost.map_or(0, pico))?
                    .bind(i64::from(cost.is_none() && !free))?
                    .bind(&self.run_id)?;
            }
            Effect::Resumed => {
                statements
                    .add("UPDATE runs SET status = 'running', finished_at_ms = NULL, owner = ? WHERE run_id = ?")
                    .bind(&self.owner)?
                    .bind(&self.run_id)?;
            }
            Effect::Finished { status } => {
                statements
                    .add("UPDATE runs SET status = ?, finished_at_ms = ?, owner = NULL WHERE run_id = ?")
                    .bind(*status)?
                    .bind(self.at_ms)?
                    .bind(&self.run_id)?;
            }
        }
        if let Some(text) = &self.text {
            text.add_to(statements, &self.run_id)?;
        }
        if let Some(entry) = &self.entry {
            entry.add_to(statements, &self.run_id, (self.node, self.at_ms), self.to_clear.reserved)?;
        }
        statements
            .add("INSERT INTO events (run_id, seq, version, at_ms, node, kind, body) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(&self.run_id)?
            .bind(self.seq)?
            .bind(self.version)?
            .bind(self.at_ms)?
            .bind(self.node)?
            .bind(&self.kind)?
            .bind(&self.body)?;
        Ok(())
    }
}
