//! A model that replies from a script and records its requests.

use crate::{
    fault::Fault,
    money::Price,
    traits::model::{Model, ModelProfile, ModelReply, ModelRequest, OnProgress, Progress, Strength, Wait},
    usage::{Finish, Reported, Usage},
};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::sync::Arc;

/// The model's reaction to one request.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// A whole reply.
    Reply(String),
    /// A reply that reached its output limit.
    CutOff(String),
    /// A reply that the provider withheld from here on.
    Refused(String),
    /// The text arrives, then the call fails.
    Breaks(String, Fault),
    /// A wait is reported, then the text follows.
    Waits(Wait, String),
    /// The text arrives, then nothing more.
    Hangs(String),
}

impl From<&str> for Reaction {
    fn from(text: &str) -> Self {
        Reaction::Reply(text.to_owned())
    }
}

type Script = dyn Fn(&ModelRequest, usize) -> Reaction + Send + Sync;

/// A model that replies from a script. Its tokens are words.
pub struct ScriptedModel {
    /// Its profile, which a test may change before the run.
    pub profile: ModelProfile,
    /// It reports the usage of its replies.
    pub reports_usage: bool,
    script: Box<Script>,
    requests: Mutex<Vec<ModelRequest>>,
}

impl ScriptedModel {
    /// A free local model whose reaction is computed from the request and its number, counted from 0.
    pub fn new(strength: Strength, script: impl Fn(&ModelRequest, usize) -> Reaction + Send + Sync + 'static) -> Self {
        let free = Price { input: 0.0, cached_input: None, cache_write: None, output: 0.0 };
        let profile = ModelProfile {
            name: "scripted:model".to_owned(),
            window_tokens: 128_000,
            max_output_tokens: 8_192,
            strength,
            price: Some(free),
            local: true,
            prefill: true,
            attends: false,
            concurrency: None,
        };
        ScriptedModel { profile, reports_usage: true, script: Box::new(script), requests: Mutex::default() }
    }

    /// A model that gives these reactions in order and repeats the last one.
    pub fn replies(strength: Strength, reactions: impl IntoIterator<Item = impl Into<Reaction>>) -> Self {
        let reactions: Vec<Reaction> = reactions.into_iter().map(Into::into).collect();
        Self::new(strength, move |_, number| {
            reactions.get(number).or(reactions.last()).cloned().unwrap_or(Reaction::Reply(String::new()))
        })
    }

    /// The requests that were sent, in order.
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.requests.lock().clone()
    }

    /// The last message of each request, in order.
    pub fn asked(&self) -> Vec<String> {
        let last = |request: &ModelRequest| request.messages.last().map(|message| message.content.clone()).unwrap_or_default();
        self.requests.lock().iter().map(last).collect()
    }
}

#[async_trait]
impl Model for ScriptedModel {
    fn profile(&self) -> &ModelProfile {
        &self.profile
    }

    fn count_tokens(&self, text: &str) -> u64 {
        text.split_whitespace().count() as u64
    }

    fn counts_exactly(&self) -> bool {
        true
    }

    async fn complete(&self, request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, Fault> {
        let input_tokens = request.messages.iter().map(|message| message.tokens(self)).sum();
        let reaction = {
            let mut requests = self.requests.lock();
            requests.push(request.clone());
            (self.script)(&request, requests.len() - 1)
        };
        // Another task may run here, as it may while a server answers.
        tokio::task::yield_now().await;
        let (text, finish) = match reaction {
            Reaction::Reply(text) => (text, Finish::Stop),
            Reaction::CutOff(text) => (text, Finish::Length),
            Reaction::Refused(text) => (text, Finish::Refused),
            Reaction::Breaks(text, fault) => {
                on_progress(Progress::Text(&text));
                return Err(fault);
            }
            Reaction::Waits(wait, text) => {
                on_progress(Progress::Waiting(wait));
                tokio::task::yield_now().await;
                (text, Finish::Stop)
            }
            Reaction::Hangs(text) => {
                on_progress(Progress::Text(&text));
                return std::future::pending().await;
            }
        };
        on_progress(Progress::Text(&text));
        let usage = Usage { input_tokens, output_tokens: self.count_tokens(&text), ..Usage::default() };
        let usage = if self.reports_usage { Reported::from(usage) } else { Reported::default() };
        Ok(ModelReply { text, usage, cost: None, finish })
    }
}

/// A model that panics when it is asked: for resumes that must send nothing.
pub fn silent(strength: Strength) -> Arc<ScriptedModel> {
    #[allow(clippy::panic, reason = "the test that uses it fails")]
    Arc::new(ScriptedModel::new(strength, |request, _| panic!("nothing was to be sent, but this was: {request:?}")))
}
