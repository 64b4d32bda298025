use super::*;
use crate::RunState;
use plumb_rlm::{
    fault::{Code, Fault},
    ids::BlobId,
};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn events_survive_a_drop_without_close() {
    let folder = tempfile::tempdir().unwrap();
    let written = vec![started(0, "How many?"), reply(1, &"long text ".repeat(10_000), None), finished(2, RunStatus::Answered)];
    let run = new_run();
    {
        let store = Store::open(folder.path()).await.unwrap();
        let journal = store.journal(&run);
        for event in &written {
            journal.append(event).await.unwrap();
        }
    }
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(store.events(&run).await.unwrap(), written);
    assert_eq!(store.events_from(&run, 2).await.unwrap(), written[2..]);
    let row = store.run(&run).await.unwrap();
    assert_eq!((row.question.as_str(), row.name.as_str(), row.status), ("How many?", "papers", RunState::Answered));
    assert_eq!((row.started_at_ms, row.finished_at_ms), (1_000, Some(1_002)));
}

#[tokio::test]
async fn a_thousand_concurrent_appends_take_few_commits() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, journal) = begin(&store, "q").await;
    let before = store.writer().commits.load(Ordering::Relaxed);
    let appends = (1..=1000).rev().map(|seq| {
        let journal = journal.clone();
        tokio::spawn(async move { journal.append(&called(seq, seq as u32, Some(Usd::from_dollars(0.000_001)))).await })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.unwrap().unwrap();
    }
    let commits = store.writer().commits.load(Ordering::Relaxed) - before;
    assert!(commits <= 20, "{commits} commits");
    let seqs: Vec<u64> = store.events(&run).await.unwrap().iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (0..=1000).collect::<Vec<_>>());
    assert_eq!(store.run(&run).await.unwrap().cost_usd, Some(0.001));
}

#[tokio::test]
async fn one_bad_append_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, journal) = begin(&store, "q").await;
    let (first, again, third, unknown) =
        (reply(1, "a", None), reply(1, "b", None), reply(2, "c", None), store.journal(&new_run()));
    let (a, b, c, d) =
        tokio::join!(journal.append(&first), journal.append(&again), journal.append(&third), unknown.append(&third));
    assert!(a.is_ok() && c.is_ok());
    assert_eq!((b.unwrap_err().code, d.unwrap_err().code), (Code::Store, Code::Store));
    assert_eq!(store.events(&run).await.unwrap().len(), 3);
}

#[tokio::test]
async fn equal_texts_are_stored_once_until_their_last_run_goes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let text = "the same page ".repeat(5000);
    let (first, journal) = begin(&store, "one").await;
    let id = journal.put_blob(&text).await.unwrap();
    assert_eq!(journal.put_blob(&text).await.unwrap(), id);
    journal.append(&finished(1, RunStatus::Answered)).await.unwrap();
    let (second, journal) = begin(&store, "two").await;
    assert_eq!(journal.put_blob(&text).await.unwrap(), id);
    journal.append(&finished(1, RunStatus::Answered)).await.unwrap();

    let (count, bytes): (i64, i64) =
        sqlx::query_as("SELECT count(*), sum(length(text)) FROM blobs").fetch_one(store.pool()).await.unwrap();
    assert_eq!(count, 1);
    assert!(bytes < 1000, "{bytes} bytes kept of {}", text.len());
    assert_eq!(journal.blob(&id).await.unwrap(), text);

    store.delete_run(&first).await.unwrap();
    assert_eq!(store.blob(&id).await.unwrap(), text);
    store.delete_run(&second).await.unwrap();
    assert_eq!(store.blob(&id).await.unwrap_err().code, Code::Damaged);
    let left: i64 = sqlx::query_scalar("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM run_blobs)")
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert_eq!(store.blob(&BlobId("nothing".into())).await.unwrap_err().code, Code::Damaged);
}

#[tokio::test]
async fn a_partial_reply_lasts_until_the_reply_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, journal) = begin(&store, "q").await;
    for text in ["Hel", "Hello"] {
        journal.save_partial(NodeId(0), None, text).await.unwrap();
        journal.save_partial(NodeId(0), Some(CallId(7)), text).await.unwrap();
        journal.save_partial(NodeId(0), Some(CallId(8)), text).await.unwrap();
    }
    let calls = async || -> Vec<_> { store.partials(&run).await.unwrap().into_iter().map(|p| (p.call, p.text)).collect() };
    assert_eq!(calls().await, [(None, "Hello".into()), (Some(CallId(7)), "Hello".into()), (Some(CallId(8)), "Hello".into())]);
    journal.append(&called(1, 7, None)).await.unwrap();
    assert_eq!(calls().await, [(None, "Hello".into()), (Some(CallId(8)), "Hello".into())]);
    journal.append(&reply(2, "Hello!", None)).await.unwrap();
    assert_eq!(calls().await, [(Some(CallId(8)), "Hello".into())]);
}

