//! Over folders made for each test.

mod failures;
mod load;
mod opens;
mod pictures;
mod rules;
mod sharing;
mod watching;

use super::*;
use parking_lot::Mutex;
use plumb_rlm::{
    documents::{DocumentEntry, DocumentState, Include, Rule},
    fault::Code,
    traits::corpus::{Corpus, GrepQuery, Placement, Text},
};
use std::{
    fs::File,
    os::unix::fs::{FileExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Folder(tempfile::Builder::new().prefix("papers").tempdir().unwrap());
        for (path, bytes) in files {
            folder.write(path, bytes);
        }
        folder
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap().join("papers")
    }

    fn open(&self) -> Arc<OpenCorpus> {
        open(&[self.path()])
    }
}

fn open(sources: &[PathBuf]) -> Arc<OpenCorpus> {
    OpenCorpus::open(sources, Include::default(), &extraction()).unwrap()
}

pub(crate) fn extraction() -> Extraction {
    // A store for each test, so that none helps another.
    Extraction::new(Arc::default(), &tempfile::tempdir().unwrap().keep())
}

async fn paths(corpus: &OpenCorpus) -> Vec<String> {
    corpus.files(None, usize::MAX).await.unwrap().into_iter().map(|entry| entry.path).collect()
}

fn query(pattern: &str) -> GrepQuery {
    GrepQuery { pattern: pattern.to_owned(), path: None, ignore_case: false, limit: 100 }
}

#[tokio::test]
async fn ignore_rules_hold_outside_repositories() {
    let folder = Folder::new(&[
        (".gitignore", b"*.log\n/build\n"),
        (".ignore", b"secret.txt\n"),
        ("a.txt", b"a"),
        ("b.log", b"b"),
        ("build/c.txt", b"c"),
        ("secret.txt", b"d"),
        (".hidden", b"e"),
        (".git/config", b"f"),
        ("sub/d.txt", b"g"),
    ]);
    assert_eq!(paths(&folder.open()).await, ["a.txt", "sub/d.txt"]);
}

