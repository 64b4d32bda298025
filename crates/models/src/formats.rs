//! Wire formats: how one family of servers is spoken to. What is about HTTP and about trying again is in [`crate::call`].

mod anthropic;
mod gemini;
pub mod openai;

use plumb_rlm::{
    money::Usd,
    traits::model::{Message, ModelReply, ModelRequest, OnProgress, Progress, Role},
    usage::{Finish, Reported},
};
use reqwest::{RequestBuilder, Url};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// One wire format.
pub trait Format: Send + Sync {
    /// Where calls to `model` go, on the server at `base`.
    fn url(&self, base: &Url, model: &str) -> Url;

    /// Where the server lists its models.
    fn models_url(&self, base: &Url) -> Url {
        under(base, "models")
    }

    /// The names in such a list of models that can hold a conversation, as far as the list tells.
    fn offered(&self, list: &Value) -> Vec<String> {
        names(&list["data"], "id")
    }

    /// What every request carries beside the key.
    fn headed(&self, request: RequestBuilder) -> RequestBuilder {
        request
    }

    /// The parameters that a call carries and can do without, once those `refused` are left out.
    fn optional(&self, refused: &BTreeSet<&'static str>) -> Vec<&'static str>;

    /// Writes a call, with these of the optional parameters.
    fn write(&self, post: RequestBuilder, model: &str, request: &ModelRequest, optional: &[&'static str]) -> RequestBuilder;

    /// Reads one reply.
    fn reader(&self) -> Box<dyn Reader>;

    /// What a refusal means: the status whose meaning it has, and the wait that it asks for in its body.
    fn refusal(&self, status: u16, _body: &Value) -> (u16, Option<Duration>) {
        (status, None)
    }

    /// Tokens, of a text in which OpenAI's tokenizer counts so many. Where the true number is not known, it leans to too many.
    fn tokens(&self, counted: u64) -> u64 {
        counted
    }
}

/// Reads one reply.
pub trait Reader: Send {
    /// An event of a stream.
    fn event(&mut self, event: &Value, said: &mut Said<'_>) -> Result<(), Odd>;

    /// A reply in one piece, for servers and proxies that do not stream.
    fn whole(&mut self, body: &Value, said: &mut Said<'_>) -> Result<(), Odd>;
}

/// What stands where a reply was expected.
#[derive(Debug)]
pub enum Odd {
    /// Nothing that a model says.
    Nonsense,
    /// The server's word that it could not finish.
    Cut,
    /// An error, as it would have come with this status.
    Error {
        /// The status.
        status: u16,
        /// The body of such a refusal.
        body: Value,
    },
}

/// What a reply has come to.
pub struct Said<'a> {
    on_progress: OnProgress<'a>,
    /// What the reply was made to begin with, until its first word is there.
    prefill: Option<&'a str>,
    text: String,
    /// Bytes of what the model thought beside it.
    thought: usize,
    /// The server has counted something of it.
    counted: bool,
    usage: Reported,
    /// Why it ended.
    pub finish: Option<Finish>,
    /// What the server says it charged.
    pub cost: Option<Usd>,
    /// Nothing more can come.
    pub done: bool,
}

impl<'a> Said<'a> {
    /// Nothing yet.
    pub fn new(on_progress: OnProgress<'a>, prefill: Option<&'a str>) -> Self {
        let (text, usage) = (String::new(), Reported::default());
        Said { on_progress, prefill, text, thought: 0, counted: false, usage, finish: None, cost: None, done: false }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of all that the model has written, thoughts included.
    pub fn written(&self) -> usize {
        self.text.len() + self.thought
    }

    /// The server has counted something of the reply, so that it is paid.
    pub fn is_counted(&self) -> bool {
        self.counted
    }

    /// Adds to what the model thinks, which is paid and no part of the reply.
    pub fn think(&mut self, thought: &str) {
        if !thought.is_empty() {
            self.thought += thought.len();
            (self.on_progress)(Progress::Thought(thought));
        }
    }

    /// Takes what the server has counted; what it leaves out is as it was.
    pub fn count(&mut self, usage: Reported) {
        self.usage = usage.after(self.usage);
        self.counted |= self.usage != Reported::default();
        // What is counted after its end comes with the reply.
        if self.finish.is_none() && self.counted {
            (self.on_progress)(Progress::Counted(self.usage));
        }
    }

    /// A part of it has arrived, though not so much that it could be read.
    pub fn began(&self) {
        (self.on_progress)(Progress::Counted(self.usage));
    }

    /// Adds to the text.
    pub fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        for text in self.prefill.take().into_iter().chain([text]) {
            self.text.push_str(text);
            (self.on_progress)(Progress::Text(text));
        }
    }

    /// The reply, if it is finished.
    pub fn reply(mut self) -> Option<ModelReply> {
        // Some servers end a stream without a reason.
        let finish = self.finish.or(self.done.then_some(Finish::Stop))?;
        if let Some(prefill) = self.prefill.take() {
            self.say(prefill);
        }
        Some(ModelReply { text: self.text, usage: self.usage, cost: self.cost, finish })
    }
}

/// The format that a provider speaks.
pub fn of(provider: &str) -> Box<dyn Format> {
    match provider {
        "anthropic" => Box::new(anthropic::Anthropic),
        "gemini" => Box::new(gemini::Gemini),
        _ => Box::new(openai::OpenAi::of(provider)),
    }
}

/// Messages of one side, for formats in which the sides alternate.
struct Turn<'a> {
    role: Role,
    texts: Vec<&'a str>,
}

/// A conversation's instructions, and its turns. Messages without text are left out: these formats refuse them.
fn turns(messages: &[Message]) -> (Vec<&str>, Vec<Turn<'_>>) {
    let mut system = Vec::new();
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for message in messages.iter().filter(|message| !message.content.trim().is_empty()) {
        let text = message.content.as_str();
        match turns.last_mut() {
            _ if message.role == Role::System => system.push(text),
            Some(turn) if turn.role == message.role => turn.texts.push(text),
            _ => turns.push(Turn { role: message.role, texts: vec![text] }),
        }
    }
    (system, turns)
}

/// `base` with `path` added to its own.
fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// The entries of a list; none where there is no list.
fn entries(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// What each entry of a list has under `field`.
fn names(list: &Value, field: &str) -> Vec<String> {
    entries(list).iter().filter_map(|entry| entry[field].as_str()).map(str::to_owned).collect()
}

/// A count of tokens. One that no model could reach is none, and so is a negative one.
fn count(value: &Value) -> Option<u64> {
    value.as_u64().filter(|tokens| *tokens < 1 << 40)
}

/// A count that may be left out where it is zero.
fn count_or_none(value: &Value) -> Option<u64> {
    if value.is_null() { Some(0) } else { count(value) }
}

/// The nearest decimal: 0.7 as an f32 would be written 0.699999988079071.
fn decimal(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests;
