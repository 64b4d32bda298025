//! The index beside the texts themselves.

use super::build;
use crate::{
    Extraction, OpenCorpus,
    tests::{Folder, extraction},
};
use plumb_rlm::{
    documents::Include,
    traits::corpus::{Corpus, Passage},
};
use std::{
    fs::File,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime},
};

const FILES: usize = 60;

/// Reports that share most of their words; each has a word of its own, and some have a rare one.
fn report(number: usize) -> String {
    let mut lines: Vec<String> =
        (0..40).map(|line| format!("Entry {line} of the waterworks, page {} of {number}.", line % 7)).collect();
    lines[number % 40] = format!("The number of this report is unique{number}.");
    if number.is_multiple_of(7) {
        lines[20] = "The sluice gate was opened at noon, sluice by sluice.".to_owned();
    }
    lines.join("\n")
}

fn reports() -> Folder {
    let folder = Folder::new(&[("letters/invoice-harbour.txt", b"Nothing of it is said inside.\n")]);
    (0..FILES).for_each(|number| folder.write(&format!("reports/{number:02}.txt"), report(number).as_bytes()));
    age(&folder.path(), Duration::from_secs(3600));
    folder
}

/// Files that changed just now could change again without a trace, and stay out of the index.
fn age(path: &Path, by: Duration) {
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| age(&entry.unwrap().path(), by));
    } else {
        File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - by).unwrap();
    }
}

fn open(folder: &Folder, extraction: &Extraction) -> Arc<OpenCorpus> {
    OpenCorpus::open(&[folder.path()], Include::default(), extraction).unwrap()
}

async fn built(corpus: &OpenCorpus) -> usize {
    build::begin(&corpus.passages, &corpus.listed().await, &corpus.reading);
    held(corpus).await
}

/// The number of documents in the index, once nobody writes to it.
async fn held(corpus: &OpenCorpus) -> usize {
    while corpus.passages.building.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    corpus.passages.seen().map_or(0, |seen| seen.documents().count())
}

const QUESTIONS: [&str; 5] =
    ["when was the sluice gate opened?", "unique33", "harbour", "number of this report", "unique3 unique5 sluice"];

async fn answers(corpus: &OpenCorpus) -> Vec<Vec<(String, u64, u64, String)>> {
    let mut all = Vec::new();
    for question in QUESTIONS {
        let best = corpus.search(question, 5, None).await.unwrap();
        assert!(best.windows(2).all(|pair| pair[0].score >= pair[1].score));
        all.push(
            best.into_iter().map(|Passage { path, start_line, end_line, text, .. }| (path, start_line, end_line, text)).collect(),
        );
    }
    all
}

#[tokio::test]
async fn a_partial_index_finds_the_same_passages() {
    let folder = reports();
    let extraction = extraction();
    let without = answers(&open(&folder, &extraction)).await;
    assert_eq!(without[0][0].0, "reports/00.txt");
    assert_eq!((without[1].len(), without[1][0].0.as_str()), (1, "reports/33.txt"));
    assert_eq!(without[2][0].0, "letters/invoice-harbour.txt");
    // A part of the folder has the index of a part: a third of the files is away while it is made.
    let away = Folder::new(&[]);
    std::fs::create_dir(away.path()).unwrap();
    let moved: Vec<String> = (0..FILES).step_by(3).map(|number| format!("{number:02}.txt")).collect();
    let to_and_fro =
        |from: &Path, to: &Path| moved.iter().for_each(|name| std::fs::rename(from.join(name), to.join(name)).unwrap());
    to_and_fro(&folder.path().join("reports"), &away.path());
    assert_eq!(built(&open(&folder, &extraction)).await, FILES - moved.len() + 1);
    to_and_fro(&away.path(), &folder.path().join("reports"));
    let corpus = open(&folder, &extraction);
    assert_eq!(answers(&corpus).await, without);
    assert_eq!(built(&corpus).await, FILES + 1);
    assert_eq!(answers(&open(&folder, &extraction)).await, without);
}

#[tokio::test]
async fn changed_and_returned_documents_are_found_as_they_are() {
    let folder = reports();
    let extraction = extraction();
    built(&open(&folder, &extraction)).await;
    let find = async |word: &str| {
        let best = open(&folder, &extraction).search(word, 5, None).await.unwrap();
        best.into_iter().map(|passage| passage.path).collect::<Vec<_>>()
    };
    assert_eq!(find("unique12").await, ["reports/12.txt"]);
    folder.write("reports/12.txt", b"It says quicksilver now.\n");
    assert_eq!(find("quicksilver").await, ["reports/12.txt"]);
    assert_eq!(find("unique12").await, Vec::<String>::new());
    std::fs::remove_file(folder.path().join("reports/13.txt")).unwrap();
    assert_eq!(find("unique13").await, Vec::<String>::new());
    age(&folder.path(), Duration::from_secs(1800));
    assert_eq!(built(&open(&folder, &extraction)).await, FILES);
    assert_eq!((find("quicksilver").await, find("unique13").await), (vec!["reports/12.txt".to_owned()], Vec::new()));
    // As it was before: the index knows that its passages were taken out.
    let old = SystemTime::now() - Duration::from_secs(3000);
    let back = || {
        folder.write("reports/13.txt", report(13).as_bytes());
        File::options().write(true).open(folder.path().join("reports/13.txt")).unwrap().set_modified(old).unwrap();
    };
    back();
    built(&open(&folder, &extraction)).await;
    std::fs::remove_file(folder.path().join("reports/13.txt")).unwrap();
    built(&open(&folder, &extraction)).await;
    back();
    assert_eq!(find("unique13").await, ["reports/13.txt"]);
}

