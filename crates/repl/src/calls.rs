//! Parses a worker's calls. Their text may be large and hostile: the parser builds nothing from it but the call itself.

use plumb_rlm::{
    prompts::{Value, context, render},
    traits::{
        corpus::GrepQuery,
        repl::{HostCall, HostError},
    },
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use std::fmt;

/// Maximum number of texts in one list. A small frame can hold many empty ones, which take far more memory here.
const MAX_TEXTS: usize = 10_000;

// Maximum lengths of the short texts. A reader of paths, patterns and queries can need a hundred times their size. The corpus limits globs itself.
const MAX_PATH_BYTES: usize = 4_096;
const MAX_PATTERN_BYTES: usize = 20_000;
const MAX_QUERY_BYTES: usize = 2_000;
const MAX_NAME_BYTES: usize = 200;

/// Every field that a call can have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    call: String,
    #[serde(default)]
    prompts: Option<Texts>,
    #[serde(default)]
    contexts: Option<Texts>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    ignore_case: bool,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    k: Option<usize>,
    #[serde(default)]
    first: Option<u64>,
    #[serde(default)]
    last: Option<u64>,
}

/// A list of at most [`MAX_TEXTS`] texts.
struct Texts(Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Texts;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(to, "a list of at most {MAX_TEXTS} texts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    if texts.len() == MAX_TEXTS {
                        return Err(A::Error::custom(format!("more than {MAX_TEXTS} at once are too many")));
                    }
                    texts.push(text);
                }
                Ok(Texts(texts))
            }
        }
        from.deserialize_seq(Each)
    }
}

/// Parses the body of a call.
///
/// # Errors
/// `ValueError`, with the reason for the code that made the call.
pub fn parse(body: &str) -> Result<HostCall, HostError> {
    let wrong = |why: Value| HostError { kind: "ValueError", message: render("bad_call", why) };
    let body: Body = serde_json::from_str(body).map_err(|e| wrong(context! { error => e.to_string() }))?;
    let lacks = |field: &str| wrong(context! { lacks => field });
    for (name, text, max_bytes) in [
        ("path", &body.path, MAX_PATH_BYTES),
        ("pattern", &body.pattern, MAX_PATTERN_BYTES),
        ("query", &body.query, MAX_QUERY_BYTES),
        ("name of a model", &body.model, MAX_NAME_BYTES),
    ] {
        if let Some(text) = text.as_ref().filter(|text| text.len() > max_bytes) {
            return Err(wrong(context! { long => name, bytes => text.len(), limit => max_bytes }));
        }
    }
    // Rendered only for a call that lacks them: each one costs 10 µs.
    let prompts = |texts: Option<Texts>| texts.map(|texts| texts.0).ok_or_else(|| lacks("prompts"));
    Ok(match body.call.as_str() {
        "llm" => HostCall::Llm { prompts: prompts(body.prompts)?, model: body.model },
        "rlm" => HostCall::Rlm { prompts: prompts(body.prompts)?, contexts: body.contexts.map(|texts| texts.0) },
        "text" => HostCall::Text { path: body.path.ok_or_else(|| lacks("path"))? },
        "lines" => HostCall::Lines {
            path: body.path.ok_or_else(|| lacks("path"))?,
            first: body.first.ok_or_else(|| lacks("first"))?,
            last: body.last,
        },
        "files" => HostCall::Files { pattern: body.pattern },
        "grep" => HostCall::Grep(GrepQuery {
            pattern: body.pattern.ok_or_else(|| lacks("pattern"))?,
            path: body.path,
            ignore_case: body.ignore_case,
            limit: body.limit.ok_or_else(|| lacks("limit"))?,
        }),
        "search" => HostCall::Search {
            query: body.query.ok_or_else(|| lacks("query"))?,
            k: body.k.ok_or_else(|| lacks("k"))?,
            path: body.path,
        },
        other => return Err(wrong(context! { unknown => format!("{:?}", other.chars().take(40).collect::<String>()) })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_is_not_understood_says_why() {
        let why = |body: &str| parse(body).unwrap_err().message;
        assert!(why(r#"{"call":"llm"}"#).contains("lacks prompts"));
        assert!(why(r#"{"call":"open","path":"/etc/passwd"}"#).contains("no call \"open\""));
        assert!(why(r#"{"call":"files","price":0}"#).contains("unknown field"));
        assert!(why(r#"{"call":"search","query":"x","k":-1}"#).contains("invalid value"));
    }

    #[test]
    fn a_short_text_that_is_too_long_is_refused() {
        let long = "x".repeat(30_000);
        for body in [
            format!(r#"{{"call":"text","path":"{long}"}}"#),
            format!(r#"{{"call":"files","pattern":"{long}"}}"#),
            format!(r#"{{"call":"grep","pattern":"x","path":"{long}","limit":1}}"#),
            format!(r#"{{"call":"grep","pattern":"{long}","limit":1}}"#),
            format!(r#"{{"call":"search","query":"{long}","k":1}}"#),
            format!(r#"{{"call":"llm","prompts":[],"model":"{long}"}}"#),
        ] {
            let message = parse(&body).unwrap_err().message;
            assert!(message.contains("too long") && message.len() < 200, "{message}");
        }
    }

    #[test]
    fn a_list_that_is_too_long_is_refused_while_read() {
        let many = format!(r#"{{"call":"llm","prompts":[{}""]}}"#, "\"\",".repeat(MAX_TEXTS));
        assert!(parse(&many).unwrap_err().message.contains("too many"));
    }
}
