//! The same conversations and the same faults in every format, over a real connection.

mod wire;

use crate::call::tests::server::{Server, Step, ask, request};
use parking_lot::Mutex;
use plumb_rlm::{
    fault::{Code, Fault},
    traits::model::{Model, ModelReply, ModelRequest, Progress},
    usage::{Finish, Reported},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use wire::{KEY, Wire};

/// A server's response of status 200 with these bytes.
fn answer(body: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Send(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"), Step::Send(body.into().leak())]
}

fn refusal(status: u16, header: &str, body: &str) -> Vec<Step> {
    vec![Step::Send(format!("HTTP/1.1 {status} Refused\r\n{header}connection: close\r\n\r\n{body}").into_bytes().leak())]
}

/// Asks a server with these responses; the last one repeats.
async fn asked(wire: Wire, scripts: Vec<Vec<Step>>) -> (Result<ModelReply, Fault>, String, Vec<String>) {
    let server = Server::start(scripts).await;
    let (result, shown) = ask(&server.model(wire.provider()), "hi").await;
    (result, shown, server.seen())
}

async fn replied(wire: Wire, body: impl Into<Vec<u8>>) -> ModelReply {
    let (reply, shown, _) = asked(wire, vec![answer(body)]).await;
    let reply = reply.unwrap_or_else(|error| panic!("{wire:?}: {error:?}"));
    assert_eq!(reply.text, shown, "{wire:?}");
    reply
}

/// The fault of a response, the text shown before it, and the number of tries. Checks that the fault does not contain the key, in its debugging form
/// either.
async fn broken(wire: Wire, scripts: Vec<Vec<Step>>) -> (Fault, String, usize) {
    let (result, shown, seen) = asked(wire, scripts).await;
    let error = result.expect_err(&format!("{wire:?}"));
    assert!(!format!("{error:?}{error}").contains(KEY), "{wire:?}: {error:?}");
    assert!(error.message.len() > 20 && error.message.ends_with('.'), "{wire:?}: {}", error.message);
    (error, shown, seen.len())
}

async fn fault(wire: Wire, scripts: Vec<Vec<Step>>) -> (Fault, usize) {
    let (error, _, tries) = broken(wire, scripts).await;
    (error, tries)
}

async fn fault_of(wire: Wire, body: impl Into<Vec<u8>>) -> Fault {
    fault(wire, vec![answer(body)]).await.0
}

const USAGE: Reported = Reported { input_tokens: Some(9), cached_input_tokens: 0, cache_write_tokens: 0, output_tokens: Some(2) };

/// A complete stream with token counts.
fn good(wire: Wire, pieces: &[&str]) -> String {
    wire.stream(pieces, Finish::Stop, Some((json!(9), json!(2))))
}

#[tokio::test]
async fn a_reply_streams_and_the_key_is_only_in_its_header() {
    for wire in Wire::ALL {
        let (reply, shown, seen) = asked(wire, vec![answer(good(wire, &["Hé", "l", "lo 😀"]))]).await;
        let reply = reply.unwrap();
        assert_eq!((reply.text.as_str(), shown.as_str()), ("Héllo 😀", "Héllo 😀"), "{wire:?}");
        assert_eq!((reply.finish, reply.usage, reply.cost), (Finish::Stop, USAGE, None), "{wire:?}");
        assert!(seen[0].starts_with(&format!("POST {} HTTP/1.1\r\n", wire.path())), "{}", seen[0]);
        assert!(seen[0].contains(&format!("\r\n{}\r\n", wire.key_header())), "{}", seen[0]);
        assert_eq!(seen[0].matches(KEY).count(), 1, "{}", seen[0]);
        assert!(seen[0].contains("\"hi\"") && seen[0].contains("[\"END\"]") && seen[0].contains(":50"), "{}", seen[0]);
    }
}

#[tokio::test]
async fn a_stream_may_be_cut_anywhere_and_hold_comments() {
    for wire in Wire::ALL {
        let stream = good(wire, &["Grüße – 東", "京 🎉"]);
        let mut steps = answer("");
        steps.extend(stream.as_bytes().chunks(1).map(|byte| Step::Send(byte.to_vec().leak())));
        let (reply, ..) = asked(wire, vec![steps]).await;
        assert_eq!(reply.unwrap().text, "Grüße – 東京 🎉", "{wire:?}");
        let noisy = stream.replace("\n\n", "\n\n: still here\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\nretry: 10\n\n");
        for other in [stream.replace('\n', "\r\n"), stream.replace('\n', "\r"), stream.replace("\n\n", "\n"), noisy] {
            let reply = replied(wire, other).await;
            assert_eq!((reply.text.as_str(), reply.usage), ("Grüße – 東京 🎉", USAGE), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn a_missing_token_count_leaves_the_other_and_the_reply() {
    let odd = [Value::Null, json!(-5), json!("many"), json!(u64::MAX), json!(1.5)];
    for wire in Wire::ALL {
        assert_eq!(replied(wire, wire.stream(&["a"], Finish::Stop, None)).await.usage, Reported::default(), "{wire:?}");
        for count in &odd {
            let reply = replied(wire, wire.stream(&["a"], Finish::Stop, Some((count.clone(), json!(2))))).await;
            let usage = Reported { input_tokens: None, ..USAGE };
            assert_eq!((reply.text.as_str(), reply.usage), ("a", usage), "{wire:?} {count}");
            let reply = replied(wire, wire.stream(&["a"], Finish::Stop, Some((json!(9), count.clone())))).await;
            let usage = Reported { output_tokens: None, ..USAGE };
            assert_eq!((reply.text.as_str(), reply.usage), ("a", usage), "{wire:?} {count}");
        }
    }
}

/// The result of a call, with its reasoning, its token counts and the number of tries.
async fn heard(wire: Wire, limited: bool, scripts: Vec<Vec<Step>>) -> (Result<ModelReply, Fault>, String, Vec<Reported>, usize) {
    let server = Server::start(scripts).await;
    let (thought, counted) = (Mutex::new(String::new()), Mutex::new(Vec::new()));
    let request = ModelRequest { limited, ..request("hi") };
    let on_progress = |progress: Progress<'_>| match progress {
        Progress::Thought(piece) => thought.lock().push_str(piece),
        Progress::Counted(usage) => counted.lock().push(usage),
        _ => {}
    };
    let result = server.model(wire.provider()).complete(request, &on_progress).await;
    (result, thought.into_inner(), counted.into_inner(), server.seen().len())
}

#[tokio::test]
async fn reasoning_streams_and_is_bounded_like_text() {
    for wire in Wire::ALL {
        let (reply, thought, ..) =
            heard(wire, false, vec![answer(format!("{}{}", wire.thought("let me "), good(wire, &["a"])))]).await;
        assert_eq!((reply.unwrap().text.as_str(), thought.contains("let me ")), ("a", true), "{wire:?}");
        // The request allows 50 tokens.
        let endless = wire.thought(&"hmm, ".repeat(200)).repeat(1_000);
        let (result, thought, ..) = heard(wire, false, vec![answer(endless)]).await;
        assert_eq!(result.unwrap_err().code, Code::BadReply, "{wire:?}");
        assert!(thought.len() < 600_000, "{wire:?}: {}", thought.len());
    }
}

#[tokio::test]
async fn a_reply_that_breaks_after_a_thought_is_not_sent_again() {
    for wire in Wire::ALL {
        let thinking = format!("{}{}", wire.unfinished(&[]), wire.thought("let me think"));
        let failed = format!("{thinking}data: {}\n\n", wire.error(503));
        for (body, code) in [(thinking, Code::CutShort), (failed, Code::Server)] {
            let (error, shown, tries) = broken(wire, vec![answer(body), answer(good(wire, &["a"]))]).await;
            assert_eq!((error.code, shown.as_str(), tries), (code, "", 1), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn a_broken_reply_in_one_piece_is_not_sent_again() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n";
    for wire in Wire::ALL {
        let begun = vec![Step::Send(HEAD), Step::Send(wire.whole("so far").into_bytes().leak())];
        let (result, _, counted, tries) = heard(wire, false, vec![begun, answer(good(wire, &["a"]))]).await;
        assert_eq!((result.unwrap_err().code, tries), (Code::CutShort, 1), "{wire:?}");
        assert_eq!(counted, [Reported::default()], "it is heard that it had begun");
    }
}

#[tokio::test]
async fn under_a_cost_limit_a_counted_call_is_not_sent_again() {
    let input = Reported { input_tokens: Some(9), ..Reported::default() };
    for (wire, begun, known) in [
        (Wire::Anthropic, Wire::Anthropic.unfinished(&[]), input),
        (Wire::Gemini, r#"data: {"usageMetadata": {"promptTokenCount": 9, "thoughtsTokenCount": 2}}"#.to_owned() + "\n\n", USAGE),
        // As vLLM does with `continuous_usage_stats`.
        (
            Wire::OpenAi,
            r#"data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}"#.to_owned() + "\n\n",
            USAGE,
        ),
    ] {
        let (result, _, counted, tries) = heard(wire, true, vec![answer(begun.clone()), answer(good(wire, &["a"]))]).await;
        assert_eq!((result.unwrap_err().code, counted, tries), (Code::CutShort, vec![known], 1), "{wire:?}");
        let (result, _, counted, tries) = heard(wire, false, vec![answer(begun), answer(good(wire, &["a"]))]).await;
        assert_eq!((result.unwrap().text.as_str(), tries), ("a", 2), "{wire:?}");
        assert_eq!(counted[0], known, "{wire:?}");
    }
}

#[tokio::test]
async fn a_reply_of_reasoning_alone_is_empty() {
    for wire in Wire::ALL {
        assert_eq!(replied(wire, good(wire, &[])).await.text, "", "{wire:?}");
        let thoughts = good(wire, &[""]).replacen("\n\n", &format!("\n\n{}", wire.thought("let me think")), 1);
        let reply = replied(wire, thoughts).await;
        assert_eq!((reply.text.as_str(), reply.finish), ("", Finish::Stop), "{wire:?}");
    }
}

#[tokio::test]
async fn the_finish_reason_is_reported() {
    for wire in Wire::ALL {
        for finish in [Finish::Length, Finish::Refused] {
            let reply = replied(wire, wire.stream(&["so far"], finish, Some((json!(9), json!(2))))).await;
            assert_eq!((reply.text.as_str(), reply.finish, reply.usage), ("so far", finish, USAGE), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn a_reply_in_one_piece_is_understood_too() {
    for wire in Wire::ALL {
        let reply = replied(wire, wire.whole("Hé")).await;
        assert_eq!((reply.text.as_str(), reply.finish, reply.usage), ("Hé", Finish::Stop, USAGE), "{wire:?}");
        let error = fault_of(wire, wire.error(404)).await;
        assert_eq!(error.code, Code::NoSuchModel, "{wire:?}");
    }
}

#[tokio::test]
async fn a_stream_error_keeps_its_text_or_is_retried_before_any() {
    for wire in Wire::ALL {
        let error = format!("data: {}\n\n", wire.error(429));
        let begun = format!("{}{error}", wire.unfinished(&["so ", "far"]));
        let (fault, shown, tries) = broken(wire, vec![answer(begun)]).await;
        assert_eq!((fault.code, shown.as_str(), tries), (Code::RateLimited, "so far", 1), "{wire:?}");
        let (reply, _, seen) = asked(wire, vec![answer(error), answer(good(wire, &["a"]))]).await;
        assert_eq!((reply.unwrap().text.as_str(), seen.len()), ("a", 2), "{wire:?}");
    }
}

#[tokio::test]
async fn a_stream_without_its_end_is_cut_short_and_keeps_what_arrived() {
    for wire in Wire::ALL {
        let unfinished = wire.unfinished(&["so ", "far"]);
        let half_an_event = format!("{unfinished}{}", &wire.piece("more")[..20]);
        for body in [unfinished, half_an_event] {
            let (error, shown, _) = broken(wire, vec![answer(body)]).await;
            assert_eq!((error.code, shown.as_str()), (Code::CutShort, "so far"), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn anything_but_a_models_reply_is_a_bad_reply() {
    for wire in Wire::ALL {
        let whole = wire.whole("Hé");
        let cut = whole[..whole.len() / 2].to_owned();
        let nonsense = format!("{}data: {{\"a\n\ndata: x\n\n", wire.unfinished(&[]));
        for body in [
            "<!doctype html><h1>Sign in".to_owned(),
            cut,
            "{\"ok\": true}".to_owned(),
            "[1]".to_owned(),
            "hello".to_owned(),
            nonsense,
        ] {
            assert_eq!(fault_of(wire, body.clone()).await.code, Code::BadReply, "{wire:?} {body}");
        }
    }
}

#[tokio::test]
async fn each_status_has_its_code_and_passing_ones_are_retried() {
    let statuses = [
        (400, Code::BadReply, 1),
        (401, Code::RefusedKey, 1),
        (402, Code::RefusedKey, 1),
        (403, Code::RefusedKey, 1),
        (404, Code::NoSuchModel, 1),
        (408, Code::Server, 6),
        (413, Code::TooLong, 1),
        (429, Code::RateLimited, 6),
        (500, Code::Server, 6),
        (502, Code::Server, 6),
        (503, Code::Server, 6),
        (529, Code::Server, 6),
    ];
    for wire in Wire::ALL {
        for (status, code, tries) in statuses {
            for body in [wire.error(status), "<html>Gateway</html>".to_owned(), String::new()] {
                let scripts = (0..8).map(|_| refusal(status, "", &body)).collect();
                let (error, seen) = fault(wire, scripts).await;
                assert_eq!((error.code, seen), (code, tries), "{wire:?} {status} {body}");
                assert!(!error.message.contains("<html>"), "{}", error.message);
                let quoted = error.message.contains("the words of the server about [key]");
                assert_eq!(quoted, body.contains("words"), "{wire:?} {status}: {}", error.message);
            }
        }
    }
}

#[tokio::test]
async fn the_wait_that_a_server_asks_for_is_kept() {
    for wire in Wire::ALL {
        let began = Instant::now();
        let busy = refusal(429, "retry-after: 0.3\r\n", &wire.error(429));
        let (reply, ..) = asked(wire, vec![busy, answer(good(wire, &["a"]))]).await;
        assert_eq!(reply.unwrap().text, "a", "{wire:?}");
        assert!(began.elapsed() >= Duration::from_millis(300), "{wire:?}");
    }
    let details = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3600s"}]);
    let body = json!([{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": details}}]);
    let (error, tries) = fault(Wire::Gemini, vec![refusal(429, "", &body.to_string())]).await;
    assert_eq!((error.code, tries), (Code::RateLimited, 1), "a wait of an hour fails at once: {}", error.message);
}

#[tokio::test]
async fn a_text_that_is_too_long_is_reported_as_such() {
    for wire in Wire::ALL {
        let (error, tries) = fault(wire, vec![refusal(400, "", &wire.too_long())]).await;
        assert_eq!((error.code, tries), (Code::TooLong, 1), "{wire:?}: {}", error.message);
    }
}

#[tokio::test]
async fn a_disguised_bad_request_gets_its_own_code() {
    let unpaid = json!({"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the Anthropic API."}});
    let (error, _) = fault(Wire::Anthropic, vec![refusal(400, "", &unpaid.to_string())]).await;
    assert!(error.code == Code::RefusedKey && error.message.contains("Add credit"), "{}", error.message);
    let wrong_key = json!({"error": {"code": 400, "message": format!("API key not valid: {KEY}"), "details": [{"reason": "API_KEY_INVALID"}]}});
    let (error, _) = fault(Wire::Gemini, vec![refusal(400, "", &wrong_key.to_string())]).await;
    assert!(error.code == Code::RefusedKey && error.message.contains("rejected the key"), "{}", error.message);
}

#[tokio::test]
async fn a_refused_temperature_is_left_out_from_then_on() {
    for wire in Wire::ALL {
        let refused = refusal(400, "", r#"{"error": {"message": "`temperature` is deprecated for this model."}}"#);
        let (reply, _, seen) = asked(wire, vec![refused, answer(good(wire, &["a"]))]).await;
        assert_eq!(reply.unwrap().text, "a", "{wire:?}");
        let with: Vec<bool> = seen.iter().map(|request| request.contains("\"temperature\"")).collect();
        assert_eq!(with, [true, false], "{wire:?}");
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_ends_the_call() {
    for wire in Wire::ALL {
        let (error, _) = fault(wire, vec![vec![Step::Hang]]).await;
        assert_eq!(error.code, Code::Server, "{wire:?}");
        let mut begun = answer(wire.unfinished(&["so far"]));
        begun.push(Step::Hang);
        let (error, shown, tries) = broken(wire, vec![begun]).await;
        assert_eq!((error.code, shown.as_str(), tries), (Code::CutShort, "so far", 1), "{wire:?}");
    }
}

#[tokio::test]
async fn only_chat_models_are_listed_with_the_key_in_its_header() {
    for wire in Wire::ALL {
        let list = match wire {
            Wire::OpenAi => {
                json!({"data": [{"id": "m-2"}, {"id": "text-embedding-3"}, {"id": "m-1"}, {"id": "m-2"}, {"no": "id"}]})
            }
            Wire::Anthropic => json!({"data": [{"id": "m-2", "type": "model"}, {"id": "m-1"}], "has_more": false}),
            Wire::Gemini => json!({"models": [
                {"name": "models/m-2", "supportedGenerationMethods": ["generateContent"]},
                {"name": "models/embed", "supportedGenerationMethods": ["embedContent"]},
                {"name": "models/m-1"}]}),
        };
        let server = Server::start(vec![answer(list.to_string())]).await;
        assert_eq!(server.model(wire.provider()).offered().await.unwrap(), ["m-1", "m-2"], "{wire:?}");
        let seen = server.seen()[0].clone();
        let (line, headers) = seen.split_once("\r\n").unwrap();
        assert!(line.starts_with("GET ") && line.contains("/models") && !line.contains(KEY), "{wire:?}: {line}");
        assert!(headers.contains(KEY), "{wire:?}");
    }
}

#[tokio::test]
async fn a_missing_list_of_models_is_explained() {
    for wire in Wire::ALL {
        for (script, code) in [
            (answer("{}"), Code::BadReply),
            (answer("<html>"), Code::BadReply),
            (answer("{\"data\":[{\"id\":"), Code::BadReply),
            (refusal(401, "", "{\"error\":{\"message\":\"no\"}}"), Code::RefusedKey),
            (refusal(503, "", ""), Code::Server),
        ] {
            let server = Server::start(vec![script]).await;
            let error = server.model(wire.provider()).offered().await.unwrap_err();
            assert_eq!(error.code, code, "{wire:?}: {error:?}");
            assert_eq!(server.seen().len(), 1, "{wire:?}");
            assert!(!format!("{error:?}").contains(KEY), "{wire:?}");
        }
    }
}
