//! Anthropic's format: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use super::super::script::{Reply, ReportedUsage};
use super::{Event, Request, text_of};
use serde_json::{Value, json};

/// Parses a request, as strictly as the service where clients make mistakes.
pub(super) fn read(body: &Value) -> Result<Request, &'static str> {
    let messages = body["messages"].as_array().ok_or("messages: Field required")?;
    if !body["max_tokens"].is_u64() {
        return Err("max_tokens: Field required");
    }
    if messages.iter().any(|message| message["role"] != "user" && message["role"] != "assistant") {
        return Err("messages: Unexpected role");
    }
    if body.to_string().matches("\"cache_control\"").count() > 4 {
        return Err("A maximum of 4 blocks with cache_control may be provided.");
    }
    Ok(Request {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        last_message: messages.last().map(|message| text_of(&message["content"])).unwrap_or_default(),
        wants_usage: true,
    })
}

pub(super) fn stream(request: &Request, reply: &Reply, pieces: &[String]) -> Vec<Event> {
    let event = |kind: &str, mut data: Value| {
        data["type"] = json!(kind);
        format!("event: {kind}\ndata: {data}\n\n")
    };
    let mut start = message(request, json!([]), Value::Null);
    let mut end = json!({"delta": {"stop_reason": reason(&reply.finish), "stop_sequence": null}});
    if let Some(usage) = reply.usage.filter(|_| request.wants_usage) {
        // The start event has only a placeholder for output tokens.
        start["usage"] = usage_json(ReportedUsage { output_tokens: 1, ..usage });
        end["usage"] = json!({"output_tokens": usage.output_tokens});
    }
    let mut events = vec![(false, event("message_start", json!({ "message": start })))];
    let mut index = 0;
    if !reply.thinking.is_empty() {
        let delta = |delta: Value| (false, event("content_block_delta", json!({"index": 0, "delta": delta})));
        let block = json!({"type": "thinking", "thinking": "", "signature": ""});
        events.push((false, event("content_block_start", json!({"index": 0, "content_block": block}))));
        events.push(delta(json!({"type": "thinking_delta", "thinking": reply.thinking})));
        events.push(delta(json!({"type": "signature_delta", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h"})));
        events.push((false, event("content_block_stop", json!({"index": 0}))));
        index = 1;
    }
    events.push((false, event("content_block_start", json!({"index": index, "content_block": {"type": "text", "text": ""}}))));
    events.push((false, event("ping", json!({}))));
    for piece in pieces {
        let delta = json!({"index": index, "delta": {"type": "text_delta", "text": piece}});
        events.push((true, event("content_block_delta", delta)));
    }
    events.push((false, event("content_block_stop", json!({ "index": index }))));
    events.push((false, event("message_delta", end)));
    events.push((false, event("message_stop", json!({}))));
    events
}

pub(super) fn whole(request: &Request, reply: &Reply, text: &str) -> Value {
    let mut body = message(request, json!([{"type": "text", "text": text}]), reason(&reply.finish));
    if let Some(usage) = reply.usage {
        body["usage"] = usage_json(usage);
    }
    body
}

fn message(request: &Request, content: Value, stop_reason: Value) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": request.model, "content": content,
        "stop_reason": stop_reason, "stop_sequence": null})
}

fn reason(finish: &str) -> Value {
    json!(match finish {
        "stop" => "end_turn",
        "length" => "max_tokens",
        "content_filter" => "refusal",
        other => other,
    })
}

/// Usage in Anthropic's format, whose `input_tokens` excludes tokens read from and written to the cache.
fn usage_json(usage: ReportedUsage) -> Value {
    json!({
        "input_tokens": usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
    })
}
