//! What cannot be read costs its time once.

use super::*;
use plumb_rlm::fault::Code;

/// An extractor whose children are counted.
struct Counted {
    folder: TempDir,
    extraction: Extraction,
}

impl Counted {
    /// What the shell does after a child was counted; the child's own program is `$0`.
    fn new(then: &str, time: Duration) -> Self {
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

    fn starts(&self) -> usize {
        std::fs::read(self.folder.path().join("starts")).unwrap_or_default().len()
    }
}

const AS_IT_IS: &str = r#"exec $0 "$@""#;
const LONG: Duration = Duration::from_secs(30);

fn report() -> Vec<u8> {
    let path = "../../tests/fixtures/archive/reports/annual-report-1987.pdf";
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[tokio::test]
async fn what_failed_is_not_read_again_before_its_file_changes() {
    let folder = Folder::new(&[("broken.pdf", b"%PDF-1.4\n"), ("in.zip", &zip(&[("broken.pdf", b"%PDF-1.4\n")]))]);
    let mut counted = Counted::new(AS_IT_IS, LONG);
    // Nothing can be kept here: what is not read again is remembered by the documents.
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
async fn what_failed_is_not_read_again_when_it_is_opened_again() {
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
async fn what_took_too_long_takes_its_time_once() {
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
async fn a_failure_that_may_pass_is_tried_again() {
    let folder = Folder::new(&[("report.pdf", &report()), ("moved.txt", b"moved")]);
    let counted = Counted::new(AS_IT_IS, LONG);
    let (program, away) = (counted.folder.path().join("program"), counted.folder.path().join("away"));
    let corpus = counted.open(&folder);
    assert_eq!(corpus.overview().await.documents, 2);
    // No child can be started, and a file is not there: both for a while, and without a trace.
    std::fs::rename(&program, &away).unwrap();
    std::fs::rename(folder.path().join("moved.txt"), folder.path().join("away.txt")).unwrap();
    assert_eq!(corpus.grep(&query("moved|cubic metres")).await.unwrap().failed, 2);
    std::fs::rename(&away, &program).unwrap();
    std::fs::rename(folder.path().join("away.txt"), folder.path().join("moved.txt")).unwrap();
    let found = corpus.grep(&query("moved|cubic metres")).await.unwrap();
    assert_eq!((found.failed, found.documents), (0, 2));
}

#[tokio::test]
async fn a_reader_of_pictures_that_is_gone_for_a_while_hides_no_text_and_leaves_no_trace() {
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
