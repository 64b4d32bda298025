//! What goes wrong with one document stays with it.
#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(target_os = "linux")]

use plumb_extract::{Extractor, FailureState};
use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

fn report() -> Vec<u8> {
    let path = "../../tests/fixtures/archive/reports/annual-report-1987.pdf";
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn child() -> Option<PathBuf> {
    Some(env!("CARGO_BIN_EXE_plumb-extract").into())
}

/// The ids of this process's own children that read documents.
fn children() -> Vec<String> {
    let own = std::process::id().to_string();
    let stat = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("stat")).ok();
    let of_ours = |stat: String| {
        let (id, rest) = stat.split_once(" (plumb-extract) ")?;
        (rest.split(' ').nth(1)? == own).then(|| id.to_owned())
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(stat).filter_map(of_ours).collect()
}

fn signal(name: &str, id: &str) {
    assert!(Command::new("kill").args([name, id]).status().unwrap().success());
}

/// One test, because it looks for children of the whole test process.
#[tokio::test]
async fn a_child_that_dies_or_hangs_is_replaced_and_the_next_document_is_read() {
    let extractor = Extractor::with(child(), Duration::from_secs(2));
    assert!(children().is_empty());
    extractor.extract("a", report()).await.unwrap();
    let [first] = children().try_into().unwrap();
    extractor.extract("b", report()).await.unwrap();
    assert_eq!(children(), std::slice::from_ref(&first), "the child is kept");

    signal("-KILL", &first);
    extractor.extract("c", report()).await.unwrap();
    let second = children().into_iter().find(|id| *id != first).unwrap();

    signal("-STOP", &second);
    let failure = extractor.extract("d", report()).await.unwrap_err();
    assert_eq!((failure.state, failure.reason.as_str()), (FailureState::Failed, "reading it took longer than 2s"));
    extractor.extract("e", report()).await.unwrap();
    assert!(!children().contains(&second), "the one that hung is gone");
}

#[tokio::test]
async fn documents_are_read_side_by_side() {
    let extractor = Arc::new(Extractor::with(child(), Duration::from_secs(30)));
    let read = |_| {
        let extractor = Arc::clone(&extractor);
        tokio::spawn(async move { extractor.extract("a", report()).await.unwrap().text.len() })
    };
    let running: Vec<_> = (0..8).map(read).collect();
    let mut lengths = Vec::new();
    for task in running {
        lengths.push(task.await.unwrap());
    }
    assert!(lengths.iter().all(|length| *length == lengths[0] && *length > 3000), "{lengths:?}");
}

#[tokio::test]
async fn a_time_limit_that_is_too_short_fails_the_document_with_its_reason() {
    let failure = Extractor::with(child(), Duration::ZERO).extract("a", report()).await.unwrap_err();
    assert_eq!((failure.state, failure.reason.as_str()), (FailureState::Failed, "reading it took longer than 0ns"));
}

#[tokio::test]
async fn a_missing_or_broken_reader_is_named() {
    let with = |program: Option<&str>| Extractor::with(program.map(PathBuf::from), Duration::from_secs(5));
    let missing = with(None).extract("a", report()).await.unwrap_err();
    assert!(missing.reason.contains("plumb-extract") && missing.reason.contains("install Plumb again"), "{}", missing.reason);
    let broken = with(Some("/bin/true")).extract("a", report()).await.unwrap_err();
    assert!(broken.reason.contains("ended at once"), "{}", broken.reason);
    let absent = with(Some("/no/such/program")).extract("a", report()).await.unwrap_err();
    assert!(absent.reason.contains("could not be started"), "{}", absent.reason);
}
