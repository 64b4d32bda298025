//! OpenAI's format: <https://platform.openai.com/docs/api-reference/chat-streaming>.

use super::super::script::{Reply, ReportedUsage};
use super::{Event, Request, text_of};
use serde_json::{Value, json};

pub(super) fn read(body: &Value) -> Result<Request, &'static str> {
    let messages = body["messages"].as_array().ok_or("messages: field required")?;
    Ok(Request {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"] == true,
        last_message: messages.last().map(|message| text_of(&message["content"])).unwrap_or_default(),
        wants_usage: body["stream_options"]["include_usage"] == true,
    })
}

pub(super) fn stream(request: &Request, reply: &Reply, pieces: &[String]) -> Vec<Event> {
    let event = |choices: Value, usage: Option<ReportedUsage>| {
        let mut body = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": request.model, "choices": choices});
        if let Some(usage) = usage {
            body["usage"] = usage_json(usage);
        }
        format!("data: {body}\n\n")
    };
    let delta = |delta: Value, finish: Value| event(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), None);
    let mut events = vec![(false, delta(json!({"role": "assistant", "content": ""}), Value::Null))];
    if !reply.thinking.is_empty() {
        // Servers that expose reasoning send it like this: <https://api-docs.deepseek.com/guides/reasoning_model>.
        events.push((false, delta(json!({"reasoning_content": reply.thinking}), Value::Null)));
    }
    for piece in pieces {
        events.push((true, delta(json!({"content": piece}), Value::Null)));
    }
    events.push((false, delta(json!({}), json!(reply.finish))));
    if let Some(usage) = reply.usage.filter(|_| request.wants_usage) {
        events.push((false, event(json!([]), Some(usage))));
    }
    events.push((false, "data: [DONE]\n\n".into()));
    events
}

pub(super) fn whole(request: &Request, reply: &Reply, text: &str) -> Value {
    let message = json!({"role": "assistant", "content": text});
    let choices = json!([{"index": 0, "message": message, "finish_reason": reply.finish}]);
    let mut body =
        json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": request.model, "choices": choices});
    if let Some(usage) = reply.usage {
        body["usage"] = usage_json(usage);
    }
    body
}

fn usage_json(usage: ReportedUsage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens},
    })
}
