//! Calls to a model on a server: HTTP, timeouts, retries. The content of a call is the wire format's ([`crate::formats`]).

mod announce;
mod failed_try;
mod pace;
mod patience;
mod reading;
mod server;
mod sse;
mod unreachable;

pub use patience::Patience;

use crate::facts::learned::Learned;
use crate::facts::providers::{self, DEPLOYMENT_ADVICE, KeyHeader};
use crate::formats::{self, Format, Said};
use crate::keys::Key;
use async_trait::async_trait;
use failed_try::{Callee, FailedTry, LESS_CONCURRENCY};
use futures_util::StreamExt;
use pace::Turn;
use parking_lot::Mutex;
use patience::jittered;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    traits::{
        model::{Model, ModelProfile, ModelReply, ModelRequest, OnProgress, Progress, Wait},
        sending::{Destination, Sending},
    },
};
use reading::Reading;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response, Url};
use server::Server;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::time::{Instant, timeout, timeout_at};

/// Number of times that a call asks for a shorter reply before its prompt counts as too long.
const MAX_SHORTENINGS: u32 = 3;
/// Ollama's smallest default window, in tokens.
const MIN_OLLAMA_WINDOW_TOKENS: u64 = 2_048;
/// Maximum length read of a refusal's body.
const MAX_REFUSAL_BYTES: usize = 64 << 10;
/// Maximum length read of a list of models.
const MAX_LIST_BYTES: usize = 8 << 20;
/// Divisor of the first wait for a call that a server refuses while it accepts others.
const PATIENT_WAIT_DIVISOR: u32 = 8;

/// A model on a server.
pub struct RemoteModel {
    server: Arc<Server>,
    format: Box<dyn Format>,
    url: Url,
    models_url: Url,
    model: String,
    key: Option<Key>,
    key_header: Option<(HeaderName, HeaderValue)>,
    profile: ModelProfile,
    patience: Patience,
    learned: Arc<Mutex<Learned>>,
    /// The server's models are deployments, with names that its users gave them.
    deployments: bool,
    /// The server truncates long prompts without an error.
    truncates_prompts: bool,
    /// Our tokenizer is the model's own.
    counts_exactly: bool,
}

impl RemoteModel {
    /// The model `model` on the server at `base_url`.
    ///
    /// # Errors
    /// `refused_key` when the key cannot be sent; `unreachable` when this computer's certificates cannot be read.
    pub fn new(
        provider: &str,
        base_url: &Url,
        model: &str,
        key: Option<Key>,
        profile: ModelProfile,
        patience: Patience,
    ) -> Result<Self, Fault> {
        let server = Server::shared(base_url, key.as_ref(), patience.connect)?;
        let format = formats::of(provider);
        let key_name = providers::provider(provider).map_or(KeyHeader::Bearer, |provider| provider.key_header);
        let key_header = key.as_ref().map(|key| key_header(key_name, key)).transpose()?;
        let url = format.url(base_url, model);
        Ok(RemoteModel {
            learned: server.learned(&url, model),
            url,
            models_url: format.models_url(base_url),
            format,
            server,
            model: model.to_owned(),
            key,
            key_header,
            profile,
            patience,
            deployments: providers::has_deployments(provider),
            truncates_prompts: provider == "ollama",
            counts_exactly: formats::is_openai(base_url) && formats::counts_in_o200k(model),
        })
    }

    /// The server's scheme, host and port, which errors may show.
    fn origin(&self) -> &str {
        &self.server.origin
    }

