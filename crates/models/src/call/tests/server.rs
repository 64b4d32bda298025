//! A server on this computer that answers by a script, byte by byte.

use crate::call::{Patience, RemoteModel};
use crate::keys::Key;
use parking_lot::Mutex;
use plumb_rlm::{
    fault::Fault,
    traits::model::{Message, Model, ModelProfile, ModelReply, ModelRequest, Progress, Role, Strength},
};
use reqwest::Url;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A step of a scripted server's answer.
pub enum Step {
    Send(&'static [u8]),
    /// Milliseconds.
    Wait(u64),
    /// Sends the same every so many milliseconds until the client leaves.
    Repeat(&'static [u8], u64),
    Hang,
}

/// A server that answers its n-th connection with the n-th script, and keeps the requests.
pub struct Server {
    pub url: Url,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Listens at a port that the system chooses.
    pub async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        tokio::spawn(async move {
            for script in scripts {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                kept.lock().push(request);
                tokio::spawn(play(stream, script));
            }
        });
        Server { url, seen }
    }

    /// All requests so far, head and body.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().clone()
    }

    /// A model here, called in the provider's format.
    pub fn model(&self, provider: &str) -> RemoteModel {
        model_at(&self.url, provider)
    }

    /// The same with another key.
    pub fn model_with(&self, key: Key) -> RemoteModel {
        model_with(&self.url, "server", key)
    }
}

/// One request, head and body.
pub async fn read_request(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).await.unwrap();
        all.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
            body.len() >= length.unwrap_or(0)
        });
        if whole || n == 0 {
            return text;
        }
    }
}

async fn play(mut stream: TcpStream, script: Vec<Step>) {
    for step in script {
        match step {
            Step::Send(bytes) => {
                let _ = stream.write_all(bytes).await;
                let _ = stream.flush().await;
            }
            Step::Repeat(bytes, ms) => {
                while stream.write_all(bytes).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                }
            }
            Step::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            Step::Hang => std::future::pending().await,
        }
    }
}

/// A model at an address, with short timeouts.
pub fn model_at(url: &Url, provider: &str) -> RemoteModel {
    model_with(url, provider, Key::new("sk-secret"))
}

fn model_with(url: &Url, provider: &str, key: Key) -> RemoteModel {
    let patience = Patience {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_millis(400),
        idle: Duration::from_millis(200),
        keep_alive: Duration::from_millis(1_500),
        max_tries: 6,
        first_backoff: Duration::from_millis(10),
        max_backoff: Duration::from_millis(40),
        max_retry_after: Duration::from_secs(2),
        turn: Duration::from_secs(20),
    };
    let profile = ModelProfile {
        name: format!("{provider}:m"),
        window_tokens: 32_768,
        max_output_tokens: 100,
        strength: Strength::Strong,
        price: None,
        local: true,
        prefill: false,
        attends: false,
        concurrency: None,
    };
    RemoteModel::new(provider, url, "m", Some(key), profile, patience).unwrap()
}

/// A call.
pub fn request(prompt: &str) -> ModelRequest {
    ModelRequest {
        messages: vec![Message::new(Role::User, prompt)],
        max_output_tokens: 50,
        temperature: 0.0,
        seed: 7,
        stop: vec!["END".into()],
        prefill: None,
        grows: false,
        schema: None,
        choices: Vec::new(),
        passages: Vec::new(),
        limited: false,
        sending: None,
    }
}

/// Asks a model: the result, and the text shown meanwhile.
pub async fn ask(model: &RemoteModel, prompt: &str) -> (Result<ModelReply, Fault>, String) {
    ask_for(model, prompt, 50).await
}

/// The same with another limit of the reply, in tokens.
pub async fn ask_for(model: &RemoteModel, prompt: &str, max_output_tokens: u32) -> (Result<ModelReply, Fault>, String) {
    let shown = Mutex::new(String::new());
    let on_progress = |progress: Progress<'_>| shown.lock().push_str(progress.text());
    let result = model.complete(ModelRequest { max_output_tokens, ..request(prompt) }, &on_progress).await;
    (result, shown.into_inner())
}
