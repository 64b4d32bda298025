//! What a run has come to: totals over its events.

use crate::{
    fault::Fault,
    ids::NodeId,
    money::Usd,
    options::Mode,
    record::event::{Citation, Event, EventKind, RunStatus},
    usage::Usage,
};

/// A run's totals.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// What was asked.
    pub question: String,
    /// How it ended; absent while it is under way or interrupted.
    pub status: Option<RunStatus>,
    /// The answer, or the best so far.
    pub answer: String,
    /// Resolved citations.
    pub citations: Vec<Citation>,
    /// Which way was taken.
    pub mode: Option<Mode>,
    /// Why.
    pub mode_reason: Option<String>,
    /// Turns of the root.
    pub turns: u32,
    /// Sub-calls.
    pub calls: u32,
    /// All tokens.
    pub usage: Usage,
    /// What is known to be spent.
    pub cost: Usd,
    /// A call's price was unknown, so that `cost` is not all.
    pub price_unknown: bool,
    /// Time spent, pauses between resumes not counted.
    pub elapsed_ms: u64,
    /// Why it stopped or failed.
    pub error: Option<Fault>,
}

impl Totals {
    /// Adds up a run's events.
    pub fn of(events: &[Event]) -> Self {
        let mut totals = Totals::default();
        let mut segment: Option<(u64, u64)> = None; // first and last moment of the time the run was under way
        for event in events {
            match &mut segment {
                Some((_, last)) if !matches!(event.kind, EventKind::Resumed) => *last = (*last).max(event.at_ms),
                _ => {
                    totals.elapsed_ms += segment.map_or(0, |(first, last)| last - first);
                    segment = Some((event.at_ms, event.at_ms));
                }
            }
            totals.add(event);
        }
        totals.elapsed_ms += segment.map_or(0, |(first, last)| last - first);
        totals
    }

    /// The cost, when all of it is known.
    pub fn known_cost(&self) -> Option<Usd> {
        (!self.price_unknown).then_some(self.cost)
    }

    fn add(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { question, .. } => self.question.clone_from(question),
            EventKind::Routed { mode, reason } => {
                self.mode = Some(*mode);
                self.mode_reason = Some(reason.clone());
            }
            EventKind::Reply { turn, usage, cost_usd, .. } => {
                if event.node == NodeId(0) {
                    self.turns = self.turns.max(*turn);
                }
                self.spend(*usage, *cost_usd);
            }
            EventKind::ReplyLost { usage, cost_usd, .. } => self.spend(*usage, *cost_usd),
            EventKind::CallStarted { .. } => self.calls += 1,
            EventKind::CallFinished { usage, cost_usd, .. } => self.spend(*usage, *cost_usd),
            EventKind::Resumed => {
                self.status = None;
                self.error = None;
                self.citations.clear();
            }
            EventKind::Cited(citation) => self.citations.push(citation.clone()),
            EventKind::Finished { status, answer, error, .. } => {
                self.status = Some(*status);
                self.answer.clone_from(answer);
                self.error.clone_from(error);
            }
            _ => {}
        }
    }

    fn spend(&mut self, usage: Usage, cost: Option<Usd>) {
        self.usage = self.usage.plus(usage);
        match cost {
            Some(cost) => self.cost = self.cost.plus(cost),
            None if usage != Usage::default() => self.price_unknown = true,
            None => {}
        }
    }
}
