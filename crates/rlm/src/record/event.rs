//! A run is a list of events. The store writes each one before anyone sees it. The window, the cost, the trace and resume derive from that list.

use crate::{
    fault::{Code, Fault},
    ids::{BlobId, CallId, NodeId, RunId},
    money::Usd,
    options::{Mode, RunOptions},
    record::terms::Terms,
    traits::{repl::CellOutcome, sending::Destination},
    usage::{Finish, Usage},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Version of new events.
pub const EVENT_VERSION: u16 = 3;

/// How a run, or the latest question of its conversation, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// It has an answer.
    Answered,
    /// It reached a limit, and has the best answer so far.
    Limit,
    /// The user stopped it.
    Stopped,
    /// A fault ended it.
    Failed,
}

/// Whether a citation's quote is in the text it names. It does not say that the text supports the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum QuoteCheck {
    /// The named lines exist and contain the words quoted beside them.
    QuoteFound,
    /// The named lines exist. The answer quotes nothing to compare.
    PlaceFound,
    /// The document or the lines do not exist, or do not contain the quoted words.
    NotFound,
}

/// The kind of a question, by which the engine chooses its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// One fact that stands in one place.
    Fact,
    /// A count, a sum or an extreme over the rows of a table or the lines of a log.
    Rows,
    /// Several entries from several places.
    List,
    /// Things side by side.
    Compare,
    /// A document, a meeting or a topic, told in short.
    Summary,
    /// What the documents are.
    Overview,
    /// Places that contradict each other.
    Differences,
    /// A fact about something that has to be found first.
    Steps,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "does", rename_all = "snake_case")]
pub enum PlanStep {
    /// Asks the model for one line about each document.
    Describe {
        /// Number of documents.
        documents: u64,
    },
    /// Compares the meaning of passages with the question.
    Search {
        /// Number of passages.
        passages: u64,
    },
    /// Asks the question of passages, one by one.
    Read {
        /// Number of passages.
        passages: u64,
        /// Number of documents that they are from.
        documents: u64,
    },
    /// Has the model check what was found.
    Check {
        /// Number of things to check.
        findings: u64,
    },
    /// Compares the statements of documents.
    Compare {
        /// Number of documents.
        documents: u64,
    },
    /// Runs a query over the rows of tables.
    Query {
        /// The query in words.
        query: String,
    },
    /// Has the model write the answer from what was found.
    Write,
}

/// A place an answer refers to, resolved against the frozen text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Citation {
    /// Path of the document, as the answer names it.
    pub path: String,
    /// The place for readers: "page 3", "lines 10–14".
    pub place: String,
    /// First line, from 1.
    pub start_line: u64,
    /// Last line, inclusive.
    pub end_line: u64,
    /// The text of these lines, shortened.
    pub quote: String,
    /// The result of the check.
    pub verified: QuoteCheck,
    /// BLAKE3 of the document's text, which shows later changes.
    pub digest: String,
    /// Remarks on the document: text that may read badly, a change since the question was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub notes: Vec<String>,
}

