//! Models, providers and their keys.

use plumb_rlm::{money::Price, options::ModelChoice, traits::model::Strength};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A model that runs on this computer: a built-in model, or a file of the user's.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BuiltInModel {
    /// `qwen2.5-coder-1.5b`, or the path of a user's file.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its licence; empty if unknown.
    pub licence: String,
    /// Facts about a user's file; absent for a built-in model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub file: Option<ModelFile>,
    /// Size of its file, in bytes.
    pub bytes: u64,
    /// Bytes that have arrived. A complete file is also `ready`.
    pub bytes_here: u64,
    /// The file is complete and its checksum is right.
    pub ready: bool,
    /// It is being downloaded now.
    pub fetching: bool,
}

/// Facts that a model file states about itself.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelFile {
    /// Number of parameters: `1.5B`; may be empty.
    pub parameters: String,
    /// Context window that Plumb reserves, in tokens.
    pub window: u32,
    /// Memory for the model and its window, in bytes.
    pub memory_bytes: u64,
    /// Plumb does not know its chat template and uses a common one. Answers may be worse.
    pub foreign_chat: bool,
    /// Why it cannot be used now; absent if it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub fault: Option<String>,
}

/// Adds a model file.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AddModel {
    /// Absolute path of a file in GGUF format.
    pub path: String,
}

/// Downloads a built-in model. Progress arrives as [`Update::Fetch`].
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FetchModel {
    /// The model's id.
    pub id: String,
    /// A copy of its file on this computer, instead of the publisher's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub from_file: Option<String>,
}

/// Names a model on this computer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelId {
    /// The model's id.
    pub id: String,
}

/// A provider to choose.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Provider {
    /// `openai`; `server` for any address that speaks OpenAI's format.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its address; absent if the user must enter one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub base_url: Option<String>,
    /// Example of its address.
    pub example: String,
    /// It requires a key.
    pub key_required: bool,
    /// The provider's usual environment variable for a key, if it is set and may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub key_variable: Option<String>,
    /// Names of models worth offering.
    pub models: Vec<String>,
}

/// Asks for the known facts about a model.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelFactsOf {
    /// The model. Plumb reads no key and sends nothing.
    pub model: ModelChoice,
}

/// Source of a model's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PriceFrom {
    /// The choice itself.
    Choice,
    /// The user's `models.toml`.
    File,
    /// Plumb's price table.
    Table,
    /// The model runs on this computer.
    Here,
}

/// Known facts about a model.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelFacts {
    /// US dollars per million tokens; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub price: Option<Price>,
    /// Source of the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub price_from: Option<PriceFrom>,
    /// Date of the price table: `2026-11-22`.
    pub prices_as_of: String,
    /// Web page of the table's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub source: Option<String>,
    /// A model of the same provider that handles sub-calls for less than half the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cheaper: Option<CheaperModel>,
    /// Context window in tokens, without the user's own facts.
    pub window: u32,
    /// Strength, without the user's own facts.
    pub strength: Strength,
    /// The user's own facts, which take precedence.
    pub own: OwnFacts,
}

/// The user's own facts about a model. They take precedence over Plumb's, at any address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct OwnFacts {
    /// Context window in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub window: Option<u32>,
    /// Strength.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub strength: Option<Strength>,
    /// US dollars per million tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub price: Option<Price>,
}

/// Saves the user's own facts about a model. Absent facts fall back to Plumb's.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SetModelFacts {
    /// The provider's id.
    pub provider: String,
    /// The provider's name for it.
    pub name: String,
    /// The facts.
    pub own: OwnFacts,
}

/// A cheaper model for sub-calls.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CheaperModel {
    /// Model name, as the provider knows it.
    pub name: String,
    /// US dollars per million tokens.
    pub price: Price,
}

/// Asks a server which models it offers.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OfferedModels {
    /// The server and its key; the model's name may be empty.
    pub model: ModelChoice,
}

/// A model server that runs on this computer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LocalServer {
    /// The provider's id.
    pub provider: String,
    /// Its name for people.
    pub name: String,
    /// The models it offers.
    pub models: Vec<String>,
}

/// Stores a key in the keychain, bound to its server.
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

/// Whether and where a key is stored.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct KeyState {
    /// A key is stored.
    pub present: bool,
    /// It is in the keychain; else only in memory until Plumb ends.
    pub in_keychain: bool,
    /// Why it is not in the keychain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<String>,
}

/// Tests a model with one tiny call.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TestModel {
    /// The model to call.
    pub model: ModelChoice,
}

/// A successful test.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TestResult {
    /// Time to the answer, in milliseconds.
    pub elapsed_ms: u64,
}
