//! The interface to a REPL: a sealed worker that runs a model's code.

use crate::{
    fault::Fault,
    traits::{
        corpus::{GrepQuery, GrepResult, Passage, Placement},
        sending::Sending,
    },
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{fs::File, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

/// The value of `context` in the REPL.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Context {
    /// One document: a `str`, read when first touched.
    Document {
        /// Path in the corpus.
        path: String,
    },
    /// A folder: a read-only mapping of paths to `str`.
    Folder {
        /// Number of documents.
        documents: u64,
    },
    /// A text that a parent's code handed over, already in the snapshot.
    Placed {
        /// Its place there.
        placement: Placement,
    },
}

/// The start of a worker.
#[derive(Debug)]
pub struct ReplSpec {
    /// The snapshot, which the worker maps read-only before it is sealed.
    pub snapshot: File,
    /// The value of `context`.
    pub context: Context,
    /// Seed of random numbers, fixed per run so that a replay is the same.
    pub seed: u64,
    /// Records each frame before it goes to a worker on another computer.
    pub sending: Option<Arc<dyn Sending>>,
}

/// Limits of one cell.
#[derive(Clone, Copy, Debug)]
pub struct CellLimits {
    /// Maximum computing time, time spent waiting for models excluded. The worker is then interrupted, then killed.
    pub compute: Duration,
    /// Maximum output, in characters: longer output keeps its head and tail.
    pub output_chars: usize,
}

/// How a cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CellEnding {
    /// It ran to its end.
    Done,
    /// It raised an exception; variables survive.
    Raised,
    /// It was interrupted at its time limit or by the user; variables survive.
    Interrupted,
    /// Its worker died or was killed; variables are lost until they are replayed.
    Killed,
}

/// The outcome of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CellOutcome {
    /// Printed text and the last expression's value; of a long one head and tail.
    pub output: String,
    /// Number of characters of output that were left out.
    pub omitted_chars: u64,
    /// The exception in Python's words, or in Plumb's the reason that the worker died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<String>,
    /// How it ended.
    pub ending: CellEnding,
    /// The answer, once the code has declared one: `FINAL(x)`, `FINAL_VAR(name)` or `answer["ready"] = True`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub answer: Option<String>,
    /// The same answer as JSON, where the code declared a value that is not text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "unknown")]
    pub answer_value: Option<serde_json::Value>,
}

impl CellOutcome {
    /// The outcome of a cell that ended like this and left nothing behind.
    pub fn ended(ending: CellEnding) -> Self {
        CellOutcome { output: String::new(), omitted_chars: 0, error: None, ending, answer: None, answer_value: None }
    }
}

/// A request of code in the REPL.
#[derive(Clone, Debug)]
pub enum HostCall {
    /// `llm_query` and `llm_query_batched`.
    Llm {
        /// The prompts, one call each.
        prompts: Vec<String>,
        /// The model's name; absent for the run's sub-model.
        model: Option<String>,
    },
    /// `rlm_query` and `rlm_query_batched`.
    Rlm {
        /// The questions, one child each.
        prompts: Vec<String>,
        /// A context of its own for each child; absent: the parent's.
        contexts: Option<Vec<String>>,
    },
    /// The text of a document is touched.
    Text {
        /// The document's path.
        path: String,
    },
    /// `files()`, and iterating over `context`.
    Files {
        /// Glob over paths.
        pattern: Option<String>,
    },
    /// `lines()`.
    Lines {
        /// The document's path.
        path: String,
        /// First line, from 1.
        first: u64,
        /// Last line; absent for the end of the document.
        last: Option<u64>,
    },
    /// `grep()`.
    Grep(GrepQuery),
    /// `search()`.
    Search {
        /// Words to look for.
        query: String,
        /// Maximum number of passages.
        k: usize,
        /// Glob over paths; all documents when absent.
        path: Option<String>,
    },
}

/// The program's answer to a request.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum HostReply {
    /// One text for each prompt, in their order.
    Texts(Vec<String>),
    /// One text.
    Text(String),
    /// The document's place in the snapshot.
    Placement(Placement),
    /// Paths in order.
    Paths(Vec<String>),
    /// The result of a grep.
    Grep(GrepResult),
    /// Ranked passages.
    Passages(Vec<Passage>),
    /// A value of the shape that the call asked for.
    Json(serde_json::Value),
}

/// A host call that failed: raised in the REPL as an exception the model can read.
#[derive(Clone, Debug, Serialize)]
pub struct HostError {
    /// Python's name for it: `KeyError`, `ValueError`, `RuntimeError`.
    pub kind: &'static str,
    /// The message, for the model.
    pub message: String,
}

/// Answers the requests of a worker, several at a time.
#[async_trait]
pub trait ReplHost: Send + Sync {
    /// Answers one request.
    async fn answer(&self, call: HostCall) -> Result<HostReply, HostError>;
}

/// A running worker: one node's variables. Dropping it ends the process.
#[async_trait]
pub trait Repl: Send {
    /// Runs one cell to any ending. `stop` interrupts it.
    ///
    /// # Errors
    /// Only when the worker was gone before. A worker that dies in the cell is an outcome with [`CellEnding::Killed`].
    async fn run(
        &mut self,
        code: &str,
        limits: CellLimits,
        host: &dyn ReplHost,
        stop: &CancellationToken,
    ) -> Result<CellOutcome, Fault>;
}

/// Starts workers.
#[async_trait]
pub trait ReplLauncher: Send + Sync {
    /// Starts a worker that is sealed and has tested its seal.
    ///
    /// # Errors
    /// `not_sealed` where the mandatory layer could not be reached; there is no unsealed mode.
    async fn launch(&self, spec: ReplSpec) -> Result<Box<dyn Repl>, Fault>;
}
