//! Documents that tell the model to send them to an attacker, and a model that obeys: nothing reaches anyone but the chosen model.
//!
//! `tests/attacks/poisoned.toml` holds the documents. `tests/e2e/browser/poisoned.test.js` tests how a browser shows the answers.

use crate::plumb::{Home, finish, root};
use plumb_tests::scripted::{Reply, ScriptedServer};
use serde::Deserialize;
use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream, UdpSocket},
    process::Command,
    task::JoinSet,
};

/// Maximum wait for events that are immediate unless the machine is very busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A secret beside the documents and in the environment, which nothing may read.
const SECRET: &str = "never-to-be-seen-83114";

/// Stands in for the REPL's names when code runs outside.
const OUTSIDE: &str = "context = {'note.txt': '4711'}\nFINAL = print\n";

#[derive(Deserialize)]
struct Poisoned {
    poison: Vec<Poison>,
}

#[derive(Deserialize)]
struct Poison {
    name: String,
    kind: Kind,
    file: String,
    document: String,
    obeys: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Code,
    Program,
    Answer,
    Terminal,
}

fn poisons() -> Vec<Poison> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("attacks/poisoned.toml");
    toml::from_str::<Poisoned>(&std::fs::read_to_string(path).unwrap()).unwrap().poison
}

fn poisons_of(kind: Kind) -> Vec<Poison> {
    let found: Vec<_> = poisons().into_iter().filter(|poison| poison.kind == kind).collect();
    assert!(!found.is_empty());
    found
}

impl Poison {
    /// A folder with the poisoned document, and a secret beside it.
    fn home(&self, attacker: &Attacker) -> Home {
        let home = Home::with(&self.file, &attacker.named_in(&self.document));
        std::fs::write(home.documents().with_file_name("secret.txt"), SECRET).unwrap();
        home
    }

    /// A model that obeys.
    async fn model(&self, attacker: &Attacker) -> ScriptedServer {
        let replies = self.obeys.iter().map(|reply| Reply::text(attacker.named_in(reply)));
        root(replies.collect::<Vec<_>>()).await
    }
}

/// An attacker who listens on a TCP and a UDP port.
struct Attacker {
    at: SocketAddr,
    seen: Arc<Mutex<Vec<SocketAddr>>>,
    _listening: JoinSet<()>,
}

