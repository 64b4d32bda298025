//! Options of a run: mode, models and limits.

use crate::money::Price;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The user's choice of a mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModeChoice {
    /// Plumb chooses, and says why.
    #[default]
    Auto,
    /// The whole text in one call.
    Direct,
    /// The free REPL.
    Rlm,
    /// The guided REPL, for small models.
    Guided,
    /// Plans that the engine drives: it reads, asks the model small questions, and puts the answer together.
    Map,
}

/// The mode of a run: its way to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The whole text in one call.
    Direct,
    /// The free REPL.
    Rlm,
    /// The guided REPL, for small models.
    Guided,
    /// Plans that the engine drives, without code.
    Map,
}

/// Where a provider's key is found. Never the key itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeySource {
    /// No key is sent.
    #[default]
    None,
    /// In the operating system's keychain, under the server's address.
    Keychain,
    /// In an environment variable.
    Env {
        /// Its name.
        variable: String,
    },
    /// Printed by a command, such as that of a password manager; its first line is the key.
    Command {
        /// For the system's shell.
        command: String,
    },
}

/// A model, and how it is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelChoice {
    /// `local`, a known provider's name, or `server` for any OpenAI-compatible server.
    pub provider: String,
    /// The provider's name for the model; for `local`, the model's id.
    pub name: String,
    /// Where the server is; absent: the provider's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub base_url: Option<String>,
    /// Where the key is.
    #[serde(default)]
    pub key: KeySource,
    /// The user's price, which goes before the table of prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub price: Option<Price>,
}

/// Limits of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Limits {
    /// Maximum cost in US dollars, sub-calls included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_cost_usd: Option<f64>,
    /// Maximum number of turns of each node.
    pub max_turns: u32,
    /// Maximum number of sub-calls of the run.
    pub max_calls: u32,
    /// Maximum depth of children with a REPL of their own; the root is 0.
    pub max_depth: u32,
    /// Maximum number of input and output tokens together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_tokens: Option<u64>,
    /// Maximum number of concurrent sub-calls.
    pub concurrency: u32,
    /// Maximum time of the run, in seconds.
    pub timeout_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_cost_usd: None,
            max_turns: 20,
            max_calls: 1000,
            max_depth: 1,
            max_tokens: None,
            concurrency: 16,
            timeout_s: 3600,
        }
    }
}

/// The options of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunOptions {
    /// The mode.
    #[serde(default)]
    pub mode: ModeChoice,
    /// The root's model.
    pub model: ModelChoice,
    /// The model of sub-calls; absent: the root's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_model: Option<ModelChoice>,
    /// The limits.
    #[serde(default)]
    pub limits: Limits,
    /// Starts the REPL's worker elsewhere and pipes to it; absent: on this computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub repl_command: Option<String>,
    /// Files that are listed beside plain files.
    #[serde(default)]
    pub include: crate::documents::Include,
    /// Makes a local model's sampling and the REPL's random numbers repeatable.
    #[serde(default)]
    pub seed: u64,
}

impl RunOptions {
    /// The chosen models.
    pub fn models(&self) -> impl Iterator<Item = &ModelChoice> {
        std::iter::once(&self.model).chain(&self.sub_model)
    }
}
