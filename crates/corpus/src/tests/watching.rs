//! Listings that follow what becomes of the folders.

use super::*;

/// Waits for a change of the listing, as long as a user would.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let since = std::time::Instant::now();
    while !holds().await {
        assert!(since.elapsed().as_secs() < 20, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn changes_in_watched_folders_show_by_themselves_and_nothing_else_is_read_again() {
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
    assert!(Arc::ptr_eq(&kept, &corpus.frozen("sub/b.txt").await.unwrap()), "what did not change stays as it was");
    folder.write(".gitignore", b"a.txt\n");
    until("other rules", async || paths(&corpus).await == ["sub/b.txt", "x.tmp"]).await;
    assert!(changes.load(Ordering::Relaxed) >= 5);
}

#[tokio::test]
async fn what_lies_in_an_archive_follows_the_archive() {
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
