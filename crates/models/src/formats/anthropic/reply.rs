//! Anthropic's replies: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use crate::formats::format::{Odd, Reader, Said, count};
use plumb_rlm::usage::{Finish, Reported};
use serde_json::Value;

/// Reads one reply. A stream reports input tokens at its beginning and output tokens at its end.
#[derive(Default)]
pub struct AnthropicReply {
    fresh: Option<u64>,
    cached: Option<u64>,
    written: Option<u64>,
}

impl Reader for AnthropicReply {
    fn event(&mut self, event: &Value, said: &mut Said<'_>) -> Result<(), Odd> {
        match event["type"].as_str().unwrap_or_default() {
            // The output count at the beginning is a placeholder.
            "message_start" => said.count(self.input(&event["message"]["usage"])),
            "content_block_start" => speak(&event["content_block"], said),
            "content_block_delta" => speak(&event["delta"], said),
            "message_delta" => self.end(&event["delta"]["stop_reason"], &event["usage"], said),
            "message_stop" => said.done = true,
            "error" => return Err(error(event)),
            // Pings, and types of events yet to be invented, which are no errors.
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, body: &Value, said: &mut Said<'_>) -> Result<(), Odd> {
        if !body["error"].is_null() {
            return Err(error(body));
        }
        let blocks = body["content"].as_array().ok_or(Odd::Nonsense)?;
        blocks.iter().for_each(|block| speak(block, said));
        self.end(&body["stop_reason"], &body["usage"], said);
        said.finish.get_or_insert(Finish::Stop);
        Ok(())
    }
}

impl AnthropicReply {
    /// Takes the counts in `usage`; others stay as they are. The API's `input_tokens` exclude tokens read from the cache or written to it.
    fn input(&mut self, usage: &Value) -> Reported {
        self.fresh = count(&usage["input_tokens"]).or(self.fresh);
        self.cached = count(&usage["cache_read_input_tokens"]).or(self.cached);
        self.written = count(&usage["cache_creation_input_tokens"]).or(self.written);
        let (cached_input_tokens, cache_write_tokens) = (self.cached.unwrap_or(0), self.written.unwrap_or(0));
        let input_tokens = self.fresh.map(|fresh| fresh + cached_input_tokens + cache_write_tokens);
        Reported { input_tokens, cached_input_tokens, cache_write_tokens, output_tokens: None }
    }

    fn end(&mut self, reason: &Value, usage: &Value, said: &mut Said<'_>) {
        match reason.as_str() {
            None => {}
            Some("max_tokens" | "model_context_window_exceeded") => said.finish = Some(Finish::Length),
            Some("refusal") => said.finish = Some(Finish::Refused),
            Some(_) => said.finish = Some(Finish::Stop),
        }
        said.count(Reported { output_tokens: count(&usage["output_tokens"]), ..self.input(usage) });
    }
}

/// Adds a part's text or reasoning. Parts of other types, such as signatures, are neither.
fn speak(part: &Value, said: &mut Said<'_>) {
    match part["type"].as_str() {
        Some("text" | "text_delta") => said.say(part["text"].as_str().unwrap_or_default()),
        Some("thinking" | "thinking_delta") => said.think(part["thinking"].as_str().unwrap_or_default()),
        _ => {}
    }
}

/// An error in a stream, with the status that it stands for: <https://docs.anthropic.com/en/api/errors>.
fn error(event: &Value) -> Odd {
    let status = match event["error"]["type"].as_str().unwrap_or_default() {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    };
    Odd::Error { status, body: event.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(events: &[Value]) -> Reported {
        let mut said = Said::new(&|_| {}, None);
        let mut reply = AnthropicReply::default();
        events.iter().for_each(|event| reply.event(event, &mut said).unwrap());
        said.usage
    }

    #[test]
    fn input_is_the_sum_of_fresh_cached_and_written_tokens() {
        let start = json!({"type": "message_start", "message": {"usage": {"input_tokens": 5,
            "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": 1}}});
        let end = |usage: Value| json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage});
        let beginning =
            Reported { input_tokens: Some(125), cached_input_tokens: 100, cache_write_tokens: 20, output_tokens: None };
        let all = Reported { output_tokens: Some(7), ..beginning };
        assert_eq!(read(&[start.clone(), end(json!({"output_tokens": 7}))]), all);
        let again =
            json!({"input_tokens": 5, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": 7});
        assert_eq!(read(&[start.clone(), end(again)]), all);
        assert_eq!(read(&[start.clone(), end(json!({"input_tokens": 5, "output_tokens": 7}))]), all);
        // The output count at the beginning is a placeholder: without the one at the end only the input is known.
        assert_eq!(read(&[start, end(Value::Null)]), beginning);
    }
}
