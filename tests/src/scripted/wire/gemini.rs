//! Gemini's format: <https://ai.google.dev/api/generate-content>.

use super::super::script::{Reply, ReportedUsage};
use super::{Event, Request, text_of};
use serde_json::{Value, json};

/// Parses a request. The path names the model and whether to stream.
pub(super) fn read(path: &str, body: &Value) -> Result<Request, &'static str> {
    let contents = body["contents"].as_array().ok_or("contents is not specified")?;
    if contents.iter().any(|content| content["role"] != "user" && content["role"] != "model") {
        return Err("Please use a valid role: user, model.");
    }
    let (model, method) = path.rsplit('/').next().and_then(|end| end.split_once(':')).unwrap_or_default();
    Ok(Request {
        model: model.to_owned(),
        stream: method == "streamGenerateContent",
        last_message: contents.last().map(|content| text_of(&content["parts"])).unwrap_or_default(),
        wants_usage: true,
    })
}

pub(super) fn stream(request: &Request, reply: &Reply, pieces: &[String]) -> Vec<Event> {
    let event = |parts: Value, finish: Option<&str>| format!("data: {}\n\n", response(request, reply, parts, finish));
    let mut events = Vec::new();
    if !reply.thinking.is_empty() {
        events.push((false, event(json!([{"text": reply.thinking, "thought": true}]), None)));
    }
    for piece in pieces {
        events.push((true, event(json!([{ "text": piece }]), None)));
    }
    events.push((false, event(json!([{"text": ""}]), Some(&reply.finish))));
    events
}

pub(super) fn whole(request: &Request, reply: &Reply, text: &str) -> Value {
    response(request, reply, json!([{ "text": text }]), Some(&reply.finish))
}

/// The error for a wrong key, which Gemini reports as a bad request: <https://ai.google.dev/gemini-api/docs/troubleshooting>.
pub(super) fn wrong_key() -> (u16, Value) {
    let info =
        json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"});
    let message = "API key not valid. Please pass a valid API key.";
    (400, json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [info]}}))
}

fn response(request: &Request, reply: &Reply, parts: Value, finish: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(match finish {
            "stop" => "STOP",
            "length" => "MAX_TOKENS",
            "content_filter" => "SAFETY",
            other => other,
        });
    }
    let mut body = json!({"candidates": [candidate], "modelVersion": request.model, "responseId": "1"});
    if let Some(usage) = reply.usage.filter(|_| request.wants_usage) {
        body["usageMetadata"] = usage_json(usage, !reply.thinking.is_empty());
    }
    body
}

/// Usage in Gemini's format, which counts thoughts separately. If there are thoughts, all but one token are theirs.
fn usage_json(usage: ReportedUsage, thinking: bool) -> Value {
    let thoughts = if thinking { usage.output_tokens.saturating_sub(1) } else { 0 };
    json!({
        "promptTokenCount": usage.input_tokens,
        "cachedContentTokenCount": usage.cached_input_tokens,
        "candidatesTokenCount": usage.output_tokens - thoughts,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    })
}
