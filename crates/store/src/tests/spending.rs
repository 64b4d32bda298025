use super::*;
use crate::{MonthSpent, Reserved, Spent, Wanted};
use plumb_rlm::{fault::Code, ids::BlobId, traits::journal::Journal};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use std::sync::Arc;

/// 15 November 2026, midday in Greenwich: in November everywhere.
const DAY: u64 = 1_794_744_000_000;

async fn append(journal: &Arc<dyn Journal>, seq: u64, node: u32, kind: EventKind) {
    let event = Event { version: EVENT_VERSION, seq, at_ms: DAY, node: NodeId(node), kind };
    journal.append(&event).await.unwrap();
}

fn asks(model: &str) -> EventKind {
    EventKind::NodeStarted { parent: None, depth: 0, question: "q".into(), model: model.into(), terms: None }
}

fn calls(call: u32, model: &str) -> EventKind {
    EventKind::CallStarted {
        call: CallId(call),
        cell: 1,
        model: model.into(),
        prompt: BlobId::of("p"),
        prompt_head: "p".into(),
        recursive: false,
        terms: None,
    }
}

/// A run of two nodes and two sub-calls: 0.5 + 0.25 for the big model, 0.125 and one of unknown price for the small one.
async fn spend(store: &Store, question: &str) -> RunId {
    let (run, journal) = begin(store, question).await;
    append(&journal, 1, 0, asks("server:big")).await;
    append(&journal, 2, 0, reply(2, "", Some(Usd::from_dollars(0.5))).kind).await;
    append(&journal, 3, 0, calls(0, "server:small")).await;
    append(&journal, 4, 0, calls(1, "server:small")).await;
    append(&journal, 5, 1, asks("server:big")).await;
    append(&journal, 6, 1, reply(6, "", Some(Usd::from_dollars(0.25))).kind).await;
    append(&journal, 7, 0, called(7, 0, Some(Usd::from_dollars(0.125))).kind).await;
    append(&journal, 8, 0, called(8, 1, None).kind).await;
    append(&journal, 9, 0, EventKind::Routed { mode: plumb_rlm::options::Mode::Rlm, reason: String::new() }).await;
    append(&journal, 10, 0, finished(10, RunStatus::Answered).kind).await;
    run
}

fn of<'a>(spent: &'a [Spent], name: &str) -> &'a Spent {
    spent.iter().find(|spent| spent.name == name).unwrap_or_else(|| panic!("nothing of {name}: {spent:?}"))
}

async fn november(store: &Store) -> MonthSpent {
    store.spending(None, DAY, 5).await.unwrap()
}

#[tokio::test]
async fn spending_counts_calls_by_day_run_and_model() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let run = spend(&store, "How many?").await;
    let month = november(&store).await;
    let pico = |dollars: f64| (dollars * 1e12) as i64;
    let big = of(&month.models, "server:big");
    assert_eq!((big.calls, big.cost_pico, big.unpriced), (2, pico(0.75), 0));
    let small = of(&month.models, "server:small");
    assert_eq!((small.calls, small.cost_pico, small.unpriced, small.output_tokens), (2, pico(0.125), 1, 2));
    assert_eq!((month.month.as_str(), month.days.len(), month.days[0].cost_pico), ("2026-11", 1, pico(0.875)));
    assert_eq!(month.days[0].name, month.today);
    let dearest = &month.runs[0];
    assert_eq!((&dearest.name, dearest.question.as_deref(), dearest.cost_pico), (&run.0, Some("How many?"), pico(0.875)));
    assert_eq!(store.spending(Some("2026-10"), DAY, 5).await.unwrap().days, []);
    assert_eq!(store.spending(Some("2026-10"), DAY, 5).await.unwrap().months, month.months);
    for wrong in ["2026-13", "2026", "' OR 1", "2026-1"] {
        assert_eq!(store.spending(Some(wrong), DAY, 5).await.unwrap_err().code, Code::BadMonth);
    }
}

#[tokio::test]
async fn only_spending_outlives_a_deleted_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let run = spend(&store, "secret?").await;
    let before = november(&store).await;
    store.delete_run(&run).await.unwrap();
    let after = november(&store).await;
    assert_eq!((&after.days, &after.models), (&before.days, &before.models));
    assert_eq!((after.runs[0].question.as_deref(), after.runs[0].cost_pico), (None, before.runs[0].cost_pico));
}

