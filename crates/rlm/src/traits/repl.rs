//! What the engine asks of a REPL: a sealed place where a model's code runs.

use crate::{
    fault::Fault,
    sending::Sending,
    traits::corpus::{GrepQuery, GrepResult, Passage, Placement},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{fs::File, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

/// What `context` is in the REPL.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Context {
    /// One document: a `str`, read when first touched.
    Document {
        /// Its path in the corpus.
        path: String,
    },
    /// A folder: a read-only mapping of paths to `str`.
    Folder {
        /// Documents in it.
        documents: u64,
    },
    /// A text that a parent's code handed over, already in the snapshot.
    Placed {
        /// Where.
        placement: Placement,
    },
}

/// What a worker starts with.
#[derive(Debug)]
pub struct ReplSpec {
    /// Mapped read-only by the worker before it is sealed.
    pub snapshot: File,
    /// What `context` is.
    pub context: Context,
    /// Fixed per run, so that a replay takes the same way.
    pub seed: u64,
    /// Hears of each frame before it goes to a worker that is not on this computer.
    pub sending: Option<Arc<dyn Sending>>,
}

/// Limits of one cell.
#[derive(Clone, Copy, Debug)]
pub struct CellLimits {
    /// The worker's own computing time: waiting for models does not count. Then interrupt, then kill.
    pub compute: Duration,
    /// Output kept, in characters: head and tail.
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

/// What a cell left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CellOutcome {
    /// Printed text and the last expression's value; when it is long, head and tail.
    pub output: String,
    /// Characters of output that were left out.
    pub omitted_chars: u64,
    /// The exception, in Python's words; or why the worker died, in ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub error: Option<String>,
    /// How it ended.
    pub ending: CellEnding,
    /// The answer, once the code has declared one: `FINAL(x)`, `FINAL_VAR(name)` or `answer["ready"] = True`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub answer: Option<String>,
}

/// What code in the REPL asks of the program.
#[derive(Clone, Debug)]
pub enum HostCall {
    /// `llm_query` and `llm_query_batched`.
    Llm {
        /// One call each.
        prompts: Vec<String>,
        /// Another model than the run's sub-model.
        model: Option<String>,
    },
    /// `rlm_query` and `rlm_query_batched`.
    Rlm {
        /// One child each.
        prompts: Vec<String>,
        /// A context of its own for each child; absent: the parent's.
        contexts: Option<Vec<String>>,
    },
    /// The text of a document is touched.
    Text {
        /// Its path.
        path: String,
    },
    /// `files()`, and iterating over `context`.
    Files {
        /// Glob over paths.
        pattern: Option<String>,
    },
    /// `lines()`.
    Lines {
        /// Its path.
        path: String,
        /// The first line, from 1.
        first: u64,
        /// The last; to the end where absent.
        last: Option<u64>,
    },
    /// `grep()`.
    Grep(GrepQuery),
    /// `search()`.
    Search {
        /// A few words.
        query: String,
        /// How many passages.
        k: usize,
        /// Glob over paths; all documents when absent.
        path: Option<String>,
    },
}

/// What the program answers.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum HostReply {
    /// One text for each prompt, in their order.
    Texts(Vec<String>),
    /// One text.
    Text(String),
    /// Where the document lies.
    Placement(Placement),
    /// Paths in order.
    Paths(Vec<String>),
    /// What a grep found.
    Grep(GrepResult),
    /// Ranked passages.
    Passages(Vec<Passage>),
}

/// A host call that failed: raised in the REPL as an exception the model can read.
#[derive(Clone, Debug, Serialize)]
pub struct HostError {
    /// Python's name for it: `KeyError`, `ValueError`, `RuntimeError`.
    pub kind: &'static str,
    /// What happened and what to do, for the model.
    pub message: String,
}

/// Answers the calls of a worker. Several may be under way at once.
#[async_trait]
pub trait ReplHost: Send + Sync {
    /// Answers one call.
    async fn answer(&self, call: HostCall) -> Result<HostReply, HostError>;
}

/// A running worker: one node's variables. Dropping it ends the process.
#[async_trait]
pub trait Repl: Send {
    /// Runs one cell to an ending, whatever that is. `stop` interrupts it.
    ///
    /// # Errors
    /// Only when the worker was already gone. A worker that dies in the cell is an outcome with [`CellEnding::Killed`].
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
    /// Starts one, sealed and measured before this returns.
    ///
    /// # Errors
    /// `not_sealed` where the mandatory layer could not be reached; there is no unsealed mode.
    async fn launch(&self, spec: ReplSpec) -> Result<Box<dyn Repl>, Fault>;
}
