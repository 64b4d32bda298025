//! Corpora under load, over hostile folders, and on full disks.

use super::{failures::Counted, opens::Opens, *};

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
    super::open(&[folder.to_owned()])
}

/// An extractor whose children wait until a gate is opened, and then fail.
struct Gated {
    counted: Counted,
    gate: TempDir,
}

impl Gated {
    fn new() -> Self {
        let gate = tempfile::tempdir().unwrap();
        let waits = format!("while [ ! -e {}/open ]; do sleep 0.02; done; exit 1", gate.path().display());
        Gated { counted: Counted::new(&waits, Duration::from_secs(600)), gate }
    }

    fn corpus(&self, folder: &Path) -> Arc<OpenCorpus> {
        OpenCorpus::open(&[folder.to_owned()], Include::default(), &self.counted.extraction).unwrap()
    }

    async fn until_a_child_waits(&self) {
        watching::until("a child", async || self.counted.starts() > 0).await;
    }

    fn open(&self) {
        std::fs::write(self.gate.path().join("open"), "").unwrap();
    }
}

#[tokio::test]
async fn a_document_that_hangs_holds_up_nothing_else() {
    let folder = folder(&[("slow.pdf", "%PDF-1.4\n"), ("quick.txt", "quick\n")]);
    let gated = Gated::new();
    let corpus = gated.corpus(folder.path());
    let reading = tokio::spawn({
        let corpus = corpus.clone();
        async move { corpus.text("slow.pdf").await.err().unwrap() }
    });
    gated.until_a_child_waits().await;
    assert_eq!(corpus.overview().await.documents, 2);
    assert_eq!(corpus.files(None, 9).await.unwrap().len(), 2);
    assert_eq!(corpus.text("quick.txt").await.unwrap().as_str(), "quick\n");
    assert!(!reading.is_finished());
    gated.open();
    assert_eq!(reading.await.unwrap().code, Code::Unreadable);
    let overview = corpus.overview().await;
    assert_eq!((overview.documents, overview.skipped), (1, 1));
}

#[tokio::test]
async fn opening_returns_before_everything_is_listed() {
    let folder = folder(&[("a.txt", "a\n"), ("in.zip", "PK\x03\x04")]);
    let gated = Gated::new();
    let corpus = gated.corpus(folder.path());
    // The archive has to be opened before the listing is whole.
    gated.until_a_child_waits().await;
    assert!(!corpus.progress().1);
    gated.open();
    assert_eq!(corpus.overview().await.documents, 1);
    assert_eq!(corpus.progress(), (2, true));
}

#[tokio::test]
async fn a_thousand_touches_read_each_document_once() {
    const ASCII: u64 = 700;
    let latin = "caf\u{e9}\n";
    let folder = folder(&[("a.txt", latin)]);
    for n in 0..ASCII {
        std::fs::write(folder.path().join(format!("{n}.txt")), format!("text {n}\n")).unwrap();
    }
    let corpus = open(folder.path());
    let touches = (0..ASCII).map(|n| format!("{n}.txt")).chain((0..300).map(|_| "a.txt".to_owned()));
    let touches: Vec<_> = touches
        .map(|path| {
            let corpus = corpus.clone();
            tokio::spawn(async move { (corpus.placement(&path).await.unwrap().offset, path) })
        })
        .collect();
    let mut offsets = Vec::new();
    for touch in touches {
        offsets.push(touch.await.unwrap());
    }
    offsets.sort_unstable();
    offsets.dedup();
    assert_eq!(offsets.len() as u64, ASCII + 1, "each document has one place: {offsets:?}");
    // Each text with its NUL, in whole words; the one that is not ASCII a second time, as Python uses it.
    let room = |bytes: usize| (bytes as u64 + 4).next_multiple_of(4);
    let ascii: u64 = (0..ASCII).map(|n| room(format!("text {n}\n").len())).sum();
    assert_eq!(corpus.reading.snapshot.taken(), ascii + room(latin.len()) + room(latin.chars().count()));
}