#[tokio::test]
async fn runs_older_than_the_books_are_booked_once() {
    let folder = tempfile::tempdir().unwrap();
    let expected = {
        let store = Store::open(folder.path()).await.unwrap();
        spend(&store, "How many?").await;
        november(&store).await
    };
    // As an earlier version left it.
    let mut database = SqliteConnectOptions::new().filename(folder.path().join("plumb.db")).connect().await.unwrap();
    for statement in [
        "DELETE FROM spending",
        "UPDATE runs SET mode = NULL, sub_model = NULL, tokens_estimate = NULL",
        "INSERT INTO unfolded SELECT run_id FROM runs",
    ] {
        sqlx::query(statement).execute(&mut database).await.unwrap();
    }
    for _ in 0..2 {
        let store = Store::open(folder.path()).await.unwrap();
        assert_eq!(november(&store).await, expected);
        let unknown = store.costs_of_runs_like("rlm", "server:big", "server:big", 9).await.unwrap();
        assert_eq!(unknown, [], "one of its calls has no known price");
    }
    let store = Store::open(folder.path()).await.unwrap();
    sqlx::query("UPDATE runs SET unpriced = 0").execute(store.pool()).await.unwrap();
    let known = store.costs_of_runs_like("rlm", "server:big", "server:big", 9).await.unwrap();
    assert_eq!(known, [(875_000_000_000, 10)]);
    let times = store.times_of_runs_like("rlm", "server:big", "server:big", 9).await.unwrap();
    assert!(matches!(times.as_slice(), [time] if *time >= 0), "{times:?}");
    assert!(store.times_of_runs_like("map", "server:big", "server:big", 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_claimed_run_books_calls_to_their_models() {
    let folder = tempfile::tempdir().unwrap();
    let run = {
        let store = Store::open(folder.path()).await.unwrap();
        let (run, journal) = begin(&store, "q").await;
        append(&journal, 1, 3, asks("server:child")).await;
        append(&journal, 2, 3, calls(7, "server:small")).await;
        run
    };
    let store = Store::open(folder.path()).await.unwrap();
    // The first one's writing task ends after it.
    let journal = loop {
        match store.claim_run(&run).await {
            Ok(journal) => break journal,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    append(&journal, 3, 3, called(3, 7, Some(Usd::from_dollars(0.5))).kind).await;
    append(&journal, 4, 3, reply(4, "", Some(Usd::from_dollars(0.25))).kind).await;
    let month = november(&store).await;
    let names: Vec<_> = month.models.iter().map(|spent| (spent.name.as_str(), spent.calls)).collect();
    assert_eq!(names, [("server:small", 1), ("server:child", 1)]);
}

#[tokio::test]
async fn free_calls_differ_from_calls_of_unknown_price() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (_, journal) = begin(&store, "q").await;
    append(&journal, 1, 0, asks("local:small")).await;
    append(&journal, 2, 0, reply(2, "", Some(Usd::ZERO)).kind).await;
    append(&journal, 3, 0, reply(3, "", None).kind).await;
    let month = november(&store).await;
    let local = of(&month.models, "local:small");
    assert_eq!((local.calls, local.free, local.unpriced, local.cost_pico), (2, 1, 1, 0));
    assert_eq!(month.runs, [], "it is no dear run");
}

fn wanted(least: f64, most: f64, limit: f64) -> Wanted {
    let usd = Usd::from_dollars;
    Wanted { least: usd(least), most: usd(most), limit: usd(limit), at_ms: DAY }
}

#[tokio::test]
async fn reservations_of_all_stores_keep_the_months_limit() {
    let folder = tempfile::tempdir().unwrap();
    let stores = [Store::open(folder.path()).await.unwrap(), Store::open(folder.path()).await.unwrap()];
    let mut asked = Vec::new();
    let mut kept = Vec::new();
    for store in &stores {
        let (run, journal) = begin(store, "q").await;
        kept.push((run.clone(), journal));
        for call in 0..50 {
            let (store, run) = (store.clone(), run.clone());
            asked.push(tokio::spawn(async move {
                let reserved = store.reserve(&run, NodeId(0), Some(CallId(call)), wanted(0.01, 0.03, 1.0)).await;
                reserved.unwrap().granted.map(|granted| (run, call, granted))
            }));
        }
    }
    let mut granted = Vec::new();
    for reserve in asked {
        granted.extend(reserve.await.unwrap());
    }
    let sum = granted.iter().fold(Usd::ZERO, |sum, (.., amount)| sum.plus(*amount));
    assert_eq!(sum, Usd::from_dollars(1.0), "all of it, and no more");
    // A call that ended lets go of what it did not need.
    let (run, call, amount) = granted.remove(0);
    assert_eq!(amount, Usd::from_dollars(0.03));
    let (_, journal) = kept.iter().find(|(of, _)| *of == run).unwrap();
    append(journal, 1, 0, called(1, call, Some(Usd::from_dollars(0.01))).kind).await;
    let next = stores[1].reserve(&kept[1].0, NodeId(1), None, wanted(0.02, 0.5, 1.0)).await.unwrap();
    assert_eq!((next.spent, next.granted), (Usd::from_dollars(0.01), Some(Usd::from_dollars(0.02))));
    // So does a run that ended.
    append(journal, 2, 0, finished(2, RunStatus::Stopped).kind).await;
    let of_run = granted.iter().filter(|(of, ..)| *of == run).fold(Usd::ZERO, |sum, (.., amount)| sum.plus(*amount));
    let after = stores[1].reserve(&run, NodeId(9), None, wanted(0.01, 5.0, 1.0)).await.unwrap();
    assert!(of_run > Usd::ZERO && after.granted.is_some_and(|granted| granted >= of_run), "{of_run:?} {after:?}");
}

#[tokio::test]
async fn reservations_of_a_dead_program_are_released() {
    let folder = tempfile::tempdir().unwrap();
    let dead = Store::open(folder.path()).await.unwrap();
    let (run, _) = begin(&dead, "q").await;
    assert!(dead.reserve(&run, NodeId(0), None, wanted(1.0, 1.0, 1.0)).await.unwrap().granted.is_some());
    let store = Store::open(folder.path()).await.unwrap();
    let (run, _journal) = begin(&store, "q").await;
    let refused = store.reserve(&run, NodeId(0), None, wanted(0.5, 1.0, 1.0)).await.unwrap();
    assert_eq!(refused, Reserved { granted: None, spent: Usd::ZERO, set_aside: Usd::from_dollars(1.0) });
    drop(dead);
    // Its writing task ends after it.
    for _ in 0..100 {
        if store.reserve(&run, NodeId(0), None, wanted(0.5, 1.0, 1.0)).await.unwrap().granted.is_some() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the dead program's money is still set aside");
}
