//! The road to a model on a server: HTTP, patience, trying again. What is said on it is the format's ([`crate::formats`]).

mod announce;
mod fault;
mod reading;
mod sse;

use crate::formats::{self, Format, Said};
use crate::keys::Key;
use crate::providers::{self, KeyHeader};
use async_trait::async_trait;
use fault::{Callee, Fault};
use futures_util::StreamExt;
use plumb_rlm::event::Destination;
use plumb_rlm::model::{Model, ModelError, ModelProfile, ModelReply, ModelRequest, OnText, Sending};
use reading::Reading;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the first sign of a reply.
    pub first: Duration,
    /// Between two signs of life within a reply.
    pub silence: Duration,
    /// Before the second try; doubled before each further one.
    pub retry: Duration,
    /// The longest wait that a server may ask for.
    pub longest_retry: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(10),
            first: Duration::from_secs(120),
            silence: Duration::from_secs(60),
            retry: Duration::from_millis(500),
            longest_retry: Duration::from_secs(60),
        }
    }
}

const TRIES: u32 = 4;
/// Of a refusal's body, no more is read.
const LONGEST_REFUSAL: usize = 64 << 10;
/// And of a list of models.
const LONGEST_LIST: usize = 8 << 20;

/// A model on a server.
pub struct RemoteModel {
    client: Client,
    format: Box<dyn Format>,
    url: Url,
    models_url: Url,
    /// The server's address as errors show it: nothing in it can be secret.
    server: String,
    model: String,
    key: Option<Key>,
    key_header: Option<(HeaderName, HeaderValue)>,
    profile: ModelProfile,
    patience: Patience,
    /// Parameters that the server does not take, learned from its refusals.
    refused: Mutex<BTreeSet<&'static str>>,
    /// The server cuts long prompts and says nothing.
    cuts_prompts: bool,
}

impl RemoteModel {
    /// A model named `model` on the server at `base_url`.
    ///
    /// # Errors
    /// When the key cannot be sent, or this computer's certificates cannot be read.
    pub fn new(
        provider: &str,
        base_url: &Url,
        model: &str,
        key: Option<Key>,
        profile: ModelProfile,
        patience: Patience,
    ) -> Result<Self, ModelError> {
        let server = providers::origin(base_url);
        let format = formats::of(provider);
        // A redirect could carry the text, or the key, to a server that the user never named.
        let mut builder =
            Client::builder().connect_timeout(patience.connect).redirect(reqwest::redirect::Policy::none()).tcp_nodelay(true);
        if providers::is_loopback(base_url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            let message = format!("No secure connection can be made from this computer ({error}).");
            ModelError { code: "unreachable", message, partial: String::new() }
        })?;
        let key_name = providers::provider(provider).map_or(KeyHeader::Bearer, |provider| provider.key_header);
        let key_header = key.as_ref().map(|key| key_header(key_name, key)).transpose()?;
        Ok(RemoteModel {
            client,
            url: format.url(base_url, model),
            models_url: format.models_url(base_url),
            format,
            server,
            model: model.to_owned(),
            key,
            key_header,
            profile,
            patience,
            refused: Mutex::default(),
            cuts_prompts: provider == "ollama",
        })
    }

    async fn try_once(&self, request: &ModelRequest, on_text: OnText<'_>) -> Result<ModelReply, Fault> {
        let optional = self.format.optional(&lock(&self.refused));
        let (key, format) = (self.key.as_ref(), &*self.format);
        let callee = Callee { server: &self.server, model: &self.model, key, format, optional: &optional };
        let post = self.format.write(self.client.post(self.url.clone()), &self.model, request, &optional);
        let response = self.send(post, request.sending.as_ref(), &callee).await?;
        let said = Said::new(on_text, request.prefill.as_deref());
        self.read(response, Reading::new(&callee, said)).await
    }

    /// The names of the models that the server offers, in the order of the alphabet.
    ///
    /// # Errors
    /// As for a call; `bad_reply` where the server lists none. It is asked once.
    pub async fn offered(&self) -> Result<Vec<String>, ModelError> {
        let callee =
            Callee { server: &self.server, model: &self.model, key: self.key.as_ref(), format: &*self.format, optional: &[] };
        let response = self.send(self.client.get(self.models_url.clone()), None, &callee).await.map_err(|fault| fault.error)?;
        let body = self.body(response, LONGEST_LIST).await;
        let list = serde_json::from_slice(&body).unwrap_or_default();
        let mut names = self.format.offered(&list);
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            let message = format!("{} lists no models. Enter the name of one as the server knows it.", self.server);
            return Err(ModelError { code: "bad_reply", message, partial: String::new() });
        }
        Ok(names)
    }

    async fn send(
        &self,
        request: RequestBuilder,
        sending: Option<&Arc<dyn Sending>>,
        callee: &Callee<'_>,
    ) -> Result<Response, Fault> {
        let mut request = self.format.headed(request);
        if let Some((name, value)) = &self.key_header {
            request = request.header(name, value);
        }
        let mut request = request.build().map_err(|error| self.unreachable(&error))?;
        if let Some(sending) = sending {
            let to = Destination::Server { address: self.server.clone(), this_computer: self.profile.local };
            announce::before_it_leaves(&mut request, to, sending);
        }
        let sent = timeout(self.patience.first, self.client.execute(request)).await.map_err(|_| self.silent("did not answer"))?;
        let response = sent.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(response, callee).await) }
    }

    async fn read(&self, response: Response, mut reading: Reading<'_>) -> Result<ModelReply, Fault> {
        let mut body = response.bytes_stream();
        while !reading.is_done() {
            let wait = if reading.text().is_empty() { self.patience.first } else { self.patience.silence };
            match timeout(wait, body.next()).await {
                Ok(Some(Ok(bytes))) => reading.push(&bytes)?,
                Ok(None) => break,
                // The reply is whole; only its usage is not known.
                Ok(Some(Err(_))) | Err(_) if reading.is_finished() => break,
                Ok(Some(Err(_))) => return Err(reading.cut()),
                Err(_) => {
                    let partial = reading.text();
                    let what = if partial.is_empty() { "sent no reply" } else { "fell silent in the middle of its reply" };
                    let fault = self.silent(what);
                    let code = if partial.is_empty() { fault.error.code } else { "cut_short" };
                    return Err(Fault { error: ModelError { code, ..fault.error }, ..fault }.after(partial));
                }
            }
        }
        reading.end()
    }

    async fn refused(&self, response: Response, callee: &Callee<'_>) -> Fault {
        let status = response.status().as_u16();
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|value| fault::retry_after(value, SystemTime::now()));
        let body = self.body(response, LONGEST_REFUSAL).await;
        fault::from_status(status, &String::from_utf8_lossy(&body), wait, callee)
    }

    /// What arrives of a body: hardly more than so many bytes, and no more after a silence.
    async fn body(&self, response: Response, most: usize) -> Vec<u8> {
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Ok(Some(Ok(bytes))) = timeout(self.patience.silence, stream.next()).await {
            body.extend_from_slice(&bytes);
            if body.len() > most {
                break;
            }
        }
        body
    }

    fn unreachable(&self, error: &reqwest::Error) -> Fault {
        let why = innermost(error);
        let message = if !error.is_connect() && !error.is_timeout() {
            format!("The connection to {} broke ({why}). Try again.", self.server)
        } else if self.profile.local {
            format!("Nothing answers at {} ({why}). Start the server there, or correct the address.", self.server)
        } else {
            format!("{} cannot be reached ({why}). Check the address and this computer's network.", self.server)
        };
        Fault::passing("unreachable", message)
    }

    fn silent(&self, what: &str) -> Fault {
        Fault::lasting("server", format!("{} {what} for too long. Try again, or choose another model.", self.server))
    }

    /// Ollama drops the beginning of a prompt that does not fit, and answers as if nothing had happened.
    fn check_not_cut(&self, request: &ModelRequest, reply: &ModelReply) -> Result<(), ModelError> {
        let Some(usage) = reply.usage.filter(|_| self.cuts_prompts) else { return Ok(()) };
        let sent: u64 = request.messages.iter().map(|message| self.count_tokens(&message.content)).sum();
        if sent < 3_000 || usage.input_tokens > sent / 2 {
            return Ok(());
        }
        let message = format!(
            "{} read only {} of about {sent} tokens and dropped the rest. Start it with a larger window (OLLAMA_CONTEXT_LENGTH), and set the same window here.",
            self.server, usage.input_tokens
        );
        Err(ModelError { code: "too_long", message, partial: String::new() })
    }
}

