//! `plumb serve` as a page uses it: commands over HTTP.

use crate::plumb::{Home, Outcome, finish, signal};
use rustix::process::Signal;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
};

/// A running `plumb serve`.
pub struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    errors: JoinHandle<String>,
    address: String,
    cookie: String,
    client: reqwest::Client,
    /// All responses, as text.
    pub answered: String,
}

impl Serving {
    /// Serves the folder of documents. `more` sets up the command's environment.
    pub async fn start(home: &Home, more: impl FnOnce(&mut Command)) -> Self {
        let mut command = home.command(&["serve"]);
        command.arg(home.documents());
        more(&mut command);
        let mut child = command.spawn().unwrap();
        // A full pipe that nobody reads would block the program.
        let mut errors = child.stderr.take().unwrap();
        let errors = tokio::spawn(async move {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text).await;
            text
        });
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("http:") {
            line.clear();
            assert_ne!(out.read_line(&mut line).await.unwrap(), 0, "it ended before it served");
        }
        let no_redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().no_proxy().redirect(no_redirect).build().unwrap();
        let entered = client.get(line.trim()).send().await.unwrap();
        let cookie = entered.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let address = line.trim().split("/?").next().unwrap().to_owned();
        Serving { child, out, errors, address, cookie, client, answered: String::new() }
    }

    /// Runs a command. Returns its response or its error.
    pub async fn command(&mut self, name: &str, request: Value) -> Value {
        let post = self.client.post(format!("{}/api/{name}", self.address)).header("cookie", &self.cookie);
        let text = post.json(&request).send().await.unwrap().text().await.unwrap();
        self.answered.push_str(&text);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text}"))
    }

    /// Stops the server. Returns the text printed since it began to serve.
    pub async fn end(mut self) -> Outcome {
        signal(&self.child, Signal::INT);
        let mut rest = String::new();
        let read = self.out.read_to_string(&mut rest);
        let (ended, _) = tokio::join!(finish(self.child), read);
        Outcome { stdout: rest, stderr: self.errors.await.unwrap(), ..ended }
    }
}
