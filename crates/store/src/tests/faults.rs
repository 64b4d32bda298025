use super::*;
use crate::RunState;
use plumb_rlm::fault::Code;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

async fn raw(folder: &Path) -> sqlx::SqliteConnection {
    SqliteConnectOptions::new().filename(folder.join("plumb.db")).connect().await.unwrap()
}

/// Text that does not compress.
fn noise(seed: u64, chars: usize) -> String {
    let mut hash = blake3::Hasher::new();
    hash.update(&seed.to_le_bytes());
    let mut bytes = vec![0; chars];
    hash.finalize_xof().fill(&mut bytes);
    bytes.iter().map(|byte| char::from(b' ' + byte % 95)).collect()
}

#[tokio::test]
async fn the_store_recovers_when_a_full_disk_has_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let small = SqliteConnectOptions::new().pragma("max_page_count", "300");
    let store = Store::open_with(folder.path(), small).await.unwrap();
    let (old, journal) = begin(&store, "old").await;
    journal.append(&reply(1, &noise(1, 500_000), None)).await.unwrap();
    journal.append(&finished(2, RunStatus::Answered)).await.unwrap();

    let (run, journal) = begin(&store, "new").await;
    let (small, large) = (reply(1, "short", None), reply(2, &noise(2, 2_000_000), None));
    let (kept, refused) = tokio::join!(journal.append(&small), journal.append(&large));
    kept.unwrap();
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, Code::DiskFull);
    assert!(refused.message.contains("Free some space"), "{refused}");

    journal.append(&reply(2, "short again", None)).await.unwrap();
    assert_eq!(journal.append(&reply(3, &noise(3, 900_000), None)).await.unwrap_err().code, Code::DiskFull);
    store.delete_run(&old).await.unwrap();
    journal.append(&reply(3, &noise(3, 900_000), None)).await.unwrap();
    assert_eq!(store.events(&run).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_locked_database_is_writable_after_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let hasty = SqliteConnectOptions::new().busy_timeout(Duration::from_millis(50));
    let store = Store::open_with(folder.path(), hasty).await.unwrap();
    let (run, journal) = begin(&store, "q").await;
    let mut other = raw(folder.path()).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    assert_eq!(journal.append(&reply(1, "a", None)).await.unwrap_err().code, Code::Locked);
    assert_eq!(store.set_setting("a", &1).await.unwrap_err().code, Code::Locked);
    assert_eq!(store.events(&run).await.unwrap().len(), 1);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    journal.append(&reply(1, "a", None)).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plumb.db"), "this is a letter, not a database. ".repeat(1000)).unwrap();
    let error = Store::open(folder.path()).await.unwrap_err();
    assert_eq!(error.code, Code::Damaged);
    assert!(error.message.contains("plumb.db"), "{error}");
}

#[tokio::test]
async fn a_database_with_broken_pages_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let run = {
        let store = Store::open(folder.path()).await.unwrap();
        let (run, journal) = begin(&store, "q").await;
        for seq in 1..100 {
            journal.append(&reply(seq, &noise(seq, 5000), None)).await.unwrap();
        }
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(store.pool()).await.unwrap();
        run
    };
    let path = folder.path().join("plumb.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let result = match Store::open(folder.path()).await {
        Ok(store) => store.events(&run).await.map(drop),
        Err(error) => Err(error),
    };
    assert_eq!(result.unwrap_err().code, Code::Damaged);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).await.unwrap());
    let mut other = raw(folder.path()).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9000, 'later', 1, x'00', 0)",
    )
    .execute(&mut other)
    .await
    .unwrap();
    other.close().await.unwrap();
    assert_eq!(Store::open(folder.path()).await.unwrap_err().code, Code::NewerVersion);
}

#[tokio::test]
async fn events_of_a_later_kind_do_not_hide_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let (run, journal) = begin(&store, "q").await;
    sqlx::query("INSERT INTO events VALUES (?, 1, ?, 1, 0, 'dreamt', ?)")
        .bind(&run.0)
        .bind(EVENT_VERSION + 1)
        .bind(r#"{"type":"dreamt","of":"sheep"}"#.as_bytes())
        .execute(store.pool())
        .await
        .unwrap();
    journal.append(&finished(2, RunStatus::Answered)).await.unwrap();
    assert_eq!(store.runs(9, None).await.unwrap()[0].status, RunState::Answered);
    let seqs: Vec<u64> = store.events(&run).await.unwrap().iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [0, 2]);

    sqlx::query("UPDATE events SET version = 1 WHERE seq = 1").execute(store.pool()).await.unwrap();
    assert_eq!(store.events(&run).await.unwrap_err().code, Code::Damaged);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_created_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("data")).await.unwrap_err();
    assert_eq!(error.code, Code::NoAccess);
    assert!(error.message.contains("PLUMB_HOME"), "{error}");
}
