//! Many runs over one listing.

use super::{opens::Opens, *};

async fn listed(folder: &Folder, extraction: &Extraction) -> Arc<Listing> {
    OpenCorpus::open(&[folder.path()], Include::default(), extraction).unwrap().listed().await
}

fn run(listing: &Arc<Listing>, extraction: &Extraction) -> Arc<OpenCorpus> {
    OpenCorpus::of(listing, None, extraction).unwrap()
}

fn only(listing: &Arc<Listing>, paths: &[&str], extraction: &Extraction) -> Result<Arc<OpenCorpus>, plumb_rlm::fault::Fault> {
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    OpenCorpus::of(listing, Some(&paths), extraction)
}

#[tokio::test]
async fn twenty_runs_over_one_listing_walk_the_folders_once() {
    let folder = Folder::new(&[("a.txt", b"alpha"), ("sub/b.txt", b"beta"), ("sub/deep/c.txt", b"gamma")]);
    let extraction = extraction();
    let folders = ["sub", "sub/deep"].map(|name| folder.path().join(name));
    let opens = Opens::in_folders(&folders);
    let listing = listed(&folder, &extraction).await;
    assert_eq!(opens.take(), opens::Opened { files: 0, folders: folders.len() });
    for _ in 0..20 {
        let run = run(&listing, &extraction);
        assert_eq!(paths(&run).await, ["a.txt", "sub/b.txt", "sub/deep/c.txt"]);
        assert_eq!(run.overview().await.documents, 3);
        assert_eq!(run.grep(&query("beta|gamma")).await.unwrap().total, 2);
        assert_eq!(run.search("gamma", 1, None).await.unwrap()[0].path, "sub/deep/c.txt");
    }
    let opened = opens.take();
    assert_eq!(opened.folders, 0);
    assert!(opened.files >= 20, "they read the texts: {opened:?}");
}

#[tokio::test]
async fn a_watched_library_lists_once_for_all_its_runs() {
    let folder = Folder::new(&[("a.txt", b"alpha"), ("sub/b.txt", b"beta")]);
    let extraction = extraction();
    let library = OpenCorpus::open(&[folder.path()], Include::default(), &extraction).unwrap();
    library.overview().await;
    library.watch(|| ());
    watching::until("settled", async || library.current_listing().is_some()).await;
    let opens = Opens::in_folders([folder.path(), folder.path().join("sub")]);
    for _ in 0..20 {
        let run = run(&library.current_listing().unwrap(), &extraction);
        assert_eq!(paths(&run).await, ["a.txt", "sub/b.txt"]);
    }
    assert_eq!(opens.take(), opens::Opened::default());
}

#[tokio::test]
async fn a_narrowed_run_sees_only_its_documents() {
    let archive = zip(&[("one.txt", b"the sluice"), ("two.txt", b"the weir")]);
    let folder =
        Folder::new(&[("a.txt", b"the sluice"), ("b.txt", b"the sluice"), ("sub/c.txt", b"the sluice"), ("in.zip", &archive)]);
    let extraction = extraction();
    let listing = listed(&folder, &extraction).await;
    let run = only(&listing, &["b.txt", "in.zip", "sub/c.txt"], &extraction).unwrap();
    let seen = ["b.txt", "in.zip", "in.zip/one.txt", "in.zip/two.txt", "sub/c.txt"];
    assert_eq!(paths(&run).await, seen);
    assert_eq!(run.files(Some("*.txt"), 9).await.unwrap().len(), 4);
    let overview = run.overview().await;
    assert_eq!((overview.documents, overview.single), (4, false));
    let found = run.grep(&query("sluice")).await.unwrap();
    let hits: Vec<_> = found.hits.iter().map(|hit| hit.path.as_str()).collect();
    assert_eq!(hits, ["b.txt", "in.zip/one.txt", "sub/c.txt"]);
    let mut best: Vec<_> = run.search("sluice", 9, None).await.unwrap().into_iter().map(|passage| passage.path).collect();
    best.sort();
    assert_eq!(best, ["b.txt", "in.zip/one.txt", "sub/c.txt"]);
    for unseen in ["a.txt", "./a.txt"] {
        assert_eq!(run.text(unseen).await.err().unwrap().code, Code::NoSuchPath);
        assert_eq!(run.placement(unseen).await.err().unwrap().code, Code::NoSuchPath);
    }
    assert_eq!(run.text("in.zip/two.txt").await.unwrap().as_str(), "the weir");
    assert_eq!(only(&listing, &["z.txt"], &extraction).err().unwrap().code, Code::NoSuchPath);
}

