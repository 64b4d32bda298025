//! What was spent, and the month's limit.

use crate::plumb::{Home, scripted};
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
