//! The script of the server: rules, replies and faults.

use super::bucket::Bucket;
use regex::Regex;
use serde::{Deserialize, Serialize};

/// A whole script.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// Replies to requests that no rule matches, in order of arrival. After the last one the server returns status 500.
    pub root: Vec<Reply>,
    /// Rules; the first that matches a request's last message answers it.
    pub rules: Vec<Rule>,
    /// The API key that requests must carry. If absent, keys are not checked.
    pub key: Option<String>,
    /// Rate limit. If absent, all calls are accepted.
    pub bucket: Option<Bucket>,
}

/// Conditions on a request and the replies to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Text that the last message must contain.
    pub contains: Option<String>,
    /// Regular expression that the last message must match.
    pub regex: Option<String>,
    /// Model that the request must name.
    pub model: Option<String>,
    /// Replies in order; the last one repeats.
    pub replies: Vec<Reply>,
}

impl Rule {
    /// A rule for requests whose last message contains `marker`.
    pub fn containing(marker: impl Into<String>, replies: impl Into<Vec<Reply>>) -> Self {
        Rule { contains: Some(marker.into()), replies: replies.into(), ..Rule::default() }
    }

    /// A rule for requests whose last message begins with `marker`. It matches sub-calls, but not root turns that quote their code.
    pub fn starting(marker: &str, replies: impl Into<Vec<Reply>>) -> Self {
        Rule { regex: Some(format!("^{}", regex::escape(marker))), replies: replies.into(), ..Rule::default() }
    }
}

/// A reply, or a fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// The model's answer. `{last}` stands for the request's last message.
    pub text: String,
    /// The model's reasoning, sent before the text in formats that have it.
    pub thinking: String,
    /// Reported usage; `null` to report none.
    pub usage: Option<ReportedUsage>,
    /// Whether the reply stops at the request's output limit and reports one token per request byte and per reply word.
    pub measured: bool,
    /// Finish reason: `stop`, `length` or `content_filter`.
    pub finish: String,
    /// Delay before the response begins, in milliseconds.
    pub latency_ms: u64,
    /// Characters per streamed piece.
    pub piece_chars: usize,
    /// Splits the stream into parts of this many bytes, even inside a character.
    pub part_bytes: Option<usize>,
    /// Delay before each piece, in milliseconds.
    pub piece_delay_ms: u64,
    /// A status other than 200, usually with `body`.
    pub status: Option<u16>,
    /// A body sent instead of a completion, with or without `status`.
    pub body: Option<String>,
    /// Content type of `body`.
    pub content_type: String,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// Breaks the connection after this many pieces of text.
    pub cut_after: Option<usize>,
    /// Ends the stream cleanly after this many pieces, but without a finish event.
    pub end_after: Option<usize>,
    /// Falls silent after this many pieces, but keeps the connection open.
    pub silent_after: Option<usize>,
    /// Closes the connection without a response.
    pub hang_up: bool,
    /// Never responds.
    pub hang: bool,
}

/// Token counts that a reply reports.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedUsage {
    /// Prompt tokens, including cached ones.
    pub input_tokens: u64,
    /// Prompt tokens read from the cache.
    #[serde(default)]
    pub cached_input_tokens: u64,
    /// Prompt tokens written to the cache, in formats that report them.
    #[serde(default)]
    pub cache_write_tokens: u64,
    /// Completion tokens.
    pub output_tokens: u64,
}

impl Default for Reply {
    fn default() -> Self {
        Reply {
            text: String::new(),
            thinking: String::new(),
            usage: Some(ReportedUsage { input_tokens: 100, cached_input_tokens: 0, cache_write_tokens: 0, output_tokens: 10 }),
            measured: false,
            finish: "stop".into(),
            latency_ms: 0,
            piece_chars: 20,
            part_bytes: None,
            piece_delay_ms: 0,
            status: None,
            body: None,
            content_type: "application/json".into(),
            retry_after: None,
            cut_after: None,
            end_after: None,
            silent_after: None,
            hang_up: false,
            hang: false,
        }
    }
}

impl Reply {
    /// A reply with this text.
    pub fn text(text: impl Into<String>) -> Self {
        Reply { text: text.into(), ..Reply::default() }
    }

    /// A reply with one cell of code.
    pub fn code(code: &str) -> Self {
        Reply::text(format!("```repl\n{}\n```", code.trim()))
    }

    /// An error with this status, in OpenAI's format.
    pub fn status(status: u16, message: &str) -> Self {
        let body = serde_json::json!({"error": {"message": message, "type": "error", "code": null}}).to_string();
        Reply { status: Some(status), body: Some(body), ..Reply::default() }
    }

    /// Sets the reported token counts.
    pub fn usage(self, input_tokens: u64, cached_input_tokens: u64, output_tokens: u64) -> Self {
        Reply { usage: Some(ReportedUsage { input_tokens, cached_input_tokens, cache_write_tokens: 0, output_tokens }), ..self }
    }

    /// Sets the delay before the response, in milliseconds.
    pub fn after_ms(self, latency_ms: u64) -> Self {
        Reply { latency_ms, ..self }
    }
}

/// A script with compiled regular expressions.
pub(super) struct Compiled {
    pub(super) script: Script,
    regexes: Vec<Option<Regex>>,
}

impl Compiled {
    pub(super) fn new(script: Script) -> Result<Self, String> {
        let compile = |rule: &Rule| rule.regex.as_deref().map(Regex::new).transpose();
        let regexes = script.rules.iter().map(compile).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        match script.rules.iter().position(|rule| rule.replies.is_empty()) {
            Some(rule) => Err(format!("rule {rule} has no replies")),
            None => Ok(Compiled { script, regexes }),
        }
    }

    /// Index of the first rule that matches a request.
    pub(super) fn rule(&self, model: &str, last_message: &str) -> Option<usize> {
        self.script.rules.iter().zip(&self.regexes).position(|(rule, regex)| {
            rule.contains.as_deref().is_none_or(|text| last_message.contains(text))
                && regex.as_ref().is_none_or(|regex| regex.is_match(last_message))
                && rule.model.as_deref().is_none_or(|name| name == model)
        })
    }
}
