//! What the rules of a listing leave out: hidden files, and what `.gitignore` and `.ignore` name.

use crate::{OpenCorpus, blocking, cancelled, opening::Listing};
use plumb_rlm::{
    documents::{LeftOutByRule, Rule},
    fault::Fault,
};
use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    sync::{
        PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

impl OpenCorpus {
    /// Files and folders that the rules leave out, by the rule; a folder counts once. The first call looks into every folder that was listed.
    ///
    /// # Errors
    /// `cancelled`.
    pub async fn left_out_by_rules(&self) -> Result<Vec<LeftOutByRule>, Fault> {
        let listing = self.listed().await;
        let known = listing.left_out.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(left_out) = known {
            return Ok(left_out);
        }
        blocking(move |stop| {
            let counted = count(&listing, stop);
            if stop.load(Ordering::Relaxed) {
                return Err(cancelled());
            }
            *listing.left_out.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted.clone());
            Ok(counted)
        })
        .await
    }
}

fn count(listing: &Listing, stop: &AtomicBool) -> Vec<LeftOutByRule> {
    let listed: HashSet<PathBuf> = listing.documents.iter().filter_map(|document| document.origin.file()).collect();
    let folders: HashSet<&PathBuf> = listing.folders.iter().map(|(_, folder)| folder).collect();
    let (mut hidden, mut ignored, mut git) = (0, 0, 0);
    for (_, folder) in listing.folders.iter().take_while(|_| !stop.load(Ordering::Relaxed)) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if listed.contains(&path) || folders.contains(&path) {
                continue;
            }
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // A loop of links is left out by no rule.
            let followed = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            match () {
                () if name == ".git" => git += 1,
                () if name.starts_with('.') => hidden += 1,
                () if !followed => ignored += 1,
                () => {}
            }
        }
    }
    let counted = [(Rule::Hidden, hidden), (Rule::Ignored, ignored), (Rule::Git, git)];
    counted.into_iter().filter(|(_, files)| *files > 0).map(|(rule, files)| LeftOutByRule { rule, files }).collect()
}
