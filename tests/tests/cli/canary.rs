//! A known key takes every path that a key can take. Afterwards nothing that Plumb wrote or printed may contain it.

mod traces;

use crate::{
    keychain::Keychain,
    plumb::{Home, finish, program_named, root},
    serving::Serving,
};
use plumb_tests::scripted::{Reply, Script, ScriptedServer};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{path::PathBuf, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::process::Command;
use traces::Secret;

/// With characters that change when encoded.
const KEY: &str = "sk-can4ry+7Hq2/Lx0vT5rB8nWd3=k";
const VARIABLE: &str = "PLUMB_TEST_KEY";

/// All of Plumb's output: its files, temporary files, the user's home, and the printed text.
struct Place {
    home: Home,
    folder: TempDir,
    said: String,
}

impl Place {
    fn new() -> Self {
        let place = Place {
            home: Home::with("note.txt", "The meeting is on Tuesday.\n"),
            folder: tempfile::tempdir().unwrap(),
            said: String::new(),
        };
        std::fs::create_dir(place.path("tmp")).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes the program log everything and leave its files here.
    fn set_up(&self, command: &mut Command) {
        command.env("PLUMB_LOG", "trace").env("RUST_BACKTRACE", "full").current_dir(self.folder.path());
        command.env("TMPDIR", self.path("tmp")).env("HOME", self.folder.path()).env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    }

    async fn run(&mut self, mut command: Command) -> Value {
        self.set_up(&mut command);
        let outcome = finish(command.spawn().unwrap()).await;
        self.said.push_str(&outcome.stdout);
        self.said.push_str(&outcome.stderr);
        serde_json::from_str(&outcome.stdout).unwrap_or(Value::Null)
    }

    async fn ask(&mut self, server: &ScriptedServer, more: &[&str]) -> Value {
        let mut asked = self.home.asking(server, more);
        asked.arg("--events").arg(self.path("events.jsonl")).env(VARIABLE, KEY);
        self.run(asked).await
    }

    async fn found(&self, secret: &Secret) -> Vec<String> {
        let mut found = secret.in_folder(&self.home.plumb_home()).await;
        found.extend(secret.in_folder(self.folder.path()).await);
        found.extend(secret.in_text("what was said", &self.said));
        found
    }
}

/// Replies of servers that quote the key.
fn echoes() -> Vec<Reply> {
    let error = json!({"error": {"message": format!("Incorrect API key provided: {KEY}. You sent 'Authorization: Bearer {KEY}'."), "type": KEY}}).to_string();
    let nested = json!({"error": {"message": json!({"detail": {"key": KEY}}).to_string()}}).to_string();
    let with = |status, kind: &str, body: String| Reply {
        status: Some(status),
        content_type: kind.into(),
        body: Some(body),
        ..Reply::default()
    };
    let json = "application/json";
    vec![
        with(401, json, error.clone()),
        with(403, "text/plain", format!("no such key: {KEY}")),
        with(400, json, nested),
        with(404, json, json!({"detail": format!("{KEY} knows no such model")}).to_string()),
        with(402, "text/html", format!("<html>pay for {KEY}</html>")),
        with(413, json, error.clone()),
        with(301, json, error.clone()),
        with(200, "text/event-stream", format!("data: {error}\n\n")),
        with(
            200,
            "text/event-stream",
            format!(
                "event: error\ndata: {}\n\n",
                json!({"type": "error", "error": {"type": "authentication_error", "message": KEY}})
            ),
        ),
        with(200, json, error),
        with(200, "text/plain", format!("{KEY} {KEY}")),
        with(200, json, format!("{{\"choices\": [{{\"{KEY}\": ")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_in_nothing_that_plumb_writes_or_says() {
    let (mut place, secret) = (Place::new(), Secret::new(KEY));
    let (by_variable, in_file) = (["--api-key-env", VARIABLE], tempfile::NamedTempFile::new().unwrap());
    std::fs::write(in_file.path(), format!("{KEY}\nuser: me\n")).unwrap();
    let command = format!("cat {}", in_file.path().display());

    // The right key, and code that looks for it, here and elsewhere.
    let looks = "import os, sys\nprint(dict(os.environ), sys.argv)\nfor name in ('environ', 'cmdline'):\n    try:\n        print(open('/proc/self/' + name).read())\n    except OSError:\n        pass";
    let python = program_named("plumb-python");
    for model in ["server:m", "anthropic:m", "gemini:m"] {
        for key in [by_variable, ["--api-key-command", &command]] {
            for place_of_code in [&[][..], &["--repl-command", python.to_str().unwrap()]] {
                let script = Script {
                    root: vec![Reply::code(looks), Reply::code("FINAL('in')")],
                    key: Some(KEY.into()),
                    ..Script::default()
                };
                let server = ScriptedServer::start(script).await.unwrap();
                let answer = place.ask(&server, &[&["--model", model][..], &key, place_of_code].concat()).await;
                assert_eq!(answer["answer"], "in", "{answer}");
                let sent = server.requests().iter().map(Value::to_string).collect::<String>();
                assert_eq!(secret.in_text("a prompt", &sent), None);
            }
        }
        // Servers that quote the key.
        for echo in echoes() {
            let server = root([echo]).await;
            let answer = place.ask(&server, &[&["--model", model][..], &by_variable].concat()).await;
            assert_eq!(answer["status"], "failed", "{model}: {answer}");
        }
    }

    // A key that cannot be sent, and one whose command fails.
    let server = root([]).await;
    let mut asked = place.home.asking(&server, &by_variable);
    asked.env(VARIABLE, format!("{KEY}\u{1}é"));
    assert_eq!(place.run(asked).await["error"]["code"], "refused_key");
    let failing = format!("{command}; exit 3");
    assert_eq!(place.ask(&server, &["--api-key-command", &failing]).await["error"]["code"], "refused_key");
    assert_eq!(server.stats().requests, 0);

    // Output that a person may send to someone who helps.
    let runs = place.home.runs().await;
    // For each format: four ways to give the right key, and all servers that quote it.
    assert_eq!(runs.len(), 3 * (4 + echoes().len()));
    for arguments in [vec!["doctor"], vec!["doctor", "--json"], vec!["runs", "--json"]] {
        let command = place.home.command(&arguments);
        place.run(command).await;
    }
    for run in &runs {
        for more in [&[][..], &["--json"]] {
            let command = place.home.command(&[&["show", run["run_id"].as_str().unwrap()][..], more].concat());
            place.run(command).await;
        }
    }
    assert!(place.said.len() > 100_000 && place.said.contains("TRACE"), "the log said hardly anything");
    assert_eq!(place.found(&secret).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_typed_into_the_window_stands_nowhere_either() {
    for keychain in [Keychain::unlocked().await, Keychain::none().await] {
        let (mut place, secret) = (Place::new(), Secret::new(KEY));
        let server = root(echoes()).await;
        let key_for = json!({"base_url": server.base_url()});
        let model = json!({"provider": "server", "name": "m", "base_url": server.base_url(), "key": {"kind": "keychain"}});
        let mut serving = Serving::start(&place.home, |command| {
            place.set_up(command);
            keychain.on_bus(command);
        })
        .await;
        assert_eq!(serving.command("set_key", json!({"base_url": server.base_url(), "key": KEY})).await["present"], true);
        serving.command("key_state", key_for.clone()).await;
        let mut settings = serving.command("settings", json!({})).await;
        settings["model"] = model.clone();
        serving.command("set_settings", settings).await;
        for _ in 0..4 {
            assert!(serving.command("test_model", json!({"model": model})).await["code"].is_string());
        }
        let library = serving.command("open_library", json!({"sources": [place.home.documents()]})).await;
        for _ in 0..4 {
            let run = serving.command("ask", json!({"question": "Which day?", "library": library["id"], "mode": "direct"})).await;
            let whole = json!({"run": run["run_id"]});
            while serving.command("answer", whole.clone()).await["status"] == "running" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            serving.command("run", whole).await;
        }
        // Plumb refuses addresses that hold the key, and does not repeat them.
        for address in [format!("https://me:{KEY}@example.org/v1"), KEY.to_owned()] {
            let refused = serving.command("set_key", json!({"base_url": address, "key": KEY})).await;
            assert!(refused["code"].is_string(), "{refused}");
        }
        serving.command("doctor", json!({})).await;
        serving.command("delete_key", key_for).await;
        place.said.push_str(&serving.answered.clone());
        let printed = serving.end().await;
        place.said.push_str(&format!("{}{}", printed.stdout, printed.stderr));
        assert_eq!(place.found(&secret).await, [""; 0]);
    }
}

/// Memory holds keys, and a system may write the memory of a crashed process to disk or hand it to a program.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_reveals_no_key_and_leaves_no_memory_on_disk() {
    let never = Reply { hang: true, ..Reply::default() };
    let (place, secret) = (Place::new(), Secret::new(KEY));
    let server = root([never]).await;
    // The parent may have asked for core dumps.
    let asked = place.home.asking(&server, &["--mode", "direct", "--api-key-env", VARIABLE]);
    let (program, arguments) = (asked.as_std().get_program(), asked.as_std().get_args());
    let mut crashing = Command::new("sh");
    crashing.args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"]).arg(program).args(arguments).env(VARIABLE, KEY);
    place.set_up(&mut crashing);
    // The log is long, so it goes to a file that is searched with the others.
    let said = std::fs::File::create(place.path("said")).unwrap();
    crashing.env("PLUMB_HOME", place.home.plumb_home()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(said);
    let crashing = crashing.spawn().unwrap();
    let id = crashing.id().unwrap();
    crate::plumb::until(&server, |stats| stats.in_flight == 1).await;
    let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    // A limit of 1 byte allows no core file, and tells Linux not to pipe the memory to a program either.
    assert_eq!(core.split_whitespace().nth(4), Some("1"), "{core}");
    kill_process(Pid::from_raw(id as i32).unwrap(), Signal::ABORT).unwrap();
    let outcome = finish(crashing).await;
    assert_eq!(outcome.exit, None, "{outcome:#?}");
    assert_eq!(secret.in_text("what was said", &outcome.stdout), None);
    assert!(std::fs::metadata(place.path("said")).unwrap().len() > 10_000, "the log said hardly anything");
    assert_eq!(place.found(&secret).await, [""; 0]);
    // Positive control: where core dumps are files, an allowed one appears.
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    if !pattern.starts_with(['|', '/', '@']) {
        let images = || std::fs::read_dir(place.folder.path()).unwrap().count();
        let before = images();
        let control = "ulimit -c unlimited && kill -SEGV $$";
        let crashed = Command::new("sh").args(["-c", control]).current_dir(place.folder.path()).status().await.unwrap();
        assert!(!crashed.success() && images() > before, "nothing leaves an image here");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_written_somewhere_is_found_there() {
    let secret = Secret::new(KEY);
    // Positive control: a key in a question is kept, compressed, over many pages of the database.
    let place = Place::new();
    let words: String = (0..20_000).map(|n| format!("{n:x} ")).collect();
    let server =
        root([Reply::code(&format!("print(llm_query({:?}))", format!("{words} {KEY} {words}"))), Reply::code("FINAL('in')")])
            .await;
    assert_eq!(secret.in_folder(&place.home.plumb_home()).await, [""; 0]);
    place.home.ask(&server, &[]).await;
    let found = secret.in_folder(&place.home.plumb_home()).await;
    assert!(found.iter().any(|place| place.starts_with("table blobs")), "{found:?}");
    assert!(found.iter().any(|place| place.starts_with("table events")), "{found:?}");

    let folder = tempfile::tempdir().unwrap();
    let encoded = |before: &str| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("{before}{KEY} and more"));
    let percent = KEY.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D").replace('-', "%2D");
    let quoted = json!({"a": [KEY]}).to_string();
    for (name, text) in [
        ("raw", KEY.to_owned()),
        ("one", encoded("")),
        ("two", encoded("x")),
        ("three", encoded("xy")),
        ("url", percent),
        ("json", quoted),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, format!("before {text} after")).unwrap();
        assert_eq!(secret.in_folder(folder.path()).await.len(), 1, "{name}");
        std::fs::write(&file, zstd::encode_all(format!("before {text} after").as_bytes(), 3).unwrap()).unwrap();
        assert_eq!(secret.in_folder(folder.path()).await.len(), 1, "{name}, compressed");
        std::fs::remove_file(file).unwrap();
    }
}
