//! Documents by their paths: globs, and paths that are nearly right.

use crate::document::Document;
use globset::{GlobBuilder, GlobMatcher};
use plumb_rlm::fault::{Code, Fault};
use std::sync::Arc;

/// The longest glob, in bytes, and the most groups in it.
const LONGEST_GLOB: usize = 1_000;
const MOST_GROUPS: usize = 10;

/// A path that is not there and longer than this, in bytes, is not compared with those that are.
const COMPARED: usize = 300;

/// A glob over paths; the name of a folder stands for all in it.
pub struct Wanted {
    /// As it was given.
    pub pattern: String,
    glob: GlobMatcher,
    folder: String,
    /// It is the path of a document: then it stands for that one, and what lies in it.
    exact: bool,
}

impl Wanted {
    /// From a pattern of the user or the model.
    pub fn new(given: &str, listing: &[Arc<Document>]) -> Result<Self, Fault> {
        let pattern = given.trim_start_matches("./");
        // What is built from a glob grows with its groups, and can outgrow the stack.
        if given.len() > LONGEST_GLOB || given.matches('{').count() > MOST_GROUPS {
            let message = format!(
                "A pattern for paths may have {LONGEST_GLOB} characters and {MOST_GROUPS} groups in braces; use a simpler one."
            );
            return Err(Fault::new(Code::BadPattern, message));
        }
        let glob = GlobBuilder::new(pattern).build().map_err(|error| {
            Fault::new(
                Code::BadPattern,
                format!(
                    "\"{pattern}\" is not a valid pattern for paths: {}. Write for example \"*.md\" or \"docs/**\".",
                    error.kind()
                ),
            )
        })?;
        Ok(Wanted {
            pattern: given.to_owned(),
            glob: glob.compile_matcher(),
            folder: format!("{}/", pattern.trim_end_matches('/')),
            exact: listing.binary_search_by(|document| document.path.as_str().cmp(pattern)).is_ok(),
        })
    }

    /// Whether it stands for this path.
    pub fn has(&self, path: &str) -> bool {
        if self.exact {
            return path == &self.folder[..self.folder.len() - 1] || path.starts_with(&self.folder);
        }
        self.glob.is_match(path)
            || path.starts_with(&self.folder)
            || path.ends_with(&self.folder[..self.folder.len() - 1]) && self.is_end_of(path)
    }

    /// The pattern is the last parts of the path.
    fn is_end_of(&self, path: &str) -> bool {
        let before = path.len() + 1 - self.folder.len();
        before == 0 || path.as_bytes()[before - 1] == b'/'
    }
}

/// A document by its path, or by the last parts of its path if they are those of one document only.
pub fn find(listing: &[Arc<Document>], path: &str, name: &str) -> Result<usize, Fault> {
    let path = path.trim_start_matches("./");
    if let Ok(index) = listing.binary_search_by(|document| document.path.as_str().cmp(path)) {
        return Ok(index);
    }
    let end = format!("/{path}");
    let mut ending = listing.iter().enumerate().filter(|(_, document)| !path.is_empty() && document.path.ends_with(&end));
    if let (Some((index, _)), None) = (ending.next(), ending.next()) {
        return Ok(index);
    }
    if path.len() > COMPARED {
        let message = format!("There is no document with such a long path in {name}. Its paths are listed by files().");
        return Err(Fault::new(Code::NoSuchPath, message));
    }
    let file_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let asked = file_name(path);
    let mut close: Vec<(f64, &str)> = listing
        .iter()
        .map(|document| (strsim::jaro_winkler(&file_name(&document.path), &asked), document.path.as_str()))
        .filter(|(likeness, _)| *likeness > 0.7)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let close: Vec<String> = close.iter().take(3).map(|(_, path)| format!("\"{path}\"")).collect();
    let advice = match close.as_slice() {
        [] => "Its paths are listed by files().".to_owned(),
        close => format!("Close to it: {}.", close.join(", ")),
    };
    Err(Fault::new(Code::NoSuchPath, format!("There is no document \"{path}\" in {name}. {advice}")))
}
