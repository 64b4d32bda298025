//! What was spent, and the month's limit.

use crate::plumb::{Home, finish, root, scripted};
use plumb_tests::scripted::{Reply, Rule};

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

/// A run of one turn that reports 1,000 tokens read and 100 written: 0.02 dollars at a price of 10 and 100.
fn answers() -> Reply {
    Reply::code("FINAL('Tuesday')").usage(1_000, 0, 100)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_cost_is_added_up_by_model_and_an_unknown_price_is_counted_and_not_guessed() {
    let home = home();
    let sub = Rule::starting("ITEM", [Reply::text("ok").usage(100, 0, 10)]);
    let asks = Reply::code("print(llm_query_batched(['ITEM 1', 'ITEM 2']))").usage(1_000, 0, 100);
    let server = scripted([asks, answers(), answers()], [sub]).await;
    let priced = ["--price", "10,100", "--sub-model", "server:small"];
    let first = home.ask(&server, &priced).await.answered();
    assert_eq!(first["cost_usd"], 0.044, "{first}");
    let unpriced = home.ask(&server, &["--model", "server:other"]).await.answered();
    assert!(unpriced["cost_usd"].is_null(), "{unpriced}");

    let spending = home.run(&["spending", "--json"]).await.json();
    assert_eq!((&spending["total"]["cost_usd"], &spending["total"]["calls"]), (&first["cost_usd"], &5.into()), "{spending}");
    assert_eq!(spending["total"]["unpriced_calls"], 1, "{spending}");
    let of = |kind: &str, name: &str| {
        let rows = spending[kind].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("nothing of {name} in {rows:?}"));
        (row["cost_usd"].as_f64().unwrap(), row["calls"].as_u64().unwrap())
    };
    assert_eq!(of("models", "server:scripted"), (0.04, 2));
    assert_eq!(of("models", "server:small"), (0.004, 2));
    assert_eq!(of("models", "server:other"), (0.0, 1));
    assert_eq!(of("providers", "Another server"), (0.044, 5));
    assert_eq!(of("days", spending["today"].as_str().unwrap()), (0.044, 5));
    let runs = spending["runs"].as_array().unwrap();
    assert_eq!((runs.len(), &runs[0]["run_id"]), (1, &first["run_id"]), "{spending}");

    let told = home.run(&["spending"]).await.told();
    assert!(
        told.contains("$0.04 for 5 calls") && told.contains("1 call to a model without a known price is not in this sum"),
        "{told}"
    );
    assert_eq!(home.run(&["spending", "2020-01", "--json"]).await.json()["total"]["calls"], 0);
    assert_eq!(home.run(&["spending", "yesterday"]).await.exit, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_at_the_same_time_in_several_programs_never_pass_the_months_limit_together() {
    // A sub-call is paid with 0.201 dollars, which is nearly its worst case; three runs of forty would be 24.
    let code = r#"replies = llm_query_batched([f"ITEM {n}" + " word" * 2100 for n in range(40)])"#;
    let item = Reply::text("ok").usage(10_000, 0, 10).after_ms(20);
    let turn = Reply::text(format!("So far I have 41.\n```repl\n{code}\nprint(41)\n```")).usage(3_000, 0, 10);
    let server = scripted(vec![turn; 80], [Rule::starting("ITEM", [item])]).await;
    let home = home();
    assert_eq!(home.run(&["spending", "--limit", "4"]).await.exit, Some(0));
    let runs: Vec<_> =
        (0..3).map(|_| home.asking(&server, &["--price", "20,100", "--max-turns", "80"]).spawn().unwrap()).collect();
    let mut known = 0.0;
    for run in runs {
        let answer = finish(run).await.ended(3, "limit");
        assert_eq!(answer["error"]["code"], "limit_month", "{answer}");
        known += answer["cost_usd"].as_f64().unwrap();
    }
    let stats = server.stats();
    let truly = stats.rule_requests[0] as f64 * 0.201 + stats.root_requests as f64 * 0.061;
    assert!(truly > 2.0 && truly <= 4.0, "{truly} dollars were spent: {stats:?}");
    let spending = home.run(&["spending", "--json"]).await.json();
    assert!((spending["total"]["cost_usd"].as_f64().unwrap() - known).abs() < 1e-9, "{known}: {spending}");
    assert_eq!(spending["limit_usd"], 4.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_at_the_months_limit_says_where_to_change_it_and_goes_on_once_it_is_raised() {
    let server = root([Reply::code("print(1)").usage(1_000, 0, 100), answers()]).await;
    let home = home();
    home.run(&["spending", "--limit", "0.013"]).await;
    let outcome = home.ask(&server, &["--price", "1,100"]).await;
    let answer = outcome.ended(3, "limit");
    let run = answer["run_id"].as_str().unwrap();
    assert_eq!((&answer["error"]["code"], &answer["cost_usd"]), (&"limit_month".into(), &0.011.into()), "{answer}");
    assert!(outcome.told().contains("plumb spending --limit"), "{outcome:#?}");
    let again = home.run(&["resume", run, "--json"]).await.ended(3, "limit");
    assert_eq!(again["error"]["code"], "limit_month");
    assert_eq!(server.stats().requests, 1);
    home.run(&["spending", "--limit", "1"]).await;
    assert_eq!(home.run(&["resume", run, "--json"]).await.answered()["cost_usd"], 0.022);
    // Without a limit nothing is refused.
    home.run(&["spending", "--no-limit"]).await;
    let server = root([answers()]).await;
    home.ask(&server, &["--price", "100000,100000"]).await.answered();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monthly_limit_refuses_a_model_of_unknown_price_before_anything_is_sent() {
    let server = root([answers()]).await;
    let home = home();
    home.run(&["spending", "--limit", "5"]).await;
    let answer = home.ask(&server, &[]).await.ended(1, "failed");
    assert_eq!(answer["error"]["code"], "price_unknown", "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("monthly limit"), "{answer}");
    assert_eq!(server.stats().requests, 0);
    for wrong in ["0", "-3", "NaN", "inf"] {
        assert_eq!(home.run(&["spending", &format!("--limit={wrong}")]).await.exit, Some(2), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_four_fifths_of_the_months_limit_a_run_says_so_once() {
    // A turn is paid with 0.011 dollars.
    let turn = Reply::code("print(1)").usage(1_000, 0, 100);
    let server = root([vec![turn; 4], vec![Reply::code("FINAL('Tuesday')").usage(1_000, 0, 20)]].concat()).await;
    let home = home();
    home.run(&["spending", "--limit", "0.05"]).await;
    let events = home.documents().with_file_name("events");
    home.ask(&server, &["--price", "1,100", "--events", events.to_str().unwrap()]).await.answered();
    let events = std::fs::read_to_string(events).unwrap();
    assert_eq!(events.matches("month_almost_spent").count(), 1, "{events}");
    assert_eq!(home.run(&["spending", "--json"]).await.json()["almost_spent"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_sends_nothing_and_learns_from_runs_like_it() {
    let home = home();
    let turn = Reply::code("FINAL('Tuesday')").usage(1_000, 0, 100);
    let server = root(vec![turn; 3]).await;
    let priced = ["--price", "10,100"];
    let estimate = async || {
        let outcome = home.ask(&server, &[&priced[..], &["--estimate"]].concat()).await;
        assert_eq!(outcome.exit, Some(0), "{outcome:#?}");
        outcome.json()
    };
    let first = estimate().await;
    assert_eq!((&first["cost"]["kind"], &first["mode"]), (&"between".into(), &"rlm".into()), "{first}");
    assert!(first["reason"].as_str().unwrap().contains("no runs like this one yet"), "{first}");
    let (low, high) = (first["cost"]["low_usd"].as_f64().unwrap(), first["cost"]["high_usd"].as_f64().unwrap());
    assert!(low > 0.0 && low < high, "{first}");
    assert_eq!((server.stats().requests, home.runs().await.len()), (0, 0));

    for _ in 0..3 {
        home.ask(&server, &priced).await.answered();
    }
    let later = estimate().await;
    assert_eq!(later["reason"], "3 runs like this one");
    assert_eq!((&later["cost"]["low_usd"], &later["cost"]["high_usd"]), (&0.02.into(), &0.02.into()), "{later}");
    // Another way, another model: other runs.
    let direct = home.ask(&server, &["--price", "10,100", "--estimate", "--mode", "direct"]).await.json();
    assert!(direct["reason"].as_str().unwrap().contains("no runs like this one yet"), "{direct}");
    let unknown = home.ask(&server, &["--estimate"]).await.json();
    assert_eq!(unknown["cost"]["kind"], "unknown");
    assert!(unknown["reason"].as_str().unwrap().contains("Say it in the settings"), "{unknown}");
    let free =
        home.run(&["ask", "q", home.documents().to_str().unwrap(), "--model", "local:qwen2.5-coder-1.5b", "--estimate"]).await;
    assert!(free.exit == Some(0) && free.stdout.starts_with("Free"), "{free:#?}");
    assert_eq!((server.stats().requests, home.runs().await.len()), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_that_of_the_computers_clock() {
    let home = home();
    let server = root([answers()]).await;
    // 26 hours lie between the two: it is never the same day in both.
    let (east, west) = ("EST-14", "WST+12");
    let asked = home.asking(&server, &["--price", "10,100"]).env("TZ", east).spawn().unwrap();
    finish(asked).await.answered();
    let spending = async |zone: &str| {
        let outcome = finish(home.command(&["spending", "--json"]).env("TZ", zone).spawn().unwrap()).await;
        outcome.json()
    };
    let there = spending(east).await;
    assert_eq!(there["days"][0]["name"], there["today"], "{there}");
    assert_ne!(spending(west).await["today"], there["today"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_aside_for_a_failed_turn_of_a_child_is_let_go() {
    // The limit is set aside for the child's turn, whole.
    let code = "try:\n    rlm_query('CHILD')\nexcept RuntimeError:\n    FINAL(llm_query('ITEM'))";
    let rules = [Rule::containing("CHILD", [Reply::status(401, "no")]), Rule::starting("ITEM", [Reply::text("after it")])];
    let root = Reply::code(&code.replace("CHILD", "CHI' 'LD"));
    let server = scripted([root], rules).await;
    let home = home();
    home.run(&["spending", "--limit", "0.5"]).await;
    assert_eq!(home.ask(&server, &["--price", "1,100"]).await.answered()["answer"], "after it");
    assert_eq!(server.stats().rule_requests, [1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_runs_past_what_the_month_has_left_is_cut() {
    // It is told to write some 80 tokens, and would send 20,000.
    let endless = Reply { piece_delay_ms: 1, ..Reply::text("word ".repeat(20_000)) };
    let server = root([endless]).await;
    let home = home();
    home.run(&["spending", "--limit", "0.03"]).await;
    let answer = home.ask(&server, &["--price", "1,100"]).await.ended(3, "limit");
    assert_eq!(answer["error"]["code"], "limit_month", "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("wrote on"), "{answer}");
    assert!(answer["cost_usd"].as_f64().unwrap() < 0.5, "{answer}");
    assert_eq!(server.stats().requests, 1);
}
