//! A run is a list of events. The store writes each one before anyone sees it; the window, the cost, the trace and resume are folds over that list.

use crate::{
    fault::{Code, Fault},
    ids::{BlobId, CallId, NodeId, RunId},
    money::Usd,
    options::{Mode, RunOptions},
    record::terms::Terms,
    sending::Destination,
    traits::repl::CellOutcome,
    usage::{Finish, Usage},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The version that new events are written in.
pub const EVENT_VERSION: u16 = 3;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// With an answer.
    Answered,
    /// At a limit, with the best answer so far.
    Limit,
    /// By the user.
    Stopped,
    /// By a fault.
    Failed,
}

/// Whether a citation's quote is in the text it names. Says nothing of whether the text supports the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum QuoteCheck {
    /// The named lines exist, and the words quoted beside them stand there.
    QuoteFound,
    /// The named lines exist; the answer quotes nothing that could be compared.
    PlaceFound,
    /// There is no such document or line, or the quoted words do not stand there.
    NotFound,
}

/// A place an answer refers to, resolved against the frozen text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Citation {
    /// As the answer names it.
    pub path: String,
    /// For people: "page 3", "lines 10–14".
    pub place: String,
    /// From 1.
    pub start_line: u64,
    /// Last line, this one included.
    pub end_line: u64,
    /// What stands there, shortened.
    pub quote: String,
    /// What was checked.
    pub verified: QuoteCheck,
    /// BLAKE3 of the document's text, so that a later change shows.
    pub digest: String,
    /// What a reader should know of the document: what may read badly, that it changed after the question was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub notes: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "the large one stands once in a run, and events are not kept in arrays that matter")]
