//! The body of a call, in the dialect that a server takes.

use plumb_rlm::model::{Message, ModelRequest};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Which of the optional parameters a server takes. Learned from its refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    limit: Limit,
    /// The other name of the limit was refused before.
    limit_refused: bool,
    temperature: bool,
    seed: bool,
    stream_options: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    MaxTokens,
    MaxCompletionTokens,
    Neither,
}

impl Dialect {
    /// What a provider's documents promise.
    pub fn of(provider: &str) -> Self {
        let (limit, seed) = match provider {
            "openai" => (Limit::MaxCompletionTokens, true),
            // It names the seed otherwise and refuses what it does not know.
            "mistral" => (Limit::MaxTokens, false),
            _ => (Limit::MaxTokens, true),
        };
        Dialect { limit, limit_refused: false, temperature: true, seed, stream_options: true }
    }

    /// The dialect after a server refused `parameter`; `None` when that changes nothing.
    pub fn without(self, parameter: &str) -> Option<Self> {
        let limit = match (parameter, self.limit) {
            ("max_tokens", Limit::MaxTokens) | ("max_completion_tokens", Limit::MaxCompletionTokens) if self.limit_refused => {
                Limit::Neither
            }
            ("max_tokens", Limit::MaxTokens) => Limit::MaxCompletionTokens,
            ("max_completion_tokens", Limit::MaxCompletionTokens) => Limit::MaxTokens,
            (_, limit) => limit,
        };
        let easier = Dialect {
            limit,
            limit_refused: self.limit_refused || limit != self.limit,
            temperature: self.temperature && parameter != "temperature",
            seed: self.seed && parameter != "seed",
            stream_options: self.stream_options && parameter != "stream_options",
        };
        (easier != self).then_some(easier)
    }
}

/// The body of a call. The messages are borrowed: each turn sends the whole conversation.
#[derive(Serialize)]
pub struct Body<'a> {
    model: &'a str,
    messages: &'a [Message],
    stream: bool,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl<'a> Body<'a> {
    /// In the server's dialect.
    pub fn new(model: &'a str, request: &'a ModelRequest, dialect: Dialect) -> Self {
        Body { model, messages: &request.messages, stream: true, rest: rest(request, dialect) }
    }
}

fn rest(request: &ModelRequest, dialect: Dialect) -> Map<String, Value> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    match dialect.limit {
        Limit::MaxTokens => drop(set("max_tokens", json!(request.max_output_tokens))),
        Limit::MaxCompletionTokens => drop(set("max_completion_tokens", json!(request.max_output_tokens))),
        Limit::Neither => {}
    }
    if dialect.temperature {
        // The nearest decimal: 0.7 as an f32 would be written 0.699999988079071.
        set("temperature", json!((f64::from(request.temperature) * 1000.0).round() / 1000.0));
    }
    if dialect.seed {
        // Several servers read it as a signed 32-bit number.
        set("seed", json!(request.seed & 0x7fff_ffff));
    }
    if dialect.stream_options {
        set("stream_options", json!({ "include_usage": true }));
    }
    if !request.stop.is_empty() {
        set("stop", json!(request.stop));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::model::Role;

    fn written(model: &str, request: &ModelRequest, dialect: Dialect) -> Value {
        json!(Body::new(model, request, dialect))
    }

    fn request() -> ModelRequest {
        ModelRequest {
            messages: vec![Message::new(Role::System, "s"), Message::new(Role::User, "u")],
            max_output_tokens: 50,
            temperature: 0.7,
            seed: 1,
            stop: vec![],
            prefill: None,
        }
    }

    #[test]
    fn a_call_is_written_as_openai_documents_it() {
        let body = written("m", &request(), Dialect::of("server"));
        assert_eq!(
            body,
            json!({"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
                "stream": true, "max_tokens": 50, "temperature": 0.7, "seed": 1, "stream_options": {"include_usage": true}})
        );
    }

    #[test]
    fn refused_parameters_are_left_out_one_after_the_other_and_then_it_is_over() {
        let mut dialect = Dialect::of("server");
        for name in ["max_tokens", "temperature", "seed", "stream_options", "max_completion_tokens"] {
            dialect = dialect.without(name).unwrap();
            assert!(written("m", &request(), dialect).get(name).is_none());
            assert_eq!(dialect.without(name), None);
        }
        assert_eq!(written("m", &request(), dialect).as_object().unwrap().len(), 3);
    }
}