/// The kind of an event, with its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "the large variant occurs once in a run, and no large array holds events")]
pub enum EventKind {
    /// The first event of a run.
    RunStarted {
        /// The question, in the user's words.
        question: String,
        /// Absolute paths of the folders and files asked about.
        sources: Vec<String>,
        /// Their name, for people.
        name: String,
        /// The chosen models, limits and mode.
        options: RunOptions,
        /// Documents in the corpus.
        documents: u64,
        /// Files that were left out.
        skipped: u64,
        /// Estimated tokens of the corpus.
        tokens_estimate: u64,
    },
    /// The way to answer was chosen.
    Routed {
        /// The way to answer.
        mode: Mode,
        /// The reason, in a sentence.
        reason: String,
    },
    /// A node started: the root, or the child that answers a recursive sub-call.
    NodeStarted {
        /// The sub-call that the node answers; absent for the root.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        parent: Option<CallId>,
        /// Depth in the recursion; 0 for the root.
        depth: u32,
        /// The question of the node.
        question: String,
        /// Name of the model, as `PROVIDER:NAME`.
        model: String,
        /// Where the model runs, and whether it costs money; absent before version 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        terms: Option<Terms>,
    },
    /// A turn started: its prompt is about to be sent to the model.
    TurnStarted {
        /// Number of the turn, from 1.
        turn: u32,
    },
    /// The reply of a turn is complete.
    Reply {
        /// The turn.
        turn: u32,
        /// The whole reply.
        text: String,
        /// Tokens used; estimated by Plumb when `usage_estimated`.
        usage: Usage,
        /// The provider did not report all tokens.
        usage_estimated: bool,
        /// Cost in US dollars; absent where the price is unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        cost_usd: Option<Usd>,
        /// Milliseconds from sending to the last token.
        elapsed_ms: u64,
        /// Why the reply ended.
        finish: Finish,
    },
    /// The reply of a turn was cut off. Resume asks for it again.
    ReplyLost {
        /// The turn.
        turn: u32,
        /// The text that had arrived.
        text: String,
        /// Tokens that the provider had counted by then; the rest is estimated by Plumb.
        usage: Usage,
        /// Cost in US dollars; absent where the price is unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        cost_usd: Option<Usd>,
        /// Milliseconds from sending to the end.
        elapsed_ms: u64,
    },
    /// A cell is about to run.
    CellStarted {
        /// The turn whose reply holds it.
        turn: u32,
        /// Number of the cell within the node, from 1.
        cell: u32,
        /// The code, in Python.
        code: String,
    },
    /// A cell ended.
    CellFinished {
        /// The turn whose reply holds it.
        turn: u32,
        /// Number of the cell within the node.
        cell: u32,
        /// Its output, error and answer.
        outcome: CellOutcome,
        /// Milliseconds that it ran, waits for models included.
        elapsed_ms: u64,
    },
    /// The engine chose a plan. Its steps have numbers as cells have.
    Planned {
        /// The turn whose reply chose it.
        turn: u32,
        /// The kind of question.
        kind: PlanKind,
    },
    /// A step of a plan starts.
    StepStarted {
        /// The turn whose plan it is of.
        turn: u32,
        /// Number of the step within the node, from 1.
        cell: u32,
        /// What it does.
        step: PlanStep,
    },
    /// A step of a plan ended.
    StepFinished {
        /// The turn whose plan it is of.
        turn: u32,
        /// Number of the step within the node.
        cell: u32,
        /// Number of findings.
        found: u64,
        /// Milliseconds that it took.
        elapsed_ms: u64,
    },
    /// The answer as far as it is known: shown while the run goes on, and kept if it is stopped.
    Drafted {
        /// The answer so far.
        answer: String,
    },
    /// A sub-call starts.
    CallStarted {
        /// The sub-call.
        call: CallId,
        /// The cell that makes it.
        cell: u32,
        /// Name of the model, as `PROVIDER:NAME`.
        model: String,
        /// The whole prompt, by its content.
        prompt: BlobId,
        /// The start of the prompt, for the trace.
        prompt_head: String,
        /// A child node with its own REPL answers it.
        recursive: bool,
        /// Where the model runs, and whether it costs money; absent before version 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        terms: Option<Terms>,
    },
    /// A sub-call ended.
    CallFinished {
        /// The sub-call.
        call: CallId,
        /// The reply, or the part that arrived.
        text: String,
        /// Why there is no reply.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        error: Option<Fault>,
        /// Tokens of this call alone. The turns of a child have their own.
        usage: Usage,
        /// The provider did not report all tokens.
        usage_estimated: bool,
        /// Cost in US dollars; absent where the price is unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        cost_usd: Option<Usd>,
        /// Milliseconds from asking to the last token.
        elapsed_ms: u64,
        /// Why the reply ended.
        #[serde(default)]
        finish: Finish,
    },
    /// A document was read for the first time. From here on the run sees this text of it.
    Touched {
        /// The document.
        path: String,
        /// BLAKE3 of its text.
        digest: String,
        /// Length of its text, in characters.
        chars: u64,
    },
    /// The corpus was searched.
    Searched {
        /// The cell that searched; 0 for the engine's own search before the first turn.
        cell: u32,
        /// The pattern or words, shortened.
        query: String,
        /// Number of matching lines or passages.
        hits: u64,
        /// Number of documents with a match.
        documents: u64,
    },
    /// Plumb pauses its calls to a model's server, for one reason and all calls. Shorter waits than a second are not recorded.
    Waiting {
        /// The sub-call that waits; absent for the turn of a node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        call: Option<CallId>,
        /// The reason: `rate_limited`, `server`, `unreachable` or `cut_short`.
        code: Code,
        /// The provider asked for this wait.
        asked: bool,
        /// Milliseconds to wait from this event on.
        wait_ms: u64,
    },
    /// Lines of documents, of which nothing was read before, go to code or into a prompt. Written before they go.
    LinesRead {
        /// The documents.
        paths: Vec<String>,
    },
    /// A request is about to leave for a server, or a frame for code elsewhere. Written before its first byte leaves, so nothing leaves
    /// unrecorded. Each try of a call has its own event.
    Sent {
        /// The sub-call it belongs to; absent for the turn of a node, or its code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        call: Option<CallId>,
        /// The destination.
        to: Destination,
        /// Size of the request's body or of the frame, in bytes.
        bytes: u64,
        /// Tokens of the prompt, as Plumb counts them; 0 for a frame.
        tokens: u64,
    },
    /// A message to the user that does not end the run.
    Notice(Fault),
    /// The run continues after it ended or was interrupted.
    Resumed,
    /// The node's conversation is shortened from this turn on, its oldest outputs first. Written before the first prompt that is shortened so.
    Compacted {
        /// The first turn whose prompt is shortened.
        turn: u32,
        /// Maximum size of the conversation in a prompt, in tokens as the node's model counts them. A later event replaces it.
        max_tokens: u64,
    },
    /// The user asked a follow-up question in a node that had ended.
    FollowedUp {
        /// The first turn whose prompt holds it.
        turn: u32,
        /// The question, in the user's words.
        question: String,
    },
    /// The run is a fork: the events before this one are copies of another run's. Nothing of them was paid here.
    Forked {
        /// The run that was copied.
        from: RunId,
        /// The number of its last event that was copied. Not `seq`, which is this event's own.
        up_to: u64,
    },
    /// A citation of the answer was resolved. Citations come in the order of the answer.
    Cited(Citation),
    /// The run ended. It is the last event until the run is resumed.
    Finished {
        /// How it ended.
        status: RunStatus,
        /// The answer, or the best so far. May be empty.
        answer: String,
        /// Why it stopped or failed, or which limit it reached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        error: Option<Fault>,
        /// Milliseconds spent on the run, without pauses.
        elapsed_ms: u64,
    },
}

/// An entry of a run's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Event {
    /// [`EVENT_VERSION`] of the program that wrote it.
    pub version: u16,
    /// Number within the run: 0, 1, 2, …
    pub seq: u64,
    /// Time, in milliseconds since 1970.
    pub at_ms: u64,
    /// The node it happened in.
    pub node: NodeId,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sub_call_without_a_finish_reads_as_complete() {
        let recorded = r#"{"version": 2, "seq": 3, "at_ms": 0, "node": 0, "type": "call_finished", "call": 1, "text": "yes", "usage_estimated": false,
            "usage": {"input_tokens": 9, "cached_input_tokens": 0, "output_tokens": 2}, "elapsed_ms": 5}"#;
        let event: Event = serde_json::from_str(recorded).unwrap();
        let EventKind::CallFinished { text, finish, .. } = event.kind else { panic!("another event") };
        assert_eq!((finish, text.as_str()), (Finish::Stop, "yes"));
    }
}
