//! Documents that cannot be read cost their time once.

use super::*;

/// An extractor whose children are counted.
pub(super) struct Counted {
    folder: TempDir,
    pub(super) extraction: Extraction,
}

impl Counted {
    /// `then` is what the shell does after it counted a child. `$0` in it is the real extractor.
    pub(super) fn new(then: &str, time: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (program, starts) = (folder.path().join("program"), folder.path().join("starts"));
        let here = std::env::current_exe().unwrap();
        let real = here.ancestors().skip(1).take(2).map(|folder| folder.join("plumb-extract")).find(|path| path.is_file());
        let real = real.expect("build plumb-extract first");
        let script = format!("#!/bin/sh\necho >> {}\n{}\n", starts.display(), then.replace("$0", &real.display().to_string()));
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let extractor = Arc::new(Extractor::with(Some(program), time));
        Counted { folder, extraction: Extraction { extractor, ..extraction() } }
    }

    fn open(&self, folder: &Folder) -> Arc<OpenCorpus> {
        OpenCorpus::open(&[folder.path()], Include::default(), &self.extraction).unwrap()
    }

    pub(super) fn starts(&self) -> usize {
        std::fs::read(self.folder.path().join("starts")).unwrap_or_default().len()
    }
}

pub(super) const AS_IT_IS: &str = r#"exec $0 "$@""#;
pub(super) const LONG: Duration = Duration::from_secs(30);

fn report() -> Vec<u8> {
    let path = "../../tests/fixtures/archive/reports/annual-report-1987.pdf";
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[tokio::test]
async fn failed_documents_are_not_read_until_they_change() {
    let folder = Folder::new(&[("broken.pdf", b"%PDF-1.4\n"), ("in.zip", &zip(&[("broken.pdf", b"%PDF-1.4\n")]))]);
    let mut counted = Counted::new(AS_IT_IS, LONG);
    // Nothing can be kept here, so the documents themselves remember their failures.
    counted.extraction.texts = Arc::new(TextCache::new(Path::new("/proc/none")));
    let corpus = counted.open(&folder);
    let grep = async || corpus.grep(&query("a")).await.unwrap().failed;
    assert_eq!((grep().await, counted.starts()), (2, 2), "one for the file, one for the archive");
    let error = corpus.text("broken.pdf").await.err().unwrap();
    assert!(error.code == Code::Unreadable && error.message.contains("damaged"), "{error}");
    assert_eq!(corpus.text("in.zip/broken.pdf").await.err().unwrap().code, Code::Unreadable);
    corpus.examine(false, |_, _, _| ()).await.unwrap();
    assert_eq!((grep().await, counted.starts()), (2, 2));
    folder.write("broken.pdf", &report());
    assert!(corpus.text("broken.pdf").await.unwrap().as_str().contains("cubic metres"));
    assert_eq!(counted.starts(), 3);
}

#[tokio::test]
async fn failed_documents_are_not_read_when_opened_again() {
    let folder = Folder::new(&[("broken.pdf", b"%PDF-1.4\n"), ("in.zip", &zip(&[("broken.pdf", b"%PDF-1.4\n")]))]);
    let counted = Counted::new(AS_IT_IS, LONG);
    for _ in 0..2 {
        let corpus = counted.open(&folder);
        assert_eq!(corpus.grep(&query("a")).await.unwrap().failed, 2);
        assert_eq!(counted.starts(), 2);
    }
    std::fs::write(folder.path().join("broken.pdf"), report()).unwrap();
    assert_eq!(counted.open(&folder).grep(&query("cubic metres")).await.unwrap().failed, 1);
    assert_eq!(counted.starts(), 3);
}

#[tokio::test]
async fn a_document_that_hangs_takes_its_time_once() {
    let folder = Folder::new(&[("endless.pdf", b"%PDF-1.4\n")]);
    // It says that it is ready and then nothing any more.
    let counted = Counted::new(r#"printf '\013\000\000\000{"Ok":null}'; exec sleep 60"#, Duration::from_millis(500));
    for _ in 0..2 {
        let corpus = counted.open(&folder);
        for _ in 0..2 {
            let error = corpus.text("endless.pdf").await.err().unwrap();
            assert!(error.message.contains("took longer than 500ms"), "{error}");
        }
    }
    assert_eq!(counted.starts(), 1);
}

#[tokio::test]
async fn failures_that_may_pass_are_tried_again() {
    let folder = Folder::new(&[("report.pdf", &report()), ("moved.txt", b"moved")]);
    let counted = Counted::new(AS_IT_IS, LONG);
    let (program, away) = (counted.folder.path().join("program"), counted.folder.path().join("away"));
    let corpus = counted.open(&folder);
    assert_eq!(corpus.overview().await.documents, 2);
    // For a while, no child can be started and a file is missing. Neither leaves a trace.
    std::fs::rename(&program, &away).unwrap();
    std::fs::rename(folder.path().join("moved.txt"), folder.path().join("away.txt")).unwrap();
    assert_eq!(corpus.grep(&query("moved|cubic metres")).await.unwrap().failed, 2);
    std::fs::rename(&away, &program).unwrap();
    std::fs::rename(folder.path().join("away.txt"), folder.path().join("moved.txt")).unwrap();
    let found = corpus.grep(&query("moved|cubic metres")).await.unwrap();
    assert_eq!((found.failed, found.documents), (0, 2));
}

#[tokio::test]
async fn a_missing_picture_reader_hides_no_text() {
    let folder = Folder::new(&[]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/formats/partly-scanned.pdf");
    folder.write("partly-scanned.pdf", &std::fs::read(file).unwrap());
    let mut without = Counted::new(r#"[ "$1" = ocr ] && exit 1; exec $0 "$@""#, LONG);
    let mut with = Counted::new(AS_IT_IS, LONG);
    without.extraction.pictures = true;
    with.extraction = Extraction { texts: without.extraction.texts.clone(), pictures: true, ..with.extraction };
    let text = without.open(&folder).text("partly-scanned.pdf").await.unwrap();
    assert!(text.as_str().contains("The station lifts") && !text.as_str().contains("Ledger"), "{}", text.as_str());
    assert_eq!(text.notes(), ["1 of 3 pages is only a picture, whose text was not read: page 2"]);
    let text = with.open(&folder).text("partly-scanned.pdf").await.unwrap();
    assert!(text.as_str().contains("Ledger, sheet 9"), "{}", text.as_str());
}
