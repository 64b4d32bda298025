use crate::plumb::{Home, finish, root};
use plumb_tests::scripted::{Reply, Rule, Script, ScriptedServer};
use serde_json::Value;
use std::path::Path;

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

fn answer() -> Reply {
    Reply::code(r#"FINAL("Tuesday")"#)
}

/// Asks; the run fails with this code and a message, and is in the history.
async fn failed(home: &Home, server: &ScriptedServer, code: &str) -> Value {
    let outcome = home.ask(server, &[]).await;
    let answer = outcome.ended(1, "failed");
    outcome.told();
    assert_eq!(answer["error"]["code"], code, "{outcome:#?}");
    assert!(answer["error"]["message"].as_str().unwrap().len() > 20, "{outcome:#?}");
    let runs = home.runs().await;
    assert_eq!((&runs[0]["run_id"], &runs[0]["status"]), (&answer["run_id"], &Value::from("failed")));
    answer
}

fn always(reply: Reply) -> Vec<Reply> {
    vec![reply; 20]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_unreachable() {
    let home = home();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let outcome = finish(home.asking_at(&format!("http://127.0.0.1:{port}/v1"), &[]).spawn().unwrap()).await;
    let answer = outcome.ended(1, "failed");
    assert_eq!(answer["error"]["code"], "unreachable", "{outcome:#?}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("127.0.0.1"), "{outcome:#?}");
    assert_eq!(home.runs().await[0]["status"], "failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_up_is_reported() {
    let server = root(always(Reply { hang_up: true, ..answer() })).await;
    failed(&home(), &server, "unreachable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_nonsense_is_reported() {
    for (body, content_type) in [("<html>Welcome to the router</html>", "text/html"), ("{\"hello\": 1}", "application/json")] {
        let nonsense = Reply { body: Some(body.into()), content_type: content_type.into(), ..Reply::default() };
        let server = root(always(nonsense)).await;
        failed(&home(), &server, "bad_reply").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_trouble_is_reported() {
    let server = root(always(Reply::status(500, "the disk of the server is on fire"))).await;
    let answer = failed(&home(), &server, "server").await;
    assert_eq!(server.stats().requests, 6, "a fault that may pass is tried six times");
    assert!(answer["error"]["message"].as_str().unwrap().contains("500"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_always_ends_in_the_middle_is_cut_short() {
    for broken in [Reply { cut_after: Some(1), ..answer() }, Reply { end_after: Some(1), ..answer() }] {
        let server = root(always(Reply { piece_chars: 4, ..broken })).await;
        failed(&home(), &server, "cut_short").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_fault_is_retried() {
    let busy = Reply { retry_after: Some("1".into()), ..Reply::status(429, "slow down") };
    let broken = Reply { cut_after: Some(0), ..answer() };
    for fault in [busy, broken, Reply::status(503, "be right back"), Reply { hang_up: true, ..answer() }] {
        let server = root([fault.clone(), answer()]).await;
        let outcome = home().ask(&server, &[]).await;
        assert_eq!(outcome.answered()["answer"], "Tuesday", "after {fault:?}");
        assert_eq!(server.stats().requests, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_wait_is_told_once_however_many_calls_wait() {
    let busy = Reply { retry_after: Some("2".into()), ..Reply::status(429, "slow down") };
    let rules = [Rule::starting("ITEM", [busy.clone(), busy.clone(), busy, Reply::text("ok")])];
    let code = "FINAL(llm_query_batched([f'ITEM {n}' for n in range(20)]).count('ok'))";
    let server = crate::plumb::scripted([Reply::code(code)], rules).await;
    let home = home();
    let events = home.documents().parent().unwrap().join("events");
    let outcome = home.ask(&server, &["--events", events.to_str().unwrap()]).await;
    let answer = outcome.answered();
    assert_eq!(answer["answer"], "20");
    assert_eq!(outcome.stderr.matches("The provider asked us to wait 2 s").count(), 1, "{}", outcome.stderr);
    let kept = std::fs::read_to_string(&events).unwrap();
    let waits: Vec<Value> =
        kept.lines().map(|line| serde_json::from_str(line).unwrap()).filter(|e: &Value| e["type"] == "waiting").collect();
    assert_eq!(waits.len(), 1, "{waits:?}");
    assert_eq!((&waits[0]["code"], &waits[0]["asked"]), (&Value::from("rate_limited"), &Value::from(true)));
    // The rest of the two seconds, however long it took to record the reply.
    assert!((1..=2_000).contains(&waits[0]["wait_ms"].as_u64().unwrap()), "{waits:?}");
    let shown = home.run(&["show", answer["run_id"].as_str().unwrap()]).await;
    assert!(shown.stdout.contains("The provider asked us to wait 2 s"), "{shown:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_cut_anywhere_into_bytes_is_put_together_again() {
    let reply = Reply { part_bytes: Some(1), piece_chars: 3, ..Reply::code("FINAL('Grüße – 東京 🎉')") };
    let answer = home().ask(&root([reply]).await, &[]).await.answered();
    assert_eq!(answer["answer"], "Grüße – 東京 🎉");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_usage_still_has_its_tokens_counted() {
    let server = root([Reply { usage: None, ..answer() }]).await;
    let answer = home().ask(&server, &["--price", "1,2"]).await.answered();
    assert!(answer["usage"]["input_tokens"].as_u64().unwrap() > 0, "{answer}");
    assert!(answer["usage"]["output_tokens"].as_u64().unwrap() > 0, "{answer}");
    assert!(answer["cost_usd"].as_f64().unwrap() > 0.0, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_and_written_nowhere() {
    const KEY: &str = "sk-wrong-9f3b1c77";
    let home = home();
    let script = Script { root: vec![answer()], key: Some("sk-right".into()), ..Script::default() };
    let server = ScriptedServer::start(script).await.unwrap();
    let asked = home.asking(&server, &["--api-key-env", "PLUMB_TEST_KEY"]).env("PLUMB_TEST_KEY", KEY).spawn().unwrap();
    let outcome = finish(asked).await;
    let answer = outcome.ended(1, "failed");
    assert_eq!(answer["error"]["code"], "refused_key", "{outcome:#?}");
    assert!(!outcome.told().contains(KEY));
    assert_eq!(server.stats().requests, 1, "a wrong key does not become right by trying again");
    let mut files = 0;
    none_holds(&home.plumb_home(), KEY.as_bytes(), &mut files);
    assert!(files > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_key_is_sent() {
    let script = Script { root: vec![answer()], key: Some("sk-right".into()), ..Script::default() };
    let server = ScriptedServer::start(script).await.unwrap();
    let home = home();
    let asked = home.asking(&server, &["--api-key-env", "PLUMB_TEST_KEY"]).env("PLUMB_TEST_KEY", "sk-right").spawn().unwrap();
    finish(asked).await.answered();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gives_the_key_and_only_the_command_is_written_down() {
    const KEY: &str = "sk-manager-51e0c9ad";
    let home = home();
    let vault = home.documents().parent().unwrap().join("vault");
    std::fs::write(&vault, format!("{KEY}\nuser: me\n")).unwrap();
    let command = format!("cat '{}'", vault.display());
    let script = Script { root: vec![answer()], key: Some(KEY.into()), ..Script::default() };
    let server = ScriptedServer::start(script).await.unwrap();
    let outcome = home.ask(&server, &["--api-key-command", &command]).await;
    outcome.answered();
    assert!(!outcome.told().contains(KEY));
    let mut files = 0;
    none_holds(&home.plumb_home(), KEY.as_bytes(), &mut files);
    assert!(files > 0);
    let outcome = home.ask(&server, &["--api-key-command", "echo sk-half; exit 3"]).await;
    assert!(outcome.told().contains("The command for the key failed") && !outcome.told().contains("sk-half"), "{outcome:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_variable_that_is_not_set_is_named() {
    let home = home();
    let server = root([answer()]).await;
    let outcome = home.ask(&server, &["--api-key-env", "PLUMB_NO_SUCH_KEY"]).await;
    let error = &outcome.ended(1, "failed")["error"];
    assert_eq!(error["code"], "refused_key", "{outcome:#?}");
    assert!(error["message"].as_str().unwrap().contains("PLUMB_NO_SUCH_KEY"), "{outcome:#?}");
    assert_eq!(server.stats().requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_call_that_fails_does_not_end_the_run() {
    let home = home();
    let code = r#"replies = []
for prompt in ["FINE?", "BROKEN?"]:
    try:
        replies.append(llm_query(prompt))
    except Exception as error:
        replies.append(type(error).__name__)
FINAL(str(replies))"#;
    let rules = [
        Rule::starting("FINE?", [Reply::text("fine")]),
        Rule::starting("BROKEN?", [Reply::status(400, "this request is broken")]),
    ];
    let server = crate::plumb::scripted([Reply::code(code)], rules).await;
    let answer = home.ask(&server, &[]).await.answered();
    assert_eq!(answer["answer"], "['fine', 'RuntimeError']");
}

fn none_holds(folder: &Path, secret: &[u8], files: &mut usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            none_holds(&path, secret, files);
        } else if path.is_file() {
            *files += 1;
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "the key stands in {}", path.display());
        }
    }
}
