//! Keys and the system's keychain: a real one on its own bus, a locked one, and none.

use crate::{
    plumb::{Home, finish, signal},
    serving::Serving,
};
use plumb_tests::scripted::{Reply, Script, ScriptedServer};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

const KEY: &str = "sk-kept-0c41";

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=FOLDER</listen>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

/// A session bus with a gnome-keyring, in its own folder. Both end when it is dropped.
pub struct Keychain {
    bus: String,
    folder: TempDir,
    _bus: Child,
    daemon: Option<Child>,
}

impl Keychain {
    /// A bus without a keychain.
    pub async fn none() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut bus = Command::new("dbus-daemon");
        // The system's own configuration would start services on the bus.
        let config = folder.path().join("bus.conf");
        std::fs::write(&config, BUS.replace("FOLDER", folder.path().to_str().unwrap())).unwrap();
        bus.arg("--config-file").arg(config).args(["--nofork", "--print-address"]).kill_on_drop(true);
        let mut daemon =
            bus.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("dbus-daemon: scripts/setup.sh test installs it");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).await.unwrap();
        Keychain { bus: address.trim().to_owned(), folder, _bus: daemon, daemon: None }
    }

    /// An unlocked keychain.
    pub async fn unlocked() -> Self {
        let mut keychain = Keychain::none().await;
        keychain.serve(Some("not an empty password")).await;
        keychain
    }

    /// A keychain with a locked collection and no screen to unlock it at.
    pub async fn locked() -> Self {
        let mut keychain = Keychain::unlocked().await;
        keychain.daemon.take().unwrap().kill().await.unwrap();
        keychain.serve(None).await;
        keychain
    }

    async fn serve(&mut self, password: Option<&str>) {
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]).args(password.map(|_| "--unlock"));
        self.on_bus(&mut command);
        command
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env_remove("DISPLAY")
            .kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut daemon = command.spawn().expect("gnome-keyring-daemon: scripts/setup.sh test installs it");
        let mut input = daemon.stdin.take().unwrap();
        input.write_all(password.unwrap_or_default().as_bytes()).await.unwrap();
        drop(input);
        self.daemon = Some(daemon);
        for _ in 0..200 {
            if self.answers().await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("gnome-keyring did not come up");
    }

    async fn answers(&self) -> bool {
        let mut asked = Command::new("dbus-send");
        asked.args([
            "--session",
            "--print-reply",
            "--reply-timeout=2000",
            "--dest=org.freedesktop.DBus",
            "/",
            "org.freedesktop.DBus.NameHasOwner",
        ]);
        asked.arg("string:org.freedesktop.secrets");
        self.on_bus(&mut asked);
        let output = asked.output().await.unwrap();
        String::from_utf8_lossy(&output.stdout).contains("boolean true")
    }

    /// Lets a program find the bus.
    pub fn on_bus(&self, command: &mut Command) {
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
    }
}

async fn wanting(key: &str) -> ScriptedServer {
    let script = Script {
        root: vec![Reply::text("in"), Reply::text("in"), Reply::text("in")],
        key: Some(key.into()),
        ..Script::default()
    };
    ScriptedServer::start(script).await.unwrap()
}

fn choice(server: &ScriptedServer) -> Value {
    json!({"model": {"provider": "server", "name": "m", "base_url": server.base_url(), "key": {"kind": "keychain"}}})
}

async fn set(serving: &mut Serving, server: &ScriptedServer, key: &str) -> Value {
    serving.command("set_key", json!({"base_url": server.base_url(), "key": key})).await
}

async fn state(serving: &mut Serving, server: &ScriptedServer) -> Value {
    serving.command("key_state", json!({"base_url": server.base_url()})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_keychain_keeps_replaces_and_deletes_a_key() {
    let (home, keychain) = (Home::with("note.txt", "Tuesday.\n"), Keychain::unlocked().await);
    let (server, other) = (wanting(KEY).await, wanting(KEY).await);
    let serve = async || Serving::start(&home, |command| keychain.on_bus(command)).await;
    let kept = json!({"present": true, "in_keychain": true});

    let mut first = serve().await;
    assert_eq!(set(&mut first, &server, "sk-older").await, kept);
    first.end().await;

    let mut second = serve().await;
    assert_eq!(state(&mut second, &server).await, kept, "another program reads what the first one kept");
    assert_eq!(second.command("test_model", choice(&server)).await["code"], "refused_key", "it is the older key");
    assert_eq!(set(&mut second, &server, KEY).await, kept);
    second.end().await;

    let mut third = serve().await;
    assert!(third.command("test_model", choice(&server)).await["elapsed_ms"].is_u64(), "it was replaced");
    // The key is bound to its server, although this server would accept it too.
    let refused = third.command("test_model", choice(&other)).await;
    assert_eq!(refused["code"], "refused_key", "{refused}");
    assert_eq!(other.stats().requests, 0, "nothing was sent there");
    third.command("delete_key", json!({"base_url": server.base_url()})).await;
    third.end().await;

    let mut fourth = serve().await;
    assert_eq!(state(&mut fourth, &server).await, json!({"present": false, "in_keychain": false}));
    fourth.end().await;
}

/// Without a usable keychain a key lasts until the program ends, and the user learns why.
async fn serves_for_the_session(keychain: &Keychain, why: &str) {
    let (home, server) = (Home::with("note.txt", "Tuesday.\n"), wanting(KEY).await);
    let mut serving = Serving::start(&home, |command| keychain.on_bus(command)).await;
    let kept = set(&mut serving, &server, KEY).await;
    assert_eq!((&kept["present"], &kept["in_keychain"]), (&json!(true), &json!(false)), "{kept}");
    assert!(kept["reason"].as_str().unwrap().contains(why), "{kept}");
    assert_eq!(state(&mut serving, &server).await, kept, "the reason is shown as long as it is so");
    assert!(serving.command("test_model", choice(&server)).await["elapsed_ms"].is_u64());
    serving.end().await;
    let mut later = Serving::start(&home, |command| keychain.on_bus(command)).await;
    assert_eq!(state(&mut later, &server).await["present"], false);
    later.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keychain_is_given_up_and_the_reason_is_shown() {
    serves_for_the_session(&Keychain::locked().await, "locked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_keychain_is_given_up_and_the_reason_is_shown() {
    let keychain = Keychain::unlocked().await;
    signal(keychain.daemon.as_ref().unwrap(), Signal::STOP);
    serves_for_the_session(&keychain, "did not answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_a_key_lasts_for_the_session() {
    serves_for_the_session(&Keychain::none().await, "no keychain that Plumb can use").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_uses_the_key_that_the_window_kept() {
    let (home, keychain) = (Home::with("note.txt", "Tuesday.\n"), Keychain::unlocked().await);
    let server = wanting(KEY).await;
    let mut serving = Serving::start(&home, |command| keychain.on_bus(command)).await;
    set(&mut serving, &server, KEY).await;
    let model = choice(&server)["model"].clone();
    let mut settings = serving.command("settings", json!({})).await;
    settings["model"] = model;
    serving.command("set_settings", settings).await;
    serving.end().await;
    let mut asked = home.command(&["ask", "Which day?", "--mode", "direct", "--json"]);
    asked.arg(home.documents());
    keychain.on_bus(&mut asked);
    assert_eq!(finish(asked.spawn().unwrap()).await.answered()["answer"], "in");
}
