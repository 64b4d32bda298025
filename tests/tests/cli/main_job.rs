use crate::plumb::{Home, root, scripted};
use plumb_tests::scripted::{Reply, Rule};
use serde_json::{Value, json};
use std::fmt::Write;

/// 50 MB of log, with 120 errors in it.
fn fifty_megabytes() -> String {
    let mut text = String::with_capacity(50_100_000);
    let mut line = 0_u64;
    while text.len() < 50_000_000 {
        line += 1;
        let level = if line.is_multiple_of(4096) { "ERROR" } else { "info" };
        let _ =
            writeln!(text, "{line:09} {level} request {} took {} ms", line.wrapping_mul(2_654_435_761) % 1_000_003, line % 977);
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_fifty_megabytes_is_answered_at_its_exact_cost() {
    let home = Home::new();
    home.write("server.log", fifty_megabytes());
    let look = Reply::code("print(len(context), context[:40])").usage(1_500, 0, 60);
    let split = Reply::code(
        r#"size = len(context) // 40 + 1
prompts = [f"PART {n}: how many errors?\n" + context[n * size:n * size + 2000] for n in range(40)]
counts = [int(reply) for reply in llm_query_batched(prompts)]
print(sum(counts))"#,
    );
    let end = Reply::code(r#"FINAL(f"There are {sum(counts)} errors.")"#).usage(2_345, 1_024, 33);
    let part = Reply::text("3").usage(777, 0, 5).after_ms(100);
    let server = scripted([look, split.usage(1_777, 1_024, 210), end], [Rule::starting("PART ", [part])]).await;

    let log = home.documents().join("server.log");
    let events = home.plumb_home().with_file_name("events.jsonl");
    let asked = home
        .run(&[
            "ask",
            "How many errors are there?",
            log.to_str().unwrap(),
            "--model",
            "server:scripted",
            "--base-url",
            server.base_url(),
            "--price",
            "2.5,10",
            "--mode",
            "rlm",
            "--concurrency",
            "7",
            "--json",
            "--events",
            events.to_str().unwrap(),
        ])
        .await;
    let answer = asked.answered();
    assert_eq!(answer["answer"], "There are 120 errors.");
    assert_eq!((&answer["turns"], &answer["calls"], &answer["mode"]), (&json!(3), &json!(40), &json!("rlm")));
    let (input, cached, output) = (1_500 + 1_777 + 2_345 + 40 * 777, 1_024 + 1_024, 60 + 210 + 33 + 40 * 5);
    assert_eq!(
        answer["usage"],
        json!({"input_tokens": input, "cached_input_tokens": cached, "cache_write_tokens": 0, "output_tokens": output})
    );
    let cost = f64::from(input) * 2.5e-6 + f64::from(output) * 10e-6;
    let close = |value: &Value| (value.as_f64().unwrap() - cost).abs() < 5e-7;
    assert!(close(&answer["cost_usd"]), "{} is not {cost}", answer["cost_usd"]);
    assert_eq!(answer["error"], Value::Null);
    assert!(answer["elapsed_ms"].as_u64().unwrap() >= 600);

    let stats = server.stats();
    assert_eq!((stats.requests, stats.rule_requests[0]), (43, 40));
    assert_eq!(stats.max_concurrency, 7);
    // The requests do not grow with the document.
    assert!(stats.bytes_in < 1_000_000, "{} bytes sent", stats.bytes_in);

    let events: Vec<Value> =
        std::fs::read_to_string(events).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&events[0]["type"], &events[events.len() - 1]["type"]), (&json!("run_started"), &json!("finished")));
    let of_kind = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of_kind("reply"), of_kind("call_started"), of_kind("call_finished")), (3, 40, 40));

    // Every command is a new process, so all of this is read back from the disk.
    let run = answer["run_id"].as_str().unwrap();
    let runs = home.runs().await;
    assert_eq!(runs.len(), 1);
    assert_eq!(
        (&runs[0]["run_id"], &runs[0]["question"], &runs[0]["status"]),
        (&json!(run), &json!("How many errors are there?"), &json!("answered"))
    );
    assert!(close(&runs[0]["cost_usd"]), "{}", runs[0]);
    assert_eq!(runs[0]["started_at"], events[0]["at_ms"]);
    let shown = home.run(&["show", run]).await;
    assert_eq!(shown.exit, Some(0), "{shown:#?}");
    assert!(shown.stdout.contains("There are 120 errors."), "{shown:#?}");
    let shown = home.run(&["show", run, "--json"]).await.json();
    for field in ["run_id", "status", "answer", "turns", "calls", "usage", "cost_usd", "elapsed_ms"] {
        assert_eq!(shown[field], answer[field], "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_text_goes_straight_to_the_model_with_a_reason() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let server = root([Reply::text("On Tuesday.").usage(50, 0, 4)]).await;
    let asked = home.ask(&server, &["--mode", "auto"]).await;
    let answer = asked.answered();
    assert_eq!((&answer["mode"], &answer["turns"], &answer["calls"]), (&json!("direct"), &json!(1), &json!(0)));
    assert_eq!(answer["answer"], "On Tuesday.");
    let reason = answer["mode_reason"].as_str().unwrap();
    assert!(reason.contains("short") && asked.stderr.contains(reason), "{asked:#?}");
    assert_eq!(answer["cost_usd"], Value::Null, "no price was given");
    assert!(server.requests()[0].to_string().contains("The meeting is on Tuesday."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_a_mapping_of_paths_to_texts_with_grep_and_files() {
    let home = Home::with("a.txt", "alpha\nbeta\n");
    home.write("deep/b.md", "gamma\nbeta\n");
    home.write(".gitignore", "ignored.txt\n");
    home.write("ignored.txt", "beta\n");
    let code = r#"hits = grep("beta")
FINAL(" ".join([str(sorted(context)), context["deep/b.md"].split()[0], str(len(hits))]))"#;
    let server = root([Reply::code(code)]).await;
    let answer = home.ask(&server, &[]).await.answered();
    let text = answer["answer"].as_str().unwrap();
    assert!(text.contains("'a.txt'") && text.contains("'deep/b.md'") && !text.contains("ignored.txt'"), "{text}");
    assert!(text.ends_with("gamma 2"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_questions_at_once_on_the_same_data_are_both_answered() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let replies = || Reply::code(r#"FINAL("Tuesday")"#).after_ms(500);
    let server = root([replies(), replies()]).await;
    let (one, two) = tokio::join!(home.ask(&server, &[]), home.ask(&server, &[]));
    assert_ne!(one.answered()["run_id"], two.answered()["run_id"]);
    assert_eq!(home.runs().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_model_answers_the_sub_calls() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let small = Rule { model: Some("small".into()), replies: vec![Reply::text("small says hello")], ..Rule::default() };
    let server = scripted([Reply::code(r#"FINAL(llm_query("hello?"))"#)], [small]).await;
    let answer = home.ask(&server, &["--sub-model", "server:small"]).await.answered();
    assert_eq!(answer["answer"], "small says hello");
    assert_eq!(server.requests()[0]["model"], "scripted");
}
