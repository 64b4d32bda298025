//! What a server's refusal means: which error it is for the user, and whether trying again can help.

use super::limits::{self, Limits};
use crate::formats::Format;
use crate::keys::Key;
use crate::providers;
use plumb_rlm::fault::{Code, Fault};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// A failed try.
#[derive(Debug)]
pub struct Failure {
    /// As the user sees it.
    pub error: Fault,
    /// The text that had arrived.
    pub partial: String,
    /// Trying again may help.
    pub passing: bool,
    /// The server has too much to do: it is to be left alone by all.
    pub busy: bool,
    /// How long the server asked us to wait.
    pub retry_after: Option<Duration>,
    /// The name of a parameter that the server does not take.
    pub refused_parameter: Option<&'static str>,
    /// What the server said of how much fits.
    pub limits: Option<Box<Limits>>,
}

impl Failure {
    /// A fault that stays.
    pub fn lasting(code: Code, message: impl Into<String>) -> Self {
        let error = Fault::new(code, message);
        Failure {
            error,
            partial: String::new(),
            passing: false,
            busy: false,
            retry_after: None,
            refused_parameter: None,
            limits: None,
        }
    }

    /// A fault that may pass.
    pub fn passing(code: Code, message: impl Into<String>) -> Self {
        Failure { passing: true, ..Failure::lasting(code, message) }
    }

    /// The same with the text that had arrived. What has been shown cannot be taken back, so that it is not tried again.
    pub fn after(mut self, partial: &str) -> Self {
        self.passing &= partial.is_empty();
        self.partial = partial.to_owned();
        self
    }
}

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

/// Whom a call is made to, for errors.
pub struct Callee<'a> {
    /// The server's address, as it can be shown.
    pub server: &'a str,
    /// The model asked for.
    pub model: &'a str,
    /// Never to be shown.
    pub key: Option<&'a Key>,
    /// What the call is written in.
    pub format: &'a dyn Format,
    /// The parameters of the call that it can do without.
    pub optional: &'a [&'static str],
    /// Its models are asked for by the names of deployments.
    pub deployments: bool,
}

/// What a user can do where calls are too many.
pub const FEWER_AT_ONCE: &str =
    "have fewer sub-calls made at the same time (in the settings under Limits, or --concurrency in a terminal)";

/// Reads a refusal.
pub fn from_status(status: u16, body: &str, retry_after: Option<Duration>, callee: &Callee<'_>) -> Failure {
    let Callee { server, model, key, optional, format, deployments } = *callee;
    let json = serde_json::from_str::<Value>(body).ok();
    // Google's errors may come as a list of one.
    let json = json.map(|json| if json.is_array() { json[0].clone() } else { json });
    let (status, wait) = json.as_ref().map_or((status, None), |json| format.refusal(status, json));
    let said = words(body, json.as_ref(), key);
    let says = if said.is_empty() { String::new() } else { format!(" It says: {said}") };
    let lower = body.to_lowercase();
    let limits = if matches!(status, 400 | 413 | 422) { limits::named(&lower).map(Box::new) } else { None };
    let too_long =
        || limits.as_ref().is_some_and(|limits| limits.window.is_some()) || TOO_LONG.iter().any(|words| lower.contains(words));
    if status == 413 || matches!(status, 400 | 422) && too_long() {
        let message =
            format!("The text is longer than {model} can take at once.{says} Choose a model that can read more at once.");
        return Failure { limits, ..Failure::lasting(Code::TooLong, message) };
    }
    // "`max_tokens` is not supported, use `max_completion_tokens`": the first one named is the refused one.
    let first_named = || optional.iter().copied().filter_map(|name| Some((lower.find(name)?, name))).min();
    let refused_parameter = if matches!(status, 400 | 422) { first_named().map(|(_, name)| name) } else { None };
    let fault = match status {
        300..=399 => Failure::lasting(Code::BadReply, format!("{server} has moved elsewhere. Enter its new address.")),
        401 | 403 if key.is_none() => {
            Failure::lasting(Code::RefusedKey, format!("{server} wants a key.{says} Enter one in the settings."))
        }
        401 | 403 => Failure::lasting(
            Code::RefusedKey,
            format!("{server} refused the key.{says} Check it in the settings, and whether it may use {model}."),
        ),
        402 => Failure::lasting(
            Code::RefusedKey,
            format!("{server} wants to be paid first.{says} Add credit to your account there."),
        ),
        404 if deployments => Failure::lasting(
            Code::NoSuchModel,
            format!(
                "There is no deployment named \"{model}\" at {server}.{says} {} A new one takes some minutes until it answers.",
                providers::DEPLOYMENT
            ),
        ),
        404 => Failure::lasting(
            Code::NoSuchModel,
            format!(
                "{server} knows no model \"{model}\", or its models are found at another address.{says} Check the model's name and the server's \
                 address, which usually ends in /v1."
            ),
        ),
        429 if lower.contains("insufficient_quota") => {
            Failure::lasting(Code::RateLimited, format!("Your account at {server} has no credit left.{says} Add credit there."))
        }
        429 => {
            Failure::passing(Code::RateLimited, format!("{server} takes no more calls for now.{says} Wait, or {FEWER_AT_ONCE}."))
        }
        408 | 500..=599 => {
            let message = format!("{server} could not answer, because of a fault of its own ({status}).{says} Try again later.");
            Failure::passing(Code::Server, message)
        }
        _ => Failure::lasting(Code::BadReply, format!("{server} did not accept the call ({status}).{says}")),
    };
    let busy = fault.passing && matches!(status, 429 | 503 | 529);
    Failure { busy, retry_after: retry_after.or(wait), refused_parameter, limits, ..fault }
}

