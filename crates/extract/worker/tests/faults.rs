//! A fault in one document stays with that document.
#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(target_os = "linux")]

use plumb_extract::{Extractor, FailureState, Family};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

/// One test looks at all children of the process, so the others must not run at the same time.
static EXCLUSIVE: Mutex<()> = Mutex::new(());

fn report() -> File {
    let path = "../../../tests/fixtures/archive/reports/annual-report-1987.pdf";
    File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn extractor(timeout: Duration) -> Extractor {
    Extractor::with(Some(env!("CARGO_BIN_EXE_plumb-extract").into()), timeout)
}

/// The process ids of this process's document readers.
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

#[test]
fn a_child_that_dies_or_hangs_fails_only_its_document() {
    let _exclusive = EXCLUSIVE.lock().unwrap();
    let extractor = extractor(Duration::from_secs(2));
    assert!(children().is_empty());
    let mut opened = extractor.open(Family::Pdf, &report()).unwrap();
    let first = opened.read().unwrap();
    let [child] = children().try_into().unwrap();
    signal("-KILL", &child);
    let failure = opened.read().unwrap_err();
    assert_eq!(
        (failure.state, failure.reason.as_str()),
        (FailureState::Passing, "its reader was stopped from outside; try again")
    );
    drop(opened);

    let mut opened = extractor.open(Family::Pdf, &report()).unwrap();
    let [child] = children().try_into().unwrap();
    signal("-ABRT", &child);
    let failure = opened.read().unwrap_err();
    assert_eq!((failure.state, failure.reason.as_str()), (FailureState::Failed, "the reader crashed on it; it may be damaged"));
    drop(opened);

    let mut opened = extractor.open(Family::Pdf, &report()).unwrap();
    let [child] = children().try_into().unwrap();
    signal("-STOP", &child);
    let failure = opened.read().unwrap_err();
    assert_eq!((failure.state, failure.reason.as_str()), (FailureState::Failed, "reading it took longer than 2s"));
    drop(opened);
    assert!(children().is_empty(), "none is left behind");
    assert_eq!(extractor.open(Family::Pdf, &report()).unwrap().read().unwrap(), first);
}

#[test]
fn documents_are_read_side_by_side() {
    let _exclusive = EXCLUSIVE.lock().unwrap();
    let extractor = Arc::new(extractor(Duration::from_secs(30)));
    let read = |_| {
        let extractor = Arc::clone(&extractor);
        std::thread::spawn(move || extractor.open(Family::Pdf, &report()).unwrap().read().unwrap().text.len())
    };
    let running: Vec<_> = (0..8).map(read).collect();
    let lengths: Vec<usize> = running.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(lengths.iter().all(|length| *length == lengths[0] && *length > 3000), "{lengths:?}");
}

#[test]
fn a_missing_or_broken_reader_is_named() {
    let with = |program: Option<&str>| {
        Extractor::with(program.map(PathBuf::from), Duration::from_secs(5)).open(Family::Pdf, &report()).err().unwrap()
    };
    let missing = with(None);
    assert!(missing.reason.contains("plumb-extract") && missing.reason.contains("install Plumb again"), "{}", missing.reason);
    let broken = with(Some("/bin/true"));
    assert!(broken.reason.contains("stopped at once"), "{}", broken.reason);
    let absent = with(Some("/no/such/program"));
    assert!(absent.reason.contains("could not be started"), "{}", absent.reason);
}
