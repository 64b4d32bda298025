//! What a corpus must hold under load, hostile folders and full disks.

#![allow(missing_docs, clippy::unwrap_used)]

use plumb_corpus::{Extraction, Extractor, OpenCorpus};
use plumb_rlm::{
    documents::{DocumentState, Include},
    fault::Code,
    traits::corpus::{Corpus, GrepQuery},
};
use std::{
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::Builder::new().prefix("papers").tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn open(folder: &Path) -> Arc<OpenCorpus> {
    OpenCorpus::open(&[folder.to_owned()], Include::default(), &extraction(&std::env::temp_dir(), Arc::default())).unwrap()
}

fn extraction(scratch: &Path, extractor: Arc<Extractor>) -> Extraction {
    let cache = tempfile::tempdir().unwrap().keep();
    Extraction { scratch: scratch.to_owned(), ..Extraction::new(extractor, &cache) }
}

fn query(pattern: &str) -> GrepQuery {
    GrepQuery { pattern: pattern.to_owned(), path: None, ignore_case: false, limit: 100 }
}

/// An extractor that takes long and then fails.
fn slow(folder: &Path) -> Arc<Extractor> {
    let program = folder.join("slow");
    std::fs::write(&program, "#!/bin/sh\nexec sleep 3\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    Arc::new(Extractor::with(Some(program), Duration::from_secs(30)))
}

#[tokio::test]
async fn a_slow_document_does_not_hold_up_the_listing_or_the_runtime() {
    let folder = folder(&[("slow.pdf", "%PDF-1.4\n"), ("quick.txt", "quick\n")]);
    let programs = tempfile::tempdir().unwrap();
    let corpus = OpenCorpus::open(
        &[folder.path().to_owned()],
        Include::default(),
        &extraction(&std::env::temp_dir(), slow(programs.path())),
    )
    .unwrap();
    let reading = tokio::spawn({
        let corpus = corpus.clone();
        async move { corpus.text("slow.pdf").await.err().unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let since = Instant::now();
    assert_eq!(corpus.overview().await.documents, 2);
    assert_eq!(corpus.files(None, 9).await.unwrap().len(), 2);
    assert_eq!(corpus.text("quick.txt").await.unwrap().as_str(), "quick\n");
    assert!(since.elapsed() < Duration::from_millis(1500), "{:?}", since.elapsed());
    assert_eq!(reading.await.unwrap().code, Code::Unreadable);
    let overview = corpus.overview().await;
    assert_eq!((overview.documents, overview.skipped), (1, 1));
}

#[tokio::test]
async fn a_thousand_touches_at_once_end_and_read_each_document_once() {
    let folder = folder(&[("a.txt", "caf\u{e9}\n")]);
    for n in 0..700 {
        std::fs::write(folder.path().join(format!("{n}.txt")), format!("text {n}\n")).unwrap();
    }
    let corpus = open(folder.path());
    let touches = (0..700).map(|n| format!("{n}.txt")).chain((0..300).map(|_| "a.txt".to_owned()));
    let touches: Vec<_> = touches
        .map(|path| {
            let corpus = corpus.clone();
            tokio::spawn(async move { corpus.placement(&path).await.unwrap() })
        })
        .collect();
    let mut offsets = Vec::new();
    for touch in touches {
        offsets.push(tokio::time::timeout(Duration::from_secs(30), touch).await.unwrap().unwrap().offset);
    }
    offsets.sort_unstable();
    offsets.dedup();
    assert!((701..720).contains(&offsets.len()), "{}", offsets.len());
}

#[tokio::test]
async fn ten_thousand_files_are_listed_quickly_and_without_reading() {
    let folder = folder(&[]);
    for part in 0..100 {
        let part = folder.path().join(part.to_string());
        std::fs::create_dir(&part).unwrap();
        for n in 0..100 {
            std::fs::write(part.join(format!("{n}.txt")), "x\n").unwrap();
        }
    }
    let since = Instant::now();
    let corpus = open(folder.path());
    assert!(since.elapsed() < Duration::from_millis(200), "{:?}", since.elapsed());
    let overview = corpus.overview().await;
    assert_eq!((overview.documents, overview.bytes), (10_000, 20_000));
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    let listed = corpus.files(None, usize::MAX).await.unwrap();
    assert!(listed.iter().all(|entry| entry.state == DocumentState::Listed));
    assert!(listed.windows(2).all(|pair| pair[0].path < pair[1].path));
    assert_eq!(corpus.files(Some("7/*.txt"), 1000).await.unwrap().len(), 100);
}

#[tokio::test]
async fn links_that_double_at_each_step_end_soon() {
    let folder = folder(&[("0/a.txt", "a\n")]);
    for n in 1..30 {
        let step = folder.path().join(n.to_string());
        std::fs::create_dir(&step).unwrap();
        symlink(format!("../{}", n - 1), step.join("left")).unwrap();
        symlink(format!("../{}", n - 1), step.join("right")).unwrap();
    }
    let corpus = open(folder.path());
    let overview = tokio::time::timeout(Duration::from_secs(20), corpus.overview()).await.unwrap();
    assert_eq!(overview.documents, 3);
}

#[tokio::test]
async fn a_full_disk_is_an_error_with_its_own_code_and_harms_nothing() {
    let disk = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(disk.path()).output();
    if !mounted.is_ok_and(|mount| mount.status.success()) {
        eprintln!("skipped: a small disk can only be made by root");
        return;
    }
    let folder = folder(&[("small.txt", "small\n"), ("z.txt", &"large caf\u{e9}\n".repeat(500_000))]);
    let corpus =
        OpenCorpus::open(&[folder.path().to_owned()], Include::default(), &extraction(disk.path(), Arc::default())).unwrap();
    let codes = async {
        let text = corpus.text("z.txt").await.err().map(|e| e.code);
        let placed = corpus.place_text(&"x".repeat(2 << 20)).await.err().map(|e| e.code);
        let grep = corpus.grep(&query("large")).await.err().map(|e| e.code);
        let search = corpus.search("large", 3, None).await.err().map(|e| e.code);
        [text, placed, grep, search]
    }
    .await;
    let small = corpus.text("small.txt").await.map(|text| text.as_str().to_owned());
    drop(corpus);
    let unmounted = std::process::Command::new("umount").arg(disk.path()).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    assert_eq!(codes, [Some(Code::DiskFull); 4]);
    assert_eq!(small.as_deref(), Ok("small\n"), "what does not fit does not fill the disk");
}

#[tokio::test]
async fn a_search_that_is_dropped_stops_its_work() {
    let text = "some words in a line that never match anything\n".repeat(20_000);
    let folder = folder(&[]);
    for n in 0..200 {
        std::fs::write(folder.path().join(format!("{n}.txt")), &text).unwrap();
    }
    let corpus = open(folder.path());
    corpus.overview().await;
    let slow = query("^(?:[a-z]+ ?){9}[0-9]$");
    let dropped = tokio::time::timeout(Duration::from_millis(20), corpus.grep(&slow)).await;
    assert!(dropped.is_err(), "it ended before it could be stopped");
    let since = Instant::now();
    assert_eq!(corpus.grep(&GrepQuery { path: Some("7.txt".to_owned()), ..query("^some") }).await.unwrap().total, 20_000);
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
}

#[tokio::test]
async fn languages_without_spaces_and_names_of_files_and_words_in_code_are_found() {
    let filler = "an ordinary line about nothing\n".repeat(200);
    let japanese = format!(
        "{filler}\u{8caf}\u{6c34}\u{6c60}\u{306e}\u{6c34}\u{4f4d}\u{306f}\u{4e09}\u{30e1}\u{30fc}\u{30c8}\u{30eb}\u{3002}\n"
    );
    let folder = folder(&[
        ("a.txt", filler.as_str()),
        ("jp.txt", japanese.as_str()),
        ("code.rs", "fn maxRetryCount() {}\n"),
        ("letters/invoice-harbour.txt", "Nothing of it is said inside.\n"),
    ]);
    let corpus = open(folder.path());
    let best = async |words: &str| corpus.search(words, 1, None).await.unwrap().remove(0);
    let found = best("\u{6c34}\u{4f4d}").await;
    assert_eq!(found.path, "jp.txt");
    assert!((found.start_line..=found.end_line).contains(&201), "{found:?}");
    assert_eq!(best("retry").await.path, "code.rs");
    assert_eq!(best("harbour").await.path, "letters/invoice-harbour.txt");
}

#[tokio::test]
async fn a_passage_of_an_endless_line_is_the_part_that_fits_the_words() {
    let line = format!("{} the sluice opens {}", "water ".repeat(20_000), "water ".repeat(20_000));
    let folder = folder(&[("a.txt", line.as_str())]);
    let best = open(folder.path()).search("sluice", 1, None).await.unwrap().remove(0);
    assert_eq!((best.start_line, best.end_line), (1, 1));
    assert!(best.text.contains("sluice") && best.text.len() < 1000, "{}", best.text.len());
}

#[tokio::test]
async fn tokens_are_estimated_by_what_a_kind_of_file_is_mostly_made_of() {
    let folder = folder(&[("a.txt", &"x".repeat(4000)), ("b.pdf", &"x".repeat(20_000))]);
    assert_eq!(open(folder.path()).overview().await.tokens_estimate, 2000);
}

#[tokio::test]
async fn what_is_not_a_file_is_left_out_with_the_reason() {
    let folder = folder(&[("a.txt", "a\n")]);
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    assert!(made.success());
    let corpus = open(folder.path());
    let overview = corpus.overview().await;
    assert_eq!((overview.documents, overview.skipped), (1, 1));
    let pipe = corpus.files(Some("pipe"), 1).await.unwrap().remove(0);
    assert!(pipe.state == DocumentState::Skipped && pipe.reason.is_some(), "{pipe:?}");
    let asked = tokio::time::timeout(Duration::from_secs(5), corpus.text("pipe")).await;
    assert_eq!(asked.unwrap().err().unwrap().code, Code::NoText);
}

#[tokio::test]
async fn a_link_out_of_the_folder_is_not_read_even_when_asked_for() {
    let outside = folder(&[("private.txt", "not yours\n")]);
    let folder = folder(&[("a.txt", "a\n")]);
    symlink(outside.path().join("private.txt"), folder.path().join("out.txt")).unwrap();
    let corpus = open(folder.path());
    assert_eq!(corpus.text("out.txt").await.err().unwrap().code, Code::NoText);
    assert_eq!(corpus.placement("out.txt").await.err().unwrap().code, Code::NoText);
}