/// What a server says in the body of a refusal, short and without the key.
fn words(body: &str, json: Option<&Value>, key: Option<&Key>) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let said = match json {
        Some(value) => text(&value["error"]["message"])
            .or_else(|| text(&value["error"]))
            .or_else(|| text(&value["message"]))
            .or_else(|| text(&value["detail"]))
            .unwrap_or_default(),
        None if body.trim_start().starts_with('<') => String::new(),
        None => body.trim().to_owned(),
    };
    let said = key.map_or_else(|| said.clone(), |key| key.redact(&said));
    let mut short: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
    if !short.is_empty() && !short.ends_with(['.', '!', '?']) {
        short.push('.');
    }
    short
}

/// The wait that a server asks for, in whichever of its headers.
pub fn wait_named(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // OpenAI's, finer than the other: whole seconds are a long time for a server that takes hundreds of calls in one.
    let fine = text("retry-after-ms").and_then(|ms| Duration::try_from_secs_f64(ms.trim().parse::<f64>().ok()? / 1000.0).ok());
    fine.or_else(|| retry_after(text(RETRY_AFTER.as_str())?, now))
}

/// The wait that a server asks for: in seconds, or until a date.
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

    fn read(status: u16, body: &str) -> Failure {
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
        for (status, body, code, passing) in cases {
            let fault = read(status, body);
            assert_eq!((fault.error.code, fault.passing), (code, passing), "{status} {body}");
            assert!(!fault.error.message.contains("sk-secret"));
            assert!(!fault.error.message.contains("<html>"));
        }
    }

    #[test]
    fn a_parameter_that_a_server_refuses_is_recognised() {
        let fault =
            read(400, r#"{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}"#);
        assert_eq!(fault.refused_parameter, Some("max_tokens"));
        let fault = read(400, r#"{"error":{"message":"temperature does not support 0"}}"#);
        assert_eq!(fault.refused_parameter, Some("temperature"));
        assert_eq!(read(400, r#"{"error":{"message":"bad request"}}"#).refused_parameter, None);
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(retry_after("2", now), Some(Duration::from_secs(2)));
        assert_eq!(retry_after("0.5", now), Some(Duration::from_millis(500)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now), Some(Duration::from_secs(10)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("-1", now), None);
        assert_eq!(retry_after("soon", now), None);
        let named = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            wait_named(&headers.collect(), now)
        };
        assert_eq!(named(&[("retry-after", "1"), ("retry-after-ms", "120.5")]), Some(Duration::from_micros(120_500)));
        assert_eq!(named(&[("retry-after", "1"), ("retry-after-ms", "soon")]), Some(Duration::from_secs(1)));
        assert_eq!(named(&[]), None);
    }
}
