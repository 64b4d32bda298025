//! The interface to a corpus: the documents that a question is about.

use crate::{
    documents::{DocumentEntry, Overview},
    fault::Fault,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{fs::File, sync::Arc};

/// A document's text, frozen at first touch.
pub trait Text: Send + Sync {
    /// The text. It does not change while this lives.
    fn as_str(&self) -> &str;
    /// Length in characters.
    fn chars(&self) -> u64 {
        self.as_str().chars().count() as u64
    }
    /// BLAKE3 of the text, in hex.
    fn digest(&self) -> &str;
    /// Place of line `line` (from 1) in the original, for people: "page 3". `None` where the document has lines only.
    fn place(&self, line: u64) -> Option<String>;
    /// Warnings for a reader of the text, in plain words: parts that may read badly, a file that changed after the question was asked.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Place of a document in the snapshot, as the worker maps it (PEP 393: every character has `kind` bytes; one NUL character follows).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Bytes from the start of the snapshot.
    pub offset: u64,
    /// Length in characters.
    pub chars: u64,
    /// Bytes of each character: 1, 2 or 4.
    pub kind: u8,
    /// All characters are ASCII.
    pub ascii: bool,
}

/// A search for a regular expression, line by line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GrepQuery {
    /// Regular expression (Rust's `regex` syntax).
    pub pattern: String,
    /// Glob over paths; all documents when absent.
    #[serde(default)]
    pub path: Option<String>,
    /// Upper and lower case are the same.
    #[serde(default)]
    pub ignore_case: bool,
    /// Maximum number of hits to return; all are counted.
    pub limit: usize,
}

/// One matching line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The document.
    pub path: String,
    /// Line number, from 1.
    pub line: u64,
    /// The line without its line break; very long lines are cut around the match.
    pub text: String,
}

/// The result of a grep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrepResult {
    /// Hits in path and line order.
    pub hits: Vec<Hit>,
    /// Number of matching lines, those beyond the limit included.
    pub total: u64,
    /// Number of documents with a match.
    pub documents: u64,
    /// Number of documents that could not be read.
    pub failed: u64,
}

/// A ranked passage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// The document.
    pub path: String,
    /// First line, from 1.
    pub start_line: u64,
    /// Last line.
    pub end_line: u64,
    /// The lines.
    pub text: String,
    /// Higher is better; comparable within one result only.
    pub score: f64,
}

/// The documents that a question is about. One value serves one run, and freezes each text at first touch.
#[async_trait]
pub trait Corpus: Send + Sync {
    /// Totals. Waits until the listing is complete; reads no document.
    async fn overview(&self) -> Overview;

    /// The listing in path order, skipped files included, at most `limit`; `glob` narrows it.
    async fn files(&self, glob: Option<&str>, limit: usize) -> Result<Vec<DocumentEntry>, Fault>;

    /// A document's text, extracted and frozen when first touched.
    ///
    /// # Errors
    /// `no_such_path` (the message names close ones), `no_text`, `unreadable`, `disk_full`.
    async fn text(&self, path: &str) -> Result<Arc<dyn Text>, Fault>;

    /// Checks that a document has text. Of a large one only the beginning is read.
    ///
    /// # Errors
    /// As [`Corpus::text`].
    async fn has_text(&self, path: &str) -> Result<(), Fault> {
        self.text(path).await.map(drop)
    }

    /// Place of that text in the snapshot. The first call writes it there.
    async fn placement(&self, path: &str) -> Result<Placement, Fault>;

    /// The sparse, append-only file that every worker of the run maps read-only.
    fn snapshot(&self) -> Result<File, Fault>;

    /// Writes a text that a model made, a child's context, into the snapshot.
    async fn place_text(&self, text: &str) -> Result<Placement, Fault>;

    /// Returns the lines that match.
    async fn grep(&self, query: &GrepQuery) -> Result<GrepResult, Fault>;

    /// Returns the `k` best passages for a few words (BM25); `path` is a glob that narrows the search.
    async fn search(&self, query: &str, k: usize, path: Option<&str>) -> Result<Vec<Passage>, Fault>;
}
