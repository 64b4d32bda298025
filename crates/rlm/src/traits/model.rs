//! The interface to a language model.

use crate::{
    fault::{Code, Fault},
    money::{Price, Usd},
    traits::sending::Sending,
    usage::{Finish, Reported},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use ts_rs::TS;

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// Plumb.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The author.
    pub role: Role,
    /// The text.
    pub content: String,
    /// Counted once: each turn sends the earlier messages again, and counting is the most expensive step.
    #[serde(skip)]
    tokens: OnceLock<u64>,
}

impl Message {
    /// A message of `role`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Message { role, content: content.into(), tokens: OnceLock::new() }
    }

    /// Number of tokens as `model` counts them, its frame included.
    pub fn tokens(&self, model: &dyn Model) -> u64 {
        self.tokens.get_or_init(|| model.count_tokens(&self.content)) + 8
    }

    /// Maximum number of tokens: where the tokenizer is not at hand, the number of bytes.
    pub fn most_tokens(&self, model: &dyn Model) -> u64 {
        if model.counts_exactly() { self.tokens(model) } else { self.content.len() as u64 + 8 }
    }
}

/// One call to a model.
#[derive(Clone, Debug, Default)]
pub struct ModelRequest {
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// Maximum length of the reply, in tokens.
    pub max_output_tokens: u32,
    /// Sampling temperature; 0 gives the model's most likely reply.
    pub temperature: f32,
    /// Makes a local model's sampling repeatable; servers may ignore it.
    pub seed: u64,
    /// The reply ends before any of these.
    pub stop: Vec<String>,
    /// Text the reply is made to begin with; it is part of the reply's text. Only where [`ModelProfile::prefill`] holds.
    pub prefill: Option<String>,
    /// Instead of a reply: scores of these continuations of one line, which follow the prefill. The reply then has a line for each: its
    /// log-likelihood, a space, and the continuation. A model that cannot score replies as if this were empty.
    pub choices: Vec<String>,
    /// Instead of a reply: how closely the model attends, from the last message, to each of these passages, which it reads before that message. The
    /// reply then has a line for each: the attention, a space, and the passage's number from 1. Only where [`ModelProfile::attends`] holds.
    pub passages: Vec<String>,
    /// The next call begins with these messages, so it pays to have the provider cache them.
    pub grows: bool,
    /// JSON schema of the reply, for providers that hold a model to one; others ignore it.
    pub schema: Option<serde_json::Value>,
    /// Money was reserved for one try: once the provider has begun to count, the call is not retried.
    pub limited: bool,
    /// Records each body before its first byte leaves.
    pub sending: Option<Arc<dyn Sending>>,
}

/// A finished reply.
#[derive(Clone, Debug)]
pub struct ModelReply {
    /// The whole text, prefill included.
    pub text: String,
    /// The provider's token count.
    pub usage: Reported,
    /// The charge that the provider reports, which goes before any known price.
    pub cost: Option<Usd>,
    /// Why it ended.
    pub finish: Finish,
}

/// The kind of REPL that a model can drive.
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

/// Properties of a model that are known before it is called.
#[derive(Clone, Debug)]
pub struct ModelProfile {
    /// `PROVIDER:NAME`, as the user names it.
    pub name: String,
    /// Input and output tokens together.
    pub window_tokens: u32,
    /// Maximum length of one reply, in tokens.
    pub max_output_tokens: u32,
    /// The kind of REPL that suits it.
    pub strength: Strength,
    /// `None` where the price is unknown, so no cost limit can be kept. The local model has a price of zero.
    pub price: Option<Price>,
    /// Nothing of a call leaves this computer.
    pub local: bool,
    /// [`ModelRequest::prefill`] is honoured.
    pub prefill: bool,
    /// [`ModelRequest::passages`] is honoured.
    pub attends: bool,
    /// Maximum number of concurrent calls; `None` where there is no limit.
    pub concurrency: Option<u32>,
}

/// A wait before a call is sent, or sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The reason: the code of the [`Fault`] that the wait avoids.
    pub code: Code,
    /// The provider chose the time.
    pub asked: bool,
    /// Length of the wait, from now.
    pub time: Duration,
}

/// Progress of a call under way.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'t> {
    /// A piece of the reply.
    Text(&'t str),
    /// A piece of the model's thoughts: paid like the reply, and not shown.
    Thought(&'t str),
    /// The provider's count so far. An empty count says that the provider has begun to answer.
    Counted(Reported),
    /// The call is retried; the progress so far belongs to a try that failed.
    Again,
    /// A model on this computer is being loaded: the part in memory, 0 to 1.
    Loading(f32),
    /// The call waits. Calls that wait for the same reason each report it.
    Waiting(Wait),
}

impl<'t> Progress<'t> {
    /// The text that it adds to the reply.
    pub fn text(self) -> &'t str {
        match self {
            Progress::Text(text) => text,
            Progress::Thought(_) | Progress::Counted(_) | Progress::Again | Progress::Loading(_) | Progress::Waiting(_) => "",
        }
    }
}

/// Receives the progress of a call. An alias, because async_trait would give an elided lifetime in it one fixed length.
pub type OnProgress<'a> = &'a (dyn for<'t> Fn(Progress<'t>) + Send + Sync);

/// A language model. Dropping the future of a call ends the call and closes its connection.
#[async_trait]
pub trait Model: Send + Sync {
    /// The model's properties.
    fn profile(&self) -> &ModelProfile;

    /// Number of tokens of `text`; without the model's tokenizer an estimate that is rather too high.
    fn count_tokens(&self, text: &str) -> u64;

    /// [`Model::count_tokens`] equals the provider's count. Otherwise a cost limit is kept by bytes.
    fn counts_exactly(&self) -> bool {
        false
    }

    /// Minimum number of tokens of `text`. A reply with more than were reserved is cut, so the estimate is rather too low.
    fn fewest_tokens(&self, text: &str) -> u64 {
        if self.counts_exactly() { self.count_tokens(text) } else { 0 }
    }

    /// Sends one call. `on_progress` gets each piece of the reply as it arrives, prefill first.
    ///
    /// # Errors
    /// Any fault that keeps the reply from being finished. Passing faults were retried already.
    async fn complete(&self, request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, Fault>;
}