#[tokio::test]
async fn links_are_followed_inside_the_folder_only() {
    let outside = Folder::new(&[("private.txt", b"not yours")]);
    let folder = Folder::new(&[("sub/a.txt", b"a")]);
    symlink(folder.path(), folder.path().join("sub/loop")).unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink(outside.path().join("private.txt"), folder.path().join("out.txt")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    symlink("sub/a.txt", folder.path().join("link.txt")).unwrap();
    let corpus = folder.open();
    let listed = corpus.files(None, usize::MAX).await.unwrap();
    let readable: Vec<_> = listed.iter().filter(|e| e.state == DocumentState::Listed).map(|e| e.path.as_str()).collect();
    assert_eq!(readable, ["link.txt", "sub/a.txt"]);
    assert!(listed.iter().any(|e| e.path == "out.txt" && e.reason.as_deref() == Some("a link that leads out of the folder")));
    assert_eq!(corpus.grep(&query("not yours")).await.unwrap().total, 0);
}

#[tokio::test]
async fn binary_files_are_skipped_with_the_reason() {
    let folder = Folder::new(&[
        ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("disguised.txt", b"\0\x01\x02\0\xff\xfe\0\0\x03\x9a"),
        ("a.txt", b"text"),
    ]);
    let corpus = folder.open();
    let overview = corpus.overview().await;
    assert_eq!((overview.documents, overview.skipped, overview.single), (2, 1, false));
    assert_eq!(corpus.text("disguised.txt").await.err().unwrap().code, Code::NoText);
    let listed = corpus.files(None, 10).await.unwrap();
    let states: Vec<_> = listed.iter().map(|e| (e.path.as_str(), e.state, e.reason.is_some())).collect();
    assert_eq!(
        states,
        [
            ("a.txt", DocumentState::Listed, false),
            ("disguised.txt", DocumentState::Skipped, true),
            ("photo.png", DocumentState::NoText, true)
        ]
    );
}

#[tokio::test]
async fn content_decides_about_a_file_skipped_by_name() {
    let folder = Folder::new(&[("letter.png", b"Dear reader, this is text.")]);
    let corpus = folder.open();
    assert_eq!(corpus.overview().await.documents, 0);
    assert_eq!(corpus.text("letter.png").await.unwrap().as_str(), "Dear reader, this is text.");
    assert_eq!(corpus.overview().await.documents, 1);
}

#[tokio::test]
async fn texts_lie_in_the_snapshot_as_python_uses_them() {
    let files: [(&str, &str, u8, bool); 4] = [
        ("ascii", "plain\n", 1, true),
        ("latin", "façade\n", 1, false),
        ("bmp", "水 €\n", 2, false),
        ("astral", "a 🌉\n", 4, false),
    ];
    let folder = Folder::new(&[]);
    files.iter().for_each(|(name, text, ..)| folder.write(name, text.as_bytes()));
    let corpus = folder.open();
    let file = corpus.snapshot().unwrap();
    let check = |placement: Placement, text: &str, kind: u8, ascii: bool| {
        assert_eq!((placement.kind, placement.ascii, placement.chars), (kind, ascii, text.chars().count() as u64));
        assert_eq!(placement.offset % 4, 0);
        let mut bytes = vec![1; (placement.chars as usize + 1) * kind as usize];
        file.read_exact_at(&mut bytes, placement.offset).unwrap();
        let mut units = bytes.chunks(kind as usize).map(|unit| unit.iter().rev().fold(0u32, |n, &byte| n << 8 | u32::from(byte)));
        assert!(text.chars().all(|character| units.next() == Some(character as u32)));
        assert_eq!(units.next(), Some(0));
    };
    for (name, text, kind, ascii) in files {
        let placement = corpus.placement(name).await.unwrap();
        assert_eq!(corpus.placement(name).await.unwrap(), placement);
        check(placement, text, kind, ascii);
        check(corpus.place_text(text).await.unwrap(), text, kind, ascii);
        assert_eq!(corpus.text(name).await.unwrap().as_str(), text);
        assert_eq!(corpus.text(name).await.unwrap().digest(), blake3::hash(text.as_bytes()).to_hex().as_str());
    }
    assert!(file.write_all_at(b"x", 0).is_err(), "a worker must not be able to write");
}

#[tokio::test]
async fn a_text_stays_as_it_was_at_the_first_touch() {
    let folder = Folder::new(&[("a.txt", b"before\n"), ("b.txt", b"a hit before\n")]);
    let corpus = folder.open();
    corpus.text("a.txt").await.unwrap();
    assert_eq!(corpus.grep(&query("hit")).await.unwrap().total, 1);
    folder.write("a.txt", b"after\n");
    folder.write("b.txt", b"after\n");
    assert_eq!(corpus.text("a.txt").await.unwrap().as_str(), "before\n");
    assert_eq!(corpus.text("b.txt").await.unwrap().as_str(), "a hit before\n");
    assert_eq!(corpus.grep(&query("before")).await.unwrap().total, 2);
}

#[tokio::test]
async fn large_files_are_streamed_and_read_like_small_ones() {
    let line = "a line with an é and a return\r\n";
    let mut bytes = line.repeat((17 << 20) / line.len()).into_bytes();
    let folder = Folder::new(&[("utf8.txt", &bytes)]);
    bytes.extend(b"fa\xe7ade");
    folder.write(
        "latin.txt",
        &bytes.iter().map(|&b| if b > 0xc0 && b != 0xe7 { b'c' } else { b }).filter(|&b| b != 0xa9).collect::<Vec<_>>(),
    );
    let corpus = folder.open();
    let text = corpus.text("utf8.txt").await.unwrap();
    assert_eq!(text.as_str(), String::from_utf8(bytes[..bytes.len() - 6].to_vec()).unwrap().replace('\r', ""));
    let before = disk_of(&corpus);
    assert!(corpus.text("latin.txt").await.unwrap().as_str().ends_with("façade"));
    // The part that was copied before it showed that the file is not UTF-8 takes no room.
    assert!(disk_of(&corpus) - before < 20 << 20, "{before} bytes, then {}", disk_of(&corpus));
}

/// Bytes that the snapshot takes on the disk.
fn disk_of(corpus: &OpenCorpus) -> u64 {
    use std::os::unix::fs::MetadataExt;
    corpus.snapshot().unwrap().metadata().unwrap().blocks() * 512
}

#[tokio::test]
async fn grep_counts_all_lines_and_returns_the_first_in_order() {
    let lines: String = (1..=500).map(|n| format!("line {n} pump\n")).collect();
    let folder = Folder::new(&[("b.txt", lines.as_bytes()), ("a.txt", b"no\na pump here\r\n"), ("c/d.txt", b"Pump\n")]);
    let corpus = folder.open();
    let found = corpus.grep(&GrepQuery { limit: 3, ..query("pump") }).await.unwrap();
    let hits: Vec<_> = found.hits.iter().map(|hit| (hit.path.as_str(), hit.line, hit.text.as_str())).collect();
    assert_eq!(hits, [("a.txt", 2, "a pump here"), ("b.txt", 1, "line 1 pump"), ("b.txt", 2, "line 2 pump")]);
    assert_eq!((found.total, found.documents, found.failed), (501, 2, 0));
    assert_eq!(corpus.grep(&GrepQuery { ignore_case: true, ..query("PUMP") }).await.unwrap().total, 502);
    assert_eq!(corpus.grep(&GrepQuery { path: Some("c".to_owned()), ..query("(?i)pump") }).await.unwrap().total, 1);
    assert_eq!(corpus.grep(&GrepQuery { path: Some("*.txt".to_owned()), ..query("^line \\d+5 ") }).await.unwrap().total, 49);
    assert_eq!(corpus.grep(&query("(")).await.unwrap_err().code, Code::BadPattern);
}

#[tokio::test]
async fn a_long_line_is_cut_around_its_match() {
    let line = format!("{}NEEDLE{}", "é".repeat(5000), "x".repeat(5000));
    let folder = Folder::new(&[("a.txt", line.as_bytes())]);
    let found = folder.open().grep(&query("NEEDLE")).await.unwrap();
    assert!(found.hits[0].text.contains("NEEDLE") && found.hits[0].text.len() < 600);
}

#[tokio::test]
async fn unknown_paths_get_suggestions_and_ends_of_paths_suffice() {
    let folder =
        Folder::new(&[("docs/telemetry.log", b"a"), ("docs/tariffs.csv", b"b"), ("x/same.txt", b"c"), ("y/same.txt", b"d")]);
    let corpus = folder.open();
    assert_eq!(corpus.text("telemetry.log").await.unwrap().as_str(), "a");
    assert_eq!(corpus.text("./docs/tariffs.csv").await.unwrap().as_str(), "b");
    let error = corpus.text("docs/telemtry.log").await.err().unwrap();
    assert!(error.code == Code::NoSuchPath && error.message.contains("\"docs/telemetry.log\""), "{error}");
    assert_eq!(corpus.text("same.txt").await.err().unwrap().code, Code::NoSuchPath);
}

#[tokio::test]
async fn a_missing_folder_is_a_fault_and_an_empty_one_is_not() {
    let error = OpenCorpus::open(&["/no/such/folder".into()], Include::default(), &extraction()).err().unwrap();
    assert!(error.code == Code::NoSuchFolder && error.message.contains("/no/such/folder"), "{error}");
    let folder = Folder::new(&[]);
    std::fs::create_dir_all(folder.path()).unwrap();
    let overview = folder.open().overview().await;
    assert_eq!((overview.documents, overview.skipped), (0, 0));
}

#[tokio::test]
async fn a_folder_that_vanishes_fails_only_its_documents() {
    let folder = Folder::new(&[("a.txt", b"kept\n"), ("b.txt", b"gone\n")]);
    let corpus = folder.open();
    corpus.text("a.txt").await.unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    let error = corpus.text("b.txt").await.err().unwrap();
    assert!(error.code == Code::Unreadable && error.message.contains("no longer there"), "{error}");
    let found = corpus.grep(&query("kept|gone")).await.unwrap();
    assert_eq!((found.total, found.failed), (1, 1));
    assert_eq!(corpus.search("kept", 3, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn several_roots_have_names_of_their_own() {
    let one = Folder::new(&[("a.txt", b"one\n")]);
    let two = Folder::new(&[("a.txt", b"two\n")]);
    let single = open(&[one.path().join("a.txt")]);
    assert!(single.overview().await.single);
    assert_eq!(paths(&single).await, ["a.txt"]);
    let both = open(&[one.path(), two.path(), two.path().join("a.txt")]);
    assert_eq!(paths(&both).await, ["a.txt", "papers-2/a.txt", "papers/a.txt"]);
    assert_eq!(both.text("papers-2/a.txt").await.unwrap().as_str(), "two\n");
}

#[tokio::test]
async fn search_finds_the_passage_and_its_lines() {
    let log: String = (1..=300).map(|n| format!("entry {n} of the log\n")).collect();
    let folder = Folder::new(&[
        ("log.txt", log.as_bytes()),
        ("plan.md", b"# Plan\n\nThe sluice opens at 141.35 metres.\n"),
        ("empty.txt", b""),
    ]);
    let best = folder.open().search("when does the sluice open?", 2, None).await.unwrap();
    assert_eq!((best[0].path.as_str(), best[0].start_line, best[0].end_line), ("plan.md", 1, 3));
}

#[tokio::test]
async fn sample_documents_are_read_with_their_pages() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/archive");
    let corpus = open(&[archive]);
    let found = corpus.grep(&query("141[.]35")).await.unwrap();
    let hit =
        found.hits.iter().find(|hit| hit.path == "reports/reservoir-inspection-2019.pdf").expect("build plumb-extract first");
    let text = corpus.text(&hit.path).await.unwrap();
    assert_eq!(text.place(hit.line).as_deref(), Some("page 3"));
    assert!(!corpus.frozen(&hit.path).await.unwrap().about().places.is_empty());
    assert!(
        corpus.search("litres per person on the fourth day", 3, None).await.unwrap().iter().any(|p| p.path.ends_with(".docx"))
    );
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let folder = Folder::new(files);
    let out = folder.path().parent().unwrap().join("made.zip");
    let names = files.iter().map(|(path, _)| *path);
    let status = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-c"])
        .arg(&out)
        .args(names)
        .current_dir(folder.path())
        .status();
    assert!(status.unwrap().success());
    std::fs::read(out).unwrap()
}

fn states(listed: &[DocumentEntry]) -> Vec<(&str, DocumentState)> {
    listed.iter().map(|entry| (entry.path.as_str(), entry.state)).collect()
}

#[tokio::test]
async fn files_in_archives_are_documents_at_any_depth() {
    let inner = zip(&[("deep.txt", b"The sluice opens at 141.35 metres.")]);
    let outer = zip(&[("a.txt", b"alpha"), ("inner.zip", &inner), ("picture.png", b"\x89PNG")]);
    let folder = Folder::new(&[("backup.zip", &outer), ("b.txt", b"beta")]);
    let corpus = folder.open();
    let listed = corpus.files(None, 100).await.unwrap();
    assert_eq!(
        states(&listed),
        [
            ("b.txt", DocumentState::Listed),
            ("backup.zip", DocumentState::Opened),
            ("backup.zip/a.txt", DocumentState::Listed),
            ("backup.zip/inner.zip", DocumentState::Opened),
            ("backup.zip/inner.zip/deep.txt", DocumentState::Listed),
            ("backup.zip/picture.png", DocumentState::NoText),
        ]
    );
    assert_eq!(corpus.text("backup.zip/a.txt").await.unwrap().as_str(), "alpha");
    let found = corpus.grep(&query("141")).await.unwrap();
    assert_eq!((found.hits[0].path.as_str(), found.hits[0].line), ("backup.zip/inner.zip/deep.txt", 1));
    assert_eq!(corpus.text("backup.zip").await.err().unwrap().code, Code::NoText);
    assert_eq!(corpus.overview().await.documents, 3);
}

#[tokio::test]
async fn a_second_corpus_over_a_folder_extracts_nothing() {
    let archive = zip(&[("a.txt", b"alpha"), ("b.txt", b"beta")]);
    let folder = Folder::new(&[("backup.zip", &archive)]);
    let shared = extraction();
    let first = OpenCorpus::open(&[folder.path()], Include::default(), &shared).unwrap();
    assert_eq!(first.grep(&query("a")).await.unwrap().total, 2);
    // No child can be started any more.
    let closed = Extraction { extractor: Arc::new(Extractor::with(None, Duration::ZERO)), ..shared };
    let second = OpenCorpus::open(&[folder.path()], Include::default(), &closed).unwrap();
    assert_eq!(second.grep(&query("a")).await.unwrap().total, 2);
    folder.write("backup.zip", &zip(&[("c.txt", b"gamma")]));
    let third = OpenCorpus::open(&[folder.path()], Include::default(), &closed).unwrap();
    assert_eq!(third.files(None, 9).await.unwrap()[0].state, DocumentState::Failed, "a changed file is read again");
}

#[tokio::test]
async fn names_that_are_not_utf8_can_be_read() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new(&[("a.txt", b"a")]);
    for byte in [b"\xe9", b"\xe8"] {
        let name = [b"caf".as_slice(), byte, b".txt"].concat();
        std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(&name)), byte.escape_ascii().to_string()).unwrap();
    }
    let corpus = folder.open();
    assert_eq!(paths(&corpus).await, ["a.txt", "caf\\xE8.txt", "caf\\xE9.txt"]);
    assert_eq!(corpus.text("caf\\xE9.txt").await.unwrap().as_str(), "\\xe9");
}

