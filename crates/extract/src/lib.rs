//! Bytes of one document to text, with a map back to its pages, slides, rows and chapters.
//!
//! Plain text of any encoding is decoded in process. Formats that need a parser are read in a child process, `plumb-extract` (the crate in
//! `worker/`), one for each document, which is sealed before it looks at a byte: a crash, a hang or a bomb fails that one document and nothing else.

mod child;
mod extractor;
mod family;
mod kind;
pub mod ocr;
pub mod pages;
mod plain;
pub mod protocol;
mod subtitles;

pub use child::Opened;
pub use extractor::Extractor;
pub use family::{Family, HEAD, IMAGE, Reader, UNKNOWN, of as reader_of};
pub use kind::{Kind, skip_by_name};
pub use plain::decode_text;
pub use subtitles::places_in;

use serde::{Deserialize, Serialize};

/// Changes when the same bytes give another text: what was kept by an older one is not used any more.
pub const VERSION: u32 = 2;

/// What was read of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parsed {
    /// What it is, told by its content.
    pub kind: Kind,
    /// The text. Lines end with `\n`. It travels and is kept beside the rest.
    #[serde(skip)]
    pub text: String,
    /// Where its lines lie in the original, in order. Empty where lines are all there is.
    pub places: Vec<Place>,
    /// The documents that lie in it: attachments, files of an archive.
    pub members: Vec<Member>,
    /// What may read badly, in plain words, for people and models: "2 of 31 pages have no text".
    pub doubts: Vec<String>,
    /// Pages of which nothing but a picture is to be read, from 1 and in order; the doubts name them. What little text they have is in the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scans: Vec<u32>,
}

impl Parsed {
    /// A text without places and members.
    pub fn new(kind: Kind, text: String) -> Self {
        Self { kind, text, places: Vec::new(), members: Vec::new(), doubts: Vec::new(), scans: Vec::new() }
    }
}

/// A part of the original: from its first line on, up to the next place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The first line, from 1.
    pub line: u64,
    /// "page 3", "slide 2", "sheet Budget", "chapter 4: The Mill".
    pub name: String,
    /// Of sheets: the number of the row that the first line holds. Each line after it holds the next row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
}

impl Place {
    /// A place that is more than rows.
    pub fn new(line: u64, name: impl Into<String>) -> Self {
        Self { line, name: name.into(), row: None }
    }

    /// The name of the place of `line`, which lies in this place: "sheet Budget, row 12".
    pub fn of(&self, line: u64) -> String {
        match self.row {
            Some(row) => format!("{}, row {}", self.name, row + line.saturating_sub(self.line)),
            None => self.name.clone(),
        }
    }
}

/// A document that lies in another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its path inside, `/` between parts, never absolute, never with `..`. Unique. Empty for the one file of a compressed file.
    pub path: String,
    /// Its size in bytes as far as is known without reading it.
    pub bytes: u64,
    /// Why it cannot be read, in plain words: "protected with a password".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What it means for a document that it gave no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureState {
    /// It was read, and there is no text in it.
    NoText,
    /// It is of a kind that is not read.
    Skipped,
    /// It should have been readable.
    Failed,
    /// It could not be looked at, which says nothing about the document: another time it may be read.
    Passing,
}

/// Why a document gave no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{reason}")]
pub struct Failure {
    /// What it means for the document.
    pub state: FailureState,
    /// In plain words: "an image", "protected with a password".
    pub reason: String,
}

impl Failure {
    /// There is no text in it.
    pub fn no_text(reason: impl Into<String>) -> Self {
        Self { state: FailureState::NoText, reason: reason.into() }
    }

    /// It is of a kind that is not read.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self { state: FailureState::Skipped, reason: reason.into() }
    }

    /// It could not be looked at this time.
    pub fn passing(reason: impl Into<String>) -> Self {
        Self { state: FailureState::Passing, reason: reason.into() }
    }

    /// It should have been readable.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self { state: FailureState::Failed, reason: reason.into() }
    }
}

/// A page as an image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drawn {
    /// The image's size in pixels.
    pub width: u32,
    /// As above.
    pub height: u32,
    /// The page's width on paper, in points (1/72 inch).
    pub points: f32,
    /// Pages of the whole document.
    pub pages: u32,
    /// PNG. It travels beside the rest.
    #[serde(skip)]
    pub png: Vec<u8>,
    /// The words on the page.
    pub words: Vec<WordBox>,
}

/// Where a word stands on a drawn page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordBox {
    /// The line of the page's text that it belongs to, from 0.
    pub line: u32,
    /// The word.
    pub text: String,
    /// Left, top, width and height, in parts of the page's width and height (0 to 1).
    pub area: [f32; 4],
}
