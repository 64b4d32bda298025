//! Runs the built program.

use plumb_tests::scripted::{Reply, Rule, Script, ScriptedServer, Stats};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Maximum time for anything a test starts, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(240);

/// The program beside this test: `target/release/plumb`.
fn program() -> PathBuf {
    program_named("plumb")
}

/// A program beside this test.
pub fn program_named(name: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().join(name);
    assert!(path.exists(), "{} is missing: build it first (make build)", path.display());
    path
}

/// A home for Plumb's files, and a folder to ask about.
pub struct Home {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    pub exit: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Standard output, which must be one JSON value.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is not one JSON value ({error}): {self:#?}"))
    }

    /// The answer object of a run that ended with `exit` and `status`.
    pub fn ended(&self, exit: i32, status: &str) -> Value {
        assert_eq!(self.exit, Some(exit), "{self:#?}");
        let answer = self.json();
        assert_eq!(answer["status"], status, "{self:#?}");
        answer
    }

    /// The answer of a run that was answered.
    pub fn answered(&self) -> Value {
        self.ended(0, "answered")
    }

    /// All printed text, which must not look like a crash.
    pub fn told(&self) -> String {
        let text = format!("{}{}", self.stdout, self.stderr);
        assert!(!text.contains("panicked") && !text.contains("RUST_BACKTRACE"), "{self:#?}");
        text
    }
}

impl Home {
    pub fn new() -> Self {
        let home = Home { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(home.documents()).unwrap();
        home
    }

    /// A home with one document.
    pub fn with(path: &str, text: &str) -> Self {
        let home = Self::new();
        home.write(path, text);
        home
    }

    /// The folder to ask about.
    pub fn documents(&self) -> PathBuf {
        self.folder.path().join("documents")
    }

    /// Plumb's own files.
    pub fn plumb_home(&self) -> PathBuf {
        self.folder.path().join("plumb")
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.documents().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .env("PLUMB_HOME", self.plumb_home())
            .env_remove("OPENAI_API_KEY")
            .env("NO_COLOR", "1")
            .kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        finish(self.command(arguments).spawn().unwrap()).await
    }

    /// The command that asks a question about the folder, with the REPL, at the server.
    pub fn asking(&self, server: &ScriptedServer, more: &[&str]) -> Command {
        self.asking_at(server.base_url(), more)
    }

    pub fn asking_at(&self, base_url: &str, more: &[&str]) -> Command {
        let mut command = self.command(&["ask", "What is the answer?"]);
        command.arg(self.documents()).args(["--base-url", base_url, "--json"]);
        if !more.contains(&"--model") {
            command.args(["--model", "server:scripted"]);
        }
        if !more.contains(&"--mode") {
            command.args(["--mode", "rlm"]);
        }
        command.args(more);
        command
    }

    pub async fn ask(&self, server: &ScriptedServer, more: &[&str]) -> Outcome {
        finish(self.asking(server, more).spawn().unwrap()).await
    }

    /// The history.
    pub async fn runs(&self) -> Vec<Value> {
        let outcome = self.run(&["runs", "--json"]).await;
        assert_eq!(outcome.exit, Some(0), "{outcome:#?}");
        outcome.json().as_array().unwrap().clone()
    }
}

/// Waits for the end of a program.
pub async fn finish(child: Child) -> Outcome {
    let id = child.id();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("process {id:?} did not end")).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome { exit: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Sends a signal.
pub fn signal(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
}

/// Waits until the server has seen something.
pub async fn until(server: &ScriptedServer, seen: impl Fn(&Stats) -> bool) {
    let waiting = async {
        while !seen(&server.stats()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "the server has only seen {:?}", server.stats());
}

/// A server that gives the root these replies in turn.
pub async fn root(replies: impl Into<Vec<Reply>>) -> ScriptedServer {
    scripted(replies, []).await
}

pub async fn scripted(root: impl Into<Vec<Reply>>, rules: impl Into<Vec<Rule>>) -> ScriptedServer {
    ScriptedServer::start(Script { root: root.into(), rules: rules.into(), ..Script::default() }).await.unwrap()
}

/// The last message of the `n`th request.
pub fn last_message(server: &ScriptedServer, n: usize) -> String {
    let requests = server.requests();
    let messages = requests.get(n).unwrap_or_else(|| panic!("there was no request {n}"))["messages"].as_array().unwrap().clone();
    match &messages.last().unwrap()["content"] {
        Value::String(text) => text.clone(),
        parts => parts.to_string(),
    }
}
