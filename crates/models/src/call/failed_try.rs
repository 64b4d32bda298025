//! A failed try of a call: the fault for the user, and whether another try can help.

use crate::facts::limits::{self, Limits};
use crate::facts::providers;
use crate::formats::Format;
use crate::keys::Key;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// A failed try.
#[derive(Debug)]
pub struct FailedTry {
    /// The fault for the user.
    pub fault: Fault,
    /// The text that had arrived.
    pub partial: Box<str>,
    /// Another try may help.
    pub may_pass: bool,
    /// The server is overloaded: all calls to it should pause.
    pub busy: bool,
    /// The wait that the server asked for.
    pub retry_after: Option<Duration>,
    /// The name of a parameter that the server does not take.
    pub refused_parameter: Option<&'static str>,
    /// Limits that the server named.
    pub limits: Option<Box<Limits>>,
}

impl FailedTry {
    /// A failure that another try would repeat.
    pub fn lasting(fault: Fault) -> Self {
        FailedTry {
            fault,
            partial: Box::default(),
            may_pass: false,
            busy: false,
            retry_after: None,
            refused_parameter: None,
            limits: None,
        }
    }

    /// A failure that may pass.
    pub fn passing(fault: Fault) -> Self {
        FailedTry { may_pass: true, ..FailedTry::lasting(fault) }
    }

    /// The same failure after some text had arrived. The user has seen that text, so there is no other try.
    pub fn after(mut self, partial: &str) -> Self {
        self.may_pass &= partial.is_empty();
        self.partial = partial.into();
        self
    }
}

/// Phrases in refusals of a prompt that is too long.
const TOO_LONG: &[&str] = &[
    "context_length",
    "context length",
    "context window",
    "context size",
    "maximum context",
    "prompt is too long",
    "too many tokens",
    "input is too long",
    "exceed context limit",
    "input token count",
];
/// Maximum length of a server's words in a message, in characters.
const MAX_QUOTE_CHARS: usize = 300;

/// The recipient of a call, for errors.
pub struct Callee<'a> {
    /// The server's scheme, host and port.
    pub server: &'a str,
    /// The model asked for.
    pub model: &'a str,
    /// The key, to keep it out of messages.
    pub key: Option<&'a Key>,
    /// The wire format of the call.
    pub format: &'a dyn Format,
    /// The optional parameters of the call.
    pub optional: &'a [&'static str],
    /// The server's models are deployments, with names that its users gave them.
    pub deployments: bool,
}

/// Advice for calls that exceed a rate limit.
pub const LESS_CONCURRENCY: &str =
    "have fewer sub-calls made at the same time (in the settings under Limits, or --concurrency in a terminal)";

/// Reads a refusal.
pub fn from_status(status: u16, body: &str, retry_after: Option<Duration>, callee: &Callee<'_>) -> FailedTry {
    let Callee { server, model, key, optional, format, deployments } = *callee;
    let json = serde_json::from_str::<Value>(body).ok();
    // Google may send an error as a list of one.
    let json = json.map(|json| if json.is_array() { json[0].clone() } else { json });
    let (status, wait) = json.as_ref().map_or((status, None), |json| format.refusal(status, json));
    let quote = quote(body, json.as_ref(), key);
    let says = if quote.is_empty() { String::new() } else { format!(" It says: {quote}") };
    let lower = body.to_lowercase();
    let limits = if matches!(status, 400 | 413 | 422) { limits::parse(&lower).map(Box::new) } else { None };
    let too_long =
        || limits.as_ref().is_some_and(|limits| limits.window.is_some()) || TOO_LONG.iter().any(|words| lower.contains(words));
    if status == 413 || matches!(status, 400 | 422) && too_long() {
        let fault = fault!(
            Code::TooLong,
            "The text is longer than {model} can read at once.{says} Ask about less at once, or choose a model that can read more at once.",
            model = model,
            says = says,
        );
        return FailedTry { limits, ..FailedTry::lasting(fault) };
    }
    // "`max_tokens` is not supported, use `max_completion_tokens`": the server refuses the first one it names.
    let first_named = || optional.iter().copied().filter_map(|name| Some((lower.find(name)?, name))).min();
    let refused_parameter = if matches!(status, 400 | 422) { first_named().map(|(_, name)| name) } else { None };
    let failed = match status {
        300..=399 => FailedTry::lasting(fault!(
            Code::BadReply,
            "{server} redirects to another address. Enter its new address.",
            server = server,
        )),
        401 | 403 if key.is_none() => FailedTry::lasting(fault!(
            Code::RefusedKey,
            "{server} wants a key.{says} Enter one in the settings.",
            server = server,
            says = says,
        )),
        401 | 403 => FailedTry::lasting(fault!(
            Code::RefusedKey,
            "{server} rejected the key.{says} Check the key in the settings, and that it may use {model}.",
            server = server,
            says = says,
            model = model,
        )),
        402 => FailedTry::lasting(fault!(
            Code::RefusedKey,
            "{server} wants payment first.{says} Add credit to your account there.",
            server = server,
            says = says,
        )),
        404 if deployments => FailedTry::lasting(fault!(
            Code::NoSuchModel,
            "There is no deployment named \"{model}\" at {server}.{says} {advice} A new one takes some minutes until it answers.",
            model = model,
            server = server,
            says = says,
            advice = providers::DEPLOYMENT_ADVICE,
        )),
        404 => FailedTry::lasting(fault!(
            Code::NoSuchModel,
            "{server} has no model \"{model}\", or its models have another address.{says} Check the model's name and the server's address, which \
             usually ends in /v1.",
            server = server,
            model = model,
            says = says,
        )),
        429 if lower.contains("insufficient_quota") => FailedTry::lasting(fault!(
            Code::RateLimited,
            "Your account at {server} has no credit left.{says} Add credit there.",
            server = server,
            says = says,
        )),
        429 => FailedTry::passing(fault!(
            Code::RateLimited,
            "{server} takes no more calls for now.{says} Wait, or {advice}.",
            server = server,
            says = says,
            advice = LESS_CONCURRENCY,
        )),
        408 | 500..=599 => FailedTry::passing(fault!(
            Code::Server,
            "{server} failed to answer ({status}).{says} Try again later.",
            server = server,
            status = status,
            says = says,
        )),
        _ => FailedTry::lasting(fault!(
            Code::BadReply,
            "{server} rejected the request ({status}).{says} Try another model, or another server.",
            server = server,
            status = status,
            says = says,
        )),
    };
    let busy = failed.may_pass && matches!(status, 429 | 503 | 529);
    FailedTry { busy, retry_after: retry_after.or(wait), refused_parameter, limits, ..failed }
}

