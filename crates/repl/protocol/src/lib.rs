//! The frames between Plumb and its Python worker `plumb-python`, over the worker's standard input and output.
//!
//! Plumb trusts nothing that comes from a worker: the code of a cell may have written it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use std::borrow::Cow;

/// Maximum length of a frame to the worker, in bytes. Plumb is trusted, so this only guards against garbage.
pub const MAX_TO_WORKER_BYTES: u32 = 1 << 30;
/// Maximum length of a frame from the worker, in bytes.
pub const MAX_FROM_WORKER_BYTES: u32 = 64 << 20;

/// From Plumb to the worker. The worker hands a reply's `Outcome` to Python as it came, so it reads it as raw JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker<'a, Outcome> {
    /// The first frame.
    Start(Start<'a>),
    /// Runs a cell.
    Run(Cell<'a>),
    /// Answers a call.
    Reply {
        /// The call.
        id: u64,
        /// A [`CallOutcome`].
        outcome: Outcome,
    },
    /// Raises KeyboardInterrupt in the cell, if it still runs.
    Interrupt {
        /// The cell.
        id: u64,
    },
}

/// A worker's settings.
#[derive(Serialize, Deserialize)]
pub struct Start<'a> {
    /// The value of `context`, for the prelude: its `kind`, and what that kind needs.
    pub context: Cow<'a, Value>,
    /// Seed of Python's random numbers.
    pub seed: u64,
    /// Private memory that the worker may have, in bytes.
    pub memory_bytes: u64,
    /// The snapshot was handed over as a descriptor; otherwise frames carry texts.
    pub snapshot: bool,
    /// Strings read their characters from the snapshot instead of copying them.
    pub zero_copy: bool,
}

/// A cell to run.
#[derive(Serialize, Deserialize)]
pub struct Cell<'a> {
    /// Its number, which its code cannot know.
    pub id: u64,
    /// The code.
    pub code: Cow<'a, str>,
    /// Output kept, in characters: head and tail.
    pub output_chars: usize,
}

/// How a call ended.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome<Reply> {
    /// The call's result.
    Ok(Reply),
    /// The prelude raises this as an exception.
    Error {
        /// Python's name for it: `KeyError`, `ValueError`, `RuntimeError`.
        kind: &'static str,
        /// What happened and what to do, for the model.
        message: String,
    },
}

/// From the worker to Plumb.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FromWorker<'a> {
    /// The worker is sealed and ready.
    Ready {
        /// The measured seal, as JSON of `plumb_sandbox::Seal`.
        seal: Cow<'a, RawValue>,
        /// Python's version.
        python: Cow<'a, str>,
    },
    /// The worker could not seal itself, or can no longer run code, and ends.
    Failed {
        /// The reason.
        message: Cow<'a, str>,
    },
    /// Asks Plumb for something. The reader parses the body separately, so that a malformed one fails the call and not the worker.
    Call {
        /// Identifies the call; each is larger than the one before.
        id: u64,
        /// The call, as JSON.
        body: Cow<'a, RawValue>,
    },
    /// A cell ended.
    Done {
        /// The cell.
        id: u64,
        /// How it ended.
        outcome: CellOutcome,
    },
}

/// How a cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellEnding {
    /// It ran to its end.
    Done,
    /// It raised an exception.
    Raised,
    /// An interrupt stopped it.
    Interrupted,
}

/// The result of a cell, as the worker reports it.
#[derive(Debug, Serialize, Deserialize)]
pub struct CellOutcome {
    /// Printed text and the last expression's value; when it is long, head and tail.
    pub output: String,
    /// Characters left out of the output.
    pub omitted_chars: u64,
    /// The exception, in Python's words.
    pub error: Option<String>,
    /// How it ended.
    pub ending: CellEnding,
    /// The answer, once the code has declared one.
    pub answer: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_reaches_the_worker_as_raw_json() {
        let sent = ToWorker::Reply { id: 3, outcome: CallOutcome::Ok(vec!["a", "b"]) };
        let json = serde_json::to_string(&sent).unwrap();
        let received: ToWorker<'_, Box<RawValue>> = serde_json::from_str(&json).unwrap();
        let ToWorker::Reply { id, outcome } = received else { panic!("{json}") };
        assert_eq!((id, outcome.get()), (3, r#"{"ok":["a","b"]}"#));
    }

    #[test]
    fn an_error_names_pythons_exception() {
        let error: CallOutcome<()> = CallOutcome::Error { kind: "KeyError", message: "no such path".to_owned() };
        assert_eq!(serde_json::to_string(&error).unwrap(), r#"{"error":{"kind":"KeyError","message":"no such path"}}"#);
    }

    #[test]
    fn a_call_keeps_its_body_unparsed() {
        let json = r#"{"call":{"id":7,"body":{"call": "nonsense", "x":[1, 2]}}}"#;
        let FromWorker::Call { id, body } = serde_json::from_str(json).unwrap() else { panic!("{json}") };
        assert_eq!((id, body.get()), (7, r#"{"call": "nonsense", "x":[1, 2]}"#));
    }

    #[test]
    fn a_frame_with_an_unknown_field_is_refused() {
        assert!(serde_json::from_str::<FromWorker<'_>>(r#"{"failed":{"message":"x","more":1}}"#).is_err());
    }
}
