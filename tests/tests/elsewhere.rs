//! Code that runs elsewhere: in an empty root with nothing but the C library, in other namespaces, over ssh. The protocol carries texts in frames.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use plumb_tests::scripted::{Reply, Script, ScriptedServer};
use serde_json::Value;
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

fn program(name: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join(name);
    assert!(path.exists(), "{} is missing: build it first (make build)", path.display());
    path
}

/// A folder with plumb-python and the libraries that it names, and nothing else: no Python, no shell, no /proc.
fn empty_root() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(program("plumb-python"), root.path().join("plumb-python")).unwrap();
    let needed = Command::new("ldd").arg(program("plumb-python")).output().unwrap();
    let needed = String::from_utf8(needed.stdout).unwrap();
    let libraries: Vec<&str> = needed.split_whitespace().filter(|word| word.starts_with('/')).collect();
    for library in &libraries {
        let to = root.path().join(&library[1..]);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(library, to).unwrap();
        // Of the C library's own packages, which every Debian has.
        let name = Path::new(library).file_name().unwrap().to_str().unwrap();
        assert!(
            ["libc.so", "libm.so", "libgcc_s.so", "ld-linux"].iter().any(|own| name.starts_with(own)),
            "the worker needs {name}, which a computer may not have"
        );
    }
    assert!(libraries.len() >= 2, "{needed}");
    root
}

