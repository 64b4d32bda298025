//! Questions, runs and their answers.

use plumb_rlm::{
    fault::Fault,
    ids::{CallId, NodeId, RunId},
    options::{KeySource, Limits, Mode, ModeChoice, ModelChoice},
    record::{event::Citation, ledger::Ledger, story::Told},
};
use plumb_store::RunState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks a question.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Ask {
    /// The question, in the user's words.
    pub question: String,
    /// The library's id.
    pub library: String,
    /// How to answer.
    #[serde(default)]
    pub mode: ModeChoice,
    /// The model that answers; absent: the settings' model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model: Option<ModelChoice>,
    /// The model of sub-calls; absent: the settings', else `model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_model: Option<ModelChoice>,
    /// Limits; absent: the settings'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limits: Option<Limits>,
    /// Command that starts the REPL's worker elsewhere and pipes to it; absent: the settings'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub repl_command: Option<String>,
    /// Seed that makes a local model's choices repeatable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seed: Option<u64>,
}

/// Names a run.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RunRef {
    /// The run's id, or a unique beginning of it.
    pub run: String,
}

/// Continues a run that was interrupted, stopped, failed or reached a limit.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Resume {
    /// The run's id, or a unique beginning of it.
    pub run: String,
    /// New address of the model's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub base_url: Option<String>,
    /// New source of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub key: Option<KeySource>,
    /// New address of the sub-calls' server, if it is not the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_base_url: Option<String>,
    /// New source of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_key: Option<KeySource>,
    /// New cost limit for the whole run, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_cost_usd: Option<f64>,
}

/// A line of the history.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RunSummary {
    /// Its id.
    pub run_id: RunId,
    /// The question, in the user's words.
    pub question: String,
    /// Name of the library for people.
    pub name: String,
    /// The library's id, while it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub library: Option<String>,
    /// Its state.
    pub status: RunState,
    /// Start, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// Cost in US dollars; `null` if a price is unknown.
    pub cost_usd: Option<f64>,
}

/// Asks for the history, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ListRuns {
    /// Maximum number of runs.
    pub limit: u32,
    /// Text that the question must contain; absent: all runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub containing: Option<String>,
}

/// A run with all its events.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Run {
    /// Its line of the history.
    pub summary: RunSummary,
    /// All events with their meaning, in order.
    pub events: Vec<Told>,
    /// Replies that are arriving now, or were when the program ended.
    pub partials: Vec<Partial>,
}

/// The arrived part of a reply.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Partial {
    /// The node that gets the reply.
    pub node: NodeId,
    /// The sub-call; absent: the node's own turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub call: Option<CallId>,
    /// Its text so far.
    pub text: String,
}

/// Asks for the full prompt of a sub-call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ReadPrompt {
    /// The run's id.
    pub run: String,
    /// The prompt's id in its event.
    pub prompt: String,
}

/// A text.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Text {
    /// The whole text.
    pub text: String,
}

/// A run's outcome, as `--json` prints it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Answer {
    /// Its id.
    pub run_id: RunId,
    /// Its state.
    pub status: RunState,
    /// The answer, or the best answer so far.
    pub answer: String,
    /// Resolved citations in the order of the answer.
    pub citations: Vec<Citation>,
    /// The mode it ran in.
    pub mode: Option<Mode>,
    /// Why that mode.
    pub mode_reason: Option<String>,
    /// Turns of the root.
    pub turns: u32,
    /// Sub-calls, without the root's turns.
    pub calls: u32,
    /// Tokens of all calls.
    pub usage: plumb_rlm::usage::Usage,
    /// Cost in US dollars; `null` if a price is unknown.
    pub cost_usd: Option<f64>,
    /// Data that left this program, by destination; `null` for runs of versions that did not record it.
    pub sent: Option<Ledger>,
    /// Time spent without pauses, in milliseconds.
    pub elapsed_ms: u64,
    /// Why it stopped or failed.
    pub error: Option<Fault>,
}
