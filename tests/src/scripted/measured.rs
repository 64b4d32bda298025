//! What a server charges that keeps to the limit it is given, and has the most wasteful of tokenizers: a token for each byte that it reads.

use super::script::{Reply, ReportedUsage};
use serde_json::Value;

/// Cuts a reply at the request's limit, a token for each word, and has it report what was read and written. In OpenAI's format.
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
