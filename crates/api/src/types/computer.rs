//! What the user has chosen, and how this computer stands.

use plumb_rlm::options::{Limits, ModelChoice};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
    /// Files of models that the user added, absolute. They stay where they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub model_files: Vec<String>,
    /// Limits of new questions.
    pub limits: Limits,
    /// Starts the worker that runs code elsewhere and pipes to it; absent: on this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub repl_command: Option<String>,
    /// Text in pictures and in PDFs without text is read too (by tesseract, where it is installed).
    #[serde(default)]
    pub read_images: bool,
    /// Light or dark.
    pub theme: Theme,
}

impl Settings {
    /// The models that are chosen.
    pub(crate) fn models(&self) -> impl Iterator<Item = &ModelChoice> {
        self.model.iter().chain(&self.sub_model)
    }
}

/// Tries a command that runs code elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TestRepl {
    /// As it would be typed in a terminal.
    pub command: String,
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
