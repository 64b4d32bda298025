//! What commands take and give. Everything here is plain data; paths are absolute unless they name a document of a library.

use plumb_rlm::{
    corpus::{DocumentEntry, Overview},
    event::{CallId, Citation, Event, Fault, NodeId, RunId},
    options::{KeySource, Limits, Mode, ModeChoice, ModelChoice},
};
pub use plumb_store::RunState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The form in which every fault crosses to a front end.
#[derive(Clone, Debug, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
#[ts(export)]
pub struct ApiError {
    /// For programs; front ends switch on it.
    pub code: String,
    /// What happened, why, and what to do.
    pub message: String,
}

impl ApiError {
    /// A fault of our own.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        ApiError { code: code.to_owned(), message: message.into() }
    }
}

macro_rules! from_faults {
    ($($fault:ty),+) => {
        $(impl From<$fault> for ApiError {
            fn from(fault: $fault) -> Self {
                ApiError::new(fault.code, fault.message)
            }
        })+
    };
}

from_faults!(
    plumb_store::StoreError,
    plumb_rlm::corpus::CorpusError,
    plumb_rlm::model::ModelError,
    plumb_rlm::journal::JournalError,
    plumb_models::FetchError
);

/// A command that takes nothing.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
pub struct Nothing {}

/// A library: folders and files that questions are asked about.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Library {
    /// Its name on the wire.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Folders and files, absolute.
    pub sources: Vec<String>,
    /// Totals, once it has been listed in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub overview: Option<Overview>,
    /// Why it cannot be opened just now: the folder is gone, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub problem: Option<Fault>,
}

/// Opens folders and files as a library; the same sources give the same library.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OpenLibrary {
    /// Folders and files, absolute.
    pub sources: Vec<String>,
}

/// Names a library.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LibraryId {
    /// Which.
    pub library: String,
}

/// Asks for a library's listing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ListDocuments {
    /// Which.
    pub library: String,
    /// Glob over paths.
    #[serde(default)]
    #[ts(optional)]
    pub pattern: Option<String>,
    /// The most entries.
    pub limit: usize,
}

/// A library's listing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Documents {
    /// Totals.
    pub overview: Overview,
    /// In path order.
    pub entries: Vec<DocumentEntry>,
}

/// Asks for lines of a document, for the source view.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ReadLines {
    /// Of which library.
    pub library: String,
    /// Which document.
    pub path: String,
    /// First line, from 1.
    pub start_line: u64,
    /// The most lines.
    pub max_lines: u64,
}

/// Lines of a document.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Lines {
    /// The document.
    pub path: String,
    /// First line of `lines`, from 1.
    pub start_line: u64,
    /// Lines of the whole document.
    pub total_lines: u64,
    /// Without their ends.
    pub lines: Vec<String>,
    /// BLAKE3 of the whole text: differs from a citation's when the document has changed since.
    pub digest: String,
    /// For each first line of a page: that line and the page's name.
    pub places: Vec<PlaceMark>,
}

/// Where a page, slide or sheet begins.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PlaceMark {
    /// Line, from 1.
    pub line: u64,
    /// "page 3".
    pub place: String,
}

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
    /// Everything that happened, in order.
    pub events: Vec<Event>,
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

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What the user has chosen.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// The model that answers; absent until the first start is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model: Option<ModelChoice>,
    /// The model of sub-calls; absent: the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_model: Option<ModelChoice>,
    /// Limits of new questions.
    pub limits: Limits,
    /// Light or dark.
    pub theme: Theme,
}

/// A built-in model.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BuiltInModel {
    /// `qwen2.5-coder-1.5b`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its licence.
    pub licence: String,
    /// Size of its file.
    pub bytes: u64,
    /// Bytes that are already here; equal to `bytes` and `ready` when complete.
    pub bytes_here: u64,
    /// It is here, whole and checked.
    pub ready: bool,
    /// It is being fetched now.
    pub fetching: bool,
}

