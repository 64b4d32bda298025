//! The recorded past of each node, for resume. Replay answers from here and sends nothing.

use crate::{
    fault::{Code, Fault},
    ids::{BlobId, CallId, NodeId},
    record::event::{Event, EventKind},
    traits::repl::CellOutcome,
    usage::{Finish, Usage},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A recorded reply of a sub-call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedReply {
    /// The whole text.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the call.
    pub usage: Usage,
}

/// A recorded sub-call.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// The sub-call.
    pub call: CallId,
    /// Its prompt, by its content.
    pub prompt: BlobId,
    /// A child node answers it.
    pub recursive: bool,
    /// How it ended; `None` if it was in flight.
    pub result: Option<Result<RecordedReply, Fault>>,
}

/// A recorded cell.
#[derive(Clone, Debug, Default)]
pub struct CellRecord {
    /// The turn whose reply holds it.
    pub turn: u32,
    /// Its code.
    pub code: String,
    /// How it ended; `None` if it was running.
    pub outcome: Option<CellOutcome>,
    /// Its sub-calls, ordered by number.
    pub calls: Vec<CallRecord>,
}

/// The reply of a turn.
#[derive(Clone, Debug)]
pub struct ReplyRecord {
    /// The whole reply.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
}

/// The record of one node.
#[derive(Clone, Debug, Default)]
pub struct NodeRecord {
    /// The node has started.
    pub started: bool,
    /// Replies by turn.
    pub replies: BTreeMap<u32, ReplyRecord>,
    /// Cells by number.
    pub cells: BTreeMap<u32, CellRecord>,
    /// Maximum sizes of the conversation in tokens, by the turn from which each holds.
    pub compactions: BTreeMap<u32, u64>,
    /// Steps of plans that started, and those that ended.
    pub steps: (BTreeSet<u32>, BTreeSet<u32>),
    /// Follow-up questions, by the first turn whose prompt holds each.
    pub follow_ups: BTreeMap<u32, String>,
}

impl NodeRecord {
    /// The `occurrence`-th (from 0) recorded call of a cell with this prompt.
    pub fn call(&self, cell: u32, prompt: &BlobId, recursive: bool, occurrence: usize) -> Option<&CallRecord> {
        let same = |call: &&CallRecord| call.prompt == *prompt && call.recursive == recursive;
        self.cells.get(&cell)?.calls.iter().filter(same).nth(occurrence)
    }

    /// Maximum size of the conversation in the prompt of `turn`, in tokens; `None` where the model's window alone limits it.
    pub fn max_conversation_tokens(&self, turn: u32) -> Option<u64> {
        self.compactions.range(..=turn).next_back().map(|(_, max_tokens)| *max_tokens)
    }
}

/// The record of a run.
#[derive(Debug, Default)]
pub struct Record {
    /// Records by node.
    pub nodes: HashMap<NodeId, NodeRecord>,
    /// Child nodes, by the recursive call that each answers.
    pub children: HashMap<CallId, NodeId>,
    /// Number of the next event.
    pub next_seq: u64,
    /// Number of the next node.
    pub next_node: u32,
    /// Number of the next sub-call.
    pub next_call: u32,
}

impl Record {
    /// Reads a run's events.
    pub fn of(events: &[Event]) -> Self {
        let mut record = Record::default();
        for event in events {
            record.next_seq = record.next_seq.max(event.seq + 1);
            record.next_node = record.next_node.max(event.node.0 + 1);
            let node = record.nodes.entry(event.node).or_default();
            match &event.kind {
                EventKind::NodeStarted { parent, .. } => {
                    node.started = true;
                    if let Some(call) = parent {
                        record.children.insert(*call, event.node);
                    }
                }
                EventKind::Reply { turn, text, finish, .. } => {
                    node.replies.insert(*turn, ReplyRecord { text: text.clone(), finish: *finish });
                }
                EventKind::CellStarted { turn, cell, code } => {
                    let cell = node.cells.entry(*cell).or_default();
                    cell.turn = *turn;
                    cell.code.clone_from(code);
                }
                EventKind::CellFinished { cell, outcome, .. } => {
                    node.cells.entry(*cell).or_default().outcome = Some(outcome.clone());
                }
                EventKind::StepStarted { cell, .. } => drop(node.steps.0.insert(*cell)),
                EventKind::StepFinished { cell, .. } => drop(node.steps.1.insert(*cell)),
                EventKind::CallStarted { call, cell, prompt, recursive, .. } => {
                    record.next_call = record.next_call.max(call.0 + 1);
                    let started = CallRecord { call: *call, prompt: prompt.clone(), recursive: *recursive, result: None };
                    node.cells.entry(*cell).or_default().calls.push(started);
                }
                EventKind::CallFinished { call, text, error, finish, usage, .. } => {
                    let ended = match error {
                        // The run was stopped during the call, so resume asks again.
                        Some(fault) if fault.code == Code::Stopped => continue,
                        Some(fault) => Err(fault.clone()),
                        None => Ok(RecordedReply { text: text.clone(), finish: *finish, usage: *usage }),
                    };
                    let calls = node.cells.values_mut().flat_map(|cell| &mut cell.calls);
                    if let Some(record) = calls.into_iter().find(|record| record.call == *call) {
                        record.result = Some(ended);
                    }
                }
                EventKind::Compacted { turn, max_tokens } => {
                    node.compactions.insert(*turn, *max_tokens);
                }
                EventKind::FollowedUp { turn, question } => {
                    node.follow_ups.insert(*turn, question.clone());
                }
                _ => {}
            }
        }
        for node in record.nodes.values_mut() {
            for cell in node.cells.values_mut() {
                cell.calls.sort_by_key(|call| call.call);
            }
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::RunId, record::event::EVENT_VERSION};

    fn record(kinds: Vec<(u32, EventKind)>) -> Record {
        let event = |(seq, (node, kind))| Event { version: EVENT_VERSION, seq, at_ms: 0, node: NodeId(node), kind };
        Record::of(&(0..).zip(kinds).map(event).collect::<Vec<_>>())
    }

    #[test]
    fn replay_limits_each_prompt_as_it_was_limited() {
        let compacted = |turn, max_tokens| EventKind::Compacted { turn, max_tokens };
        let record = record(vec![(0, compacted(3, 800)), (0, compacted(3, 600)), (1, compacted(1, 50)), (0, compacted(7, 400))]);
        let limits = |node: u32| [1, 2, 3, 6, 7, 20].map(|turn| record.nodes[&NodeId(node)].max_conversation_tokens(turn));
        assert_eq!(limits(0), [None, None, Some(600), Some(600), Some(400), Some(400)]);
        assert_eq!(limits(1), [Some(50); 6]);
    }

    #[test]
    fn replay_gives_back_follow_ups_by_turn() {
        let asked = |turn, question: &str| EventKind::FollowedUp { turn, question: question.to_owned() };
        let forked = EventKind::Forked { from: RunId("a".to_owned()), up_to: 4 };
        let record = record(vec![(0, asked(3, "And in 2020?")), (0, forked), (0, asked(5, "Why?"))]);
        let known = record.nodes[&NodeId(0)].follow_ups.iter().map(|(turn, question)| (*turn, question.as_str()));
        assert_eq!(known.collect::<Vec<_>>(), [(3, "And in 2020?"), (5, "Why?")]);
        assert_eq!(record.next_seq, 3);
    }
}
