//! A history of the version before compactions, follow-ups and forks were events. `tests/fixtures/history/plumb.db` was written by the code of
//! commit 78660f3: the golden runs in version 2, a run that was cut off in the middle, libraries, settings, a pin and money set aside.

use super::*;
use crate::RunState;
use plumb_rlm::record::{ledger::Ledger, story::Story, totals::Totals};
use std::path::Path;

async fn opened(folder: &Path) -> Store {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/history/plumb.db");
    std::fs::copy(old, folder.join("plumb.db")).unwrap();
    Store::open(folder).await.unwrap()
}

fn id(number: u8) -> RunId {
    RunId(format!("0198{number:04}-0000-7000-8000-00000000000{number}"))
}

#[tokio::test]
async fn every_run_of_an_old_history_reads_as_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path()).await;
    let rows = store.runs(99, None).await.unwrap();
    let stand: Vec<_> = rows.iter().rev().map(|row| (row.status, row.cost_usd)).collect();
    assert_eq!(
        stand,
        [
            (RunState::Answered, Some(0.0126)),
            (RunState::Limit, Some(0.0)),
            (RunState::Answered, Some(0.0044)),
            (RunState::Failed, None),
            (RunState::Answered, Some(0.0)),
            (RunState::Interrupted, Some(0.005)),
        ]
    );
    for row in &rows {
        let events = store.events(&row.run_id).await.unwrap();
        let totals = Totals::of(&events);
        assert_eq!(totals.known_cost().map(|cost| cost.dollars()), row.cost_usd, "{}", row.run_id);
        assert_eq!((&totals.question, totals.exchanges.len()), (&row.question, 0));
        assert!(Ledger::of(&events).is_some());
        let told = Story::tell_all(events);
        assert!(told.iter().flat_map(|told| &told.steps).count() >= 5);
        let free = told.iter().rev().find_map(|told| told.facts).map(|facts| (facts.free, facts.stays_here));
        let local = totals.mode == Some(plumb_rlm::options::Mode::Guided) || row.status == RunState::Limit;
        assert_eq!(free, Some((local, local)), "{}", row.run_id);
    }
    assert_eq!(store.events(&id(0)).await.unwrap().len(), 47);
    assert_eq!(store.blob(&plumb_rlm::ids::BlobId::of("Does it renew? Orme")).await.unwrap(), "Does it renew? Orme");
}

#[tokio::test]
async fn an_old_history_keeps_its_books_libraries_and_settings() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path()).await;
    let month = store.spending(Some("2026-11"), 1_794_000_000_000, 9).await.unwrap();
    let spent = |name: &str| month.models.iter().find(|model| model.name == name).map(|model| (model.calls, model.cost_pico));
    assert_eq!(spent("server:big"), Some((12, 21_500_000_000)));
    assert_eq!(spent("server:small"), Some((4, 500_000_000)));
    assert_eq!(month.models.iter().find(|model| model.name == "other:unpriced").map(|model| model.unpriced), Some(1));
    assert_eq!(store.month_limit().await.unwrap(), Some(12.5));
    assert_eq!(store.setting::<String>("theme").await.unwrap().as_deref(), Some("dark"));
    let libraries = store.libraries().await.unwrap();
    let kept: Vec<_> =
        libraries.iter().map(|library| (library.name.as_str(), library.local_only, library.include.hidden)).collect();
    assert_eq!(kept, [("rules", true, true), ("contracts", false, false)]);
    assert_eq!(store.run(&id(4)).await.unwrap().library_id, Some(libraries[0].id));
    let found = store.runs_containing("OIL", 9).await.unwrap();
    assert_eq!(found.iter().map(|row| &row.run_id).collect::<Vec<_>>(), [&id(4)]);
    let pins = store.pins(&id(0)).await.unwrap();
    assert_eq!((pins.len(), pins[0].first_line), (1, 10));
    assert!(store.blob(&pins[0].blob).await.unwrap().contains("renews on its own"));
}

#[tokio::test]
async fn a_run_of_an_old_history_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path()).await;
    let partials = store.partials(&id(5)).await.unwrap();
    assert_eq!(partials.iter().map(|part| (part.call, part.text.as_str())).collect::<Vec<_>>(), [(Some(CallId(1)), "It rene")]);
    let seq = store.events(&id(5)).await.unwrap().len() as u64;
    let journal = store.claim_run(&id(5)).await.unwrap();
    journal.append(&event(seq, EventKind::Resumed)).await.unwrap();
    journal.append(&called(seq + 1, 1, Some(Usd::from_dollars(0.001)))).await.unwrap();
    assert_eq!(store.run(&id(5)).await.unwrap().status, RunState::Running);
    journal.append(&finished(seq + 2, RunStatus::Answered)).await.unwrap();
    let row = store.run(&id(5)).await.unwrap();
    assert_eq!((row.status, row.cost_usd), (RunState::Answered, Some(0.006)));
    assert!(store.partials(&id(5)).await.unwrap().is_empty());
    let set_aside: i64 = sqlx::query_scalar("SELECT count(*) FROM reservations").fetch_one(store.pool()).await.unwrap();
    assert_eq!(set_aside, 0);
    let fork = store.fork_run(&id(0), 20).await.unwrap();
    assert_eq!(store.events(&fork).await.unwrap().len(), 22);
}
