//! Libraries as a window sees them.

#![allow(missing_docs, clippy::unwrap_used)]

use plumb_api::{
    Folders, Plumb,
    documents::{DocumentEntry, DocumentState, Include},
    types::{LibraryId, ListDocuments, OpenLibrary, SetInclude, Update},
};
use tempfile::TempDir;

/// Plumb with one open library.
struct Open {
    plumb: Plumb,
    library: String,
    _home: TempDir,
}

impl Open {
    async fn with(files: &[(&str, &[u8])]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("papers");
        for (path, bytes) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let plumb = Plumb::open(Folders::under(&home.path().join("plumb"))).await.unwrap();
        let sources = vec![folder.to_string_lossy().into_owned()];
        let library = plumb.open_library(OpenLibrary { sources }).await.unwrap().id;
        Open { plumb, library, _home: home }
    }

    fn id(&self) -> LibraryId {
        LibraryId { library: self.library.clone() }
    }

    async fn listed(&self) -> Vec<(String, DocumentState)> {
        let request = ListDocuments { library: self.library.clone(), pattern: None, limit: 100 };
        states(self.plumb.documents(request).await.unwrap().entries)
    }

    /// Reads all documents. Returns the documents that updates named on the way, by path.
    async fn examined(&self) -> Vec<(String, DocumentState)> {
        let mut updates = self.plumb.updates();
        self.plumb.examine(self.id()).await.unwrap();
        let mut told = Vec::new();
        loop {
            match updates.recv().await.unwrap() {
                Update::Examined { ended: true, .. } => break,
                Update::Examined { documents, .. } => told.extend(documents),
                _ => {}
            }
        }
        told.sort_by(|a, b| a.path.cmp(&b.path));
        states(told)
    }
}

fn states(entries: Vec<DocumentEntry>) -> Vec<(String, DocumentState)> {
    entries.into_iter().map(|entry| (entry.path, entry.state)).collect()
}

#[tokio::test]
async fn updates_name_the_state_of_each_document_read() {
    let open = Open::with(&[("a.txt", b"alpha"), ("empty.txt", b""), ("sub/b.txt", b"beta")]).await;
    assert!(open.listed().await.iter().all(|(_, state)| *state == DocumentState::Listed));
    let told = open.examined().await;
    assert_eq!(
        told.iter().map(|(_, state)| *state).collect::<Vec<_>>(),
        [DocumentState::Text, DocumentState::NoText, DocumentState::Text]
    );
    assert_eq!(told, open.listed().await);
}

#[tokio::test]
async fn states_survive_a_change_of_the_listed_files() {
    let open = Open::with(&[("a.txt", b"alpha"), (".env", b"key"), ("empty.txt", b"")]).await;
    open.examined().await;
    let known = open.listed().await;
    for (hidden, more) in [(true, 1), (false, 0)] {
        let include = Include { hidden, ..Include::default() };
        open.plumb.set_include(SetInclude { library: open.library.clone(), include }).await.unwrap();
        let listed = open.listed().await;
        assert_eq!(listed.len(), known.len() + more);
        assert!(known.iter().all(|document| listed.contains(document)), "{listed:?}");
    }
}
