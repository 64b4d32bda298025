//! Server faults: the run reports each and can be resumed once the server works again, without resending finished calls.

use crate::plumb::{Home, Outcome, finish, scripted};
use futures_util::{StreamExt, stream};
use plumb_tests::scripted::{Reply, Rule, ScriptedServer};
use serde_json::{Value, json};
use std::time::Duration;

/// A server's fault, the number of tries before Plumb gives up, and the code it reports.
struct Fault {
    reply: Reply,
    tries: usize,
    code: &'static str,
}

fn once(code: &'static str, reply: Reply) -> Fault {
    Fault { reply, tries: 1, code }
}

/// A fault that may pass is tried six times.
fn passing(code: &'static str, reply: Reply) -> Fault {
    Fault { reply, tries: 6, code }
}

fn status(status: u16, body: Value) -> Reply {
    Reply { status: Some(status), body: Some(body.to_string()), ..Reply::default() }
}

/// A stream, byte for byte.
fn events(body: &str) -> Reply {
    Reply { body: Some(body.to_owned()), content_type: "text/event-stream".into(), ..Reply::default() }
}

fn says(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}))
}

const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

fn faults() -> Vec<Fault> {
    let error = |message: &str, code: &str| json!({"error": {"message": message, "type": "error", "code": code}});
    let page = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>";
    let html = |status| Reply { status, body: Some(page.into()), content_type: "text/html".into(), ..Reply::default() };
    let broken = |body: String| Reply { body: Some(body), ..Reply::default() };
    vec![
        once("refused_key", status(401, error("Incorrect API key provided: sk-wr***ng.", "invalid_api_key"))),
        once("refused_key", status(401, error("Your API key has expired.", "expired_api_key"))),
        once("refused_key", status(401, json!({"message": "Malformed key: it is too short."}))),
        once("refused_key", status(403, error("Your key may not use this model.", "forbidden"))),
        once("refused_key", status(402, error("Insufficient credits.", "payment_required"))),
        once("bad_reply", status(400, error("messages.3: something is wrong with it", "bad_request"))),
        once("no_such_model", status(404, error("The model `scripted` does not exist.", "model_not_found"))),
        once("too_long", status(413, error("Request too large.", "request_too_large"))),
        once("too_long", status(400, error("maximum context length is 4096 tokens", "context_length_exceeded"))),
        once("rate_limited", status(429, error("You exceeded your current quota.", "insufficient_quota"))),
        once("rate_limited", Reply { retry_after: Some("3600".into()), ..status(429, error("Slow down.", "rate_limit")) }),
        passing("rate_limited", status(429, error("Slow down.", "rate_limit"))),
        passing("server", status(408, error("Timeout.", "timeout"))),
        passing("server", status(500, error("Internal error.", "server_error"))),
        passing("server", html(Some(502))),
        passing("server", status(503, error("Overloaded.", "overloaded"))),
        passing("server", status(529, json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}))),
        once("bad_reply", html(None)),
        once("bad_reply", broken(r#"{"choices": [{"message": {"content": "Tues"#.into())),
        once("bad_reply", broken(r#"{"choices": []}"#.into())),
        passing("cut_short", broken(String::new())),
        passing("cut_short", events(": still here\n\n: still here\n\n")),
        once("cut_short", events(&says("Tues"))),
        once("cut_short", events(&format!("{}data: {{\"choices\": [{{\"del", says("Tues")))),
        once("server", events(&format!("{}data: {}\n\n", says("Tues"), error("The model crashed.", "server_error")))),
        once("bad_reply", events(&format!("{}data: half of an eve\n\n", says("Tues")))),
        once("cut_short", Reply { cut_after: Some(1), piece_chars: 4, ..Reply::text("Tuesday it is") }),
        passing("unreachable", Reply { hang_up: true, ..Reply::default() }),
    ]
}

/// A run with one finished turn and sub-call. Its next turn gets `replies`, then an answer.
async fn asked(home: &Home, replies: Vec<Reply>, more: &[&str]) -> (ScriptedServer, Outcome) {
    let mut root = vec![Reply::code("kept = llm_query('ITEM')\nprint(kept)")];
    root.extend(replies);
    root.push(Reply::code("FINAL(kept)"));
    let server = scripted(root, [Rule::starting("ITEM", [Reply::text("Tuesday")])]).await;
    let outcome = finish(home.asking(&server, more).spawn().unwrap()).await;
    (server, outcome)
}

/// Resumes a run to its answer: it sends one more turn and no finished call again.
async fn mended(home: &Home, server: &ScriptedServer, run: &Value, what: &str) {
    let before = server.stats();
    let outcome = home.run(&["resume", run.as_str().unwrap(), "--json"]).await;
    assert_eq!(outcome.answered()["answer"], "Tuesday", "after {what}");
    let after = server.stats();
    assert_eq!(after.root_requests, before.root_requests + 1, "after {what}");
    assert_eq!(after.rule_requests, [1], "after {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_after_every_fault_once_the_server_is_mended() {
    let all = stream::iter(faults()).map(|Fault { reply, tries, code }| async move {
        let what = format!("{tries} times {reply:?}");
        let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
        let (server, outcome) = asked(&home, vec![reply; tries], &[]).await;
        let answer = outcome.ended(1, "failed");
        let error = &answer["error"];
        assert_eq!(error["code"], code, "{what}: {outcome:#?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.len() > 30 && message.ends_with('.') && !message.contains('<'), "{what}: {message}");
        assert_eq!(server.stats().root_requests as usize, 1 + tries, "{what}");
        mended(&home, &server, &answer["run_id"], &what).await;
    });
    all.buffer_unordered(4).collect::<Vec<_>>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_on_after_a_server_that_accepted_and_said_nothing() {
    for silent in [Reply { hang: true, ..Reply::default() }, Reply { silent_after: Some(1), ..Reply::text("Tuesday it is") }] {
        let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
        let what = format!("{silent:?}");
        let (server, outcome) = asked(&home, vec![silent], &["--timeout", "12"]).await;
        let answer = outcome.ended(3, "limit");
        assert_eq!(answer["error"]["code"], "limit_time", "{outcome:#?}");
        mended(&home, &server, &answer["run_id"], &what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_replies_that_are_whole_are_taken() {
    let cell = "```repl\nFINAL('Grüße')\n```";
    let with_usage = |usage: Value| {
        let usage = json!({"choices": [], "usage": usage});
        events(&format!(
            "{}data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\ndata: {usage}\n\n",
            says(cell)
        ))
    };
    let nothing = Reply { text: String::new(), ..Reply::default() };
    let last = Reply::code("FINAL('Grüße')");
    // The last reply answers if the first one is empty.
    for reply in [
        events(&format!(": comment\r\n\r\n{}{END}", says(cell)).replace('\n', "\r\n")),
        events(&format!("{}data: [DONE]", says(cell))),
        Reply { part_bytes: Some(1), ..last.clone() },
        Reply {
            body: Some(json!({"choices": [{"message": {"content": cell}, "finish_reason": "stop"}]}).to_string()),
            ..Reply::default()
        },
        with_usage(Value::Null),
        with_usage(json!({"prompt_tokens": -5, "completion_tokens": -1})),
        with_usage(json!({"prompt_tokens": null, "completion_tokens": 3})),
        nothing.clone(),
        Reply { thinking: "The note says Tuesday, but ".into(), ..nothing.clone() },
        Reply { thinking: "Hm, ".repeat(500), finish: "length".into(), ..nothing },
    ] {
        let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
        let what = format!("{reply:?}");
        let server = scripted([reply, last.clone()], []).await;
        let answer = home.ask(&server, &["--price", "1,2"]).await.answered();
        assert_eq!(answer["answer"], "Grüße", "{what}");
        assert!(
            answer["usage"]["input_tokens"].as_u64().unwrap() > 0 && answer["cost_usd"].as_f64().unwrap() > 0.0,
            "{what}: {answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_usage_is_estimated_and_marked_as_an_estimate() {
    let cell = "```repl\nFINAL('Tuesday')\n```";
    let left_out = [
        (json!({"prompt_tokens": 9, "completion_tokens": null}), Some(9), None),
        (json!({"prompt_tokens": 9}), Some(9), None),
        (json!({"prompt_tokens": 9, "completion_tokens": -4}), Some(9), None),
        (json!({"prompt_tokens": 9, "completion_tokens": 0}), Some(9), None),
        (json!({"prompt_tokens": 0, "completion_tokens": 0}), None, None),
        (json!({"prompt_tokens": null, "completion_tokens": 3}), None, Some(3)),
        (json!({"prompt_tokens": 9, "completion_tokens": 3}), Some(9), Some(3)),
    ];
    for (usage, input, output) in left_out {
        let usage = json!({"choices": [], "usage": usage});
        let server = scripted([events(&format!("{}data: {usage}\n\n{END}", says(cell)))], []).await;
        let outcome = Home::with("note.txt", "The meeting is on Tuesday.\n").ask(&server, &["--price", "1,2"]).await;
        let answer = outcome.answered();
        let counted = |name: &str| answer["usage"][name].as_u64().unwrap();
        let (read, written) = (counted("input_tokens"), counted("output_tokens"));
        assert!(input.map_or(read > 300, |input| input == read), "{usage}: {answer}");
        assert!(output.map_or(written > 4, |output| output == written), "{usage}: {answer}");
        let estimated = input.is_none() || output.is_none();
        assert_eq!(outcome.stderr.contains("figures are estimates"), estimated, "{usage}: {}", outcome.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_direct_answer_fails_and_can_be_resumed() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let nothing = Reply { thinking: "Tuesday, it seems.".into(), ..Reply::text(" \n") };
    let server = scripted([nothing, Reply::text("It is on Tuesday.")], []).await;
    let answer = home.ask(&server, &["--mode", "direct"]).await.ended(1, "failed");
    assert_eq!(answer["error"]["code"], "empty_reply");
    let again = home.run(&["resume", answer["run_id"].as_str().unwrap(), "--json"]).await.answered();
    assert_eq!((&again["answer"], server.stats().requests), (&json!("It is on Tuesday."), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_too_long_for_the_server_is_shortened() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let long = Reply::status(400, "This model's maximum context length is 4096 tokens.");
    let fill = |n: usize| Reply::code(&format!("print('{}')", format!("filling {n} ").repeat(700)));
    let server = scripted([fill(1), fill(2), fill(3), long, Reply::code("FINAL('Tuesday')")], []).await;
    let outcome = home.ask(&server, &[]).await;
    assert_eq!(outcome.answered()["answer"], "Tuesday");
    assert!(outcome.stderr.contains("oldest outputs were shortened"), "{}", outcome.stderr);
    let sizes: Vec<usize> = server.requests().iter().map(|request| request["messages"].to_string().len()).collect();
    assert!(sizes[4] < sizes[3] && sizes.len() == 5, "{sizes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_does_not_fit_after_all_is_read_step_by_step() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let long = Reply::status(400, "This model's maximum context length is 512 tokens.");
    let server = scripted([long.clone(), Reply::code("FINAL('Tuesday')"), long], []).await;
    let answer = home.ask(&server, &["--mode", "auto"]).await.answered();
    assert_eq!((&answer["answer"], &answer["mode"]), (&json!("Tuesday"), &json!("rlm")), "{answer}");
    let asked_for = home.ask(&server, &["--mode", "direct"]).await.ended(1, "failed");
    assert_eq!(asked_for["error"]["code"], "too_long");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_of_a_hundred_megabytes_takes_little_memory() {
    let mb = 1 << 20;
    let line = events(&format!("data: {}", "x".repeat(100 * mb)));
    let json = Reply { body: Some(format!("{{\"choices\": \"{}", "x".repeat(100 * mb))), ..Reply::default() };
    let text = Reply { piece_chars: 64 << 10, ..Reply::text("words ".repeat(100 * mb / 6)) };
    for (what, reply) in [("one line", line), ("one piece of JSON", json), ("many words", text)] {
        let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
        let server = scripted([reply, Reply::code("FINAL('Tuesday')")], []).await;
        let running = home.asking(&server, &[]).spawn().unwrap();
        let status = format!("/proc/{}/status", running.id().unwrap());
        let watching = tokio::spawn(async move {
            let mut most = 0;
            while let Ok(status) = std::fs::read_to_string(&status) {
                let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
                let Some(peak) = peak else { break };
                most = u64::max(most, peak);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            most
        });
        let answer = finish(running).await.ended(1, "failed");
        assert_eq!(answer["error"]["code"], "bad_reply", "{what}: {answer}");
        let peak_mb = watching.await.unwrap() / 1024;
        assert!((10..250).contains(&peak_mb), "{what} took {peak_mb} MB");
        let again = home.run(&["resume", answer["run_id"].as_str().unwrap(), "--json"]).await.answered();
        assert_eq!(again["answer"], "Tuesday", "{what}");
    }
}
