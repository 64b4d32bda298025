//! With a model on this computer Plumb makes no connection at all. A tiny model with random weights shows that; ignored tests use the built-in model
//! and check its answer.
//!
//! Ignored tests need that model's file: `PLUMB_MODELS=FOLDER cargo nextest run --release -p plumb-tests --run-ignored only local_model offline`
//! (`scripts/dev-model.sh` puts it together).

use crate::plumb::{Home, finish, program_named, root};
use plumb_tests::scripted::Reply;
use regex::Regex;
use std::{collections::HashMap, path::Path, process::Stdio};
use tokio::process::Command;

pub const MODEL: &str = "local:qwen2.5-coder-1.5b";

pub fn home() -> Home {
    Home::with("pier.txt", "The ferry leaves at seven from the north pier.\nThe bridge opens at nine.\n")
}

/// A real model with random weights, whose every reply is an answer.
pub fn tiny() -> String {
    format!("local:{}/fixtures/tiny.gguf", env!("CARGO_MANIFEST_DIR"))
}

/// The command that asks a model on this computer, started by the command `before`, if any.
pub fn asking(home: &Home, before: &[&str], model: &str) -> Command {
    let plumb = program_named("plumb");
    let mut command = Command::new(before.first().map_or(plumb.as_os_str(), std::ffi::OsStr::new));
    command.args(before.iter().skip(1));
    if !before.is_empty() {
        command.arg(&plumb);
    }
    command.args(["ask", "When does the ferry leave?", "--mode", "guided", "--json", "--model", model]).arg(home.documents());
    command.env("PLUMB_HOME", home.plumb_home()).env("NO_COLOR", "1").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A model's answer without any network; `None` if this computer does not allow network namespaces.
async fn answer_without_a_network(model: &str) -> Option<serde_json::Value> {
    let alone = ["unshare", "--user", "--map-root-user", "--net"];
    let may = Command::new(alone[0]).args(&alone[1..]).args(["cat", "/proc/net/dev"]).output().await.unwrap();
    if !may.status.success() {
        eprintln!("skipped: this computer does not allow network namespaces ({may:?})");
        return None;
    }
    let interfaces =
        String::from_utf8(may.stdout).unwrap().lines().skip(2).map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    assert!(interfaces.iter().all(|interface| interface.starts_with("lo:")), "{interfaces:?}");
    let answer = finish(asking(&home(), &alone, model).spawn().unwrap()).await.answered();
    assert_eq!(answer["sent"]["sent"], serde_json::json!([]));
    Some(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_model_answers_without_any_network() {
    let answer = answer_without_a_network(&tiny()).await;
    assert!(answer.is_none_or(|answer| !answer["answer"].as_str().unwrap().is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the built-in model's file"]
async fn the_built_in_model_answers_where_there_is_no_network_at_all() {
    let answer = answer_without_a_network(MODEL).await;
    assert!(answer.is_none_or(|answer| answer["answer"].as_str().unwrap().contains("seven")));
}

/// Traces the network calls of a command and its children.
fn watched(calls: &Path) -> [&str; 7] {
    ["strace", "-f", "-qq", "-e", "trace=%network", "-o", calls.to_str().unwrap()]
}

/// Calls that sent data or connected to anything but a Unix socket.
fn connections(calls: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(calls).unwrap();
    assert!(text.contains("AF_UNIX"), "the socket of the workers' parent at least is seen: {text}");
    // strace splits a call into two lines if another process makes a call meanwhile.
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut whole = Vec::new();
    for line in text.lines() {
        let (process, call) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if let Some(begin) = call.strip_suffix("<unfinished ...>") {
            begun.insert(process, begin);
        } else if let Some((_, end)) = call.split_once("resumed>") {
            whole.push(format!("{process} {}{end}", begun.remove(process).unwrap_or_default()));
        } else {
            whole.push(line.to_owned());
        }
    }
    whole.extend(begun.into_iter().map(|(process, begin)| format!("{process} {begin}")));
    let leads_out = Regex::new(r"\b(connect|sendto|sendmsg|sendmmsg|bind)\(.*(AF_INET|AF_NETLINK|AF_PACKET|AF_VSOCK)").unwrap();
    // Sealed programs make forbidden calls on purpose. A connection in progress has begun, although it returns an error.
    let refused = Regex::new(r"= -1 E[A-Z]+").unwrap();
    whole.retain(|call| leads_out.is_match(call) && (!refused.is_match(call) || call.contains("EINPROGRESS")));
    whole
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_a_model_on_this_computer_connects_to_nothing() {
    let home = home();
    let calls = home.documents().with_file_name("calls");
    finish(asking(&home, &watched(&calls), &tiny()).spawn().unwrap()).await.answered();
    assert_eq!(connections(&calls), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_connects_to_its_server_and_to_nothing_else() {
    let (home, server) = (home(), root([Reply::code("print(context['pier.txt'])"), Reply::code("FINAL('seven')")]).await);
    let calls = home.documents().with_file_name("calls");
    let asked = home.asking(&server, &[]);
    let mut command = Command::new("strace");
    command.args(&watched(&calls)[1..]).arg(asked.as_std().get_program()).args(asked.as_std().get_args());
    command.env("PLUMB_HOME", home.plumb_home()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(command.spawn().unwrap()).await.answered();
    let made = connections(&calls);
    let port = server.base_url().rsplit(':').next().unwrap().split('/').next().unwrap();
    assert!(!made.is_empty() && made.iter().all(|call| call.contains(&format!("htons({port})"))), "{made:#?}");
}
