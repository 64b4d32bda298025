//! What the engine asks of a language model.

use crate::{
    fault::{Code, Fault},
    money::{Price, Usd},
    sending::Sending,
    usage::{Finish, Reported},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use ts_rs::TS;

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// Us.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
    /// Counted once: each turn sends again what the ones before sent, and counting is what costs most.
    #[serde(skip)]
    tokens: OnceLock<u64>,
}

impl Message {
    /// A message of `role`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Message { role, content: content.into(), tokens: OnceLock::new() }
    }

    /// Its tokens as `model` counts them, its frame included.
    pub fn tokens(&self, model: &dyn Model) -> u64 {
        self.tokens.get_or_init(|| model.count_tokens(&self.content)) + 8
    }

    /// The most tokens that it can be: where the tokenizer is not at hand, as many as it has bytes.
    pub fn most_tokens(&self, model: &dyn Model) -> u64 {
        if model.counts_exactly() { self.tokens(model) } else { self.content.len() as u64 + 8 }
    }
}

/// One call to a model.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// The most tokens the reply may have.
    pub max_output_tokens: u32,
    /// 0 is the model's most likely reply.
    pub temperature: f32,
    /// Makes a local model's sampling repeatable; servers may ignore it.
    pub seed: u64,
    /// The reply ends before any of these.
    pub stop: Vec<String>,
    /// Text the reply is made to begin with; it is part of the reply's text. Only where [`ModelProfile::prefill`] holds.
    pub prefill: Option<String>,
    /// The next call will begin with these messages: it pays to have the provider keep them.
    pub grows: bool,
    /// Money was set aside for it, and only once: what the provider has begun to count is not sent again.
    pub limited: bool,
    /// Hears of each body before its first byte leaves.
    pub sending: Option<Arc<dyn Sending>>,
}

/// A finished reply.
#[derive(Clone, Debug)]
pub struct ModelReply {
    /// All of its text, prefill included.
    pub text: String,
    /// What the provider counted of it.
    pub usage: Reported,
    /// What the provider says it charged, which counts for more than any price we know.
    pub cost: Option<Usd>,
    /// Why it ended.
    pub finish: Finish,
}

/// How much a model can be trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Small models: the guided REPL, short prompts with a worked example.
    Small,
    /// Strong models: the free REPL.
    Strong,
    /// Fine-tuned to drive a REPL, as RLM-Qwen3-8B is: the free REPL, in the words of their training.
    Recursive,
}

/// What is known of a model before it is called.
#[derive(Clone, Debug)]
pub struct ModelProfile {
    /// `PROVIDER:NAME`, as the user names it.
    pub name: String,
    /// Input and output tokens together.
    pub window_tokens: u32,
    /// The most output tokens of one reply.
    pub max_output_tokens: u32,
    /// Which REPL suits it.
    pub strength: Strength,
    /// `None`: unknown, so that no cost limit can be kept. The local model costs nothing: a price of zero.
    pub price: Option<Price>,
    /// Nothing of a call leaves this computer.
    pub local: bool,
    /// [`ModelRequest::prefill`] is honoured.
    pub prefill: bool,
    /// How many calls it takes at once; `None`: as many as are asked of it.
    pub concurrency: Option<u32>,
}

/// A wait before a call is sent, or sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Why: the code of the [`Fault`] that it is hoped to avoid.
    pub code: Code,
    /// The provider named the time.
    pub asked: bool,
    /// How long from now.
    pub time: Duration,
}

/// What is heard of a call that is under way.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'t> {
    /// A piece of the reply.
    Text(&'t str),
    /// A piece of what the model thinks: it is paid like the reply, and not shown.
    Thought(&'t str),
    /// What the provider has counted so far. That nothing of it is known yet says that it has begun to answer.
    Counted(Reported),
    /// It is sent again. What was heard before was of a try that failed.
    Again,
    /// A model on this computer is being loaded: how much of it is in memory, 0 to 1.
    Loading(f32),
    /// Nothing is sent for a while. Calls that wait for the same reason each say so.
    Waiting(Wait),
}

impl<'t> Progress<'t> {
    /// What it adds to the reply.
    pub fn text(self) -> &'t str {
        match self {
            Progress::Text(text) => text,
            Progress::Thought(_) | Progress::Counted(_) | Progress::Again | Progress::Loading(_) | Progress::Waiting(_) => "",
        }
    }
}

/// Hears of a call. An alias, because async_trait would give an elided lifetime in it one fixed length.
pub type OnProgress<'a> = &'a (dyn for<'t> Fn(Progress<'t>) + Send + Sync);

/// A language model. Dropping the future of a call ends the call and closes its connection.
#[async_trait]
pub trait Model: Send + Sync {
    /// What is known of it.
    fn profile(&self) -> &ModelProfile;

    /// Tokens of `text`; where no tokenizer of this model is at hand, an estimate that leans to too many.
    fn count_tokens(&self, text: &str) -> u64;

    /// Whether [`Model::count_tokens`] is what this model's provider counts. Otherwise a limit of cost is kept by bytes.
    fn counts_exactly(&self) -> bool {
        false
    }

    /// Tokens that `text` surely has. A reply with more than were reserved for it is cut, so that this leans to too few.
    fn fewest_tokens(&self, text: &str) -> u64 {
        if self.counts_exactly() { self.count_tokens(text) } else { 0 }
    }

    /// Sends one call. `on_progress` gets each piece of the reply as it arrives, prefill first.
    ///
    /// # Errors
    /// Whatever keeps the reply from being finished. Passing faults have been retried before.
    async fn complete(&self, request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, Fault>;
}
