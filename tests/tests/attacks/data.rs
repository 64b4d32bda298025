//! The attacks, read from `tests/attacks`.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Code that a model may write.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// Its unique name.
    pub name: String,
    /// One cell.
    pub code: String,
    /// The place outside where it succeeds.
    pub control: Control,
    /// A file of the folder whose code runs first.
    #[serde(default)]
    before: Option<String>,
    /// A check that only the host can make; see protocol.toml.
    #[serde(default)]
    pub checks: Option<String>,
    /// `killed`: Plumb must kill the worker.
    #[serde(default)]
    pub ends: Option<String>,
    #[serde(default)]
    pub needs_root_outside: bool,
    /// It attacks the map of texts that workers share.
    #[serde(default)]
    pub shared_text: bool,
    /// The only processor family it applies to.
    #[serde(default)]
    arch: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Plain Python.
    Python,
    /// A REPL without protection.
    Naive,
}

impl Attack {
    /// The code after the prologue.
    pub fn source(&self) -> String {
        let before = self.before.as_ref().map(|file| std::fs::read_to_string(folder().join(file)).unwrap()).unwrap_or_default();
        format!("{before}\n{}", self.code)
    }

    /// Whether its check measures this whole process, so that no other attack may run.
    pub fn needs_quiet(&self) -> bool {
        matches!(self.checks.as_deref(), Some("host_memory" | "quiet"))
    }
}

/// A system call in machine code.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub name: String,
    pub call: String,
    #[serde(default)]
    pub arguments: Vec<toml::Value>,
    /// The kernel's answers outside, if they are not a success.
    #[serde(default)]
    pub outside: Option<String>,
    #[serde(default)]
    pub needs_root_outside: bool,
    /// `x32` or `old`: another way into the kernel.
    #[serde(default)]
    pub door: Option<String>,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("attacks")
}

pub fn attacks() -> Vec<Attack> {
    #[derive(Deserialize)]
    struct File {
        attack: Vec<Attack>,
    }
    let groups = ["files", "network", "processes", "native", "resources", "protocol", "python"];
    let read = |group| toml::from_str::<File>(&std::fs::read_to_string(folder().join(format!("{group}.toml"))).unwrap()).unwrap();
    let attacks = groups.into_iter().flat_map(|group| read(group).attack);
    attacks.filter(|attack| attack.arch.as_deref().is_none_or(|arch| arch == std::env::consts::ARCH)).collect()
}

pub fn calls() -> Vec<Call> {
    #[derive(Deserialize)]
    struct File {
        call: Vec<Call>,
    }
    toml::from_str::<File>(&std::fs::read_to_string(folder().join("kernel.toml")).unwrap()).unwrap().call
}