#[async_trait]
impl Model for RemoteModel {
    fn profile(&self) -> &ModelProfile {
        &self.profile
    }

    fn count_tokens(&self, text: &str) -> u64 {
        self.format.tokens(bpe_openai::o200k_base().count(text) as u64)
    }

    async fn complete(&self, request: ModelRequest, on_text: OnText<'_>) -> Result<ModelReply, ModelError> {
        let mut tries = 0;
        loop {
            let fault = match self.try_once(&request, on_text).await {
                Ok(reply) => return self.check_not_cut(&request, &reply).map(|()| reply),
                Err(fault) => fault,
            };
            // Where another call has learned it meanwhile, it is left out by now.
            if let Some(name) = fault.refused_parameter {
                lock(&self.refused).insert(name);
                continue;
            }
            tries += 1;
            let wait = fault.retry_after.unwrap_or_else(|| jittered(self.patience.retry * 2_u32.pow(tries - 1)));
            if !fault.passing || tries >= TRIES || wait > self.patience.longest_retry {
                return Err(fault.error);
            }
            tracing::debug!(server = self.server, code = fault.error.code, tries, "trying again");
            tokio::time::sleep(wait).await;
        }
    }
}

fn key_header(header: KeyHeader, key: &Key) -> Result<(HeaderName, HeaderValue), ModelError> {
    let (name, value) = match header {
        KeyHeader::Bearer => (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", key.expose()))),
        KeyHeader::Named(name) => (HeaderName::from_static(name), HeaderValue::from_str(key.expose())),
    };
    let mut value = value.map_err(|_| ModelError {
        code: "refused_key",
        message: "The key holds characters that no key has. Copy it again and enter it in the settings.".into(),
        partial: String::new(),
    })?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// The cause under a library's layers, which is what the operating system said. Never the address, which the layers repeat.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_timeout() { "no answer in time".into() } else { cause.to_string() }
}

/// Between half and all of a wait, so that many calls that failed together do not come back together.
fn jittered(wait: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64;
    wait.mul_f64(0.5 + random / 2.0)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub mod tests;
