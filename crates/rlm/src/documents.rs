//! Documents without their text: entries and totals of a listing.

use crate::{
    fault,
    fault::{Code, Fault},
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use ts_rs::TS;

/// The state of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    /// Seen in its folder, not yet read.
    Listed,
    /// It is plain text, and was read.
    Text,
    /// Its text was taken out of a document: a PDF, a workbook.
    Extracted,
    /// It holds other documents, as archives and mailboxes do; these are listed beside it.
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
    /// Its kind, for programs: "pdf", "docx", "code". Recognised by name, and by content once it was read.
    pub kind: Cow<'static, str>,
    /// The same for people: "PDF", "Word document".
    pub kind_name: Cow<'static, str>,
    /// Its state.
    pub state: DocumentState,
    /// Why it was skipped or failed, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<String>,
    /// Parts that may read badly, in plain words.
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

/// Files of a folder that are listed beside its plain files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Include {
    /// Names that begin with a dot.
    #[serde(default)]
    pub hidden: bool,
    /// Files that `.gitignore` and `.ignore` leave out.
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
    /// The files that it keeps out, in plain words.
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
    /// The rule.
    pub rule: Rule,
    /// Number of files; a folder counts once, whatever it holds.
    pub files: u64,
}

/// Files that were left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LeftOut {
    /// The reason in plain words: "an image".
    pub reason: String,
    /// Number of files.
    pub files: u64,
}

/// Totals of the listing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Overview {
    /// The name of the folder or file.
    pub name: String,
    /// Documents that can be asked about.
    pub documents: u64,
    /// Size of their files in bytes.
    pub bytes: u64,
    /// Tokens, estimated from the bytes.
    pub tokens_estimate: u64,
    /// Files left out.
    pub skipped: u64,
    /// The reasons, the most frequent one first.
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

/// Number of reasons that are named; the others are counted.
const NAMED_REASONS: usize = 6;

/// The fault of documents that have no text.
pub(crate) fn no_readable_text(left_out: u64) -> Fault {
    fault!(
        Code::NoReadableText,
        "There is no text to ask about: {left_out} files were left out, because they are images, programs or scans without text. Choose a \
         folder with documents in it.",
        left_out = left_out
    )
}
