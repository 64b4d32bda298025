//! Servers' responses in each format, as their documents show them. The links are in the modules that read them.

use plumb_rlm::usage::Finish;
use serde_json::{Value, json};

/// The key of the model under test.
pub const KEY: &str = "sk-secret";

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    OpenAi,
    Anthropic,
    Gemini,
}

/// Input and output tokens, as the format writes them.
type Counts = Option<(Value, Value)>;

fn event(data: &Value) -> String {
    let kind = data["type"].as_str().map(|kind| format!("event: {kind}\n")).unwrap_or_default();
    format!("{kind}data: {data}\n\n")
}

impl Wire {
    pub const ALL: [Wire; 3] = [Wire::OpenAi, Wire::Anthropic, Wire::Gemini];

    pub fn provider(self) -> &'static str {
        match self {
            Wire::OpenAi => "server",
            Wire::Anthropic => "anthropic",
            Wire::Gemini => "gemini",
        }
    }

    /// The path of a call to the model `m`.
    pub fn path(self) -> &'static str {
        match self {
            Wire::OpenAi => "/v1/chat/completions",
            Wire::Anthropic => "/v1/messages",
            Wire::Gemini => "/v1/models/m:streamGenerateContent?alt=sse",
        }
    }

    pub fn key_header(self) -> String {
        match self {
            Wire::OpenAi => format!("authorization: Bearer {KEY}"),
            Wire::Anthropic => format!("x-api-key: {KEY}"),
            Wire::Gemini => format!("x-goog-api-key: {KEY}"),
        }
    }

    pub fn piece(self, text: &str) -> String {
        match self {
            Wire::OpenAi => event(&json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})),
            Wire::Anthropic => {
                event(&json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}))
            }
            Wire::Gemini => event(&json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}]})),
        }
    }

    /// A piece of reasoning, which is no part of the text.
    pub fn thought(self, text: &str) -> String {
        match self {
            Wire::OpenAi => event(&json!({"choices": [{"delta": {"content": null, "reasoning_content": text}}]})),
            Wire::Anthropic => {
                let block = json!({"type": "thinking", "thinking": text, "signature": ""});
                let start = json!({"type": "content_block_start", "index": 0, "content_block": block});
                let delta = |delta: Value| event(&json!({"type": "content_block_delta", "index": 0, "delta": delta}));
                let thinking = delta(json!({"type": "thinking_delta", "thinking": text}));
                format!("{}{thinking}{}", event(&start), delta(json!({"type": "signature_delta", "signature": "EqQB"})))
            }
            Wire::Gemini => event(&json!({"candidates": [{"content": {"parts": [{"text": text, "thought": true}]}}]})),
        }
    }

    fn begin(self, counts: &Counts) -> String {
        match self {
            Wire::OpenAi => event(&json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})),
            Wire::Anthropic => {
                let mut message =
                    json!({"id": "msg_1", "type": "message", "role": "assistant", "content": [], "stop_reason": null});
                if let Some((input, _)) = counts {
                    message["usage"] = json!({"input_tokens": input, "output_tokens": 1});
                }
                let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
                format!("{}{}", event(&json!({"type": "message_start", "message": message})), event(&block))
            }
            Wire::Gemini => String::new(),
        }
    }

    /// A stream that breaks off.
    pub fn unfinished(self, pieces: &[&str]) -> String {
        let pieces: String = pieces.iter().map(|piece| self.piece(piece)).collect();
        format!("{}{pieces}", self.begin(&Some((json!(9), json!(2)))))
    }

    /// A complete stream.
    pub fn stream(self, pieces: &[&str], finish: Finish, counts: Counts) -> String {
        let pieces: String = pieces.iter().map(|piece| self.piece(piece)).collect();
        format!("{}{pieces}{}", self.begin(&counts), self.end(finish, counts))
    }

    fn reason(self, finish: Finish) -> &'static str {
        match (self, finish) {
            (Wire::OpenAi, Finish::Stop) => "stop",
            (Wire::OpenAi, Finish::Length) => "length",
            (Wire::OpenAi, Finish::Refused) => "content_filter",
            (Wire::Anthropic, Finish::Stop) => "end_turn",
            (Wire::Anthropic, Finish::Length) => "max_tokens",
            (Wire::Anthropic, Finish::Refused) => "refusal",
            (Wire::Gemini, Finish::Stop) => "STOP",
            (Wire::Gemini, Finish::Length) => "MAX_TOKENS",
            (Wire::Gemini, Finish::Refused) => "SAFETY",
        }
    }

    fn end(self, finish: Finish, counts: Counts) -> String {
        let reason = self.reason(finish);
        match self {
            Wire::OpenAi => {
                let end = event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}));
                let usage = counts.map(|(input, output)| {
                    event(&json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": output}}))
                });
                format!("{end}{}data: [DONE]\n\n", usage.unwrap_or_default())
            }
            Wire::Anthropic => {
                let mut end = json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}});
                if let Some((_, output)) = counts {
                    end["usage"] = json!({ "output_tokens": output });
                }
                let stop = event(&json!({"type": "content_block_stop", "index": 0}));
                format!("{stop}{}{}", event(&end), event(&json!({"type": "message_stop"})))
            }
            Wire::Gemini => {
                let content = json!({"parts": [{"text": ""}], "role": "model"});
                let mut end = json!({"candidates": [{"content": content, "finishReason": reason, "index": 0}]});
                if let Some((input, output)) = counts {
                    end["usageMetadata"] = json!({"promptTokenCount": input, "candidatesTokenCount": output});
                }
                event(&end)
            }
        }
    }

    /// A reply in one piece.
    pub fn whole(self, text: &str) -> String {
        let body = match self {
            Wire::OpenAi => json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 2}}),
            Wire::Anthropic => json!({"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}],
                "stop_reason": "end_turn", "usage": {"input_tokens": 9, "output_tokens": 2}}),
            Wire::Gemini => json!({"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2}}),
        };
        body.to_string()
    }

    /// An error that quotes the key, as servers do.
    pub fn error(self, status: u16) -> String {
        let said = format!("the words of the server about {KEY}");
        let body = match self {
            Wire::OpenAi => json!({"error": {"message": said, "type": "error", "code": status}}),
            Wire::Anthropic => {
                let kind = match status {
                    404 => "not_found_error",
                    429 => "rate_limit_error",
                    _ => "api_error",
                };
                json!({"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_1"})
            }
            Wire::Gemini => json!({"error": {"code": status, "message": said, "status": "SOMETHING"}}),
        };
        body.to_string()
    }

    /// The refusal of a text that does not fit.
    pub fn too_long(self) -> String {
        let said = match self {
            Wire::OpenAi => {
                "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens."
            }
            Wire::Anthropic => "prompt is too long: 208310 tokens > 200000 maximum",
            Wire::Gemini => "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        };
        json!({"error": {"message": said}}).to_string()
    }
}