#[tokio::test]
async fn a_run_narrowed_to_one_document_is_about_that_document() {
    let folder = Folder::new(&[("a.txt", b"a"), ("sub/b.txt", b"b")]);
    let extraction = extraction();
    let listing = listed(&folder, &extraction).await;
    assert!(only(&listing, &["b.txt"], &extraction).unwrap().overview().await.single);
    assert!(!run(&listing, &extraction).overview().await.single);
}

#[tokio::test]
async fn each_run_freezes_the_texts_that_it_touches() {
    let folder = Folder::new(&[("a.txt", b"before\n"), ("b.txt", b"other\n")]);
    let extraction = extraction();
    let listing = listed(&folder, &extraction).await;
    let (early, late) = (run(&listing, &extraction), run(&listing, &extraction));
    assert_eq!(early.text("a.txt").await.unwrap().as_str(), "before\n");
    folder.write("a.txt", b"after all\n");
    let text = late.text("a.txt").await.unwrap();
    assert_eq!((text.as_str(), text.notes()), ("after all\n", vec!["the file changed after it was listed".to_owned()]));
    let text = early.text("a.txt").await.unwrap();
    assert_eq!((text.as_str(), text.notes()), ("before\n", Vec::new()));
    for (run, before, after) in [(&early, 1, 0), (&late, 0, 1)] {
        assert_eq!(run.grep(&query("before")).await.unwrap().total, before);
        assert_eq!(run.grep(&query("after")).await.unwrap().total, after);
    }
    assert!(!Arc::ptr_eq(&early.frozen("b.txt").await.unwrap(), &late.frozen("b.txt").await.unwrap()));
}

#[tokio::test]
async fn a_failure_after_a_change_stays_with_its_run() {
    let folder = Folder::new(&[("a.txt", b"a hit\n"), ("b.txt", b"a hit\n")]);
    let extraction = extraction();
    let listing = listed(&folder, &extraction).await;
    let (early, late) = (run(&listing, &extraction), run(&listing, &extraction));
    early.text("a.txt").await.unwrap();
    folder.write("a.txt", b"");
    std::fs::remove_file(folder.path().join("b.txt")).unwrap();
    assert_eq!(late.text("a.txt").await.err().unwrap().code, Code::NoText);
    assert_eq!(late.text("b.txt").await.err().unwrap().code, Code::Unreadable);
    let states =
        async |run: &OpenCorpus| run.files(None, 9).await.unwrap().into_iter().map(|entry| entry.state).collect::<Vec<_>>();
    assert_eq!(states(&late).await, [DocumentState::NoText, DocumentState::Failed]);
    assert_eq!(states(&early).await, [DocumentState::Text, DocumentState::Listed]);
    assert_eq!(early.grep(&query("hit")).await.unwrap().total, 1);
    folder.write("a.txt", b"a hit\n");
    folder.write("b.txt", b"a hit\n");
    assert_eq!(run(&listing, &extraction).grep(&query("hit")).await.unwrap().total, 2);
}

#[tokio::test]
async fn facts_of_one_run_are_known_to_the_next() {
    let folder = Folder::new(&[("empty.txt", b""), ("a.txt", "é".repeat(200).as_bytes())]);
    let extraction = extraction();
    let listing = listed(&folder, &extraction).await;
    let first = run(&listing, &extraction);
    first.text("a.txt").await.unwrap();
    assert_eq!(first.text("empty.txt").await.err().unwrap().code, Code::NoText);
    let opens = Opens::in_folders([folder.path()]);
    let next = run(&listing, &extraction);
    assert_eq!(next.text("empty.txt").await.err().unwrap().code, Code::NoText);
    let overview = next.overview().await;
    assert_eq!((overview.documents, overview.skipped, overview.tokens_estimate), (1, 1, 100));
    assert_eq!(opens.take(), opens::Opened::default());
}

#[tokio::test]
async fn runs_that_read_one_document_at_once_extract_it_once() {
    let folder = Folder::new(&[]);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/archive/reports");
    folder.write("report.pdf", &std::fs::read(fixtures.join("annual-report-1987.pdf")).unwrap());
    let counted = failures::Counted::new(failures::AS_IT_IS, failures::LONG);
    let listing = listed(&folder, &counted.extraction).await;
    let runs = (0..20).map(|_| {
        let run = run(&listing, &counted.extraction);
        tokio::spawn(async move { run.text("report.pdf").await.unwrap().as_str().to_owned() })
    });
    for run in runs.collect::<Vec<_>>() {
        assert!(run.await.unwrap().contains("cubic metres"));
    }
    assert_eq!(counted.starts(), 1);
}
