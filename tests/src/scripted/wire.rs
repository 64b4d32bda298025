//! The wire formats that the server speaks, recognised by request path.

mod anthropic;
mod gemini;
mod openai;

use super::script::Reply;
use hyper::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};

/// A wire format.
#[derive(Clone, Copy)]
pub(super) enum Format {
    OpenAi,
    Anthropic,
    Gemini,
}

/// The parts of a request that the server uses.
pub(super) struct Request {
    pub(super) model: String,
    pub(super) stream: bool,
    pub(super) last_message: String,
    /// Whether the client asked for usage.
    wants_usage: bool,
}

/// An event of a stream. The flag marks events that carry text of the reply.
pub(super) type Event = (bool, String);

impl Format {
    /// The format whose endpoint is `path`.
    pub(super) fn of(path: &str) -> Option<Self> {
        let end = path.rsplit('/').next()?;
        match end.split_once(':') {
            Some((_, "generateContent" | "streamGenerateContent")) => Some(Format::Gemini),
            None if end == "messages" => Some(Format::Anthropic),
            None if end == "completions" => Some(Format::OpenAi),
            _ => None,
        }
    }

    /// The API key, if it is where this format puts it.
    pub(super) fn key(self, headers: &HeaderMap) -> Option<String> {
        let named = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        match self {
            Format::Anthropic => named("x-api-key"),
            Format::Gemini => named("x-goog-api-key"),
            Format::OpenAi => {
                let bearer = named(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
                bearer.or_else(|| named("api-key")).or_else(|| named("x-portkey-api-key"))
            }
        }
    }

    /// Parses a request, or returns the service's error message.
    pub(super) fn read(self, path: &str, headers: &HeaderMap, body: &Value) -> Result<Request, &'static str> {
        match self {
            Format::OpenAi => openai::read(body),
            Format::Anthropic if !headers.contains_key("anthropic-version") => Err("anthropic-version: header is required"),
            Format::Anthropic => anthropic::read(body),
            Format::Gemini => gemini::read(path, body),
        }
    }

    /// A reply as a stream of events.
    pub(super) fn stream(self, request: &Request, reply: &Reply, text: &str) -> Vec<Event> {
        let chars: Vec<char> = text.chars().collect();
        let pieces: Vec<String> = chars.chunks(reply.piece_chars.max(1)).map(|piece| piece.iter().collect()).collect();
        match self {
            Format::OpenAi => openai::stream(request, reply, &pieces),
            Format::Anthropic => anthropic::stream(request, reply, &pieces),
            Format::Gemini => gemini::stream(request, reply, &pieces),
        }
    }

    /// A reply as one body.
    pub(super) fn whole(self, request: &Request, reply: &Reply, text: &str) -> String {
        let body = match self {
            Format::OpenAi => openai::whole(request, reply, text),
            Format::Anthropic => anthropic::whole(request, reply, text),
            Format::Gemini => gemini::whole(request, reply, text),
        };
        body.to_string()
    }

    /// Status and body of the response to a wrong key.
    pub(super) fn wrong_key(self) -> (u16, Value) {
        match self {
            Format::OpenAi => (
                401,
                json!({"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error", "code": "invalid_api_key"}}),
            ),
            Format::Anthropic => {
                (401, json!({"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}))
            }
            Format::Gemini => gemini::wrong_key(),
        }
    }
}

/// The text of a message's content, which is a string or a list of parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}
