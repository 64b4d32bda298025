use crate::plumb::{Home, finish, root, scripted, signal, until};
use plumb_tests::scripted::{Reply, Rule};
use rustix::process::Signal;
use serde_json::json;
use std::time::Duration;

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

/// Replies of a root that never ends by itself. Its best answer so far contains 41.
fn endless(code: &str) -> Vec<Reply> {
    vec![Reply::text(format!("So far I have 41.\n```repl\n{code}\nprint(41)\n```")); 30]
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_limit_of_turns_the_best_answer_is_given() {
    let server = root(endless("")).await;
    let answer = home().ask(&server, &["--max-turns", "2"]).await.ended(3, "limit");
    assert!(answer["answer"].as_str().unwrap().contains("41"), "{answer}");
    assert_eq!(answer["error"]["code"], "limit_turns");
    assert_eq!(server.stats().requests, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_sub_calls_are_sent_than_allowed() {
    let code = r#"replies = llm_query_batched([f"ITEM {n}" for n in range(10)])"#;
    let server = scripted(endless(code), [Rule::starting("ITEM", [Reply::text("ok")])]).await;
    let answer = home().ask(&server, &["--max-calls", "5", "--max-turns", "3"]).await.ended(3, "limit");
    assert_eq!((server.stats().rule_requests[0], &answer["calls"]), (5, &json!(5)), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrency_stays_within_the_models_and_the_users_limit() {
    let code = "FINAL(llm_query_batched([f'ITEM {n}' for n in range(24)]).count('ok'))";
    let own = "[[model]]\nprovider = 'server'\nname = 'narrow'\nconcurrency = 3\n";
    for (model, most) in [("ollama:any", 4), ("server:narrow", 3), ("server:wide", 12)] {
        let home = home();
        std::fs::create_dir_all(home.plumb_home().join("data")).unwrap();
        std::fs::write(home.plumb_home().join("data/models.toml"), own).unwrap();
        let server = scripted([Reply::code(code)], [Rule::starting("ITEM", [Reply::text("ok").after_ms(200)])]).await;
        let answer = home.ask(&server, &["--model", model, "--concurrency", "12"]).await.answered();
        assert_eq!((&answer["answer"], server.stats().max_concurrency), (&json!("24"), most), "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_own_price_keeps_a_limit_and_a_mistake_sends_nothing() {
    let home = home();
    let server = root([Reply::text("```repl\nFINAL('Tuesday')\n```").usage(1_000, 0, 100)]).await;
    let limited = ["--max-cost", "1"];
    assert_eq!(home.ask(&server, &limited).await.ended(1, "failed")["error"]["code"], "price_unknown");
    let own = home.plumb_home().join("data/models.toml");
    let fact = "[[model]]\nprovider = 'server'\nname = 'scripted'\nprice = { input = 10, output = 100 }\n";
    std::fs::write(&own, fact).unwrap();
    let answer = home.ask(&server, &limited).await.answered();
    assert_eq!(answer["cost_usd"], 0.02, "{answer}");
    let sent = server.stats().requests;
    std::fs::write(&own, "[[model]]\nprovider = 'server'\nprize = 3\n").unwrap();
    let outcome = home.ask(&server, &[]).await;
    assert!(outcome.told().contains("models.toml") && outcome.told().contains("line 3"), "{outcome:#?}");
    assert_eq!(server.stats().requests, sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cost_never_passes_its_limit() {
    // A sub-call costs 0.21 dollars, forty cost 8.4.
    let code = r#"replies = llm_query_batched([f"ITEM {n}" for n in range(40)])"#;
    let item = Reply::text("word ".repeat(2000)).usage(100, 0, 2000).after_ms(20);
    let server = scripted(endless(code), [Rule::starting("ITEM", [item])]).await;
    let home = home();
    let outcome = home.ask(&server, &["--price", "100,100", "--max-cost", "2", "--max-turns", "5"]).await;
    let answer = outcome.ended(3, "limit");
    let stats = server.stats();
    let truly = stats.rule_requests[0] as f64 * 0.21 + stats.root_requests as f64 * 0.011;
    assert!(truly > 1.0 && truly <= 2.0, "{truly} dollars were spent: {stats:?}");
    assert!(answer["cost_usd"].as_f64().unwrap() <= 2.0, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_never_pass_the_limit_whatever_the_tokenizer() {
    // The server counts a token per letter, more than any estimate. Some replies would be longer than the rest of the limit allows.
    let code = r#"replies = llm_query_batched(["ITEM " + "information " * (10 * n) for n in range(60)])"#;
    let item = Reply { measured: true, ..Reply::text("word ".repeat(1_500)).after_ms(20) };
    let root = endless(code).into_iter().map(|reply| Reply { measured: true, ..reply }).collect::<Vec<_>>();
    for (limit, price) in [(0.9, [100, 1]), (2.5, [20, 200])] {
        let server = scripted(root.clone(), [Rule::starting("ITEM", [item.clone()])]).await;
        let prices = format!("{},{}", price[0], price[1]);
        let limited = ["--price", &prices, "--max-cost", &limit.to_string(), "--max-turns", "4", "--concurrency", "24"];
        let answer = home().ask(&server, &limited).await.ended(3, "limit");
        let stats = server.stats();
        let charged = (stats.input_tokens * price[0] + stats.output_tokens * price[1]) as f64 / 1e6;
        assert!(charged <= limit && charged > limit / 2.0, "{charged} dollars of {limit}: {stats:?}");
        assert!((answer["cost_usd"].as_f64().unwrap() - charged).abs() < 1e-9, "{charged} dollars, told as {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_past_its_limit_is_cut_and_nothing_more_is_sent() {
    // The server ignores the request's output limit.
    let endless = Reply { piece_delay_ms: 20, ..Reply::text("word ".repeat(40_000)) };
    let whole = endless.text.len() as u64;
    let code = "try:\n    llm_query('GO ON')\nexcept RuntimeError as error:\n    print(error)\n    llm_query('AND ON')";
    for sub_call in [false, true] {
        let root = if sub_call { Reply::code(code) } else { endless.clone() };
        let server = scripted([root], [Rule::starting("GO ON", [endless.clone()])]).await;
        let home = home();
        let outcome = home.ask(&server, &["--price", "20,200", "--max-cost", "0.5"]).await;
        let answer = outcome.ended(3, "limit");
        assert_eq!(answer["error"]["code"], "limit_cost", "{outcome:#?}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains("wrote on") && message.contains("nothing more was sent"), "{message}");
        until(&server, |stats| stats.in_flight == 0).await;
        let stats = server.stats();
        assert_eq!(stats.requests, 1 + u64::from(sub_call), "{stats:?}");
        assert!(stats.bytes_out < whole, "the connection was closed: {stats:?}");
        // The tokens that arrived are counted, about as many as were reserved.
        assert!(answer["usage"]["output_tokens"].as_u64().unwrap() > 1_000, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thoughts_past_the_limit_are_cut_and_paid_in_every_format() {
    for model in ["server:m", "anthropic:m", "gemini:m"] {
        // About 12,000 tokens, at 50 tokens a cent.
        let endless = Reply { thinking: "hmm, ".repeat(6_000), piece_delay_ms: 100, ..Reply::text("word ".repeat(4_000)) };
        let server = root([endless]).await;
        let answer = home().ask(&server, &["--model", model, "--price", "20,200", "--max-cost", "0.5"]).await.ended(3, "limit");
        assert_eq!(answer["error"]["code"], "limit_cost", "{model}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("wrote on"), "{model}: {answer}");
        assert!(answer["usage"]["output_tokens"].as_u64().unwrap() > 5_000, "{model}: {answer}");
        assert!(answer["cost_usd"].as_f64().unwrap() > 0.5, "what it wrote on is told: {model}: {answer}");
        assert_eq!(server.stats().requests, 1, "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_thoughts_are_paid_and_leave_a_resumed_run_less() {
    for (model, input) in [("server:m", None), ("anthropic:m", Some(100)), ("gemini:m", Some(100))] {
        let silent = Reply { thinking: "hmm, ".repeat(400), silent_after: Some(0), ..Reply::text("never") };
        let server = root([silent, Reply::code("FINAL('Tuesday')").usage(10, 0, 1)]).await;
        let home = home();
        let answer = home.ask(&server, &["--model", model, "--price", "1,100", "--timeout", "3"]).await.ended(3, "limit");
        let usage = &answer["usage"];
        assert!(usage["output_tokens"].as_u64().unwrap() >= 400, "{model}: {answer}");
        assert!(input.is_none_or(|input| usage["input_tokens"] == input), "the server's own count: {model}: {answer}");
        let spent = answer["cost_usd"].as_f64().unwrap();
        assert!(spent > 0.04, "{model}: {answer}");
        let again = ["resume", answer["run_id"].as_str().unwrap(), "--json", "--max-cost", &spent.to_string()];
        assert_eq!(home.run(&again).await.ended(3, "limit")["error"]["code"], "limit_cost", "{model}");
        assert_eq!(server.stats().requests, 1, "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_limit_cuts_replies_of_servers_without_output_limits() {
    for month in [false, true] {
        let refuses = |name: &str| Reply::status(400, &format!("Unsupported parameter: '{name}'."));
        let endless = Reply { piece_delay_ms: 10, ..Reply::text("word ".repeat(20_000)) };
        let server = root([refuses("max_tokens"), refuses("max_completion_tokens"), endless]).await;
        let home = home();
        let limited: &[&str] = if month {
            home.run(&["spending", "--limit", "0.03"]).await;
            &["--price", "1,100"]
        } else {
            &["--price", "1,100", "--max-cost", "0.03"]
        };
        let answer = home.ask(&server, limited).await.ended(3, "limit");
        assert_eq!(answer["error"]["code"], if month { "limit_month" } else { "limit_cost" }, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("wrote on"), "{answer}");
        assert!(answer["cost_usd"].as_f64().unwrap() < 0.1, "{answer}");
        let last = server.requests()[2].clone();
        assert!(last.get("max_tokens").is_none() && last.get("max_completion_tokens").is_none(), "{last}");
        assert_eq!(server.stats().requests, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_limit_that_cannot_be_kept_is_refused_unsent() {
    let server = root(endless("")).await;
    let answer = home().ask(&server, &["--max-cost", "1"]).await.ended(1, "failed");
    assert_eq!(answer["error"]["code"], "price_unknown", "{answer}");
    assert_eq!(server.stats().requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_at_its_time_limit_though_the_server_is_silent() {
    for silent in [Reply { hang: true, ..Reply::default() }, Reply { silent_after: Some(1), ..Reply::text("So far 41 and then") }]
    {
        let server = root([silent]).await;
        let answer = home().ask(&server, &["--timeout", "3"]).await.ended(3, "limit");
        // The server would be silent for ever: the run ends by its limit or not at all.
        assert_eq!(answer["error"]["code"], "limit_time", "{answer}");
        assert!(answer["elapsed_ms"].as_u64().unwrap() >= 3_000, "{answer}");
        until(&server, |stats| stats.in_flight == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_a_run_which_stays_in_the_history() {
    let home = home();
    let code = r#"replies = llm_query_batched([f"ITEM {n}" for n in range(4)])"#;
    let server = scripted(endless(code), [Rule::starting("ITEM", [Reply { hang: true, ..Reply::default() }])]).await;
    let asked = home.asking(&server, &[]).spawn().unwrap();
    until(&server, |stats| stats.rule_requests[0] == 4).await;
    // The four calls would hang for ever: the run ends by the signal or not at all.
    signal(&asked, Signal::INT);
    let answer = finish(asked).await.ended(130, "stopped");
    let runs = home.runs().await;
    assert_eq!((&runs[0]["run_id"], &runs[0]["status"]), (&answer["run_id"], &json!("stopped")));
    until(&server, |stats| stats.in_flight == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_code_that_never_ends() {
    let home = home();
    let server = root([Reply::code("while True: pass")]).await;
    let asked = home.asking(&server, &[]).spawn().unwrap();
    until(&server, |stats| stats.requests == 1 && stats.in_flight == 0).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    signal(&asked, Signal::INT);
    finish(asked).await.ended(130, "stopped");
}
