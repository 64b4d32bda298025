//! A listing: the documents of a library at one moment. Any number of runs can share it.

use crate::{
    document::{Document, Origin, Root},
    listing::paths::find,
};
use parking_lot::Mutex;
use plumb_rlm::{
    documents::{Include, LeftOutByRule},
    fault::Fault,
};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

/// The folders of a listing, and the choices that decide which of their files are listed.
#[derive(Debug)]
pub struct Scope {
    /// The name shown to people.
    pub name: String,
    /// The folders and files that were asked about.
    pub roots: Vec<Arc<Root>>,
    /// Kinds of files that are listed beside plain ones.
    pub include: Include,
    /// Pictures are listed as documents that may have text.
    pub pictures: bool,
}

/// The documents of a corpus at one moment. [`OpenCorpus::of`](crate::OpenCorpus::of) makes corpora from it.
#[derive(Debug)]
pub struct Listing {
    /// Where they come from.
    pub(crate) scope: Arc<Scope>,
    /// In path order.
    pub(crate) documents: Vec<Arc<Document>>,
    /// The folders that were walked, in path order, each with the root above it.
    pub(crate) folders: Vec<(Arc<Root>, PathBuf)>,
    /// Files that the rules leave out of these folders, once they were counted.
    pub(crate) left_out: Mutex<Option<Vec<LeftOutByRule>>>,
    /// Every drive answered, and every container could be opened.
    pub(crate) is_complete: bool,
    /// The listing that this one narrows.
    whole: Option<Arc<Listing>>,
}

impl Listing {
    /// Kinds of files that are listed beside plain ones.
    pub fn include(&self) -> Include {
        self.scope.include
    }

    /// A listing of these documents and folders, both in path order.
    pub(crate) fn new(
        scope: Arc<Scope>,
        documents: Vec<Arc<Document>>,
        folders: Vec<(Arc<Root>, PathBuf)>,
        is_complete: bool,
    ) -> Self {
        Listing { scope, documents, folders, left_out: Mutex::default(), is_complete, whole: None }
    }

    /// Only the documents at these paths, and their members.
    ///
    /// # Errors
    /// `no_such_path`.
    pub(crate) fn narrowed(self: &Arc<Self>, paths: &[String]) -> Result<Self, Fault> {
        let mut chosen = BTreeSet::new();
        for path in paths {
            let first = find(&self.documents, path, &self.scope.name)?;
            let inside = format!("{}/", self.documents[first].path);
            chosen.insert(first);
            let from = self.documents.partition_point(|document| document.path < inside);
            let members = self.documents[from..].iter().take_while(|document| document.path.starts_with(&inside));
            chosen.extend(from..from + members.count());
        }
        let documents = chosen.into_iter().map(|index| self.documents[index].clone()).collect();
        let narrowed = Listing::new(self.scope.clone(), documents, Vec::new(), self.is_complete);
        Ok(Listing { whole: Some(self.whole().clone()), ..narrowed })
    }

    /// The listing without narrowing: the one that the search index covers.
    pub(crate) fn whole<'a>(self: &'a Arc<Self>) -> &'a Arc<Self> {
        self.whole.as_ref().unwrap_or(self)
    }

    /// The question is about its only document, and not about a folder.
    pub(crate) fn is_single(&self) -> bool {
        match self.whole {
            Some(_) => self.documents.len() == 1,
            None => matches!(self.scope.roots.as_slice(), [only] if only.is_file),
        }
    }

    /// The document that was found again, if it is still the same: in the same place, with the same stamp.
    pub(crate) fn known(&self, found: &Document) -> Option<&Arc<Document>> {
        let at = self.documents.binary_search_by(|known| known.path.cmp(&found.path)).ok()?;
        let known = &self.documents[at];
        let same_place = match (&known.origin, &found.origin) {
            (Origin::File { .. }, Origin::File { .. }) => true,
            (Origin::Member { of: one, .. }, Origin::Member { of: other, .. }) => Arc::ptr_eq(one, other),
            _ => false,
        };
        (same_place && known.stamp == found.stamp).then_some(known)
    }

    /// Replaces documents that were found again by the known ones.
    pub(crate) fn keep_known(&self, found: &mut [Arc<Document>]) {
        for document in found {
            if let Some(known) = self.known(document) {
                *document = known.clone();
            }
        }
    }
}

/// Sorts documents by path, and keeps each path once.
pub fn sort_documents(documents: &mut Vec<Arc<Document>>) {
    // Mostly in order already where a part was listed anew: this sort sees that.
    documents.sort_by(|a, b| a.path.cmp(&b.path));
    documents.dedup_by(|a, b| a.path == b.path);
}

/// Sorts folders by the bytes of their paths, and keeps each once.
pub fn sort_folders(folders: &mut Vec<(Arc<Root>, PathBuf)>) {
    folders.sort_by(|a, b| a.1.as_os_str().cmp(b.1.as_os_str()));
    folders.dedup_by(|a, b| a.1 == b.1);
}
