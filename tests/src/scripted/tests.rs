use super::*;
use std::time::Instant;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The bytes of a response, including its head, until the server ends it or breaks the connection.
async fn raw(server: &ScriptedServer, head: &str, body: &str) -> Vec<u8> {
    let address = server.base_url().trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!("{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

fn ask(message: &str, stream: bool) -> String {
    json!({"model": "m", "stream": stream, "stream_options": {"include_usage": true}, "messages": [
        {"role": "system", "content": "be brief"}, {"role": "user", "content": message}]})
    .to_string()
}

async fn post(server: &ScriptedServer, message: &str, stream: bool) -> String {
    String::from_utf8(raw(server, "POST /v1/chat/completions HTTP/1.1", &ask(message, stream)).await).unwrap()
}

/// The text of a stream, reassembled.
fn streamed_text(answer: &[u8]) -> String {
    // Decodes chunked transfer encoding, which puts chunk lengths between the parts.
    let mut body = Vec::new();
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let mut rest = &answer[head + 4..];
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        body.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 4 + length..];
    }
    let body = String::from_utf8(body).unwrap();
    let events = body.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    events
        .map(|data| {
            serde_json::from_str::<Value>(data).unwrap()["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn root_replies_come_in_order_and_sub_calls_by_rule() {
    let script = Script {
        root: vec![Reply::text("first").usage(7, 3, 2), Reply::text("second")],
        rules: vec![
            Rule::containing("ITEM", [Reply::text("once"), Reply::text("echo {last}")]),
            Rule { regex: Some("^page [0-9]+$".into()), replies: vec![Reply::text("a page")], ..Rule::default() },
        ],
        ..Script::default()
    };
    let server = ScriptedServer::start(script).await.unwrap();
    let first = post(&server, "question", false).await;
    assert!(
        first.contains(r#""content":"first""#)
            && first.contains(r#""prompt_tokens":7"#)
            && first.contains(r#""cached_tokens":3"#),
        "{first}"
    );
    assert!(post(&server, "ITEM 1", false).await.contains("once"));
    assert!(post(&server, "ITEM 2", false).await.contains("echo ITEM 2"));
    assert!(post(&server, "page 12", false).await.contains("a page"));
    assert!(post(&server, "page twelve", false).await.contains("second"));
    assert!(post(&server, "more", false).await.starts_with("HTTP/1.1 500"));
    let stats = server.stats();
    assert_eq!((stats.requests, stats.root_requests, stats.rule_requests), (6, 3, vec![2, 1]));
    assert_eq!(server.requests()[1]["messages"][1]["content"], "ITEM 1");
    assert!(stats.bytes_in > 500 && stats.bytes_out > 500);
    let over_http = String::from_utf8(raw(&server, "GET /v1/stats HTTP/1.1", "").await).unwrap();
    assert!(over_http.contains(r#""rule_requests":[2,1]"#), "{over_http}");
}

#[tokio::test]
async fn a_stream_survives_any_split_of_its_bytes() {
    let text = "Zählung: 12 – ✓ 🎉 fertig";
    for part_bytes in [None, Some(1), Some(3), Some(7)] {
        let reply = Reply { piece_chars: 2, part_bytes, ..Reply::text(text) };
        let server = ScriptedServer::start(Script { root: vec![reply], ..Script::default() }).await.unwrap();
        let answer = raw(&server, "POST /v1/chat/completions HTTP/1.1", &ask("q", true)).await;
        assert_eq!(streamed_text(&answer), text);
    }
}

#[tokio::test]
async fn usage_is_reported_as_scripted_or_not_at_all() {
    let silent = Reply { usage: None, ..Reply::text("hi") };
    let server = ScriptedServer::start(Script { root: vec![Reply::text("hi").usage(5, 0, 1), silent], ..Script::default() })
        .await
        .unwrap();
    assert!(post(&server, "q", true).await.contains(r#""completion_tokens":1"#));
    assert!(!post(&server, "q", true).await.contains("usage"));
}

#[tokio::test]
async fn faults_happen_as_scripted() {
    let text = || Reply { piece_chars: 1, ..Reply::text("abcdef") };
    let html = Reply {
        body: Some("<html>Gateway</html>".into()),
        content_type: "text/html".into(),
        status: Some(502),
        ..Reply::default()
    };
    let busy = Reply { retry_after: Some("2".into()), ..Reply::status(429, "slow down") };
    let cut = Reply { cut_after: Some(3), ..text() };
    let ended = Reply { end_after: Some(3), ..text() };
    let root = vec![html, busy, cut, ended, Reply { hang_up: true, ..text() }];
    let server = ScriptedServer::start(Script { root, ..Script::default() }).await.unwrap();
    let html = post(&server, "q", true).await;
    assert!(html.starts_with("HTTP/1.1 502") && html.contains("text/html") && html.contains("Gateway"), "{html}");
    let busy = post(&server, "q", true).await;
    assert!(
        busy.starts_with("HTTP/1.1 429") && busy.to_lowercase().contains("retry-after: 2") && busy.contains("slow down"),
        "{busy}"
    );
    let cut = post(&server, "q", true).await;
    assert!(cut.contains(r#""content":"c""#) && !cut.contains(r#""content":"d""#) && !cut.ends_with("0\r\n\r\n"), "{cut}");
    let ended = post(&server, "q", true).await;
    assert!(streamed_text(ended.as_bytes()) == "abc" && ended.ends_with("0\r\n\r\n") && !ended.contains("[DONE]"), "{ended}");
    assert_eq!(post(&server, "q", true).await, "");
    assert_eq!(server.stats().in_flight, 0);
}

#[tokio::test]
async fn silence_lasts_until_the_client_leaves() {
    let silent = Reply { silent_after: Some(1), piece_chars: 1, ..Reply::text("abc") };
    let mute = Reply { hang: true, ..Reply::default() };
    let server = ScriptedServer::start(Script { root: vec![silent, mute], ..Script::default() }).await.unwrap();
    for _ in 0..2 {
        let waited = tokio::time::timeout(Duration::from_millis(200), post(&server, "q", true)).await;
        assert!(waited.is_err());
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((server.stats().in_flight, server.stats().requests), (0, 2));
}

#[tokio::test]
async fn the_scripted_key_is_required() {
    let script = Script { root: vec![Reply::text("in")], key: Some("right".into()), ..Script::default() };
    let server = ScriptedServer::start(script).await.unwrap();
    assert!(post(&server, "q", false).await.starts_with("HTTP/1.1 401"));
    for (key, status) in [("wrong", "401"), ("right", "200")] {
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer {key}");
        let answer = raw(&server, &head, &ask("q", false)).await;
        assert!(answer.starts_with(format!("HTTP/1.1 {status}").as_bytes()));
    }
}

#[tokio::test]
async fn the_highest_concurrency_is_counted() {
    let script = Script { rules: vec![Rule::containing("", [Reply::text("x").after_ms(150)])], ..Script::default() };
    let server = ScriptedServer::start(script).await.unwrap();
    let start = Instant::now();
    let (..) = tokio::join!(post(&server, "a", true), post(&server, "b", true), post(&server, "c", true));
    post(&server, "d", true).await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!((server.stats().max_concurrency, server.stats().in_flight), (3, 0));
}

#[tokio::test]
async fn an_invalid_script_does_not_start() {
    let rule = Rule { regex: Some("(".into()), replies: vec![Reply::text("x")], ..Rule::default() };
    assert!(ScriptedServer::start(Script { rules: vec![rule], ..Script::default() }).await.is_err());
    assert!(ScriptedServer::start(Script { rules: vec![Rule::containing("x", [])], ..Script::default() }).await.is_err());
    assert!(serde_json::from_str::<Script>(r#"{"root": [{"txt": "misspelt"}]}"#).is_err());
    assert!(serde_json::from_str::<Script>(r#"{"root": [{"text": "right", "usage": null}]}"#).is_ok());
}

/// The data of each event of an undamaged response.
fn events(answer: &str) -> Vec<Value> {
    answer.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect()
}

const ANTHROPIC: &str = "POST /v1/messages HTTP/1.1\r\nanthropic-version: 2023-06-01";
const GEMINI: &str = "POST /v1/models/gemini-x:streamGenerateContent?alt=sse HTTP/1.1";

#[tokio::test]
async fn anthropic_events_match_its_documentation() {
    let usage = ReportedUsage { input_tokens: 30, cached_input_tokens: 20, cache_write_tokens: 4, output_tokens: 7 };
    let reply = Reply { thinking: "hm".into(), piece_chars: 3, usage: Some(usage), ..Reply::text("abcd {last}") };
    let server = ScriptedServer::start(Script { root: vec![reply], ..Script::default() }).await.unwrap();
    let body = json!({"model": "claude", "max_tokens": 9, "stream": true, "messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}]});
    let answer = String::from_utf8(raw(&server, ANTHROPIC, &body.to_string()).await).unwrap();
    let events = events(&answer);
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let block = ["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"];
    let expected =
        [&["message_start"], &block[..], &["content_block_start", "ping"], &block[1..], &["message_delta", "message_stop"]];
    assert_eq!(kinds, expected.concat());
    let text: String = events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!((text.as_str(), &events[0]["message"]["usage"]["input_tokens"]), ("abcd q", &json!(6)));
}

#[tokio::test]
async fn gemini_events_match_its_documentation() {
    let reply = Reply { thinking: "hm".into(), finish: "length".into(), piece_chars: 3, ..Reply::text("abcd").usage(9, 2, 5) };
    let server = ScriptedServer::start(Script { root: vec![reply], ..Script::default() }).await.unwrap();
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "q"}]}]}).to_string();
    let answer = String::from_utf8(raw(&server, GEMINI, &body).await).unwrap();
    let last = events(&answer).pop().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
    let counts = &last["usageMetadata"];
    assert_eq!((&counts["candidatesTokenCount"], &counts["thoughtsTokenCount"]), (&json!(1), &json!(4)));
    assert!(answer.contains(r#""text":"abc""#) && answer.contains(r#""thought":true"#), "{answer}");
}

#[tokio::test]
async fn requests_a_service_would_refuse_are_refused() {
    let server = ScriptedServer::start(Script { key: Some("right".into()), ..Script::default() }).await.unwrap();
    let status = async |head: &str, body: &Value| raw(&server, head, &body.to_string()).await[9..12].to_vec();
    let (claude, gemini) = (format!("{ANTHROPIC}\r\nx-api-key: right"), format!("{GEMINI}\r\nx-goog-api-key: right"));
    let user = json!([{"role": "user", "content": "q"}]);
    assert_eq!(status(ANTHROPIC, &json!({})).await, b"401");
    assert_eq!(status(GEMINI, &json!({})).await, b"400");
    assert_eq!(status(&claude, &json!({"messages": user})).await, b"400");
    assert_eq!(
        status("POST /v1/messages HTTP/1.1\r\nx-api-key: right", &json!({"messages": user, "max_tokens": 1})).await,
        b"400"
    );
    assert_eq!(status(&claude, &json!({"messages": [{"role": "system", "content": "s"}], "max_tokens": 1})).await, b"400");
    assert_eq!(status(&gemini, &json!({"contents": [{"role": "assistant", "parts": []}]})).await, b"400");
    // These requests are valid; the script merely has no reply.
    assert_eq!(status(&claude, &json!({"messages": user, "max_tokens": 1})).await, b"500");
    assert_eq!(status(&gemini, &json!({"contents": [{"role": "user", "parts": []}]})).await, b"500");
}

#[tokio::test]
async fn an_empty_bucket_refuses_calls_and_refills() {
    let rules = vec![Rule::containing("", [Reply::text("in")])];
    let bucket = Some(Bucket { rate: 5.0, burst: 2.0, retry_after: true });
    let server = ScriptedServer::start(Script { rules, bucket, ..Script::default() }).await.unwrap();
    for taken in [true, true, false] {
        let answer = post(&server, "hi", false).await;
        assert_eq!(answer.starts_with("HTTP/1.1 200"), taken, "{answer}");
        assert_eq!(answer.contains("retry-after: 1\r\n"), !taken, "{answer}");
    }
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert!(post(&server, "hi", false).await.starts_with("HTTP/1.1 200"));
    let stats = server.stats();
    assert_eq!((stats.requests, stats.refused, stats.rule_requests, stats.connections), (4, 1, vec![3], 4));
}
