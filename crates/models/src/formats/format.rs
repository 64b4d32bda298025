//! The parts of a wire format, and the reply that a reader puts together.

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
    /// The address for calls to `model` on the server at `base`.
    fn url(&self, base: &Url, model: &str) -> Url;

    /// The address of the server's list of models.
    fn models_url(&self, base: &Url) -> Url {
        under(base, "models")
    }

    /// The names of the chat models in such a list, as far as the list tells.
    fn offered(&self, list: &Value) -> Vec<String> {
        names(&list["data"], "id")
    }

    /// Adds the headers that every request carries beside the key.
    fn with_headers(&self, request: RequestBuilder) -> RequestBuilder {
        request
    }

    /// The optional parameters of a call, without those that the server `refused`.
    fn optional(&self, refused: &BTreeSet<&'static str>) -> Vec<&'static str>;

    /// Writes a call with these optional parameters.
    fn write(&self, post: RequestBuilder, model: &str, request: &ModelRequest, optional: &[&'static str]) -> RequestBuilder;

    /// A reader for one reply.
    fn reader(&self) -> Box<dyn Reader>;

    /// The meaning of a refusal: the status that describes it, and the wait that its body asks for.
    fn refusal(&self, status: u16, _body: &Value) -> (u16, Option<Duration>) {
        (status, None)
    }

    /// Number of tokens of a text in which OpenAI's tokenizer counts `counted`. An estimate leans to too many.
    fn tokens(&self, counted: u64) -> u64 {
        counted
    }
}

/// Reads one reply.
pub trait Reader: Send {
    /// Reads an event of a stream.
    fn event(&mut self, event: &Value, said: &mut Said<'_>) -> Result<(), Odd>;

    /// Reads a reply in one piece, from servers and proxies that do not stream.
    fn whole(&mut self, body: &Value, said: &mut Said<'_>) -> Result<(), Odd>;
}

/// Anything else in the place of a reply.
#[derive(Debug)]
pub enum Odd {
    /// Not a model's reply.
    Nonsense,
    /// The server could not finish the reply.
    Cut,
    /// An error in a response of status 200.
    Error {
        /// The status that the error would have had.
        status: u16,
        /// The body that a refusal would have had.
        body: Value,
    },
}

/// A reply so far.
pub struct Said<'a> {
    on_progress: OnProgress<'a>,
    /// The text that the reply begins with, until its first word arrives.
    prefill: Option<&'a str>,
    text: String,
    /// Length of the model's reasoning, in bytes.
    reasoning_bytes: usize,
    /// The server has counted some of its tokens.
    counted: bool,
    pub(super) usage: Reported,
    /// Why it ended.
    pub finish: Option<Finish>,
    /// The cost, where the server reports one.
    pub cost: Option<Usd>,
    /// Nothing more can come.
    pub done: bool,
}

impl<'a> Said<'a> {
    /// An empty reply.
    pub fn new(on_progress: OnProgress<'a>, prefill: Option<&'a str>) -> Self {
        let (text, usage) = (String::new(), Reported::default());
        Said { on_progress, prefill, text, reasoning_bytes: 0, counted: false, usage, finish: None, cost: None, done: false }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Length of the text and the reasoning, in bytes.
    pub fn written(&self) -> usize {
        self.text.len() + self.reasoning_bytes
    }

    /// Whether the server has counted some of the reply's tokens, and so will charge for it.
    pub fn is_counted(&self) -> bool {
        self.counted
    }

    /// Adds to the model's reasoning, which costs money and is no part of the text.
    pub fn think(&mut self, thought: &str) {
        if !thought.is_empty() {
            self.reasoning_bytes += thought.len();
            (self.on_progress)(Progress::Thought(thought));
        }
    }

    /// Takes the server's token counts; counts that it leaves out stay as they are.
    pub fn count(&mut self, usage: Reported) {
        self.usage = usage.after(self.usage);
        self.counted |= self.usage != Reported::default();
        // Counts that arrive after the end come with the reply itself.
        if self.finish.is_none() && self.counted {
            (self.on_progress)(Progress::Counted(self.usage));
        }
    }

    /// Reports that a part of the reply has arrived, though too little to read.
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
        // Some servers end a stream without a finish reason.
        let finish = self.finish.or(self.done.then_some(Finish::Stop))?;
        if let Some(prefill) = self.prefill.take() {
            self.say(prefill);
        }
        Some(ModelReply { text: self.text, usage: self.usage, cost: self.cost, finish })
    }
}

/// Consecutive messages of one role, for formats in which the roles alternate.
pub struct Turn<'a> {
    /// Who says them.
    pub role: Role,
    /// Their texts.
    pub texts: Vec<&'a str>,
}

/// A conversation's instructions and turns, without the messages that have no text: these formats refuse them.
pub fn turns(messages: &[Message]) -> (Vec<&str>, Vec<Turn<'_>>) {
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

/// `base` with `path` appended to its own path.
pub fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// The entries of a list; none where the value is no list.
pub fn entries(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// The text under `field` of each entry of a list.
pub fn names(list: &Value, field: &str) -> Vec<String> {
    entries(list).iter().filter_map(|entry| entry[field].as_str()).map(str::to_owned).collect()
}

/// A count of tokens. Ignores negative counts and counts that no model could reach.
pub fn count(value: &Value) -> Option<u64> {
    /// No call has as many tokens.
    const TOKENS_BOUND: u64 = 1 << 40;
    value.as_u64().filter(|tokens| *tokens < TOKENS_BOUND)
}

/// A count of tokens that servers may leave out when it is zero.
pub fn count_or_zero(value: &Value) -> Option<u64> {
    if value.is_null() { Some(0) } else { count(value) }
}

/// The nearest decimal with three digits: 0.7 as an f32 would be written 0.699999988079071.
pub fn decimal(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}
