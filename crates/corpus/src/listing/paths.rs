//! Finding documents by path: globs, and paths that are nearly right.

use crate::document::Document;
use globset::{GlobBuilder, GlobMatcher};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use std::sync::Arc;

/// Longest glob, in bytes.
const MAX_GLOB_BYTES: usize = 1_000;
/// Groups in braces that a glob may have.
const MAX_GLOB_GROUPS: usize = 10;
/// Longest unknown path, in bytes, that is compared with the known ones.
const MAX_COMPARED_BYTES: usize = 300;
/// Likeness, from 0 to 1, above which a name is suggested.
const MIN_LIKENESS: f64 = 0.7;
/// Names that are suggested.
const MAX_SUGGESTIONS: usize = 3;

/// A glob over paths. The name of a folder stands for everything in it.
pub struct Wanted {
    /// The pattern as it was given.
    pub pattern: String,
    glob: GlobMatcher,
    folder: String,
    /// The pattern is the path of a document. It stands for that document and its members.
    is_exact: bool,
}

impl Wanted {
    /// Compiles a pattern of the user or the model.
    ///
    /// # Errors
    /// `bad_pattern`.
    pub fn new(given: &str, listing: &[Arc<Document>]) -> Result<Self, Fault> {
        let pattern = given.trim_start_matches("./");
        // A compiled glob grows with its groups, and can outgrow the stack.
        if given.len() > MAX_GLOB_BYTES || given.matches('{').count() > MAX_GLOB_GROUPS {
            return Err(fault!(
                Code::BadPattern,
                "A pattern for paths may have {characters} characters and {groups} groups in braces. Use a simpler one.",
                characters = MAX_GLOB_BYTES,
                groups = MAX_GLOB_GROUPS,
            ));
        }
        let glob = GlobBuilder::new(pattern).build().map_err(|error| {
            fault!(
                Code::BadPattern,
                "\"{pattern}\" is not a valid pattern for paths: {error}. Write for example \"*.md\" or \"docs/**\".",
                pattern = pattern,
                error = error.kind(),
            )
        })?;
        Ok(Wanted {
            pattern: given.to_owned(),
            glob: glob.compile_matcher(),
            folder: format!("{}/", pattern.trim_end_matches('/')),
            is_exact: listing.binary_search_by(|document| document.path.as_str().cmp(pattern)).is_ok(),
        })
    }

    /// Whether the pattern stands for this path.
    pub fn has(&self, path: &str) -> bool {
        if self.is_exact {
            return path == &self.folder[..self.folder.len() - 1] || path.starts_with(&self.folder);
        }
        self.glob.is_match(path)
            || path.starts_with(&self.folder)
            || path.ends_with(&self.folder[..self.folder.len() - 1]) && self.is_end_of(path)
    }

    /// The pattern equals the last parts of the path.
    fn is_end_of(&self, path: &str) -> bool {
        let before = path.len() + 1 - self.folder.len();
        before == 0 || path.as_bytes()[before - 1] == b'/'
    }
}

/// The index of a document, by its path or by the last parts of its path, where only one document has them.
///
/// # Errors
/// `no_such_path`. The message suggests paths that are close.
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
    if path.len() > MAX_COMPARED_BYTES {
        return Err(fault!(
            Code::NoSuchPath,
            "No document in {name} has a path this long. Call files() to list the paths.",
            name = name,
        ));
    }
    let file_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let asked = file_name(path);
    let mut close: Vec<(f64, &str)> = listing
        .iter()
        .map(|document| (strsim::jaro_winkler(&file_name(&document.path), &asked), document.path.as_str()))
        .filter(|(likeness, _)| *likeness > MIN_LIKENESS)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let close: Vec<String> = close.iter().take(MAX_SUGGESTIONS).map(|(_, path)| format!("\"{path}\"")).collect();
    let advice = match close.as_slice() {
        [] => "files() lists the paths.".to_owned(),
        close => format!("Close to it: {}.", close.join(", ")),
    };
    Err(fault!(
        Code::NoSuchPath,
        "There is no document \"{path}\" in {name}. {advice}",
        path = path,
        name = name,
        advice = advice,
    ))
}
