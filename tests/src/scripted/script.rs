//! What the scripted server answers.

use super::bucket::Bucket;
use regex::Regex;
use serde::{Deserialize, Serialize};

/// A whole script.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// Answers to requests that no rule matches, in the order of their arrival. After the last: status 500, which says so.
    pub root: Vec<Reply>,
    /// The first rule that matches a request's last message answers it.
    pub rules: Vec<Rule>,
    /// The key that requests must carry; any or none will do when absent.
    pub key: Option<String>,
    /// How many calls it takes; as many as come when absent.
    pub bucket: Option<Bucket>,
}

/// Which requests, and their answers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// The last message contains this.
    pub contains: Option<String>,
    /// The last message matches this regular expression.
    pub regex: Option<String>,
    /// The request names this model.
    pub model: Option<String>,
    /// Answers in order; the last is repeated.
    pub replies: Vec<Reply>,
}

impl Rule {
    /// Answers every request whose last message contains `marker`.
    pub fn containing(marker: impl Into<String>, replies: impl Into<Vec<Reply>>) -> Self {
        Rule { contains: Some(marker.into()), replies: replies.into(), ..Rule::default() }
    }

    /// Answers every request whose last message begins with `marker`: sub-calls, and no turn of the root that is shown their code again.
    pub fn starting(marker: &str, replies: impl Into<Vec<Reply>>) -> Self {
        Rule { regex: Some(format!("^{}", regex::escape(marker))), replies: replies.into(), ..Rule::default() }
    }
}

/// One answer, or fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// What the model says. `{last}` stands for the request's last message.
    pub text: String,
    /// What the model thinks before, where the format shows that; no part of what it says.
    pub thinking: String,
    /// What is reported of it; `null`: nothing.
    pub usage: Option<ReportedUsage>,
    /// The reply ends at the request's limit, and reports a token for each byte of the request and each of its own words.
    pub measured: bool,
    /// `stop`, `length`, `content_filter`.
    pub finish: String,
    /// Milliseconds before the answer begins.
    pub latency_ms: u64,
    /// Characters of each piece of a stream.
    pub piece_chars: usize,
    /// Cuts the stream's bytes into parts of this length, wherever that falls: also inside a character.
    pub part_bytes: Option<usize>,
    /// Milliseconds before each piece.
    pub piece_delay_ms: u64,
    /// Another status than 200, with `body` instead of a completion.
    pub status: Option<u16>,
    /// What comes instead of a completion, with or without a status.
    pub body: Option<String>,
    /// The type of `body`.
    pub content_type: String,
    /// The header of that name.
    pub retry_after: Option<String>,
    /// Breaks the connection after so many pieces of text.
    pub cut_after: Option<usize>,
    /// Ends the stream in good order after so many pieces, but with no word that it is finished.
    pub end_after: Option<usize>,
    /// Says nothing more after so many pieces, and keeps the connection.
    pub silent_after: Option<usize>,
    /// Closes the connection without an answer.
    pub hang_up: bool,
    /// Never answers.
    pub hang: bool,
}

/// Tokens that a reply reports.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedUsage {
    /// Prompt tokens, cached ones included.
    pub input_tokens: u64,
    /// Those from the cache.
    #[serde(default)]
    pub cached_input_tokens: u64,
    /// Those written to the cache, in formats that say so.
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
    /// The model says `text`.
    pub fn text(text: impl Into<String>) -> Self {
        Reply { text: text.into(), ..Reply::default() }
    }

    /// The model writes one cell of code.
    pub fn code(code: &str) -> Self {
        Reply::text(format!("```repl\n{}\n```", code.trim()))
    }

    /// A status with an error in OpenAI's form.
    pub fn status(status: u16, message: &str) -> Self {
        let body = serde_json::json!({"error": {"message": message, "type": "error", "code": null}}).to_string();
        Reply { status: Some(status), body: Some(body), ..Reply::default() }
    }

    /// With these tokens reported.
    pub fn usage(self, input_tokens: u64, cached_input_tokens: u64, output_tokens: u64) -> Self {
        Reply { usage: Some(ReportedUsage { input_tokens, cached_input_tokens, cache_write_tokens: 0, output_tokens }), ..self }
    }

    /// After so many milliseconds.
    pub fn after_ms(self, latency_ms: u64) -> Self {
        Reply { latency_ms, ..self }
    }
}

/// A script with its regular expressions read.
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

    /// The first rule for a request.
    pub(super) fn rule(&self, model: &str, last_message: &str) -> Option<usize> {
        self.script.rules.iter().zip(&self.regexes).position(|(rule, regex)| {
            rule.contains.as_deref().is_none_or(|text| last_message.contains(text))
                && regex.as_ref().is_none_or(|regex| regex.is_match(last_message))
                && rule.model.as_deref().is_none_or(|name| name == model)
        })
    }
}
