//! Anthropic's Messages API: <https://docs.anthropic.com/en/api/messages>.

mod reply;

use super::format::{Format, Reader, Turn, decimal, turns, under};
use plumb_rlm::traits::model::{ModelRequest, Role};
use reqwest::{RequestBuilder, Url};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// The format.
pub struct Anthropic;

impl Format for Anthropic {
    fn url(&self, base: &Url, _model: &str) -> Url {
        under(base, "messages")
    }

    /// Newer models refuse a temperature.
    fn optional(&self, refused: &BTreeSet<&'static str>) -> Vec<&'static str> {
        ["temperature"].into_iter().filter(|name| !refused.contains(name)).collect()
    }

    fn write(&self, post: RequestBuilder, model: &str, request: &ModelRequest, optional: &[&'static str]) -> RequestBuilder {
        post.json(&Body::new(model, request, optional))
    }

    /// <https://docs.anthropic.com/en/api/models-list>
    fn models_url(&self, base: &Url) -> Url {
        let mut url = under(base, "models");
        url.query_pairs_mut().append_pair("limit", "1000");
        url
    }

    /// <https://docs.anthropic.com/en/api/versioning>
    fn with_headers(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("anthropic-version", "2023-06-01")
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::<reply::AnthropicReply>::default()
    }

    /// Reports an empty account or a spending limit, which come as a bad request: <https://docs.anthropic.com/en/api/errors>.
    fn refusal(&self, status: u16, body: &Value) -> (u16, Option<Duration>) {
        let said = body["error"]["message"].as_str().unwrap_or_default().to_lowercase();
        let unpaid = status == 400 && (said.contains("credit balance") || said.contains("api usage limits"));
        (if unpaid { 402 } else { status }, None)
    }

    /// The newest tokenizer makes about 30 % more tokens than the one before, which made up to a quarter more than OpenAI's:
    /// <https://docs.anthropic.com/en/docs/build-with-claude/token-counting>.
    fn tokens(&self, counted: u64) -> u64 {
        counted * 8 / 5
    }
}

/// The body of a call. It borrows the texts, because each turn sends the whole conversation.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    messages: Vec<Spoken<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'a str>,
}

#[derive(Serialize)]
struct Spoken<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
struct Block<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheMark>,
}

/// Asks the provider to cache everything up to here for five minutes.
#[derive(Serialize)]
struct CacheMark {
    r#type: &'static str,
}

impl<'a> Body<'a> {
    fn new(model: &'a str, request: &'a ModelRequest, optional: &[&'static str]) -> Self {
        let (system, turns) = turns(&request.messages);
        let mut system = blocks(system);
        let mut messages: Vec<Spoken<'a>> =
            turns.into_iter().map(|Turn { role, texts }| Spoken { role, content: blocks(texts) }).collect();
        mark(&mut system, &mut messages, request.grows);
        if let Some(prefill) = request.prefill.as_deref() {
            // The API refuses a prefill that ends in whitespace.
            messages.push(Spoken { role: Role::Assistant, content: blocks(vec![prefill.trim_end()]) });
        }
        Body {
            model,
            max_tokens: request.max_output_tokens,
            system,
            messages,
            stream: true,
            temperature: optional.contains(&"temperature").then(|| decimal(request.temperature.min(1.0))),
            // The API refuses stop texts of whitespace alone.
            stop_sequences: request.stop.iter().map(String::as_str).filter(|stop| !stop.trim().is_empty()).collect(),
        }
    }
}

fn blocks(texts: Vec<&str>) -> Vec<Block<'_>> {
    texts.into_iter().map(|text| Block { r#type: "text", text, cache_control: None }).collect()
}

/// Marks the end of the cached prompt: <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>. A call reads from the cache only with a
/// mark at the place of an earlier call's mark. Writing to the cache costs more than a plain read, so a call that no other follows writes nothing.
fn mark<'a>(system: &mut [Block<'a>], messages: &mut [Spoken<'a>], grows: bool) {
    let mut asked = messages.iter_mut().rev().filter(|said| said.role == Role::User);
    let (last, before) = (asked.next(), asked.next());
    let marked = [last.filter(|_| grows), before].into_iter().flatten().filter_map(|said| said.content.last_mut());
    let mut marked: Vec<&mut Block<'a>> = marked.collect();
    if !marked.is_empty() {
        marked.extend(system.last_mut());
    }
    for block in marked {
        block.cache_control = Some(CacheMark { r#type: "ephemeral" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::traits::model::Message;
    use serde_json::json;

    fn request(said: &[(Role, &str)], grows: bool) -> ModelRequest {
        ModelRequest {
            messages: said.iter().map(|(role, text)| Message::new(*role, *text)).collect(),
            max_output_tokens: 50,
            temperature: 0.7,
            seed: 1,
            stop: vec!["END".into(), "\n\n".into()],
            prefill: None,
            grows,
            schema: None,
            choices: Vec::new(),
            passages: Vec::new(),
            limited: false,
            sending: None,
        }
    }

    fn written(request: &ModelRequest) -> Value {
        json!(Body::new("claude", request, &["temperature"]))
    }

    const MARK: &str = "/cache_control/type";

    #[test]
    fn a_call_is_written_as_anthropic_documents_it() {
        let mut once = request(&[(Role::System, "s"), (Role::User, "u")], false);
        once.prefill = Some("```python\n".into());
        assert_eq!(
            written(&once),
            json!({"model": "claude", "max_tokens": 50, "system": [{"type": "text", "text": "s"}],
                "messages": [{"role": "user", "content": [{"type": "text", "text": "u"}]},
                    {"role": "assistant", "content": [{"type": "text", "text": "```python"}]}],
                "stream": true, "temperature": 0.7, "stop_sequences": ["END"]})
        );
        assert!(json!(Body::new("claude", &once, &[])).get("temperature").is_none());
    }

    #[test]
    fn neighbours_of_one_role_become_one_message() {
        let body = written(&request(
            &[(Role::User, "a"), (Role::User, "b"), (Role::Assistant, " "), (Role::User, "c"), (Role::Assistant, "d")],
            false,
        ));
        let roles: Vec<_> = body["messages"].as_array().unwrap().iter().map(|said| said["role"].clone()).collect();
        assert_eq!(roles, ["user", "assistant"]);
        let texts: Vec<_> =
            body["messages"][0]["content"].as_array().unwrap().iter().map(|block| block["text"].clone()).collect();
        assert_eq!(texts, ["a", "b", "c"]);
    }

    /// The texts that carry a mark.
    fn marked(said: &[(Role, &str)], grows: bool) -> Vec<String> {
        let body = written(&request(said, grows));
        let system = body["system"].as_array().unwrap().iter();
        let messages = body["messages"].as_array().unwrap().iter().flat_map(|said| said["content"].as_array().unwrap());
        let marked = system.chain(messages).filter(|block| block.pointer(MARK).is_some_and(|kind| kind == "ephemeral"));
        marked.map(|block| block["text"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_turn_reads_the_cache_of_the_turn_before() {
        let (s, first) = ((Role::System, "s"), (Role::User, "first"));
        let said =
            [s, first, (Role::Assistant, "reply"), (Role::User, "second"), (Role::Assistant, "reply"), (Role::User, "third")];
        assert_eq!(marked(&said[..2], true), ["s", "first"]);
        assert_eq!(marked(&said[..4], true), ["s", "first", "second"]);
        assert_eq!(marked(&said, true), ["s", "second", "third"]);
        // The last turn still reads. A call on its own neither reads nor writes.
        assert_eq!(marked(&said, false), ["s", "second"]);
        assert!(marked(&said[..2], false).is_empty());
    }
}