    fn callee<'a>(&'a self, optional: &'a [&'static str]) -> Callee<'a> {
        Callee {
            server: &self.server.origin,
            model: &self.model,
            key: self.key.as_ref(),
            format: &*self.format,
            optional,
            deployments: self.deployments,
        }
    }

    async fn try_once(
        &self,
        request: &ModelRequest,
        turn: &mut Turn<'_>,
        on_progress: OnProgress<'_>,
    ) -> Result<ModelReply, FailedTry> {
        let optional = self.format.optional(&self.learned.lock().refused);
        let callee = self.callee(&optional);
        let post = self.format.write(self.server.client.post(self.url.clone()), &self.model, request, &optional);
        let response = self.send(post, request.sending.as_ref(), &callee).await?;
        turn.accepted();
        let said = Said::new(on_progress, request.prefill.as_deref());
        self.read(response, request.max_output_tokens, Reading::new(&callee, said, request.limited)).await
    }

    /// The names of the models that the server offers, in alphabetical order. Asks once, without retries.
    ///
    /// # Errors
    /// As for a call; `bad_reply` where the server lists none.
    pub async fn offered(&self) -> Result<Vec<String>, Fault> {
        if self.deployments {
            return Err(fault!(
                Code::BadReply,
                "{server} lists models, not your deployments. {advice}",
                server = self.origin(),
                advice = DEPLOYMENT_ADVICE,
            ));
        }
        let callee = self.callee(&[]);
        let get = self.server.client.get(self.models_url.clone());
        let response = self.send(get, None, &callee).await.map_err(|failed| failed.fault)?;
        let body = self.body(response, MAX_LIST_BYTES).await;
        let list = serde_json::from_slice(&body).unwrap_or_default();
        let mut names = self.format.offered(&list);
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Err(fault!(
                Code::BadReply,
                "{server} lists no models. Enter a model's name as the server knows it.",
                server = self.origin(),
            ));
        }
        Ok(names)
    }

    async fn send(
        &self,
        request: RequestBuilder,
        sending: Option<&Arc<dyn Sending>>,
        callee: &Callee<'_>,
    ) -> Result<Response, FailedTry> {
        let mut request = self.format.with_headers(request);
        if let Some((name, value)) = &self.key_header {
            request = request.header(name, value);
        }
        let unreachable = |error: &reqwest::Error| unreachable::failure(error, &self.url);
        let mut request = request.build().map_err(|error| unreachable(&error))?;
        if let Some(sending) = sending {
            let to = Destination::Server { address: self.server.origin.clone(), this_computer: self.profile.local };
            announce::before_it_leaves(&mut request, to, sending);
        }
        let sent = timeout(self.patience.first_byte, self.server.client.execute(request)).await;
        let response = sent.map_err(|_| self.silent("did not answer"))?.map_err(|error| unreachable(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let failed = self.refused(response, callee).await;
        if let Some(key) = self.key.as_ref().filter(|_| failed.fault.code == Code::RefusedKey) {
            key.refuse();
        }
        Err(failed)
    }

    async fn read(&self, response: Response, max_output_tokens: u32, mut reading: Reading<'_>) -> Result<ModelReply, FailedTry> {
        let mut body = response.bytes_stream();
        // Keep-alives without content (comments, pings) prolong a call only so long.
        let (mut events, mut end) = (0, Instant::now() + self.patience.keep_alive);
        while !reading.is_done() {
            let wait = if reading.text().is_empty() { self.patience.first_byte } else { self.patience.idle };
            match timeout_at(end.min(Instant::now() + wait), body.next()).await {
                Ok(Some(Ok(bytes))) => {
                    reading.push(&bytes)?;
                    if reading.events() > events {
                        (events, end) = (reading.events(), Instant::now() + self.patience.keep_alive);
                    }
                    if reading.is_endless(max_output_tokens) {
                        return Err(reading.endless());
                    }
                }
                Ok(None) => break,
                // The reply is complete; only its token counts are unknown.
                Ok(Some(Err(_))) | Err(_) if reading.is_finished() => break,
                Ok(Some(Err(_))) => return Err(reading.cut()),
                Err(_) => {
                    let partial = reading.text();
                    let failed = if partial.is_empty() {
                        self.silent("sent no reply")
                    } else {
                        let silent = self.silent("fell silent in the middle of its reply");
                        FailedTry::lasting(Fault { code: Code::CutShort, ..silent.fault })
                    };
                    return Err(failed.after(partial));
                }
            }
        }
        reading.end()
    }

    async fn refused(&self, response: Response, callee: &Callee<'_>) -> FailedTry {
        let status = response.status().as_u16();
        if status == 407 {
            let proxy = unreachable::proxy(&self.url).unwrap_or_else(|| "on the way".to_owned());
            return FailedTry::lasting(unreachable::wants_password(&proxy));
        }
        let wait = failed_try::requested_wait(response.headers(), SystemTime::now());
        let body = self.body(response, MAX_REFUSAL_BYTES).await;
        failed_try::from_status(status, &String::from_utf8_lossy(&body), wait, callee)
    }

    /// The part of a body that arrives before a silence, hardly longer than `max_bytes`.
    async fn body(&self, response: Response, max_bytes: usize) -> Vec<u8> {
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Ok(Some(Ok(bytes))) = timeout(self.patience.idle, stream.next()).await {
            body.extend_from_slice(&bytes);
            if body.len() > max_bytes {
                break;
            }
        }
        body
    }

    /// The failure of a server that did something, in words, for too long.
    fn silent(&self, what: &str) -> FailedTry {
        FailedTry::lasting(fault!(
            Code::Server,
            "{server} {what} for too long. Try again, or choose another model.",
            server = self.origin(),
            what = what,
        ))
    }

    fn no_turn(&self) -> Fault {
        fault!(
            Code::RateLimited,
            "{server} takes fewer calls than wait for it. Ask again later, or {advice}.",
            server = self.origin(),
            advice = LESS_CONCURRENCY,
        )
    }

    /// Checks that the server read the whole prompt: Ollama drops the beginning of one that does not fit, without an error.
    fn check_not_truncated(&self, request: &ModelRequest, reply: &ModelReply) -> Result<(), Fault> {
        let Some(read) = reply.usage.input_tokens.filter(|_| self.truncates_prompts) else { return Ok(()) };
        let sent = self.counted(request);
        // Ollama leaves out whole messages first. It cuts a single long one to the window, which is a power of two unless somebody chose otherwise.
        let filled = read >= MIN_OLLAMA_WINDOW_TOKENS && read.is_power_of_two() && read < sent;
        if sent < MIN_OLLAMA_WINDOW_TOKENS || read == 0 || !filled && read >= sent * 3 / 4 {
            return Ok(());
        }
        Err(fault!(
            Code::TooLong,
            "Ollama read only {read} of about {sent} tokens and left out the rest, so Plumb did not use its answer. Give it a larger context length in \
             its settings or with OLLAMA_CONTEXT_LENGTH, or write window = {read} for {model} into models.toml in Plumb's data folder.",
            read = read,
            sent = sent,
            model = &self.model,
        ))
    }

    /// Number of tokens of a prompt, as our tokenizer counts.
    fn counted(&self, request: &ModelRequest) -> u64 {
        request.messages.iter().map(|message| message.tokens(self)).sum()
    }

    /// Learns from a refusal, and returns whether the call is worth sending again with that knowledge.
    fn learn(&self, failed: &FailedTry, request: &mut ModelRequest, shortenings: &mut u32) -> bool {
        let room = failed.limits.as_deref().and_then(|limits| {
            let counted = self.counted(request);
            self.learned.lock().learn(*limits, request.max_output_tokens, counted)
        });
        if let Some(room) = room.filter(|_| failed.partial.is_empty() && *shortenings < MAX_SHORTENINGS) {
            *shortenings += 1;
            request.max_output_tokens = room;
            return true;
        }
        // Another call may have learned the same meanwhile.
        self.learned.lock().refused.extend(failed.refused_parameter);
        failed.refused_parameter.is_some()
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

    fn counts_exactly(&self) -> bool {
        self.counts_exactly
    }

    fn fewest_tokens(&self, text: &str) -> u64 {
        let counted = bpe_openai::o200k_base().count(text) as u64;
        // No tokenizer in use makes many fewer tokens than OpenAI's newest, in any language.
        if self.counts_exactly { counted } else { counted * 3 / 4 }
    }

    async fn complete(&self, mut request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, Fault> {
        if self.learned.lock().is_limited() {
            let counted = self.counted(&request);
            request.max_output_tokens = self.learned.lock().room(request.max_output_tokens, counted);
        }
        let pace = &self.server.pace;
        let end = Instant::now() + self.patience.turn;
        let (mut tries, mut shortenings, mut accepted) = (0, 0, pace.accepted());
        let mut last_fault = None;
        let waiting = |wait| on_progress(Progress::Waiting(wait));
        loop {
            let Ok(mut turn) = timeout_at(end, pace.turn(waiting)).await else {
                return Err(last_fault.unwrap_or_else(|| self.no_turn()));
            };
            let failed = match self.try_once(&request, &mut turn, on_progress).await {
                Ok(reply) => return self.check_not_truncated(&request, &reply).map(|()| reply),
                Err(failed) => failed,
            };
            if self.learn(&failed, &mut request, &mut shortenings) {
                continue;
            }
            // A refusal while others get through does not count as a try.
            let patient = failed.busy && turn.others_get_through(accepted);
            accepted = pace.accepted();
            tries += u32::from(!patient);
            let backoff = if patient { self.patience.first_backoff / PATIENT_WAIT_DIVISOR } else { self.patience.backoff(tries) };
            let time = failed.retry_after.unwrap_or_else(|| jittered(backoff));
            let wait = Wait { code: failed.fault.code, asked: failed.retry_after.is_some(), time };
            if !failed.may_pass || tries >= self.patience.max_tries || time > self.patience.max_retry_after {
                return Err(failed.fault);
            }
            tracing::debug!(server = self.origin(), code = %failed.fault.code, tries, "trying again");
            on_progress(Progress::Again);
            if failed.busy {
                turn.refused(wait);
            } else {
                drop(turn);
                waiting(wait);
                tokio::time::sleep(time).await;
            }
            last_fault = Some(failed.fault);
        }
    }
}

fn key_header(header: KeyHeader, key: &Key) -> Result<(HeaderName, HeaderValue), Fault> {
    let (name, value) = match header {
        KeyHeader::Bearer => (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", key.expose()))),
        KeyHeader::Named(name) => (HeaderName::from_static(name), HeaderValue::from_str(key.expose())),
    };
    let mut value = value.map_err(|_| {
        fault!(Code::RefusedKey, "The key contains characters that no key has. Copy it again and enter it in the settings.")
    })?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
pub mod tests;
