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
    /// What.
    pub question: String,
    /// About which library.
    pub library: String,
    /// Which way.
    #[serde(default)]
    pub mode: ModeChoice,
    /// Absent: the chosen model of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model: Option<ModelChoice>,
    /// Absent: the settings', else the root's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_model: Option<ModelChoice>,
    /// Absent: the settings'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limits: Option<Limits>,
    /// Starts the REPL's worker elsewhere and pipes to it; absent: as the settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub repl_command: Option<String>,
    /// Repeats a local model's choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seed: Option<u64>,
}

/// Names a run. A unique beginning of its id will do.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RunRef {
    /// Which.
    pub run: String,
}

/// Goes on with a run that was interrupted, stopped, failed or reached a limit.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Resume {
    /// Which.
    pub run: String,
    /// Another address of the model's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub base_url: Option<String>,
    /// Another place of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub key: Option<KeySource>,
    /// Another address of the sub-calls' server, where that is not the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_base_url: Option<String>,
    /// Another place of the key of the sub-calls' server, where that is not the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_key: Option<KeySource>,
    /// Another limit in US dollars, for the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_cost_usd: Option<f64>,
}

/// A line of the history.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RunSummary {
    /// Its id.
    pub run_id: RunId,
    /// What was asked.
    pub question: String,
    /// About what, as people call it.
    pub name: String,
    /// The library, while it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub library: Option<String>,
    /// Where it stands.
    pub status: RunState,
    /// Milliseconds since 1970.
    pub started_at_ms: u64,
    /// `null`: the price is unknown.
    pub cost_usd: Option<f64>,
}

/// Asks for the history, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ListRuns {
    /// The most lines.
    pub limit: u32,
    /// Only runs that contain this in their question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub containing: Option<String>,
}

/// A run, whole.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Run {
    /// Its line of the history.
    pub summary: RunSummary,
    /// Everything that happened, in order, with what it means.
    pub events: Vec<Told>,
    /// Replies that had begun to arrive when the program ended or that are arriving now.
    pub partials: Vec<Partial>,
}

/// The arrived part of a reply.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Partial {
    /// Whose.
    pub node: NodeId,
    /// Absent: the node's own turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub call: Option<CallId>,
    /// Its text so far.
    pub text: String,
}

/// Asks for the whole prompt of a sub-call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ReadPrompt {
    /// Of which run.
    pub run: String,
    /// The prompt's name in its event.
    pub prompt: String,
}

/// A text.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Text {
    /// All of it.
    pub text: String,
}

/// How a run stands and what it found: what `--json` prints.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Answer {
    /// Its id.
    pub run_id: RunId,
    /// How it ended.
    pub status: RunState,
    /// The answer, or the best so far.
    pub answer: String,
    /// Resolved citations in the order of the answer.
    pub citations: Vec<Citation>,
    /// Which way was taken.
    pub mode: Option<Mode>,
    /// Why.
    pub mode_reason: Option<String>,
    /// Turns of the root.
    pub turns: u32,
    /// Sub-calls; root turns are not counted.
    pub calls: u32,
    /// All tokens.
    pub usage: plumb_rlm::usage::Usage,
    /// `null` when the price is unknown.
    pub cost_usd: Option<f64>,
    /// What left this program, and where to; `null` for runs of versions that did not write it down.
    pub sent: Option<Ledger>,
    /// Time spent, pauses not counted.
    pub elapsed_ms: u64,
    /// Why it stopped or failed.
    pub error: Option<Fault>,
}
