//! OpenAI's wire format, as a server speaks it.

use super::script::{Reply, ReportedUsage};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the server looks at in a request.
#[derive(Deserialize)]
pub(super) struct Request {
    #[serde(default)]
    pub(super) model: String,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default)]
    stream_options: StreamOptions,
    messages: Vec<Message>,
}

#[derive(Default, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct Message {
    /// A text, or a list of parts with a text each.
    content: Value,
}

impl Request {
    pub(super) fn last_message(&self) -> String {
        match self.messages.last().map(|message| &message.content) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            _ => String::new(),
        }
    }
}

/// A reply's stream: each entry is one event; the flag marks those that carry text.
pub(super) fn stream(request: &Request, reply: &Reply, text: &str) -> Vec<(bool, String)> {
    let event = |choices: Value, usage: Option<ReportedUsage>| {
        let mut body = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": request.model, "choices": choices});
        if let Some(usage) = usage {
            body["usage"] = usage_json(usage);
        }
        format!("data: {body}\n\n")
    };
    let delta = |delta: Value, finish: Value| event(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), None);
    let mut events = vec![(false, delta(json!({"role": "assistant", "content": ""}), Value::Null))];
    let chars: Vec<char> = text.chars().collect();
    for piece in chars.chunks(reply.piece_chars.max(1)) {
        events.push((true, delta(json!({"content": piece.iter().collect::<String>()}), Value::Null)));
    }
    events.push((false, delta(json!({}), json!(reply.finish))));
    if let Some(usage) = reply.usage.filter(|_| request.stream_options.include_usage) {
        events.push((false, event(json!([]), Some(usage))));
    }
    events.push((false, "data: [DONE]\n\n".into()));
    events
}

/// A reply in one piece.
pub(super) fn whole(request: &Request, reply: &Reply, text: &str) -> String {
    let message = json!({"role": "assistant", "content": text});
    let choices = json!([{"index": 0, "message": message, "finish_reason": reply.finish}]);
    let mut body =
        json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": request.model, "choices": choices});
    if let Some(usage) = reply.usage {
        body["usage"] = usage_json(usage);
    }
    body.to_string()
}

fn usage_json(usage: ReportedUsage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens},
    })
}