#[tokio::test]
async fn examining_finds_every_kind_and_freezes_no_text() {
    let folder = Folder::new(&[
        ("a.rs", b"fn main() {}"),
        ("empty.txt", b""),
        ("broken.pdf", b"%PDF-1.4\n"),
        ("gauge.bin", b"\0\x01\xff\xfe\0"),
    ]);
    let corpus = folder.open();
    let read: Arc<Mutex<Vec<(String, usize)>>> = Arc::default();
    let taken = read.clone();
    corpus.examine(false, move |document, _, all| taken.lock().push((document.entry.path, all))).await.unwrap();
    assert_eq!(read.lock().len(), 4);
    let listed = corpus.files(None, 9).await.unwrap();
    let known: Vec<_> = listed.iter().map(|e| (e.path.as_str(), &*e.kind, e.state)).collect();
    assert_eq!(
        known,
        [
            ("a.rs", "code", DocumentState::Text),
            ("broken.pdf", "pdf", DocumentState::Failed),
            ("empty.txt", "text", DocumentState::NoText),
            ("gauge.bin", "other", DocumentState::Skipped),
        ]
    );
    folder.write("a.rs", b"fn other() {}");
    assert_eq!(corpus.text("a.rs").await.unwrap().as_str(), "fn other() {}");
    assert_eq!(corpus.text("a.rs").await.unwrap().notes(), ["the file changed after it was listed"]);
}

#[tokio::test]
async fn a_growing_file_is_read_to_its_end_at_opening() {
    let folder = Folder::new(&[("app.log", "a line of the log\n".repeat(1 << 20).as_bytes())]);
    let path = folder.path().join("app.log");
    let corpus = folder.open();
    corpus.overview().await;
    let ended = Arc::new(AtomicBool::new(false));
    let writing = std::thread::spawn({
        let ended = ended.clone();
        move || {
            let mut file = File::options().append(true).open(path).unwrap();
            while !ended.load(Ordering::Relaxed) {
                std::io::Write::write_all(&mut file, b"a line of the log\n").unwrap();
            }
        }
    });
    let text = corpus.text("app.log").await.unwrap();
    let hits = corpus.grep(&query("a line")).await.unwrap();
    ended.store(true, Ordering::Relaxed);
    writing.join().unwrap();
    let lines = text.as_str().lines().filter(|line| *line == "a line of the log").count() as u64;
    assert!(lines >= 1 << 20 && hits.total >= lines && text.as_str().len() as u64 - lines * 18 < 18);
}