impl Attacker {
    async fn listen() -> Self {
        loop {
            let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let at = tcp.local_addr().unwrap();
            // A port that is free for one protocol may be taken for the other.
            let Ok(udp) = UdpSocket::bind(at).await else { continue };
            let seen: Arc<Mutex<Vec<SocketAddr>>> = Arc::default();
            let (by_tcp, by_udp) = (seen.clone(), seen.clone());
            let mut listening = JoinSet::new();
            listening.spawn(async move {
                while let Ok((_, from)) = tcp.accept().await {
                    by_tcp.lock().unwrap().push(from);
                }
            });
            listening.spawn(async move {
                let mut packet = [0; 2000];
                while let Ok((_, from)) = udp.recv_from(&mut packet).await {
                    by_udp.lock().unwrap().push(from);
                }
            });
            return Attacker { at, seen, _listening: listening };
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    fn named_in(&self, text: &str) -> String {
        text.replace("{attacker}", &self.url())
    }

    /// Counts visits. Our own knock arrives after everything sent before it, so nothing is still on its way.
    async fn visits(&self) -> usize {
        let tcp = TcpStream::connect(self.at).await.unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        udp.send_to(b"knock", self.at).await.unwrap();
        let knocks = [tcp.local_addr().unwrap(), udp.local_addr().unwrap()];
        let heard = async {
            while !knocks.iter().all(|knock| self.seen.lock().unwrap().contains(knock)) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("the attacker hears our own knocks");
        let mut seen = self.seen.lock().unwrap();
        seen.retain(|from| !knocks.contains(from));
        seen.len()
    }

    /// Makes the attacker the proxy of every request the program makes to another machine.
    fn stands_between(&self, command: &mut Command) {
        for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env(variable, self.url());
        }
        command.env("PLUMB_TEST_SECRET", SECRET);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_reaches_anyone_but_the_chosen_model() {
    let mut own_citations = 0;
    for poison in poisons() {
        let name = &poison.name;
        let attacker = Attacker::listen().await;
        let home = poison.home(&attacker);
        let server = poison.model(&attacker).await;
        let mut asking = home.asking(&server, &[]);
        attacker.stands_between(&mut asking);
        let answer = finish(asking.spawn().unwrap()).await.answered();

        let end = if matches!(poison.kind, Kind::Code | Kind::Program) { "went on" } else { "Seen" };
        assert!(answer["answer"].as_str().unwrap().contains(end), "{name}: {answer}");
        assert_eq!(attacker.visits().await, 0, "{name}: something arrived at the attacker");
        let requests = server.requests();
        assert_eq!(requests.len(), poison.obeys.len(), "{name}: {answer}");
        for request in requests {
            assert_eq!(request["model"], "scripted", "{name}");
            assert!(!request.to_string().contains(SECRET), "{name}: {request}");
        }
        for citation in answer["citations"].as_array().unwrap() {
            let is_own = citation["path"] == poison.file.as_str();
            assert!(is_own || citation["verified"] == "not_found", "{name}: {citation}");
            own_citations += usize::from(is_own);
        }
    }
    assert!(own_citations > 0, "no answer cites a document");
}

/// Positive control for the test above: the same code works outside.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_code_reaches_the_attacker_where_nothing_holds_it() {
    for poison in poisons_of(Kind::Code) {
        let attacker = Attacker::listen().await;
        let code = attacker.named_in(&poison.obeys[0]);
        let code = code.trim().strip_prefix("```repl\n").and_then(|code| code.strip_suffix("```")).unwrap();
        let mut python = Command::new("/usr/bin/python3");
        python.arg("-c").arg(format!("{OUTSIDE}{code}")).stdin(Stdio::null()).kill_on_drop(true);
        let ended = tokio::time::timeout(PATIENCE, python.output()).await.unwrap().unwrap();
        assert!(attacker.visits().await > 0, "{}: {}", poison.name, String::from_utf8_lossy(&ended.stderr));
    }
}

/// Positive control: the attacker notices a request to a model elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_asked_somebody_else_would_be_noticed() {
    for model in ["server:other", "openai:gpt-4o"] {
        let attacker = Attacker::listen().await;
        let home = Home::with("note.txt", "4711\n");
        let mut asking = home.command(&["ask", "What is the answer?", "--mode", "rlm", "--model", model]);
        asking.arg(home.documents()).args(["--api-key-env", "PLUMB_TEST_SECRET"]);
        if model.starts_with("server") {
            asking.args(["--base-url", &attacker.url()]);
        }
        attacker.stands_between(&mut asking);
        // The program would retry for a long time; the first try is enough.
        let _asking = asking.spawn().unwrap();
        let noticed = async {
            while attacker.visits().await == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, noticed).await.is_ok(), "{model} was not asked");
    }
}

/// This holds for output to a file too, because a terminal often shows it later.
#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_takes_no_commands_from_models_or_documents() {
    for poison in poisons_of(Kind::Terminal) {
        let attacker = Attacker::listen().await;
        let home = poison.home(&attacker);
        let server = poison.model(&attacker).await;
        let mut asking = home.command(&["ask", "What is the answer?", "--mode", "rlm", "--model", "server:scripted"]);
        asking.arg(home.documents()).args(["--base-url", server.base_url()]);
        let asked = finish(asking.spawn().unwrap()).await;
        assert_eq!(asked.exit, Some(0), "{asked:#?}");

        let run = home.runs().await[0]["run_id"].as_str().unwrap().to_owned();
        let kept = home.run(&["show", &run, "--json"]).await.json();
        assert!(kept["answer"].as_str().unwrap().contains('\u{1b}'), "the model must have said it, or nothing is proved: {kept}");
        let shown = home.run(&["show", &run]).await;
        assert!(asked.stdout.contains("Seen") && shown.stdout.contains("Seen"), "{asked:#?} {shown:#?}");
        for (command, outcome) in [("ask", asked), ("show", shown), ("runs", home.run(&["runs"]).await)] {
            for (stream, text) in [("output", outcome.stdout), ("errors", outcome.stderr)] {
                for line in text.split('\n') {
                    let commands: Vec<char> = line.chars().filter(|c| c.is_control() && *c != '\t').collect();
                    assert!(commands.is_empty(), "{}: {commands:?} in the {stream} of plumb {command}: {line:?}", poison.name);
                }
            }
        }
    }
}
