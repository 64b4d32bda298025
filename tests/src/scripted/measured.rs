//! Usage of a worst-case server: it uses the whole output limit and counts one input token per byte.

use super::script::{Reply, ReportedUsage};
use serde_json::Value;

/// Cuts a reply at the request's output limit, one token per word, and sets its usage. For OpenAI's format.
pub(super) fn measure(reply: &mut Reply, text: &mut String, request: &Value) {
    let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let input_tokens = messages.iter().map(|message| message["content"].as_str().unwrap_or_default().len() as u64 + 4).sum();
    let most = [&request["max_tokens"], &request["max_completion_tokens"]].into_iter().find_map(Value::as_u64);
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    let kept = words.len().min(most.map_or(usize::MAX, |most| most as usize));
    if kept < words.len() {
        "length".clone_into(&mut reply.finish);
    }
    let written = words[..kept].concat();
    reply.usage = Some(ReportedUsage { input_tokens, cached_input_tokens: 0, cache_write_tokens: 0, output_tokens: kept as u64 });
    *text = written;
}