#[tokio::test]
async fn a_document_changed_after_listing_is_ranked_as_it_is() {
    let folder = reports();
    let extraction = extraction();
    built(&open(&folder, &extraction)).await;
    let corpus = open(&folder, &extraction);
    corpus.overview().await;
    let longer = format!("{}\n{}", "A line before all others.\n".repeat(50), report(21));
    folder.write("reports/21.txt", longer.as_bytes());
    let best = corpus.search("unique21", 3, None).await.unwrap();
    // Two neighbouring passages may share the line.
    assert!(!best.is_empty() && best.iter().all(|best| best.text.contains("unique21") && best.end_line > 51), "{best:?}");
}

#[tokio::test]
async fn only_documents_that_are_asked_about_are_found() {
    let folder = reports();
    let extraction = extraction();
    let corpus = open(&folder, &extraction);
    built(&corpus).await;
    let best = corpus.search("entry of the waterworks", 50, Some("reports/4*.txt")).await.unwrap();
    assert_eq!(best.len(), 40);
    assert!(best.iter().all(|passage| passage.path.starts_with("reports/4")));
}

#[tokio::test]
async fn a_narrowed_run_leaves_the_index_whole() {
    let folder = Folder::new(&[]);
    let long = report(1).repeat(2_000);
    (0..4).for_each(|number| folder.write(&format!("{number}.txt"), long.as_bytes()));
    age(&folder.path(), Duration::from_secs(3600));
    let extraction = extraction();
    let corpus = open(&folder, &extraction);
    let only: Vec<String> = (0..3).map(|number| format!("{number}.txt")).collect();
    let run = OpenCorpus::of(&corpus.listed().await, Some(&only), &extraction).unwrap();
    // It reads so much that it starts the index.
    let best = run.search("sluice waterworks", 50, None).await.unwrap();
    assert_eq!(held(&run).await, 4);
    let indexed = run.search("sluice waterworks", 50, None).await.unwrap();
    assert!(best.iter().chain(&indexed).all(|passage| passage.path != "3.txt"));
    assert_eq!((best.len(), indexed.len()), (50, 50));
}

#[tokio::test]
async fn a_damaged_or_deleted_index_is_made_anew() {
    let folder = reports();
    let extraction = extraction();
    let corpus = open(&folder, &extraction);
    let whole = built(&corpus).await;
    let expected = answers(&corpus).await;
    std::fs::write(corpus.passages.folder.join("meta.json"), "{}").unwrap();
    let again = Extraction { indexes: Arc::new(crate::Indexes::new(corpus.passages.folder.parent().unwrap())), ..extraction };
    let corpus = open(&folder, &again);
    assert_eq!(answers(&corpus).await, expected);
    assert_eq!(built(&corpus).await, whole);
    std::fs::remove_dir_all(&corpus.passages.folder).unwrap();
    assert_eq!(answers(&corpus).await, expected);
    assert_eq!(built(&corpus).await, whole);
}

#[tokio::test]
async fn a_question_without_matching_words_finds_nothing() {
    let folder = reports();
    let corpus = open(&folder, &extraction());
    for question in ["zebra", "", "?"] {
        assert!(corpus.search(question, 5, None).await.unwrap().is_empty(), "{question:?}");
    }
}

#[tokio::test]
async fn reading_much_starts_the_index() {
    let folder = Folder::new(&[]);
    let long = report(1).repeat(2_000);
    (0..3).for_each(|number| folder.write(&format!("{number}.txt"), long.as_bytes()));
    age(&folder.path(), Duration::from_secs(3600));
    let corpus = open(&folder, &extraction());
    corpus.search("sluice", 5, Some("0.txt")).await.unwrap();
    assert_eq!(held(&corpus).await, 0, "it was begun for little text");
    corpus.search("sluice", 5, None).await.unwrap();
    assert_eq!(held(&corpus).await, 3);
    let corpus = open(&folder, &extraction());
    corpus.examine(false, |_, _, _| {}).await.unwrap();
    assert_eq!(held(&corpus).await, 3);
}