pub enum EventKind {
    /// First event of a run.
    RunStarted {
        /// What was asked.
        question: String,
        /// Paths asked about, absolute.
        sources: Vec<String>,
        /// What people call them.
        name: String,
        /// What was asked for.
        options: RunOptions,
        /// Documents in the corpus.
        documents: u64,
        /// Files left out.
        skipped: u64,
        /// Tokens of the corpus, estimated.
        tokens_estimate: u64,
    },
    /// The way to answer was chosen.
    Routed {
        /// Which.
        mode: Mode,
        /// Why, in a sentence.
        reason: String,
    },
    /// A node began: the root, or a child of a sub-call.
    NodeStarted {
        /// The sub-call that this node answers; absent for the root.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        parent: Option<CallId>,
        /// The root is 0.
        depth: u32,
        /// What the node is asked.
        question: String,
        /// `PROVIDER:NAME`.
        model: String,
        /// Where the model runs, and whether it costs money; absent before version 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        terms: Option<Terms>,
    },
    /// A turn began: its prompt is on its way to the model.
    TurnStarted {
        /// From 1.
        turn: u32,
    },
    /// The model's reply of a turn is complete.
    Reply {
        /// Its turn.
        turn: u32,
        /// All of it.
        text: String,
        /// Tokens; estimated by us when `usage_estimated`.
        usage: Usage,
        /// The provider did not report all of its usage.
        usage_estimated: bool,
        /// Absent: price unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        cost_usd: Option<Usd>,
        /// From sending to the last token.
        elapsed_ms: u64,
        /// Why it ended.
        finish: Finish,
    },
    /// A turn's reply broke off: what had arrived, and what that is taken to have cost. On resume it is asked for again.
    ReplyLost {
        /// Its turn.
        turn: u32,
        /// What had arrived.
        text: String,
        /// Tokens: as the provider had counted them by then, the rest estimated by us.
        usage: Usage,
        /// Absent: price unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        cost_usd: Option<Usd>,
        /// From sending to the end.
        elapsed_ms: u64,
    },
    /// A cell is about to run.
    CellStarted {
        /// Its turn.
        turn: u32,
        /// Numbered within the node, from 1.
        cell: u32,
        /// The code.
        code: String,
    },
    /// A cell ended.
    CellFinished {
        /// Its turn.
        turn: u32,
        /// Which.
        cell: u32,
        /// What it left.
        outcome: CellOutcome,
        /// Waiting for models included.
        elapsed_ms: u64,
    },
    /// A sub-call begins.
    CallStarted {
        /// Which.
        call: CallId,
        /// The cell that asked.
        cell: u32,
        /// `PROVIDER:NAME`.
        model: String,
        /// The whole prompt.
        prompt: BlobId,
        /// Its first characters, for the trace.
        prompt_head: String,
        /// A child with a REPL of its own answers it.
        recursive: bool,
        /// Where the model runs, and whether it costs money; absent before version 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        terms: Option<Terms>,
    },
    /// A sub-call ended.
    CallFinished {
        /// Which.
        call: CallId,
        /// The reply, or what of it arrived.
        text: String,
        /// Why there is no reply.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        error: Option<Fault>,
        /// Tokens of this call alone; a child's turns carry their own.
        usage: Usage,
        /// The provider did not report all of its usage.
        usage_estimated: bool,
        /// Absent: price unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        cost_usd: Option<Usd>,
        /// From asking to the last token.
        elapsed_ms: u64,
        /// Why the reply ended.
        #[serde(default)]
        finish: Finish,
    },
    /// A document was touched for the first time, and is frozen for this run.
    Touched {
        /// Which.
        path: String,
        /// BLAKE3 of its text.
        digest: String,
        /// Its length.
        chars: u64,
    },
    /// The corpus was searched.
    Searched {
        /// The cell that asked; 0: the engine's own look before the first turn.
        cell: u32,
        /// The pattern or words.
        query: String,
        /// Matching lines or passages.
        hits: u64,
        /// Documents with a match.
        documents: u64,
    },
    /// Nothing is sent to a model's server for a while, by no call that waits for the same reason. Only waits of a second or more are written down.
    Waiting {
        /// The sub-call that waits; absent: the node's turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        call: Option<CallId>,
        /// Why, as a fault's code: `rate_limited`, `server`, `unreachable`, `cut_short`.
        code: Code,
        /// The provider named the time.
        asked: bool,
        /// From when this was written.
        wait_ms: u64,
    },
    /// Lines of documents go to code or into a prompt, and nothing of these documents did before. Written before they go.
    LinesRead {
        /// Which.
        paths: Vec<String>,
    },
    /// Something is about to go to a server, or to code elsewhere. Written before its first byte goes, so that nothing goes that is not here;
    /// each try of a call has its own.
    Sent {
        /// The sub-call it belongs to; absent: a node's own turn or its code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        call: Option<CallId>,
        /// Where to.
        to: Destination,
        /// Bytes of the body of a request, or of a frame.
        bytes: u64,
        /// Tokens of a prompt, as we count them; 0 for a frame.
        tokens: u64,
    },
    /// Something the user should know, which did not end the run.
    Notice(Fault),
    /// The run goes on after an interruption.
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
    /// One citation of the answer was resolved; in the order of the answer.
    Cited(Citation),
    /// Last event of a run, until it is resumed.
    Finished {
        /// How.
        status: RunStatus,
        /// The answer, or the best so far. May be empty.
        answer: String,
        /// Why it stopped or failed; which limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        error: Option<Fault>,
        /// Time spent on the run, pauses not counted.
        elapsed_ms: u64,
    },
}

/// One entry of a run's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Event {
    /// [`EVENT_VERSION`] when it was written.
    pub version: u16,
    /// 0, 1, 2, … within the run.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// Where in the recursion.
    pub node: NodeId,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sub_call_that_was_kept_before_its_end_was_written_down_still_reads_and_is_given_as_it_was() {
        let kept = r#"{"version": 2, "seq": 3, "at_ms": 0, "node": 0, "type": "call_finished", "call": 1, "text": "yes", "usage_estimated": false,
            "usage": {"input_tokens": 9, "cached_input_tokens": 0, "output_tokens": 2}, "elapsed_ms": 5}"#;
        let event: Event = serde_json::from_str(kept).unwrap();
        let EventKind::CallFinished { text, finish, .. } = event.kind else { panic!("another event") };
        assert_eq!((finish, text.as_str()), (Finish::Stop, "yes"));
    }
}