#[tokio::test]
async fn cost_is_the_exact_sum_or_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, journal) = begin(&store, "q").await;
    assert_eq!(store.run(&run).await.unwrap().cost_usd, Some(0.0));
    journal.append(&reply(1, "", Some(Usd::from_dollars(0.1)))).await.unwrap();
    journal.append(&called(2, 1, Some(Usd::from_dollars(0.2)))).await.unwrap();
    assert_eq!(store.run(&run).await.unwrap().cost_usd, Some(0.3));
    let lost = EventKind::ReplyLost {
        turn: 2,
        text: "half a".into(),
        usage: Usage { input_tokens: 9, output_tokens: 2, ..Usage::default() },
        cost_usd: Some(Usd::from_dollars(0.05)),
        elapsed_ms: 3,
    };
    journal.append(&event(3, lost)).await.unwrap();
    let unused = EventKind::CallFinished {
        call: CallId(2),
        text: String::new(),
        error: None,
        usage: Usage::default(),
        usage_estimated: false,
        cost_usd: None,
        elapsed_ms: 0,
        finish: Finish::Stop,
    };
    journal.append(&event(4, unused)).await.unwrap();
    assert_eq!(store.run(&run).await.unwrap().cost_usd, Some(0.35), "what was not used costs nothing at any price");
    journal.append(&called(5, 3, None)).await.unwrap();
    assert_eq!(store.run(&run).await.unwrap().cost_usd, None);
}

#[tokio::test]
async fn runs_are_paged_newest_first_and_found_by_short_id() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    for id in ["0190-aa", "0190-ab", "0191-c"] {
        store.journal(&RunId(id.into())).append(&started(0, id)).await.unwrap();
    }
    let names = |rows: Vec<crate::RunRow>| rows.into_iter().map(|row| row.run_id.0).collect::<Vec<_>>();
    assert_eq!(names(store.runs(2, None).await.unwrap()), ["0191-c", "0190-ab"]);
    assert_eq!(names(store.runs(9, Some(&RunId("0190-ab".into()))).await.unwrap()), ["0190-aa"]);

    assert_eq!(names(store.runs_containing("-A", 1).await.unwrap()), ["0190-ab"]);
    assert!(store.runs_containing("100% of", 9).await.unwrap().is_empty());

    assert_eq!(store.resolve_run("0191").await.unwrap().0, "0191-c");
    assert_eq!(store.resolve_run("0190-AB").await.unwrap().0, "0190-ab");
    let code = |result: Result<RunId, Fault>| result.unwrap_err().code;
    assert_eq!(code(store.resolve_run("0190-a").await), Code::AmbiguousRun);
    assert_eq!(code(store.resolve_run("%").await), Code::NoSuchRun);
    assert_eq!(code(store.resolve_run(" ").await), Code::NoSuchRun);
    assert_eq!(store.events(&RunId("x".into())).await.unwrap_err().code, Code::NoSuchRun);
    assert_eq!(store.delete_run(&RunId("x".into())).await.unwrap_err().code, Code::NoSuchRun);
}

#[tokio::test]
async fn the_same_folders_in_any_order_are_one_library() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (early, _journal) = begin(&store, "before there was a library").await;
    let made = store.upsert_library("papers", &["/a".into(), "/b".into()], 5).await.unwrap();
    store.rename_library(made.id, "My papers").await.unwrap();
    let again = store.upsert_library("papers", &["/b".into(), "/a".into(), "/a".into()], 9).await.unwrap();
    assert_eq!((again.id, again.name.as_str(), again.added_at_ms, again.last_used_ms), (made.id, "My papers", 5, 9));
    let other = store.upsert_library("code", &["/code".into()], 7).await.unwrap();
    assert_eq!(store.libraries().await.unwrap().iter().map(|l| l.id).collect::<Vec<_>>(), [made.id, other.id]);

    let (run, _journal) = begin(&store, "q").await;
    assert_eq!(store.run(&run).await.unwrap().library_id, Some(made.id));
    assert_eq!(store.run(&early).await.unwrap().library_id, None);
    store.delete_library(made.id).await.unwrap();
    assert_eq!(store.run(&run).await.unwrap().library_id, None);
    assert_eq!(store.library(made.id).await.unwrap_err().code, Code::NoSuchLibrary);
    assert_eq!(store.delete_library(made.id).await.unwrap_err().code, Code::NoSuchLibrary);
    assert_eq!(store.rename_library(made.id, "x").await.unwrap_err().code, Code::NoSuchLibrary);
}

#[tokio::test]
async fn a_setting_of_unknown_form_counts_as_unset() {
    let folder = tempfile::tempdir().unwrap();
    {
        let store = Store::open(folder.path()).await.unwrap();
        assert_eq!(store.setting::<String>("theme").await.unwrap(), None);
        store.set_setting("theme", "light").await.unwrap();
        store.set_setting("theme", "dark").await.unwrap();
    }
    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(store.setting::<String>("theme").await.unwrap().as_deref(), Some("dark"));
    assert_eq!(store.setting::<u32>("theme").await.unwrap(), None);
}
