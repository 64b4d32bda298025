//! What the engine asks of a corpus: the documents a question is about.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fs::File, sync::Arc};
use ts_rs::TS;

/// What is known of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    /// Seen in its folder, not yet read.
    Listed,
    /// It is plain text, and was read.
    Text,
    /// Its text was taken out of a document: a PDF, a workbook.
    Extracted,
    /// It is a folder of a kind: an archive, a mailbox. What lies in it is listed beside it.
    Opened,
    /// It is readable, but has no text: a scan, an empty file.
    NoText,
    /// Left out on purpose, for the reason given.
    Skipped,
    /// Reading it failed, for the reason given.
    Failed,
}

impl DocumentState {
    /// It has text, as far as is known.
    pub fn is_askable(self) -> bool {
        matches!(self, DocumentState::Listed | DocumentState::Text | DocumentState::Extracted)
    }
}

/// One document of the listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DocumentEntry {
    /// Path inside the corpus, `/` between parts. Unique.
    pub path: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// What it is, for programs: "pdf", "docx", "code". By its name, and once it was read by its content.
    pub kind: Cow<'static, str>,
    /// The same for people: "PDF", "Word document".
    pub kind_name: Cow<'static, str>,
    /// What is known of it.
    pub state: DocumentState,
    /// Why it was skipped or failed, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<String>,
    /// What may read badly, in plain words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub doubts: Vec<String>,
    /// Its pages that are only pictures, whose text was not read.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<u32>", optional)]
    pub scans: u32,
}

// serde asks for a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What of a folder is listed beside its plain files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Include {
    /// Names that begin with a dot.
    #[serde(default)]
    pub hidden: bool,
    /// What `.gitignore` and `.ignore` leave out.
    #[serde(default)]
    pub ignored: bool,
    /// The inside of `.git` folders.
    #[serde(default)]
    pub git: bool,
}

/// A rule that keeps files out of the listing. [`Include`] has a switch for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The name begins with a dot.
    Hidden,
    /// `.gitignore` or `.ignore` names it.
    Ignored,
    /// It is a `.git` folder.
    Git,
}

impl Rule {
    /// What it keeps out, in plain words.
    pub fn words(self) -> &'static str {
        match self {
            Rule::Hidden => "hidden",
            Rule::Ignored => "named by .gitignore or .ignore",
            Rule::Git => "the inside of .git",
        }
    }
}

/// Files and folders that one rule keeps out of the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LeftOutByRule {
    /// Which rule.
    pub rule: Rule,
    /// How many; a folder counts once, whatever lies in it.
    pub files: u64,
}

/// Files that were left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LeftOut {
    /// In plain words: "an image".
    pub reason: String,
    /// How many.
    pub files: u64,
}

/// Totals of the listing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Overview {
    /// What a person calls it: the folder's or file's name.
    pub name: String,
    /// Documents that can be asked about.
    pub documents: u64,
    /// Their files' bytes.
    pub bytes: u64,
    /// Tokens, estimated from the bytes.
    pub tokens_estimate: u64,
    /// Files left out.
    pub skipped: u64,
    /// Why, the most frequent reason first.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// The corpus is one file, so that `context` is its text.
    pub single: bool,
}

impl Overview {
    /// Why files were left out, in one line: "9 an image, 2 protected with a password, 3 for other reasons". Empty where none were.
    pub fn reasons(&self) -> String {
        let named: Vec<_> =
            self.left_out.iter().take(NAMED_REASONS).map(|left| format!("{} {}", left.files, left.reason)).collect();
        let others: u64 = self.left_out.iter().skip(NAMED_REASONS).map(|left| left.files).sum();
        let others = (others > 0).then(|| format!("{others} for other reasons"));
        named.into_iter().chain(others).collect::<Vec<_>>().join(", ")
    }
}

/// So many reasons are named; the others are counted.
const NAMED_REASONS: usize = 6;

/// A document's text, frozen when it was first touched.
pub trait Text: Send + Sync {
    /// The text. It does not change while this lives.
    fn as_str(&self) -> &str;
    /// Its characters.
    fn chars(&self) -> u64 {
        self.as_str().chars().count() as u64
    }
    /// BLAKE3 of the text, in hex.
    fn digest(&self) -> &str;
    /// Where line `line` (from 1) lies in the original, for people: "page 3". `None` where lines are all there is.
    fn place(&self, line: u64) -> Option<String>;
    /// What a reader of it should know, in plain words: what may read badly, that the file changed after the question was asked.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Where a document lies in the snapshot, as the worker maps it (PEP 393: every character has `kind` bytes; one NUL character follows).
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
    /// The most hits to return; all are counted.
    pub limit: usize,
}

/// One matching line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The document.
    pub path: String,
    /// From 1.
    pub line: u64,
    /// The line without its end; very long lines are cut around the match.
    pub text: String,
}

/// What a grep found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrepResult {
    /// Hits in path and line order.
    pub hits: Vec<Hit>,
    /// Matching lines in all, also those beyond the limit.
    pub total: u64,
    /// Documents with a match.
    pub documents: u64,
    /// Documents that could not be read.
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

/// Why a document or search gave nothing.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct CorpusError {
    /// For programs: `no_such_path`, `no_text`, `unreadable`, `bad_pattern`, `disk_full`, `cancelled`.
    pub code: &'static str,
    /// What happened, why, and what to do.
    pub message: String,
}

/// The documents a question is about. One value serves one run: from the first touch on, a document's text is frozen in it.
#[async_trait]
pub trait Corpus: Send + Sync {
    /// Totals. Waits until the listing is complete; reads no document.
    async fn overview(&self) -> Overview;

    /// The listing in path order, skipped files included, at most `limit`; `glob` narrows it.
    async fn files(&self, glob: Option<&str>, limit: usize) -> Result<Vec<DocumentEntry>, CorpusError>;

    /// A document's text, extracted and frozen when first touched.
    ///
    /// # Errors
    /// `no_such_path` (the message names close ones), `no_text`, `unreadable`, `disk_full`.
    async fn text(&self, path: &str) -> Result<Arc<dyn Text>, CorpusError>;

    /// Whether a document has a text; of a large one only the beginning is looked at.
    ///
    /// # Errors
    /// As [`Corpus::text`].
    async fn has_text(&self, path: &str) -> Result<(), CorpusError> {
        self.text(path).await.map(drop)
    }

    /// Where the worker finds that text in the snapshot; writes it there when first asked.
    async fn placement(&self, path: &str) -> Result<Placement, CorpusError>;

    /// The sparse, append-only file that every worker of the run maps read-only.
    fn snapshot(&self) -> Result<File, CorpusError>;

    /// Lays a text that a model made (a child's context) into the snapshot.
    async fn place_text(&self, text: &str) -> Result<Placement, CorpusError>;

    /// Lines that match, at native speed.
    async fn grep(&self, query: &GrepQuery) -> Result<GrepResult, CorpusError>;

    /// The `k` best passages for a few words (BM25); `path` is a glob that narrows it.
    async fn search(&self, query: &str, k: usize, path: Option<&str>) -> Result<Vec<Passage>, CorpusError>;
}
