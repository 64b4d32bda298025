//! OpenAI's chat format, which most servers speak: <https://platform.openai.com/docs/api-reference/chat/create>.

mod reply;

use super::format::{Format, Reader, decimal, names, under};
use plumb_rlm::traits::model::{Message, ModelRequest};
use reqwest::{RequestBuilder, Url};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The format in one provider's dialect.
#[derive(Clone, Copy, Debug)]
pub struct OpenAi {
    /// The two names of the output limit, the provider's documented one first.
    limit_names: [&'static str; 2],
    takes_seed: bool,
    /// The provider reports the cost of a call in US dollars: <https://openrouter.ai/docs/use-cases/usage-accounting>. Others may use other units.
    reports_cost: bool,
}

impl OpenAi {
    /// The dialect that a provider documents.
    pub fn of(provider: &str) -> Self {
        let limit_names = match provider {
            "openai" | "azure" => ["max_completion_tokens", "max_tokens"],
            _ => ["max_tokens", "max_completion_tokens"],
        };
        // Mistral has another name for the seed, and refuses unknown parameters.
        OpenAi { limit_names, takes_seed: provider != "mistral", reports_cost: provider == "openrouter" }
    }
}

/// Whether an address is OpenAI's own.
pub fn is_own(base_url: &Url) -> bool {
    base_url.host_str() == Some("api.openai.com")
}

/// Whether a model of OpenAI's uses the tokenizer `o200k_base`: <https://github.com/openai/tiktoken/blob/main/tiktoken/model.py>. A fine-tuned
/// model uses its base model's.
pub fn counts_in_o200k(model: &str) -> bool {
    const PREFIXES: &[&str] = &["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "chatgpt-4o", "o1", "o3", "o4-mini"];
    let name = model.strip_prefix("ft:").unwrap_or(model);
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

impl Format for OpenAi {
    fn url(&self, base: &Url, _model: &str) -> Url {
        under(base, "chat/completions")
    }

    /// The list does not say which models chat, so words in a name decide.
    fn offered(&self, list: &Value) -> Vec<String> {
        const NOT_CHAT: &[&str] = &[
            "embed",
            "whisper",
            "tts",
            "dall-e",
            "moderation",
            "transcribe",
            "realtime",
            "image",
            "audio",
            "speech",
            "rerank",
            "sora",
        ];
        let mut names = names(&list["data"], "id");
        names.retain(|name| !NOT_CHAT.iter().any(|word| name.to_ascii_lowercase().contains(word)));
        names
    }

    fn optional(&self, refused: &BTreeSet<&'static str>) -> Vec<&'static str> {
        let limit = self.limit_names.into_iter().find(|name| !refused.contains(name));
        let others = [Some("temperature"), self.takes_seed.then_some("seed"), Some("stream_options")];
        limit.into_iter().chain(others.into_iter().flatten()).filter(|name| !refused.contains(name)).collect()
    }

    fn write(&self, post: RequestBuilder, model: &str, request: &ModelRequest, optional: &[&'static str]) -> RequestBuilder {
        post.json(&Body::new(model, request, optional))
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(reply::OpenAiReply { reports_cost: self.reports_cost })
    }
}

/// The body of a call. It borrows the messages, because each turn sends the whole conversation.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: &'a [Message],
    stream: bool,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl<'a> Body<'a> {
    fn new(model: &'a str, request: &'a ModelRequest, optional: &[&'static str]) -> Self {
        let value = |name: &str| match name {
            "temperature" => json!(decimal(request.temperature)),
            // Several servers read it as a signed 32-bit number.
            "seed" => json!(request.seed & 0x7fff_ffff),
            "stream_options" => json!({ "include_usage": true }),
            _ => json!(request.max_output_tokens),
        };
        let mut rest: Map<String, Value> = optional.iter().map(|name| ((*name).to_owned(), value(name))).collect();
        if !request.stop.is_empty() {
            rest.insert("stop".to_owned(), json!(request.stop));
        }
        Body { model, messages: &request.messages, stream: true, rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::traits::model::Role;

    fn written(provider: &str, refused: &BTreeSet<&'static str>) -> Value {
        let request = ModelRequest {
            messages: vec![Message::new(Role::System, "s"), Message::new(Role::User, "u")],
            max_output_tokens: 50,
            temperature: 0.7,
            seed: 1,
            stop: vec![],
            prefill: None,
            grows: false,
            schema: None,
            choices: Vec::new(),
            passages: Vec::new(),
            limited: false,
            sending: None,
        };
        json!(Body::new("m", &request, &OpenAi::of(provider).optional(refused)))
    }

    #[test]
    fn only_openais_models_with_this_tokenizer_are_exact() {
        for (model, exact) in [
            ("gpt-4o-mini-2024-07-18", true),
            ("ft:gpt-4.1:us::x", true),
            ("o3", true),
            ("gpt-4", false),
            ("gpt-3.5-turbo", false),
        ] {
            assert_eq!(counts_in_o200k(model), exact, "{model}");
        }
        let own = |url: &str| is_own(&Url::parse(url).unwrap());
        assert!(own("https://api.openai.com/v1") && !own("https://api.openai.com.example.org/v1"));
    }

    #[test]
    fn a_call_is_written_as_openai_documents_it() {
        assert_eq!(
            written("server", &BTreeSet::new()),
            json!({"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
                "stream": true, "max_tokens": 50, "temperature": 0.7, "seed": 1, "stream_options": {"include_usage": true}})
        );
    }

    #[test]
    fn refused_parameters_are_left_out_one_by_one() {
        let mut refused = BTreeSet::new();
        for name in ["max_tokens", "temperature", "seed", "stream_options", "max_completion_tokens"] {
            assert!(OpenAi::of("server").optional(&refused).contains(&name));
            refused.insert(name);
            assert!(written("server", &refused).get(name).is_none());
        }
        assert_eq!(written("server", &refused).as_object().unwrap().len(), 3);
    }

    #[test]
    fn each_provider_gets_the_parameters_it_documents() {
        assert!(written("openai", &BTreeSet::new()).get("max_tokens").is_none());
        assert!(written("mistral", &BTreeSet::new()).get("seed").is_none());
    }
}
