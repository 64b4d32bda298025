//! Keeping a listing current: only the folders that changed are listed again.

use crate::{
    document::{Document, Root},
    listing::{
        listed::{Listing, sort_documents, sort_folders},
        members,
        walk::{Found, Walk, below, walk},
    },
    reading::containers::Originals,
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64},
    },
};

/// Files whose change may change which other files are listed.
const RULE_FILES: [&str; 2] = [".gitignore", ".ignore"];

/// A listing that replaces another one.
pub struct Relisted {
    /// The new listing.
    pub listing: Listing,
    gone: HashSet<*const Document>,
}

impl Relisted {
    /// The document, or the file around it, is no longer listed as it was.
    pub fn is_gone(&self, document: &Document) -> bool {
        let file = document.origin.outermost().map_or(std::ptr::from_ref(document), Arc::as_ptr);
        self.gone.contains(&file)
    }
}

/// Makes new listings from the one before.
pub struct Relister<'a> {
    /// The listing before.
    pub before: &'a Listing,
    /// Opens containers that changed.
    pub originals: &'a Originals,
    /// Ends it early.
    pub stop: &'a AtomicBool,
}

/// The part of a listing that was listed anew.
#[derive(Default)]
struct Fresh {
    documents: Vec<Arc<Document>>,
    folders: Vec<(Arc<Root>, PathBuf)>,
    is_partial: bool,
}

impl Fresh {
    fn add(&mut self, found: Found) {
        self.documents.extend(found.documents);
        self.folders.extend(found.folders);
        self.is_partial |= found.is_partial;
    }
}

