//! The limits that servers name when they refuse a call.

/// Limits named in a refusal, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Maximum length of prompt and reply together.
    pub window: Option<u64>,
    /// Length of the refused prompt, as the server counts.
    pub prompt: Option<u64>,
    /// Maximum length of one reply.
    pub reply: Option<u64>,
}

/// Phrases before a window. OpenAI and vLLM: "This model's maximum context length is 8192 tokens. However, you requested 8692 tokens (500 in the messages,
/// 8192 in the completion)."; SGLang: "maximum context length of 8192 tokens"; llama.cpp: `"n_ctx": 8192`; Together: "`inputs` tokens +
/// `max_new_tokens` must be <= 8193"; Anthropic: "exceed context limit: 190000 + 21333 > 200000".
const BEFORE_WINDOW: &[&str] =
    &["context length is only", "context length is", "context length of", "\"n_ctx\":", "`max_new_tokens` must be <="];
/// Phrases before a prompt's length.
const BEFORE_PROMPT: &[&str] = &["\"n_prompt_tokens\":", "messages resulted in", "context limit:"];
/// Phrases after a prompt's length. vLLM also says "your request has 500 input tokens"; SGLang "500 tokens from the input messages"; OpenRouter "500 of text input".
const AFTER_PROMPT: &[&str] =
    &["in the messages", "input tokens", "tokens from the input", "of text input", "in your prompt", "`inputs` tokens and"];
/// Phrases before the longest reply. OpenAI: "This model supports at most 4096 completion tokens"; Groq: "`max_tokens` must be less than or equal to
/// `8192`"; DeepSeek: "the valid range of max_tokens is [1, 8192]".
const BEFORE_REPLY: &[&str] = &["supports at most", "max_tokens` must be less than or equal to", "range of max_tokens is [1,"];
/// Phrases after the longest reply. Anthropic: "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens".
const AFTER_REPLY: &[&str] = &[", which is the maximum allowed"];

/// Reads the limits in the body of a refusal, in lower case; `None` where it names none.
pub fn parse(refusal: &str) -> Option<Limits> {
    let first = |before: &[&str]| before.iter().find_map(|phrase| after(refusal, phrase));
    let last = |behind: &[&str]| behind.iter().find_map(|phrase| before(refusal, phrase));
    let summed = refusal.split_once("context limit:").and_then(|(_, sum)| after(sum, ">"));
    let limits = Limits {
        window: first(BEFORE_WINDOW).or(summed),
        prompt: first(BEFORE_PROMPT).or_else(|| last(AFTER_PROMPT)),
        reply: first(BEFORE_REPLY).or_else(|| last(AFTER_REPLY)),
    };
    (limits != Limits::default()).then_some(limits)
}

/// The number right after a phrase.
fn after(text: &str, phrase: &str) -> Option<u64> {
    let rest = text.split_once(phrase)?.1.trim_start_matches([' ', '`']);
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The number right before a phrase.
fn before(text: &str, phrase: &str) -> Option<u64> {
    let head = text.split_once(phrase)?.0.trim_end();
    head.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_in_servers_refusals_are_read() {
        let all = |window: u64, prompt: u64| Limits { window: Some(window), prompt: Some(prompt), reply: None };
        let reply = |reply: u64| Limits { reply: Some(reply), ..Limits::default() };
        for (said, limits) in [
            (
                "This model's maximum context length is 8192 tokens. However, you requested 8692 tokens (500 in the messages, 8192 in the completion). Please reduce the length of the messages or completion.",
                all(8192, 500),
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 8192 tokens and your request has 500 input tokens (8192 > 8192 - 500).",
                all(8192, 500),
            ),
            (
                "You passed 8001 input tokens and requested 192 output tokens. However, the model's context length is only 8192 tokens, resulting in a maximum input length of 8000 tokens.",
                all(8192, 8001),
            ),
            (
                "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 8692 tokens: 500 tokens from the input messages and 8192 tokens for the completion.",
                all(8192, 500),
            ),
            (
                "This endpoint's maximum context length is 8192 tokens. However, you requested about 8692 tokens (500 of text input, 8192 in the output).",
                all(8192, 500),
            ),
            (
                "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 500 `inputs` tokens and 8192 `max_new_tokens`",
                all(8193, 500),
            ),
            (
                "input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000, decrease input length or `max_tokens` and try again",
                all(200_000, 190_000),
            ),
            (
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","n_prompt_tokens":9000,"n_ctx":4096}}"#,
                all(4096, 9000),
            ),
            (
                "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
                all(128_000, 130_000),
            ),
            (
                "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.",
                reply(4096),
            ),
            ("`max_tokens` must be less than or equal to `4096`, the maximum value for `max_tokens`", reply(4096)),
            ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", reply(8192)),
            ("max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for m", reply(64_000)),
            ("Unsupported parameter: 'max_tokens' is not supported with this model.", Limits::default()),
            ("prompt is too long: 208310 tokens > 200000 maximum", Limits::default()),
        ] {
            assert_eq!(parse(&said.to_lowercase()).unwrap_or_default(), limits, "{said}");
        }
    }
}
