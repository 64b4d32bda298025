//! Models, providers and their keys.

use plumb_rlm::{money::Price, options::ModelChoice, traits::model::Strength};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A model that runs on this computer: one that is built in, or a file of the user's.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BuiltInModel {
    /// `qwen2.5-coder-1.5b`; of a file, its path.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its licence; empty: not known.
    pub licence: String,
    /// It is a file of the user's. Absent: it is built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub file: Option<ModelFile>,
    /// Size of its file.
    pub bytes: u64,
    /// Bytes that are already here; equal to `bytes` and `ready` when complete.
    pub bytes_here: u64,
    /// It is here, whole and checked.
    pub ready: bool,
    /// It is being fetched now.
    pub fetching: bool,
}

/// What a model's file says of itself.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelFile {
    /// How many numbers it is made of: `1.5B`; may be empty.
    pub parameters: String,
    /// Tokens of text that it is given room for.
    pub window: u32,
    /// Memory that it takes with them, in bytes.
    pub memory_bytes: u64,
    /// Its own form for conversations is not known here: a common one is used, and it may answer worse.
    pub foreign_chat: bool,
    /// Why it cannot be used now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub fault: Option<String>,
}

/// Adds a model's file.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AddModel {
    /// A file in the format GGUF.
    pub path: String,
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

/// Names a model on this computer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelId {
    /// Which.
    pub id: String,
}

/// A provider that can be chosen from the list.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Provider {
    /// `openai`; `server` for any address that speaks OpenAI's format.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its address; absent where the user must give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub base_url: Option<String>,
    /// What its address looks like.
    pub example: String,
    /// It wants a key.
    pub key_required: bool,
    /// The environment variable in which its key usually lies, where one is there now and may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub key_variable: Option<String>,
    /// Names of models worth offering.
    pub models: Vec<String>,
}

/// Asks what is known of a model.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelFactsOf {
    /// Which; its key is not looked at, and nothing is sent.
    pub model: ModelChoice,
}

/// Who says what a model costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PriceFrom {
    /// The choice itself.
    Choice,
    /// `models.toml`.
    File,
    /// The table of prices.
    Table,
    /// It runs on this computer.
    Here,
}

/// What is known of a model.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelFacts {
    /// US dollars per million tokens; absent: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub price: Option<Price>,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub price_from: Option<PriceFrom>,
    /// The day on which the table of prices was made, `2026-11-22`.
    pub prices_as_of: String,
    /// The page behind the table's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub source: Option<String>,
    /// A model of the same provider that reads pieces for less than half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cheaper: Option<CheaperModel>,
    /// Tokens that it reads and writes at once, as Plumb sees it where the user says nothing.
    pub window: u32,
    /// How far it can be trusted, as Plumb sees it where the user says nothing.
    pub strength: Strength,
    /// What the user says instead.
    pub own: OwnFacts,
}

/// What the user says of a model. It goes before what Plumb knows, at any address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct OwnFacts {
    /// Tokens that it reads and writes at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub window: Option<u32>,
    /// How far it can be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub strength: Option<Strength>,
    /// US dollars per million tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub price: Option<Price>,
}

/// Writes down what the user says of a model; what is absent is as Plumb sees it again.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SetModelFacts {
    /// Its provider.
    pub provider: String,
    /// The provider's name for it.
    pub name: String,
    /// What is said.
    pub own: OwnFacts,
}

/// A model for pieces.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CheaperModel {
    /// The provider's name for it.
    pub name: String,
    /// US dollars per million tokens.
    pub price: Price,
}

/// Asks a server which models it offers.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OfferedModels {
    /// Which server, and with which key; the name of the model may be empty.
    pub model: ModelChoice,
}

/// A server of models that runs on this computer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LocalServer {
    /// The provider's id.
    pub provider: String,
    /// What people call it.
    pub name: String,
    /// The models that it offers.
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
