use super::*;
use crate::RunState;
use plumb_rlm::fault::Code;
use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
};

const FOLDER: &str = "PLUMB_STORE_TEST_FOLDER";

/// The other process of the tests below: writes half a run, says so, and waits to be killed.
#[tokio::test]
async fn the_other_process() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = Store::open(Path::new(&folder)).await.unwrap();
    let (run, journal) = begin(&store, "q").await;
    for call in 1..=200 {
        journal.append(&called(u64::from(call), call, None)).await.unwrap();
    }
    journal.save_partial(NodeId(0), None, "half a re").await.unwrap();
    println!("\nRUN {run}");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[tokio::test]
async fn a_run_of_a_killed_process_can_be_claimed_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::owners::the_other_process", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(other.stdout.take().unwrap()).lines();
    let run = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("RUN ").map(str::to_owned)).unwrap();
    let run = RunId(run);

    let store = Store::open(folder.path()).await.unwrap();
    assert_eq!(store.run(&run).await.unwrap().status, RunState::Running);
    assert_eq!(store.claim_run(&run).await.err().unwrap().code, Code::RunIsActive);
    assert_eq!(store.delete_run(&run).await.unwrap_err().code, Code::RunIsActive);

    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(store.run(&run).await.unwrap().status, RunState::Interrupted);
    assert_eq!(store.events(&run).await.unwrap().len(), 201);
    assert_eq!(store.partials(&run).await.unwrap()[0].text, "half a re");

    let journal = store.claim_run(&run).await.unwrap();
    assert_eq!(store.run(&run).await.unwrap().status, RunState::Running);
    let third = Store::open(folder.path()).await.unwrap();
    assert_eq!(third.claim_run(&run).await.err().unwrap().code, Code::RunIsActive);
    assert_eq!(store.claim_run(&run).await.err().unwrap().code, Code::RunIsActive);
    journal.append(&event(201, EventKind::Resumed)).await.unwrap();
    journal.append(&finished(202, RunStatus::Answered)).await.unwrap();
    assert_eq!(third.run(&run).await.unwrap().status, RunState::Answered);

    // The killed process's lock file is gone: those of two open stores and one shared file remain.
    assert_eq!(std::fs::read_dir(folder.path().join("locks")).unwrap().count(), 3);
}

#[tokio::test]
async fn a_run_whose_task_died_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, journal) = begin(&store, "q").await;
    assert_eq!(store.run(&run).await.unwrap().status, RunState::Running);
    drop(journal);
    assert_eq!(store.run(&run).await.unwrap().status, RunState::Interrupted);
    assert!(store.claim_run(&run).await.is_ok());
}

#[tokio::test]
async fn a_finished_run_can_be_claimed_while_its_window_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let window = Store::open(folder.path()).await.unwrap();
    let (run, journal) = begin(&window, "q").await;
    journal.append(&finished(1, RunStatus::Limit)).await.unwrap();
    assert_eq!(window.run(&run).await.unwrap().status, RunState::Limit);

    let terminal = Store::open(folder.path()).await.unwrap();
    let journal = terminal.claim_run(&run).await.unwrap();
    assert_eq!(window.claim_run(&run).await.err().unwrap().code, Code::RunIsActive);
    journal.append(&event(2, EventKind::Resumed)).await.unwrap();
    let row = window.run(&run).await.unwrap();
    assert_eq!((row.status, row.finished_at_ms), (RunState::Running, None));
    drop(journal);
    drop(terminal);
    assert_eq!(window.run(&run).await.unwrap().status, RunState::Interrupted);
}

#[tokio::test]
async fn stores_opened_at_once_on_a_new_folder_all_open() {
    let folder = tempfile::tempdir().unwrap();
    let opened = (0..8).map(|_| {
        let path = folder.path().to_owned();
        tokio::spawn(async move { Store::open(&path).await })
    });
    let mut stores = Vec::new();
    for store in opened.collect::<Vec<_>>() {
        stores.push(store.await.unwrap().unwrap());
    }
    let mut at_work = Vec::new();
    for store in &stores {
        at_work.push(begin(store, "q").await);
    }
    let rows = stores[0].runs(100, None).await.unwrap();
    assert_eq!(rows.len(), 8);
    assert!(rows.iter().all(|row| row.status == RunState::Running));
}
