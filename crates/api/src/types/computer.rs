//! The user's settings, and the state of this computer.

use plumb_rlm::options::{Limits, ModelChoice};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Colour theme of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// The system's theme.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The user's settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// The model that answers; absent until the user chooses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model: Option<ModelChoice>,
    /// The model of sub-calls; absent: `model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sub_model: Option<ModelChoice>,
    /// Absolute paths of the model files that the user added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub model_files: Vec<String>,
    /// Limits of new questions.
    pub limits: Limits,
    /// Command that starts a worker elsewhere and pipes to it; absent: code runs on this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub repl_command: Option<String>,
    /// Text in pictures and scanned PDFs is read too, by tesseract if it is installed.
    #[serde(default)]
    pub read_images: bool,
    /// Colour theme of the window.
    pub theme: Theme,
}

impl Settings {
    /// The chosen models.
    pub(crate) fn models(&self) -> impl Iterator<Item = &ModelChoice> {
        self.model.iter().chain(&self.sub_model)
    }
}

/// Tests a command that runs code elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TestRepl {
    /// The command, as typed in a terminal.
    pub command: String,
}

/// One check of this computer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Check {
    /// `seal`, `keychain`, `model`, `store`, …
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The check passed.
    pub ok: bool,
    /// The measured result.
    pub found: String,
    /// Next step if the check failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub advice: Option<String>,
}

/// The checks of this computer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Doctor {
    /// Plumb's version.
    pub version: String,
    /// Python's version in the worker; absent if no worker starts.
    pub python: Option<String>,
    /// All checks, in the order to show.
    pub checks: Vec<Check>,
    /// Folder of Plumb's data.
    pub data_folder: String,
    /// Folder of files that Plumb can download or make again.
    pub cache_folder: String,
}