/// Fetches a built-in model. Progress arrives as [`Update::Fetch`].
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FetchModel {
    /// Which.
    pub id: String,
    /// A file of it that is already on this computer, instead of the publisher's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub from_file: Option<String>,
}

/// Names a built-in model.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelId {
    /// Which.
    pub id: String,
}

/// A provider that can be chosen from the list.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Provider {
    /// `openai`; `server` for any OpenAI-compatible address.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its address; absent where the user must give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub base_url: Option<String>,
    /// It wants a key.
    pub key_required: bool,
    /// Names of models worth offering.
    pub models: Vec<String>,
}

/// Keeps a key in the keychain, bound to the server it is for.
#[derive(Clone, Deserialize, TS)]
pub struct SetKey {
    /// The server's address.
    pub base_url: String,
    /// The key.
    pub key: String,
}

/// Names the server of a key.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct KeyFor {
    /// The server's address.
    pub base_url: String,
}

/// Where a key is.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct KeyState {
    /// There is one.
    pub present: bool,
    /// It lies in the keychain; else only in memory until Plumb ends.
    pub in_keychain: bool,
    /// Why it is only in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<String>,
}

/// Makes one tiny call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TestModel {
    /// To whom.
    pub model: ModelChoice,
}

/// It answered.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TestResult {
    /// How long that took.
    pub elapsed_ms: u64,
}

/// One line of the examination.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Check {
    /// `seal`, `keychain`, `model`, `store`, …
    pub id: String,
    /// What people call it.
    pub name: String,
    /// It is as it should be.
    pub ok: bool,
    /// What was measured, not what was configured.
    pub found: String,
    /// What to do where it is not ok.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub advice: Option<String>,
}

/// The examination of this computer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Doctor {
    /// Plumb's version.
    pub version: String,
    /// Python's version in the worker.
    pub python: Option<String>,
    /// All checks.
    pub checks: Vec<Check>,
    /// Where Plumb keeps its data.
    pub data_folder: String,
    /// Where it keeps what can be fetched or made again.
    pub cache_folder: String,
}

/// A folder as the browser host shows it (the window uses the system's own dialog).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Browse {
    /// Absent: the first folder that may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub folder: Option<String>,
}

/// What lies in a folder.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Folder {
    /// Absolute.
    pub path: String,
    /// Absent at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub parent: Option<String>,
    /// Names of folders in it, in order.
    pub folders: Vec<String>,
    /// Names of files in it, in order.
    pub files: Vec<String>,
}

/// What a front end is told without asking.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum Update {
    /// Something happened in a run, and is on disk.
    Event {
        /// Which run.
        run: RunId,
        /// What.
        event: Box<Event>,
    },
    /// A piece of a reply that is still arriving.
    Delta {
        /// Which run.
        run: RunId,
        /// Whose.
        node: NodeId,
        /// Absent: the node's own turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        call: Option<CallId>,
        /// The piece.
        text: String,
    },
    /// A library was opened, listed or removed.
    Libraries,
    /// A run began, ended or was deleted.
    Runs,
    /// A built-in model is being fetched.
    Fetch {
        /// Which.
        id: String,
        /// Bytes that are here.
        bytes_here: u64,
        /// Bytes in all.
        bytes: u64,
        /// It ended: well, or with the fault beside.
        done: bool,
        /// Why it ended badly.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        fault: Option<Fault>,
    },
    /// Updates were lost because this front end was slow: read again what is shown.
    Missed,
    /// Files or folders were dropped on the window.
    Dropped {
        /// Absolute.
        paths: Vec<String>,
    },
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
    pub usage: plumb_rlm::model::Usage,
    /// `null` when the price is unknown.
    pub cost_usd: Option<f64>,
    /// Time spent, pauses not counted.
    pub elapsed_ms: u64,
    /// Why it stopped or failed.
    pub error: Option<Fault>,
}
