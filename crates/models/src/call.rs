//! The road to a model on a server: HTTP, patience, trying again. What is said on it is the format's ([`crate::formats`]).

mod announce;
mod fault;
mod learned;
mod limits;
mod pace;
mod patience;
mod reading;
mod server;
mod sse;
mod unreachable;

pub use patience::Patience;

use crate::formats::{self, Format, Said, openai};
use crate::keys::Key;
use crate::providers::{self, DEPLOYMENT, KeyHeader};
use async_trait::async_trait;
use fault::{Callee, FEWER_AT_ONCE, Failure};
use futures_util::StreamExt;
use learned::Learned;
use pace::Turn;
use patience::jittered;
use plumb_rlm::{
    fault::{Code, Fault},
    sending::{Destination, Sending},
    traits::model::{Model, ModelProfile, ModelReply, ModelRequest, OnProgress, Progress, Wait},
};
use reading::Reading;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response, Url};
use server::Server;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::time::{Instant, timeout, timeout_at};

/// So often a call is made shorter to fit, before it is too long.
const SHORTENED: u32 = 3;
/// No window of Ollama's is smaller, unless somebody chose it.
const SMALLEST_WINDOW: u64 = 2_048;
/// Of a refusal's body, no more is read.
const LONGEST_REFUSAL: usize = 64 << 10;
/// And of a list of models.
const LONGEST_LIST: usize = 8 << 20;

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
    /// Its models are asked for by the names of deployments.
    deployments: bool,
    /// The server cuts long prompts and says nothing.
    cuts_prompts: bool,
    /// Our tokenizer is its own.
    counts_exactly: bool,
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
            cuts_prompts: provider == "ollama",
            counts_exactly: openai::is_own(base_url) && openai::counts_in_o200k(model),
        })
    }

    /// The server's address, as it can be shown.
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
    ) -> Result<ModelReply, Failure> {
        let optional = self.format.optional(&lock(&self.learned).refused);
        let callee = self.callee(&optional);
        let post = self.format.write(self.server.client.post(self.url.clone()), &self.model, request, &optional);
        let response = self.send(post, request.sending.as_ref(), &callee).await?;
        turn.taken();
        let said = Said::new(on_progress, request.prefill.as_deref());
        self.read(response, request.max_output_tokens, Reading::new(&callee, said, request.limited)).await
    }

    /// The names of the models that the server offers, in the order of the alphabet.
    ///
    /// # Errors
    /// As for a call; `bad_reply` where the server lists none. It is asked once.
    pub async fn offered(&self) -> Result<Vec<String>, Fault> {
        if self.deployments {
            let message = format!("{} lists models, not your deployments. {DEPLOYMENT}", self.origin());
            return Err(Fault::new(Code::BadReply, message));
        }
        let callee = self.callee(&[]);
        let get = self.server.client.get(self.models_url.clone());
        let response = self.send(get, None, &callee).await.map_err(|fault| fault.error)?;
        let body = self.body(response, LONGEST_LIST).await;
        let list = serde_json::from_slice(&body).unwrap_or_default();
        let mut names = self.format.offered(&list);
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            let message = format!("{} lists no models. Enter the name of one as the server knows it.", self.origin());
            return Err(Fault::new(Code::BadReply, message));
        }
        Ok(names)
    }

    async fn send(
        &self,
        request: RequestBuilder,
        sending: Option<&Arc<dyn Sending>>,
        callee: &Callee<'_>,
    ) -> Result<Response, Failure> {
        let mut request = self.format.headed(request);
        if let Some((name, value)) = &self.key_header {
            request = request.header(name, value);
        }
        let unreachable = |error: &reqwest::Error| unreachable::fault(error, &self.url);
        let mut request = request.build().map_err(|error| unreachable(&error))?;
        if let Some(sending) = sending {
            let to = Destination::Server { address: self.server.origin.clone(), this_computer: self.profile.local };
            announce::before_it_leaves(&mut request, to, sending);
        }
        let sent = timeout(self.patience.first, self.server.client.execute(request)).await;
        let response = sent.map_err(|_| self.silent("did not answer"))?.map_err(|error| unreachable(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let fault = self.refused(response, callee).await;
        if let Some(key) = self.key.as_ref().filter(|_| fault.error.code == Code::RefusedKey) {
            key.refuse();
        }
        Err(fault)
    }

    async fn read(&self, response: Response, max_output_tokens: u32, mut reading: Reading<'_>) -> Result<ModelReply, Failure> {
        let mut body = response.bytes_stream();
        // Signs of life that say nothing (comments, pings) keep a call going only so long.
        let (mut events, mut end) = (0, Instant::now() + self.patience.pings);
        while !reading.is_done() {
            let wait = if reading.text().is_empty() { self.patience.first } else { self.patience.silence };
            match timeout_at(end.min(Instant::now() + wait), body.next()).await {
                Ok(Some(Ok(bytes))) => {
                    reading.push(&bytes)?;
                    if reading.events() > events {
                        (events, end) = (reading.events(), Instant::now() + self.patience.pings);
                    }
                    if reading.is_endless(max_output_tokens) {
                        return Err(reading.endless());
                    }
                }
                Ok(None) => break,
                // The reply is whole; only its usage is not known.
                Ok(Some(Err(_))) | Err(_) if reading.is_finished() => break,
                Ok(Some(Err(_))) => return Err(reading.cut()),
                Err(_) => {
                    let partial = reading.text();
                    let what = if partial.is_empty() { "sent no reply" } else { "fell silent in the middle of its reply" };
                    let fault = self.silent(what);
                    let code = if partial.is_empty() { fault.error.code } else { Code::CutShort };
                    return Err(Failure { error: Fault { code, ..fault.error }, ..fault }.after(partial));
                }
            }
        }
        reading.end()
    }

    async fn refused(&self, response: Response, callee: &Callee<'_>) -> Failure {
        let status = response.status().as_u16();
        if status == 407 {
            let proxy = unreachable::proxy(&self.url).unwrap_or_else(|| "on the way".to_owned());
            return Failure::lasting(Code::Unreachable, unreachable::wants_password(&proxy));
        }
        let wait = fault::wait_named(response.headers(), SystemTime::now());
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

    fn silent(&self, what: &str) -> Failure {
        Failure::lasting(Code::Server, format!("{} {what} for too long. Try again, or choose another model.", self.origin()))
    }

    fn no_turn(&self) -> Fault {
        let message = format!("{} takes fewer calls than wait for it. Ask again later, or {FEWER_AT_ONCE}.", self.origin());
        Fault::new(Code::RateLimited, message)
    }

    /// Ollama drops the beginning of a prompt that does not fit, and answers as if nothing had happened.
    fn check_not_cut(&self, request: &ModelRequest, reply: &ModelReply) -> Result<(), Fault> {
        let Some(read) = reply.usage.input_tokens.filter(|_| self.cuts_prompts) else { return Ok(()) };
        let sent = self.counted(request);
        // One long message is cut to the window, which is a power of two unless somebody chose otherwise; whole messages are left out before that.
        let filled = read >= SMALLEST_WINDOW && read.is_power_of_two() && read < sent;
        if sent < SMALLEST_WINDOW || read == 0 || !filled && read >= sent * 3 / 4 {
            return Ok(());
        }
        let message = format!(
            "Ollama read only {read} of about {sent} tokens and left out the rest, so its answer was not used. Give it a larger context length, in Ollama's \
             settings or with OLLAMA_CONTEXT_LENGTH where it is started. Or write window = {read} for {} into models.toml in Plumb's data folder, so \
             that it gets no more than it reads.",
            self.model
        );
        Err(Fault::new(Code::TooLong, message))
    }

    /// The tokens of a prompt as we count them.
    fn counted(&self, request: &ModelRequest) -> u64 {
        request.messages.iter().map(|message| message.tokens(self)).sum()
    }

    /// Takes in what a refusal taught of the model; whether the same call, as it would be written now, is worth sending.
    fn learn(&self, fault: &Failure, request: &mut ModelRequest, shortened: &mut u32) -> bool {
        let room = fault.limits.as_deref().and_then(|limits| {
            let counted = self.counted(request);
            lock(&self.learned).limits(*limits, request.max_output_tokens, counted)
        });
        if let Some(room) = room.filter(|_| fault.partial.is_empty() && *shortened < SHORTENED) {
            *shortened += 1;
            request.max_output_tokens = room;
            return true;
        }
        // Where another call has learned it meanwhile, it is left out by now.
        lock(&self.learned).refused.extend(fault.refused_parameter);
        fault.refused_parameter.is_some()
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
        // No tokenizer in use makes much fewer tokens of any language than OpenAI's newest.
        if self.counts_exactly { counted } else { counted * 3 / 4 }
    }

    async fn complete(&self, mut request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, Fault> {
        if lock(&self.learned).is_limited() {
            let counted = self.counted(&request);
            request.max_output_tokens = lock(&self.learned).room(request.max_output_tokens, counted);
        }
        let pace = &self.server.pace;
        let end = Instant::now() + self.patience.turn;
        let (mut tries, mut shortened, mut taken) = (0, 0, pace.taken());
        let mut told = None;
        let waiting = |wait| on_progress(Progress::Waiting(wait));
        loop {
            let Ok(mut turn) = timeout_at(end, pace.turn(waiting)).await else {
                return Err(told.unwrap_or_else(|| self.no_turn()));
            };
            let fault = match self.try_once(&request, &mut turn, on_progress).await {
                Ok(reply) => return self.check_not_cut(&request, &reply).map(|()| reply),
                Err(fault) => fault,
            };
            if self.learn(&fault, &mut request, &mut shortened) {
                continue;
            }
            // To be told to wait, while others get through, uses up no try.
            let patient = fault.busy && turn.others_get_through(taken);
            taken = pace.taken();
            tries += u32::from(!patient);
            let own = if patient { self.patience.retry / 8 } else { self.patience.before_try(tries) };
            let time = fault.retry_after.unwrap_or_else(|| jittered(own));
            let wait = Wait { code: fault.error.code, asked: fault.retry_after.is_some(), time };
            if !fault.passing || tries >= self.patience.tries || time > self.patience.longest_retry {
                return Err(fault.error);
            }
            tracing::debug!(server = self.origin(), code = %fault.error.code, tries, "trying again");
            on_progress(Progress::Again);
            if fault.busy {
                turn.refused(wait);
            } else {
                drop(turn);
                waiting(wait);
                tokio::time::sleep(time).await;
            }
            told = Some(fault.error);
        }
    }
}

fn key_header(header: KeyHeader, key: &Key) -> Result<(HeaderName, HeaderValue), Fault> {
    let (name, value) = match header {
        KeyHeader::Bearer => (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", key.expose()))),
        KeyHeader::Named(name) => (HeaderName::from_static(name), HeaderValue::from_str(key.expose())),
    };
    let mut value = value.map_err(|_| {
        Fault::new(Code::RefusedKey, "The key holds characters that no key has. Copy it again and enter it in the settings.")
    })?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub mod tests;
