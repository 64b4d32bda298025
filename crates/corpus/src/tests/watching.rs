//! Listings that follow changes of the folders.

use super::*;

/// Waits until something holds, as long as a user would.
pub(super) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let since = std::time::Instant::now();
    while !holds().await {
        assert!(since.elapsed().as_secs() < 20, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn changes_show_by_themselves_and_keep_other_texts() {
    let folder = Folder::new(&[("a.txt", b"one"), ("sub/b.txt", b"two"), (".gitignore", b"*.tmp\n")]);
    let corpus = folder.open();
    corpus.overview().await;
    let changes = Arc::new(AtomicU64::new(0));
    let counted = changes.clone();
    let watch = corpus.watch(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(watch, WatchState::Watching);
    let kept = corpus.frozen("sub/b.txt").await.unwrap();

    folder.write("c.txt", b"three");
    until("a new file", async || paths(&corpus).await == ["a.txt", "c.txt", "sub/b.txt"]).await;
    folder.write("new/deep/d.txt", b"four");
    until("a new folder", async || paths(&corpus).await.contains(&"new/deep/d.txt".to_owned())).await;
    folder.write("new/deep/e.txt", b"five");
    until("a file in it", async || paths(&corpus).await.contains(&"new/deep/e.txt".to_owned())).await;
    folder.write("x.tmp", b"ignored");
    folder.write("a.txt", b"another text");
    until("a changed file", async || corpus.text("a.txt").await.unwrap().as_str() == "another text").await;
    std::fs::remove_dir_all(folder.path().join("new")).unwrap();
    std::fs::remove_file(folder.path().join("c.txt")).unwrap();
    until("removed files", async || paths(&corpus).await == ["a.txt", "sub/b.txt"]).await;
    assert!(Arc::ptr_eq(&kept, &corpus.frozen("sub/b.txt").await.unwrap()), "a document that did not change stays as it was");
    folder.write(".gitignore", b"a.txt\n");
    until("other rules", async || paths(&corpus).await == ["sub/b.txt", "x.tmp"]).await;
    assert!(changes.load(Ordering::Relaxed) >= 5);
}

#[tokio::test]
async fn members_follow_their_archive() {
    let folder = Folder::new(&[("a.zip", &zip(&[("one.txt", b"1")])), ("b.zip", &zip(&[("two.txt", b"2")]))]);
    let corpus = folder.open();
    corpus.overview().await;
    corpus.watch(|| ());
    folder.write("a.zip", &zip(&[("three.txt", b"3")]));
    until("another content", async || paths(&corpus).await == ["a.zip", "a.zip/three.txt", "b.zip", "b.zip/two.txt"]).await;
    assert_eq!(corpus.text("a.zip/three.txt").await.unwrap().as_str(), "3");
    std::fs::remove_file(folder.path().join("b.zip")).unwrap();
    until("an archive that is gone", async || paths(&corpus).await == ["a.zip", "a.zip/three.txt"]).await;
}

/// A watched corpus, all of whose folders are settled.
async fn watched(folder: &Folder) -> Arc<OpenCorpus> {
    let corpus = folder.open();
    corpus.overview().await;
    assert_eq!(corpus.watch(|| ()), WatchState::Watching);
    until("settled", async || corpus.current_listing().is_some()).await;
    corpus
}

#[tokio::test]
async fn a_replaced_folder_is_listed_and_watched_anew() {
    let folder = Folder::new(&[("sub/deep/a.txt", b"a"), (".new/deep/b.txt", b"b")]);
    let corpus = watched(&folder).await;
    let (sub, old, new) = (folder.path().join("sub"), folder.path().join(".old"), folder.path().join(".new"));
    std::fs::rename(&sub, &old).unwrap();
    std::fs::rename(&new, &sub).unwrap();
    until("another folder in its place", async || paths(&corpus).await == ["sub/deep/b.txt"]).await;
    folder.write("sub/deep/c.txt", b"c");
    until("a file in it", async || paths(&corpus).await == ["sub/deep/b.txt", "sub/deep/c.txt"]).await;
    folder.write(".old/deep/d.txt", b"d");
    folder.write("e.txt", b"e");
    until("nothing of the old folder", async || paths(&corpus).await == ["e.txt", "sub/deep/b.txt", "sub/deep/c.txt"]).await;
}

#[tokio::test]
async fn a_folder_moved_away_and_back_stays_watched() {
    let folder = Folder::new(&[("sub/deep/a.txt", b"a")]);
    let corpus = watched(&folder).await;
    let (sub, away) = (folder.path().join("sub"), folder.path().join(".away"));
    std::fs::rename(&sub, &away).unwrap();
    std::fs::rename(&away, &sub).unwrap();
    until("settled", async || corpus.current_listing().is_some()).await;
    folder.write("sub/deep/b.txt", b"b");
    until("a file in it", async || paths(&corpus).await == ["sub/deep/a.txt", "sub/deep/b.txt"]).await;
}

#[tokio::test]
async fn changes_behind_a_link_show_under_both_paths() {
    let folder = Folder::new(&[("real/a.txt", b"a")]);
    symlink("real", folder.path().join("link")).unwrap();
    let corpus = watched(&folder).await;
    folder.write("real/b.txt", b"b");
    let all = ["link/a.txt", "link/b.txt", "real/a.txt", "real/b.txt"];
    until("a file under both paths", async || paths(&corpus).await == all).await;
    std::fs::remove_file(folder.path().join("link/a.txt")).unwrap();
    until("one file less", async || paths(&corpus).await == ["link/b.txt", "real/b.txt"]).await;
}

#[tokio::test]
async fn a_listing_is_current_only_while_changes_are_told() {
    let folder = Folder::new(&[("a.txt", b"a")]);
    let corpus = folder.open();
    corpus.overview().await;
    assert!(corpus.current_listing().is_none(), "it is not watched");
    let corpus = watched(&folder).await;
    folder.write("b.txt", b"b");
    until("a new file", async || paths(&corpus).await == ["a.txt", "b.txt"]).await;
    until("settled", async || corpus.current_listing().is_some()).await;
    let away = folder.path().with_file_name("away");
    std::fs::rename(folder.path(), &away).unwrap();
    std::fs::create_dir(folder.path()).unwrap();
    assert!(corpus.current_listing().is_none(), "another folder is in its place");
}

#[tokio::test]
async fn a_listing_with_unopened_archives_is_not_current() {
    let folder = Folder::new(&[("in.zip", &zip(&[("a.txt", b"a")]))]);
    let none = Extraction { extractor: Arc::new(Extractor::with(None, Duration::ZERO)), ..extraction() };
    let corpus = OpenCorpus::open(&[folder.path()], Include::default(), &none).unwrap();
    corpus.overview().await;
    assert_eq!(corpus.watch(|| ()), WatchState::Watching);
    let settled = async || corpus.listing_is_settled();
    until("settled", settled).await;
    assert!(corpus.current_listing().is_none());
}
