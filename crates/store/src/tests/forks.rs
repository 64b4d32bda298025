use super::*;
use crate::{Pin, RunState};
use plumb_rlm::{fault::Code, ids::BlobId, record::totals::Totals, traits::journal::Journal};
use std::sync::Arc;

/// An answered run that cost 0.75 dollars and keeps a text and a pin.
async fn answered(store: &Store) -> (RunId, BlobId) {
    let (run, journal) = begin(store, "Which contracts renew?").await;
    journal.append(&node(1)).await.unwrap();
    journal.append(&reply(2, "```repl\n```", Some(Usd::from_dollars(0.5)))).await.unwrap();
    journal.append(&reply(3, "FINAL(42)", Some(Usd::from_dollars(0.25)))).await.unwrap();
    let blob = journal.put_blob("the cited lines").await.unwrap();
    journal.append(&finished(4, RunStatus::Answered)).await.unwrap();
    let (path, digest, places) = ("a.md".to_owned(), "d".to_owned(), "[]".to_owned());
    store.put_pin(&run, &Pin { path, first_line: 1, total_lines: 9, digest, blob: blob.clone(), places }).await.unwrap();
    (run, blob)
}

fn node(seq: u64) -> Event {
    let (question, model) = ("q".to_owned(), "server:big".to_owned());
    event(seq, EventKind::NodeStarted { parent: None, depth: 0, question, model, terms: None })
}

async fn claim(store: &Store, run: &RunId) -> Arc<dyn Journal> {
    store.claim_run(run).await.unwrap()
}

#[tokio::test]
async fn a_fork_copies_the_events_and_stands_as_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, _) = answered(&store).await;
    let fork = store.fork_run(&run, 2).await.unwrap();
    let (copied, original) = (store.events(&fork).await.unwrap(), store.events(&run).await.unwrap());
    assert_eq!((&copied[..3], copied.len()), (&original[..3], 4));
    assert_eq!((copied[3].seq, &copied[3].kind), (3, &EventKind::Forked { from: run.clone(), up_to: 2 }));
    let row = store.run(&fork).await.unwrap();
    assert_eq!((row.status, row.question.as_str(), row.cost_usd), (RunState::Interrupted, "Which contracts renew?", Some(0.0)));
    assert_eq!(store.runs_containing("contracts", 9).await.unwrap().len(), 2);
    assert_eq!(store.run(&run).await.unwrap().cost_usd, Some(0.75), "the original is as it was");
}

#[tokio::test]
async fn a_fork_books_nothing_of_what_was_paid_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.set_month_limit(Some(1.0)).await.unwrap();
    let (run, _) = answered(&store).await;
    let before = store.spending(Some("1970-01"), 0, 9).await.unwrap();
    let fork = store.fork_run(&run, 4).await.unwrap();
    assert_eq!(store.spending(Some("1970-01"), 0, 9).await.unwrap(), before);
    assert_eq!(store.month_limit().await.unwrap(), Some(1.0));
    let left = |limit| crate::Wanted { least: Usd::from_dollars(0.01), most: Usd::from_dollars(9.0), limit, at_ms: 0 };
    let journal = claim(&store, &fork).await;
    let reserved = store.reserve(&fork, NodeId(0), None, left(Usd::from_dollars(1.0))).await.unwrap();
    assert_eq!((reserved.spent, reserved.granted), (Usd::from_dollars(0.75), Some(Usd::from_dollars(0.25))));
    assert!(store.costs_of_runs_like("rlm", "server:big", "server:big", 9).await.unwrap().is_empty());

    journal.append(&event(6, EventKind::FollowedUp { turn: 3, question: "Why?".to_owned() })).await.unwrap();
    journal.append(&reply(7, "FINAL(7)", Some(Usd::from_dollars(0.125)))).await.unwrap();
    assert_eq!(store.run(&fork).await.unwrap().cost_usd, Some(0.125));
    let after = store.spending(Some("1970-01"), 0, 9).await.unwrap();
    assert_eq!(after.runs.iter().map(|run| run.cost_pico).sum::<i64>(), 875_000_000_000);
    assert!(after.models.iter().all(|model| model.name == "server:big"), "{:?}", after.models);
    let totals = Totals::of(&store.events(&fork).await.unwrap());
    assert_eq!((totals.known_cost(), totals.exchanges.len()), (Some(Usd::from_dollars(0.125)), 1));
}

#[tokio::test]
async fn texts_of_a_fork_outlive_the_original_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, blob) = answered(&store).await;
    let fork = store.fork_run(&run, 4).await.unwrap();
    store.delete_run(&run).await.unwrap();
    assert_eq!(store.blob(&blob).await.unwrap(), "the cited lines");
    assert_eq!(store.pins(&fork).await.unwrap().len(), 1);
    store.delete_run(&fork).await.unwrap();
    assert_eq!(store.blob(&blob).await.unwrap_err().code, Code::Damaged);
}

#[tokio::test]
async fn a_run_is_forked_only_at_an_event_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, _) = answered(&store).await;
    assert_eq!(store.fork_run(&run, 5).await.unwrap_err().code, Code::BadRequest);
    assert_eq!(store.fork_run(&RunId("no".to_owned()), 0).await.unwrap_err().code, Code::NoSuchRun);
    assert_eq!(store.runs(9, None).await.unwrap().len(), 1);
}
