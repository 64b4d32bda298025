//! What the engine asks of a language model.

use crate::{
    event::Destination,
    journal::JournalError,
    money::{Price, Usd},
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

/// Writes down what is about to leave this program for a server, or for code elsewhere.
#[async_trait]
pub trait Sending: std::fmt::Debug + Send + Sync {
    /// So many bytes are about to go. Nothing of them goes before this returns, and nothing at all where it fails.
    ///
    /// # Errors
    /// When it cannot be written down.
    async fn sending(&self, to: &Destination, bytes: u64) -> Result<(), JournalError>;
}

/// Tokens of a call, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Usage {
    /// All input tokens, cached ones included.
    pub input_tokens: u64,
    /// Those of the input that came from the provider's cache.
    pub cached_input_tokens: u64,
    /// Those of the input that the provider wrote to its cache, where that has a price of its own.
    #[serde(default)]
    pub cache_write_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: u64,
}

impl Usage {
    /// The sum of two.
    pub fn plus(self, other: Usage) -> Usage {
        Usage {
            input_tokens: self.input_tokens + other.input_tokens,
            cached_input_tokens: self.cached_input_tokens + other.cached_input_tokens,
            cache_write_tokens: self.cache_write_tokens + other.cache_write_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
        }
    }
}

/// Tokens of a call as far as the provider has counted them; while a reply arrives, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// All input tokens, cached ones included.
    pub input_tokens: Option<u64>,
    /// Those of the input that came from the provider's cache.
    pub cached_input_tokens: u64,
    /// Those of the input that the provider wrote to its cache, where that has a price of its own.
    pub cache_write_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: Option<u64>,
}

impl From<Usage> for Reported {
    fn from(usage: Usage) -> Self {
        Reported {
            input_tokens: Some(usage.input_tokens),
            cached_input_tokens: usage.cached_input_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            output_tokens: Some(usage.output_tokens),
        }
    }
}

impl Reported {
    /// This, and of an older report what this one leaves out.
    pub fn after(self, older: Reported) -> Reported {
        let input = if self.input_tokens.is_some() { self } else { older };
        Reported { output_tokens: self.output_tokens.or(older.output_tokens), ..input }
    }

    /// Nothing of it has to be estimated.
    pub fn is_whole(&self) -> bool {
        self.input_tokens.is_some_and(|tokens| tokens > 0) && self.output_tokens.is_some_and(|tokens| tokens > 0)
    }

    /// The tokens, with those of the estimate where none are reported, and whether that is anywhere. A zero beside a text was left out too.
    pub fn or(self, estimate: Usage) -> (Usage, bool) {
        let input = self.input_tokens.filter(|tokens| *tokens > 0 || estimate.input_tokens == 0);
        let output = self.output_tokens.filter(|tokens| *tokens > 0 || estimate.output_tokens == 0);
        let of_input = if input.is_some() { self } else { Reported::default() };
        let usage = Usage {
            input_tokens: input.unwrap_or(estimate.input_tokens),
            cached_input_tokens: of_input.cached_input_tokens,
            cache_write_tokens: of_input.cache_write_tokens,
            output_tokens: output.unwrap_or(estimate.output_tokens),
        };
        (usage, input.is_none() || output.is_none() && estimate.output_tokens > 0)
    }
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model was done, or a stop text came.
    #[default]
    Stop,
    /// The output limit was reached.
    Length,
    /// The provider withheld it.
    Refused,
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

/// A call that brought no finished reply.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ModelError {
    /// For programs: `unreachable`, `refused_key`, `no_such_model`, `too_long`, `rate_limited`, `bad_reply`, `cut_short`, `server`, `local_model`;
    /// or that of a [`JournalError`], where nothing was sent because it could not be written down.
    pub code: &'static str,
    /// What happened, why, and what to do.
    pub message: String,
    /// The text that did arrive.
    pub partial: String,
}

/// A wait before a call is sent, or sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Why: the code of the [`ModelError`] that it is hoped to avoid.
    pub code: &'static str,
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
    async fn complete(&self, request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, ModelError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_was_kept_before_caches_were_written_still_reads() {
        let kept = r#"{"input_tokens": 9, "cached_input_tokens": 4, "output_tokens": 2}"#;
        let usage: Usage = serde_json::from_str(kept).unwrap();
        assert_eq!(usage, Usage { input_tokens: 9, cached_input_tokens: 4, cache_write_tokens: 0, output_tokens: 2 });
    }

    #[test]
    fn a_part_of_the_usage_that_is_missing_or_zero_beside_a_text_is_estimated_and_the_rest_is_believed() {
        let estimate = Usage { input_tokens: 20, output_tokens: 7, ..Usage::default() };
        let reported =
            |input_tokens, output_tokens| Reported { input_tokens, cached_input_tokens: 4, cache_write_tokens: 1, output_tokens };
        let usage = |input_tokens, cached_input_tokens, cache_write_tokens, output_tokens| Usage {
            input_tokens,
            cached_input_tokens,
            cache_write_tokens,
            output_tokens,
        };
        assert_eq!(reported(Some(9), Some(2)).or(estimate), (usage(9, 4, 1, 2), false));
        for nothing in [None, Some(0)] {
            assert_eq!(reported(Some(9), nothing).or(estimate), (usage(9, 4, 1, 7), true));
            assert_eq!(reported(nothing, Some(2)).or(estimate), (usage(20, 0, 0, 2), true));
            assert_eq!(reported(nothing, nothing).or(estimate), (usage(20, 0, 0, 7), true));
            // An empty reply has no tokens that could have been left out.
            let empty = Usage { output_tokens: 0, ..estimate };
            assert_eq!(reported(Some(9), nothing).or(empty), (usage(9, 4, 1, 0), false));
        }
    }
}