impl Relister<'_> {
    /// Lists everything again. `None`: nothing changed. Blocks.
    pub fn all(&self) -> Option<Relisted> {
        let mut fresh = Fresh::default();
        fresh.add(self.walk(&self.before.scope.roots));
        self.replace(fresh, |_| true, |_| true)
    }

    /// Lists the folders again that hold these paths. `None`: nothing changed. Blocks.
    pub fn around(&self, paths: &BTreeSet<PathBuf>) -> Option<Relisted> {
        let is_rule_file = |path: &PathBuf| path.file_name().is_some_and(|name| RULE_FILES.iter().any(|rule| name == *rule));
        if paths.iter().any(is_rule_file) {
            return self.all();
        }
        let known: HashMap<&Path, &Arc<Root>> =
            self.before.folders.iter().map(|(root, folder)| (folder.as_path(), root)).collect();
        let is_known = |path: &&Path| known.contains_key(path);
        let mut shallow: BTreeSet<&Path> = paths.iter().filter_map(|path| path.parent()).filter(is_known).collect();
        // A folder that changed itself may be another one by now, with other folders in it.
        let mut deep: BTreeSet<&Path> = paths.iter().map(PathBuf::as_path).filter(is_known).collect();
        // A folder that is gone shows in the folder around it.
        shallow.retain(|folder| folder.is_dir());
        deep.retain(|folder| folder.is_dir());
        if self.before.scope.roots.iter().any(|root| deep.contains(root.path.as_path())) {
            return self.all();
        }
        let files = self.before.scope.roots.iter().filter(|root| root.is_file && paths.contains(&root.path));
        let files: Vec<Arc<Root>> = files.cloned().collect();
        if shallow.is_empty() && deep.is_empty() && files.is_empty() {
            return None;
        }
        self.folders(&shallow, &deep, &known, &files)
    }

    /// Lists `shallow` folders without the folders in them, `deep` ones with them, and single files.
    fn folders(
        &self,
        shallow: &BTreeSet<&Path>,
        deep: &BTreeSet<&Path>,
        known: &HashMap<&Path, &Arc<Root>>,
        files: &[Arc<Root>],
    ) -> Option<Relisted> {
        let mut fresh = Fresh::default();
        let mut relisted = HashSet::new();
        // Their paths in the corpus, and on the disk.
        let mut covered: Vec<(PathBuf, String)> = Vec::new();
        for folder in deep {
            let Some(root) = known.get(folder) else { continue };
            fresh.add(self.below(root, folder, None));
            covered.push((folder.to_path_buf(), root.inside(folder) + "/"));
        }
        for folder in shallow {
            let Some(root) = known.get(folder) else { continue };
            relisted.insert(root.inside(folder));
            let Found { documents, folders, is_partial, .. } = self.below(root, folder, Some(1));
            fresh.add(Found { documents, is_partial, ..Found::default() });
            for (root, inner) in folders {
                if inner != **folder && !known.contains_key(inner.as_path()) {
                    // A new folder is listed with all below it.
                    fresh.add(self.below(&root, &inner, None));
                } else {
                    fresh.folders.push((root, inner));
                }
            }
        }
        fresh.add(self.walk(files));
        // A folder that is gone takes all below it along.
        let stays: HashSet<&Path> = fresh.folders.iter().map(|(_, folder)| folder.as_path()).collect();
        let gone = self.before.folders.iter().filter(|(_, folder)| {
            folder.parent().is_some_and(|above| shallow.contains(above)) && !stays.contains(folder.as_path())
        });
        covered.extend(gone.map(|(root, folder)| (folder.clone(), root.inside(folder) + "/")));
        drop(stays);
        let covers = |document: &Document| {
            let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            relisted.contains(folder)
                || covered.iter().any(|(_, inside)| document.path.starts_with(inside))
                || files.iter().any(|root| root.prefix == document.path)
        };
        self.replace(fresh, covers, |folder| covered.iter().any(|(covered, _)| folder.starts_with(covered)))
    }

    fn walk(&self, roots: &[Arc<Root>]) -> Found {
        walk(roots, &Walk { scope: &self.before.scope, stop: self.stop, found: &AtomicU64::new(0) })
    }

    fn below(&self, root: &Arc<Root>, folder: &Path, depth: Option<usize>) -> Found {
        below(root, folder, depth, true, &Walk { scope: &self.before.scope, stop: self.stop, found: &AtomicU64::new(0) })
    }

    /// Replaces the covered part of the listing. Documents that did not change are kept, with their members.
    fn replace(
        &self,
        mut fresh: Fresh,
        covers: impl Fn(&Document) -> bool,
        covers_folder: impl Fn(&Path) -> bool,
    ) -> Option<Relisted> {
        let before = self.before;
        let is_file = |document: &Document| document.origin.outermost().is_none();
        let covered: HashSet<*const Document> =
            before.documents.iter().filter(|document| is_file(document) && covers(document)).map(Arc::as_ptr).collect();
        let mut gone = covered.clone();
        let mut changed = Vec::new();
        for document in &mut fresh.documents {
            match before.known(document) {
                Some(known) => {
                    gone.remove(&Arc::as_ptr(known));
                    *document = known.clone();
                }
                None => changed.push(document.clone()),
            }
        }
        let mut folders: Vec<_> = before.folders.iter().filter(|(_, folder)| !covers_folder(folder)).cloned().collect();
        folders.append(&mut fresh.folders);
        sort_folders(&mut folders);
        if changed.is_empty() && gone.is_empty() && folders.len() == before.folders.len() {
            // Files that are not listed may have changed.
            *before.left_out.lock() = None;
            return None;
        }
        let kept = before.documents.iter().filter(|document| match document.origin.outermost() {
            None => !covered.contains(&Arc::as_ptr(document)),
            Some(of) => !gone.contains(&Arc::as_ptr(of)),
        });
        let mut documents: Vec<_> = kept.cloned().collect();
        documents.append(&mut fresh.documents);
        let members = members::of(&changed, before.scope.include.hidden, self.originals, self.stop, None);
        documents.extend(members.documents);
        sort_documents(&mut documents);
        let is_complete = before.is_complete && !fresh.is_partial && !members.is_partial;
        Some(Relisted { listing: Listing::new(before.scope.clone(), documents, folders, is_complete), gone })
    }
}