#[tokio::test]
async fn ten_thousand_files_are_listed_without_opening_one() {
    let folder = folder(&[]);
    let parts: Vec<PathBuf> = (0..100).map(|part| folder.path().join(part.to_string())).collect();
    for part in &parts {
        std::fs::create_dir(part).unwrap();
        for n in 0..100 {
            std::fs::write(part.join(format!("{n}.txt")), "x\n").unwrap();
        }
    }
    let opens = Opens::in_folders(&parts);
    let corpus = open(folder.path());
    let overview = corpus.overview().await;
    assert_eq!((overview.documents, overview.bytes), (10_000, 20_000));
    let listed = corpus.files(None, usize::MAX).await.unwrap();
    assert!(listed.iter().all(|entry| entry.state == DocumentState::Listed));
    assert!(listed.windows(2).all(|pair| pair[0].path < pair[1].path));
    assert_eq!(corpus.files(Some("7/*.txt"), 1000).await.unwrap().len(), 100);
    assert_eq!(opens.take(), opens::Opened { files: 0, folders: parts.len() });
}

#[tokio::test]
async fn links_that_double_at_each_step_come_to_an_end() {
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
async fn a_full_disk_has_its_own_code_and_harms_nothing() {
    let disk = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(disk.path()).output();
    if !mounted.is_ok_and(|mount| mount.status.success()) {
        eprintln!("skipped: a small disk can only be made by root");
        return;
    }
    let folder = folder(&[("small.txt", "small\n"), ("z.txt", &"large caf\u{e9}\n".repeat(500_000))]);
    let corpus = OpenCorpus::open(
        &[folder.path().to_owned()],
        Include::default(),
        &Extraction { scratch: disk.path().to_owned(), ..extraction() },
    )
    .unwrap();
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
async fn a_dropped_search_stops_its_work() {
    let folder = folder(&[]);
    for n in 0..200 {
        std::fs::write(folder.path().join(format!("{n}.pdf")), "%PDF-1.4\n").unwrap();
    }
    let gated = Gated::new();
    let corpus = gated.corpus(folder.path());
    corpus.overview().await;
    let search = tokio::spawn({
        let corpus = corpus.clone();
        async move { corpus.grep(&query("a")).await }
    });
    gated.until_a_child_waits().await;
    search.abort();
    assert!(search.await.unwrap_err().is_cancelled());
    gated.open();
    // The work holds the reading as long as it goes on.
    watching::until("the end of the work", async || Arc::strong_count(&corpus.reading.held) == 1).await;
    let processors = std::thread::available_parallelism().unwrap().get();
    assert!(gated.counted.starts() <= processors, "{} documents were read", gated.counted.starts());
}

#[tokio::test]
async fn search_finds_any_language_file_names_and_code() {
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
async fn a_passage_of_an_endless_line_holds_the_words() {
    let line = format!("{} the sluice opens {}", "water ".repeat(20_000), "water ".repeat(20_000));
    let folder = folder(&[("a.txt", line.as_str())]);
    let best = open(folder.path()).search("sluice", 1, None).await.unwrap().remove(0);
    assert_eq!((best.start_line, best.end_line), (1, 1));
    assert!(best.text.contains("sluice") && best.text.len() < 1000, "{}", best.text.len());
}

#[tokio::test]
async fn tokens_are_estimated_by_kind_of_file() {
    let folder = folder(&[("a.txt", &"x".repeat(4000)), ("b.pdf", &"x".repeat(20_000))]);
    assert_eq!(open(folder.path()).overview().await.tokens_estimate, 2000);
}

#[tokio::test]
async fn pipes_are_left_out_with_the_reason() {
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
async fn links_out_of_the_folder_are_never_read() {
    let outside = folder(&[("private.txt", "not yours\n")]);
    let folder = folder(&[("a.txt", "a\n")]);
    symlink(outside.path().join("private.txt"), folder.path().join("out.txt")).unwrap();
    let corpus = open(folder.path());
    assert_eq!(corpus.text("out.txt").await.err().unwrap().code, Code::NoText);
    assert_eq!(corpus.placement("out.txt").await.err().unwrap().code, Code::NoText);
}
