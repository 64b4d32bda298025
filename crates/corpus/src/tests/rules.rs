//! Files that the rules of a listing leave out, and other rules.

use super::*;

#[tokio::test]
async fn left_out_files_are_counted_and_can_be_listed() {
    let folder =
        Folder::new(&[(".gitignore", b"*.log\n"), ("a.txt", b"a"), ("b.log", b"b"), (".env", b"e"), (".git/config", b"f")]);
    let corpus = folder.open();
    assert_eq!(paths(&corpus).await, ["a.txt"]);
    let left: Vec<_> = corpus.left_out_by_rules().await.unwrap().iter().map(|left| (left.rule, left.files)).collect();
    assert_eq!(left, [(Rule::Hidden, 2), (Rule::Ignored, 1), (Rule::Git, 1)]);
    let with = async |include| paths(&OpenCorpus::open(&[folder.path()], include, &extraction()).unwrap()).await;
    assert_eq!(with(Include { hidden: true, ..Include::default() }).await, [".env", ".gitignore", "a.txt"]);
    assert_eq!(with(Include { ignored: true, ..Include::default() }).await, ["a.txt", "b.log"]);
    let all = Include { hidden: true, ignored: true, git: true };
    assert_eq!(with(all).await, [".env", ".git/config", ".gitignore", "a.txt", "b.log"]);
}

#[tokio::test]
async fn other_rules_keep_the_facts_about_documents() {
    let inner = zip(&[("deep.txt", b"deep"), (".deeper.txt", b"deeper")]);
    let outer = zip(&[("a.txt", b"alpha"), (".env", b"e"), ("inner.zip", &inner)]);
    let folder = Folder::new(&[("b.txt", b"beta"), ("backup.zip", &outer), ("changed.txt", b"old"), (".hidden.txt", b"h")]);
    let corpus = folder.open();
    corpus.examine(false, |_, _, _| {}).await.unwrap();
    let kept = corpus.frozen("backup.zip/inner.zip/deep.txt").await.unwrap();
    folder.write("changed.txt", b"another");
    let with = corpus.with_include(Include { hidden: true, ..Include::default() });
    drop(corpus);
    assert_eq!(
        states(&with.files(None, 100).await.unwrap()),
        [
            (".hidden.txt", DocumentState::Listed),
            ("b.txt", DocumentState::Text),
            ("backup.zip", DocumentState::Opened),
            ("backup.zip/.env", DocumentState::Listed),
            ("backup.zip/a.txt", DocumentState::Text),
            ("backup.zip/inner.zip", DocumentState::Opened),
            ("backup.zip/inner.zip/.deeper.txt", DocumentState::Listed),
            ("backup.zip/inner.zip/deep.txt", DocumentState::Text),
            ("changed.txt", DocumentState::Listed),
        ]
    );
    assert!(Arc::ptr_eq(&kept, &with.frozen("backup.zip/inner.zip/deep.txt").await.unwrap()));
    assert_eq!(with.text("backup.zip/.env").await.unwrap().as_str(), "e");
    folder.write("backup.zip", &zip(&[("c.txt", b"gamma")]));
    assert!(with.rescan());
    assert_eq!(paths(&with).await, [".hidden.txt", "b.txt", "backup.zip", "backup.zip/c.txt", "changed.txt"]);
}

#[tokio::test]
async fn left_out_files_are_counted_once_per_listing() {
    let folder = Folder::new(&[("a.txt", b"a"), (".env", b"e")]);
    let corpus = folder.open();
    let hidden = async || corpus.left_out_by_rules().await.unwrap()[0].files;
    assert_eq!(hidden().await, 1);
    folder.write(".other", b"o");
    assert_eq!(hidden().await, 1, "it was not counted again");
    assert!(!corpus.rescan(), "nothing that is listed has changed");
    assert_eq!(hidden().await, 2);
}