/// The server's words in the body of a refusal, short and without the key.
fn quote(body: &str, json: Option<&Value>, key: Option<&Key>) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let words = match json {
        Some(value) => text(&value["error"]["message"])
            .or_else(|| text(&value["error"]))
            .or_else(|| text(&value["message"]))
            .or_else(|| text(&value["detail"]))
            .unwrap_or_default(),
        None if body.trim_start().starts_with('<') => String::new(),
        None => body.trim().to_owned(),
    };
    let words = key.map_or_else(|| words.clone(), |key| key.redact(&words));
    let mut short: String = words.chars().filter(|c| !c.is_control()).take(MAX_QUOTE_CHARS).collect();
    if !short.is_empty() && !short.ends_with(['.', '!', '?']) {
        short.push('.');
    }
    short
}

/// The wait that a server asks for, in any of its headers.
pub fn requested_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // OpenAI's header is finer: whole seconds are long for a server that takes hundreds of calls in one.
    let fine = text("retry-after-ms").and_then(|ms| Duration::try_from_secs_f64(ms.trim().parse::<f64>().ok()? / 1000.0).ok());
    fine.or_else(|| retry_after(text(RETRY_AFTER.as_str())?, now))
}

/// Parses a wait: in seconds, or until a date.
fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = header.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    httpdate::parse_http_date(header.trim()).ok().map(|date| date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats;
    use reqwest::header::{HeaderName, HeaderValue};

    fn read(status: u16, body: &str) -> FailedTry {
        let key = Key::new("sk-secret");
        let optional = &["max_tokens", "temperature"];
        let format = &*formats::of("server");
        let callee =
            Callee { server: "https://api.example.org", model: "m-1", key: Some(&key), format, optional, deployments: false };
        from_status(status, body, None, &callee)
    }

    #[test]
    fn each_refusal_gets_its_code() {
        let cases = [
            (401, r#"{"error":{"message":"bad key sk-secret"}}"#, Code::RefusedKey, false),
            (403, "<html>", Code::RefusedKey, false),
            (404, r#"{"error":"model not found"}"#, Code::NoSuchModel, false),
            (400, r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#, Code::TooLong, false),
            (400, r#"{"message":"the request exceeds the available context size"}"#, Code::TooLong, false),
            (429, "", Code::RateLimited, true),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, Code::RateLimited, false),
            (503, "busy", Code::Server, true),
            (418, "{}", Code::BadReply, false),
            (301, "", Code::BadReply, false),
        ];
        for (status, body, code, may_pass) in cases {
            let failed = read(status, body);
            assert_eq!((failed.fault.code, failed.may_pass), (code, may_pass), "{status} {body}");
            assert!(!failed.fault.message.contains("sk-secret"));
            assert!(!failed.fault.message.contains("<html>"));
        }
    }

    #[test]
    fn a_refused_parameter_is_recognised() {
        let failed =
            read(400, r#"{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}"#);
        assert_eq!(failed.refused_parameter, Some("max_tokens"));
        let failed = read(400, r#"{"error":{"message":"temperature does not support 0"}}"#);
        assert_eq!(failed.refused_parameter, Some("temperature"));
        assert_eq!(read(400, r#"{"error":{"message":"bad request"}}"#).refused_parameter, None);
    }

    #[test]
    fn a_wait_is_parsed_in_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(retry_after("2", now), Some(Duration::from_secs(2)));
        assert_eq!(retry_after("0.5", now), Some(Duration::from_millis(500)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now), Some(Duration::from_secs(10)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("-1", now), None);
        assert_eq!(retry_after("soon", now), None);
        let named = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            requested_wait(&headers.collect(), now)
        };
        assert_eq!(named(&[("retry-after", "1"), ("retry-after-ms", "120.5")]), Some(Duration::from_micros(120_500)));
        assert_eq!(named(&[("retry-after", "1"), ("retry-after-ms", "soon")]), Some(Duration::from_secs(1)));
        assert_eq!(named(&[]), None);
    }
}
