//! A log larger than the memory that a question may take. A file of its own, because it measures its process.

#![allow(missing_docs, clippy::unwrap_used)]

use plumb_corpus::{Extraction, Extractor, OpenCorpus};
use plumb_rlm::{
    documents::Include,
    traits::corpus::{Corpus, GrepQuery, Text},
};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

const LINES: u64 = 10_000_000;
const LINE_BYTES: usize = 107;
/// Bound for the memory of the process at any time, in kilobytes.
const MAX_MEMORY_KB: u64 = 150 << 10;

/// Writes a gigabyte. Only the line before the last one matters.
fn write_log(path: &Path) {
    let mut log = BufWriter::with_capacity(4 << 20, File::create(path).unwrap());
    let filling = ".".repeat(LINE_BYTES - 12);
    for number in 1..=LINES {
        let what = if number == LINES - 1 { "the sluice" } else { &filling };
        writeln!(log, "{number:010} {what}").unwrap();
    }
    log.flush().unwrap();
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

fn bytes_read() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

fn query(pattern: &str) -> GrepQuery {
    GrepQuery { pattern: pattern.to_owned(), path: None, ignore_case: false, limit: 100 }
}

#[tokio::test]
async fn a_log_of_a_gigabyte_takes_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("app.log");
    write_log(&log);
    let extraction = Extraction::new(Arc::new(Extractor::with(None, Duration::ZERO)), &folder.path().join("cache"));
    let before = bytes_read();
    let corpus = OpenCorpus::open(&[log], Include::default(), &extraction).unwrap();
    assert_eq!(corpus.files(None, 9).await.unwrap().len(), 1);
    corpus.has_text("app.log").await.unwrap();
    assert!(bytes_read() - before < 1 << 20, "it is not read to be listed: {}", bytes_read() - before);

    let found = corpus.grep(&query("sluice")).await.unwrap();
    let hit = &found.hits[0];
    assert_eq!((found.total, hit.line, hit.text.as_str()), (1, LINES - 1, "0009999999 the sluice"));
    // Hits that lie all over the log.
    let found = corpus.grep(&query("^[0-9]{5}00000 ")).await.unwrap();
    assert_eq!((found.total, found.hits.len(), found.hits[99].line), (100, 100, LINES));

    let text = corpus.frozen("app.log").await.unwrap();
    assert_eq!(text.line_count(), LINES);
    for first in (1..LINES).step_by(LINES as usize / 10) {
        let lines = text.lines(first, 3);
        assert!(lines.len() == 3 && lines[2].starts_with(&format!("{:010} ", first + 2)), "{lines:?}");
    }
    assert_eq!(text.as_str().len() as u64, std::fs::metadata(folder.path().join("app.log")).unwrap().len());
    assert!(peak_memory() < MAX_MEMORY_KB, "{} MB", peak_memory() >> 10);
}
