//! Google's Gemini API: <https://ai.google.dev/api/generate-content>.

mod reply;

use super::format::{Format, Reader, Turn, decimal, entries, turns, under};
use plumb_rlm::traits::model::{ModelRequest, Role};
use reqwest::{RequestBuilder, Url};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Maximum number of stop texts: the API refuses more.
const MAX_STOPS: usize = 5;

/// The format.
pub struct Gemini;

impl Format for Gemini {
    fn url(&self, base: &Url, model: &str) -> Url {
        // Google's own lists write names with this prefix.
        let name = model.strip_prefix("models/").unwrap_or(model);
        let mut url = under(base, &format!("models/{name}:streamGenerateContent"));
        url.query_pairs_mut().append_pair("alt", "sse");
        url
    }

    /// <https://ai.google.dev/api/models>
    fn models_url(&self, base: &Url) -> Url {
        let mut url = under(base, "models");
        url.query_pairs_mut().append_pair("pageSize", "1000");
        url
    }

    fn offered(&self, list: &Value) -> Vec<String> {
        let speaks = |model: &&Value| {
            let methods = model["supportedGenerationMethods"].as_array();
            methods.is_none_or(|methods| methods.iter().any(|method| method == "generateContent"))
        };
        let models = entries(&list["models"]).iter().filter(speaks);
        let names = models.filter_map(|model| model["name"].as_str());
        names.map(|name| name.strip_prefix("models/").unwrap_or(name).to_owned()).collect()
    }

    fn optional(&self, refused: &BTreeSet<&'static str>) -> Vec<&'static str> {
        ["temperature", "seed"].into_iter().filter(|name| !refused.contains(name)).collect()
    }

    fn write(&self, post: RequestBuilder, _model: &str, request: &ModelRequest, optional: &[&'static str]) -> RequestBuilder {
        post.json(&Body::new(request, optional))
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(reply::GeminiReply)
    }

    /// Recognises a wrong key, which comes as a bad request, and reads the wait from the body: <https://google.aip.dev/193>.
    fn refusal(&self, status: u16, body: &Value) -> (u16, Option<Duration>) {
        let details = entries(&body["error"]["details"]);
        let wrong_key = status == 400 && details.iter().any(|detail| detail["reason"] == "API_KEY_INVALID");
        let seconds = details.iter().find_map(|detail| detail["retryDelay"].as_str()?.strip_suffix('s')?.parse().ok());
        (if wrong_key { 401 } else { status }, seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
    }

    /// Google publishes no tokenizer, only that a token is about four characters, as with OpenAI's in English. This adds a quarter:
    /// <https://ai.google.dev/gemini-api/docs/tokens>.
    fn tokens(&self, counted: u64) -> u64 {
        counted * 5 / 4
    }
}

/// The body of a call. It borrows the texts, because each turn sends the whole conversation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    contents: Vec<Content<'a>>,
    generation_config: Map<String, Value>,
}

#[derive(Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    text: &'a str,
}

impl<'a> Content<'a> {
    fn new(role: Option<&'static str>, texts: Vec<&'a str>) -> Self {
        Content { role, parts: texts.into_iter().map(|text| Part { text }).collect() }
    }
}

impl<'a> Body<'a> {
    fn new(request: &'a ModelRequest, optional: &[&'static str]) -> Self {
        let (system, turns) = turns(&request.messages);
        let content = |Turn { role, texts }| Content::new(Some(if role == Role::Assistant { "model" } else { "user" }), texts);
        let value = |name: &str| match name {
            "temperature" => json!(decimal(request.temperature)),
            // The API takes a signed 32-bit number.
            _ => json!(request.seed & 0x7fff_ffff),
        };
        let mut config: Map<String, Value> = optional.iter().map(|name| ((*name).to_owned(), value(name))).collect();
        config.insert("maxOutputTokens".to_owned(), json!(request.max_output_tokens));
        if !request.stop.is_empty() {
            config.insert("stopSequences".to_owned(), json!(request.stop.iter().take(MAX_STOPS).collect::<Vec<_>>()));
        }
        Body {
            system_instruction: (!system.is_empty()).then(|| Content::new(None, system)),
            contents: turns.into_iter().map(content).collect(),
            generation_config: config,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::traits::model::Message;

    #[test]
    fn a_call_is_written_as_google_documents_it() {
        let request = ModelRequest {
            messages: vec![
                Message::new(Role::System, "s"),
                Message::new(Role::User, "a"),
                Message::new(Role::User, "b"),
                Message::new(Role::Assistant, "c"),
                Message::new(Role::User, "d"),
            ],
            max_output_tokens: 50,
            temperature: 0.7,
            seed: 1 << 40,
            stop: vec!["END".into()],
            prefill: None,
            grows: true,
            schema: None,
            choices: Vec::new(),
            passages: Vec::new(),
            limited: false,
            sending: None,
        };
        assert_eq!(
            json!(Body::new(&request, &["temperature", "seed"])),
            json!({"systemInstruction": {"parts": [{"text": "s"}]},
                "contents": [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}, {"role": "model", "parts": [{"text": "c"}]},
                    {"role": "user", "parts": [{"text": "d"}]}],
                "generationConfig": {"maxOutputTokens": 50, "temperature": 0.7, "seed": 0, "stopSequences": ["END"]}})
        );
        let bare = json!(Body::new(&request, &[]));
        assert!(bare["generationConfig"].get("temperature").is_none() && bare["generationConfig"].get("seed").is_none());
    }

    #[test]
    fn the_address_names_the_model_and_not_the_key() {
        let base = Url::parse("https://generativelanguage.googleapis.com/v1beta/").unwrap();
        let url = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
        for name in ["gemini-2.5-flash", "models/gemini-2.5-flash"] {
            assert_eq!(Gemini.url(&base, name).as_str(), url);
        }
    }

    #[test]
    fn a_refusal_gives_its_wait_and_shows_a_wrong_key() {
        let detail = |detail: Value| json!({"error": {"code": 1, "message": "m", "details": [{"reason": "OTHER"}, detail]}});
        let wait = |delay: &str| {
            Gemini.refusal(429, &detail(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})))
        };
        assert_eq!(wait("34s"), (429, Some(Duration::from_secs(34))));
        assert_eq!(wait("0.25s"), (429, Some(Duration::from_millis(250))));
        assert_eq!((wait("-1s"), wait("soon")), ((429, None), (429, None)));
        assert_eq!(Gemini.refusal(400, &detail(json!({"reason": "API_KEY_INVALID"}))), (401, None));
        assert_eq!(Gemini.refusal(400, &Value::Null), (400, None));
    }
}