async fn ask(documents: &Path, command: &str, replies: Vec<Reply>) -> (Value, Vec<Value>) {
    let home = tempfile::tempdir().unwrap();
    let server = ScriptedServer::start(Script { root: replies, ..Script::default() }).await.unwrap();
    let events = home.path().join("events.jsonl");
    let mut plumb = tokio::process::Command::new(program("plumb"));
    plumb.args(["ask", "What is it?"]).arg(documents);
    plumb.args(["--mode", "rlm", "--json", "--base-url", server.base_url(), "--repl-command", command]);
    plumb.arg("--events").arg(&events).env("PLUMB_HOME", home.path());
    let output = plumb.output().await.unwrap();
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let events = fs::read_to_string(events).unwrap_or_default();
    (answer, events.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Texts, searches, sub-calls, errors and a worker that is ended: all that a cell can do, elsewhere.
async fn works(command: &str) {
    let documents = tempfile::tempdir().unwrap();
    fs::write(documents.path().join("plain.txt"), "first\nsecond line\n").unwrap();
    fs::write(documents.path().join("wide.txt"), "α and 😀\nκλμ\n").unwrap();
    fs::write(documents.path().join("latin.txt"), "café\n").unwrap();
    let code = |code: &str| Reply::code(code);
    let (answer, events) = ask(
        documents.path(),
        command,
        vec![
            code("kept = [context[p] for p in context]\nprint(kept)\nprint(lines('plain.txt', 2, 2), len(grep('λ')))"),
            code("import os\ntry:\n    open('/plumb-python')\nexcept OSError as error:\n    print('refused:', error.errno)"),
            code("import os\nos._exit(3)"),
            code("import decimal, json\nprint(decimal.Decimal(1) / 8, json.loads('[1]'))"),
            code("FINAL(kept[0] + kept[1] + kept[2])"),
        ],
    )
    .await;
    assert_eq!(answer["status"], "answered", "{answer:#}");
    assert_eq!(answer["answer"], "café\nfirst\nsecond line\nα and 😀\nκλμ\n");
    let outputs: Vec<&str> = events.iter().filter_map(|e| e["outcome"]["output"].as_str()).collect();
    assert!(outputs[0].contains("second line 1"), "{outputs:?}");
    assert!(outputs[1].contains("refused: 1"), "{outputs:?}");
    assert!(outputs[3].contains("0.125 [1]"), "{outputs:?}");
    let endings: Vec<&str> = events.iter().filter_map(|e| e["outcome"]["ending"].as_str()).collect();
    assert_eq!(endings[2], "killed", "{endings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_needs_nothing_but_the_c_library() {
    let root = empty_root();
    works(&format!("unshare --user --map-current-user --net --root={} /plumb-python", root.path().display())).await;
    let left: Vec<_> = fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| ["plumb-python", "lib", "lib64", "usr"].contains(&name.to_str().unwrap())), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_runs_in_another_mount_and_network_namespace() {
    let root = empty_root();
    works(&format!("unshare --user --map-root-user --mount --net --pid --fork --root={} /plumb-python", root.path().display()))
        .await;
}

/// A server for ssh on this machine, for this user alone.
struct Sshd {
    folder: TempDir,
    port: u16,
    server: Child,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Sshd {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for key in ["host", "user"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path(key)).status().unwrap();
            assert!(made.success());
        }
        fs::copy(path("user.pub"), path("authorized")).unwrap();
        if plumb_is_root() {
            // Where the server of a system gives up its rights.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", "/dev/null", "-o", "ListenAddress=127.0.0.1", "-o", "StrictModes=no", "-o", "PidFile=none"])
            .args(["-o", "UsePAM=no", "-o", "PermitRootLogin=yes", "-o", &format!("Port={port}")])
            .args(["-o", &format!("HostKey={}", path("host").display())])
            .args(["-o", &format!("AuthorizedKeysFile={}", path("authorized").display())])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let since = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(20), "the server for ssh did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Sshd { folder, port, server }
    }

    fn command(&self, remote: &str) -> String {
        let key = self.folder.path().join("user");
        format!(
            "ssh -T -F /dev/null -i {} -p {} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR 127.0.0.1 {remote}",
            key.display(),
            self.port
        )
    }
}

fn plumb_is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[tokio::test(flavor = "multi_thread")]
async fn code_runs_on_another_machine_over_ssh() {
    let sshd = Sshd::start();
    works(&sshd.command(&program("plumb-python").display().to_string())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_brings_no_worker_is_told_in_words() {
    let documents = tempfile::tempdir().unwrap();
    fs::write(documents.path().join("a.txt"), "text").unwrap();
    for (command, why) in
        [("no-such-command-anywhere", "not found"), ("echo hello", "started no worker"), ("cat", "started no worker")]
    {
        let (answer, _) = ask(documents.path(), command, vec![Reply::code("FINAL(context)")]).await;
        assert_eq!(answer["status"], "failed", "{answer:#}");
        assert_eq!(answer["error"]["code"], "no_worker", "{answer:#}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(why) && message.contains(command), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_stays_on_this_computer_goes_nowhere() {
    let (documents, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(documents.path().join("a.txt"), "text").unwrap();
    let server = ScriptedServer::start(Script { root: vec![Reply::code("FINAL('ok')")], ..Script::default() }).await.unwrap();
    let ask = |more: Vec<String>| {
        let mut plumb = tokio::process::Command::new(program("plumb"));
        plumb.args(["ask", "What is it?"]).arg(documents.path()).args(["--mode", "rlm", "--json"]).args(more);
        plumb.env("PLUMB_HOME", home.path());
        async move { serde_json::from_slice::<Value>(&plumb.output().await.unwrap().stdout).unwrap() }
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let marked = ask(words(&["--base-url", server.base_url(), "--local-only"])).await;
    assert_eq!(marked["status"], "answered", "a server on this computer is local: {marked:#}");
    for elsewhere in [
        words(&["--base-url", "http://192.0.2.1/v1"]),
        words(&["--base-url", server.base_url(), "--repl-command", "cat"]),
        words(&["--base-url", server.base_url(), "--sub-model", "server:other", "--repl-command", "cat"]),
        // Both are on this computer, and hand on what they get.
        words(&["--model", "ollama:gpt-oss:120b-cloud", "--base-url", server.base_url()]),
        words(&["--model", "litellm:m", "--base-url", server.base_url()]),
    ] {
        let refused = ask(elsewhere).await;
        assert_eq!(refused["error"]["code"], "local_only", "{refused:#}");
    }
    // A file of the folder is as local as the folder.
    let mut plumb = tokio::process::Command::new(program("plumb"));
    plumb.args(["ask", "What is it?"]).arg(documents.path().join("a.txt")).args(["--json", "--base-url", "http://192.0.2.1/v1"]);
    let refused: Value = serde_json::from_slice(&plumb.env("PLUMB_HOME", home.path()).output().await.unwrap().stdout).unwrap();
    assert_eq!(refused["error"]["code"], "local_only", "{refused:#}");
}
