//! Counting the files that the rules of a listing leave out: hidden files, and those that `.gitignore` and `.ignore` name.

use crate::listing::listed::Listing;
use plumb_rlm::documents::{LeftOutByRule, Rule};
use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

/// Counts the files and folders left out, by rule. A folder counts once. Looks into every folder of the listing.
pub fn count_left_out(listing: &Listing, stop: &AtomicBool) -> Vec<LeftOutByRule> {
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
            // No rule leaves out a loop of links.
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            match () {
                () if name == ".git" => git += 1,
                () if name.starts_with('.') => hidden += 1,
                () if !is_link => ignored += 1,
                () => {}
            }
        }
    }
    let counted = [(Rule::Hidden, hidden), (Rule::Ignored, ignored), (Rule::Git, git)];
    counted.into_iter().filter(|(_, files)| *files > 0).map(|(rule, files)| LeftOutByRule { rule, files }).collect()
}
