//! Turns the bytes of one document into text, with a map back to its pages, slides, rows and chapters.
//!
//! Plain text of any encoding is decoded in process. Formats that need a parser are read by a child process, `plumb-extract` (the crate in
//! `worker/`). Each document has its own child, which is sealed before it looks at a byte. So a crash, a hang or a zip bomb fails that document only.

#[cfg_attr(not(unix), path = "child_unsupported.rs")]
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

/// Version of the extractor. It changes when the same bytes give another text, reason or doubt, so that stored results of older versions are dropped.
pub const VERSION: u32 = 3;

/// The text of a document, with its structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parsed {
    /// Its kind, from its content.
    pub kind: Kind,
    /// The text. Lines end with `\n`. It is sent and stored separately from the other fields.
    #[serde(skip)]
    pub text: String,
    /// Where its lines lie in the original, in order. Empty for a text that has only lines.
    pub places: Vec<Place>,
    /// The documents inside it: attachments, files of an archive.
    pub members: Vec<Member>,
    /// Reasons to distrust the text, in plain words, for people and models: "2 of 31 pages have no text".
    pub doubts: Vec<String>,
    /// Pages that are only pictures, counted from 1 and in order. The doubts name them; what little text they have is part of the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scans: Vec<u32>,
}

impl Parsed {
    /// Makes a text without places, members and doubts.
    pub fn new(kind: Kind, text: String) -> Self {
        Self { kind, text, places: Vec::new(), members: Vec::new(), doubts: Vec::new(), scans: Vec::new() }
    }
}

/// A part of the original, from its first line up to the next place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The first line, counted from 1.
    pub line: u64,
    /// "page 3", "slide 2", "sheet Budget", "chapter 4: The Mill".
    pub name: String,
    /// For sheets, the row number of the first line. Each later line holds the next row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
}

impl Place {
    /// Makes a place whose lines have no row numbers.
    pub fn new(line: u64, name: impl Into<String>) -> Self {
        Self { line, name: name.into(), row: None }
    }

    /// Names the position of `line`, which must lie in this place: "sheet Budget, row 12".
    pub fn of(&self, line: u64) -> String {
        match self.row {
            Some(row) => format!("{}, row {}", self.name, row + line.saturating_sub(self.line)),
            None => self.name.clone(),
        }
    }
}

/// A document inside another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its path inside the other document: unique, relative, with `/` between parts and no `..`. Empty for the one file in a compressed file.
    pub path: String,
    /// Its size in bytes, as far as it is known without reading the member.
    pub bytes: u64,
    /// Why Plumb cannot read it, in plain words: "protected with a password".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The meaning of a failure for its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureState {
    /// The document was read and has no text.
    NoText,
    /// Plumb does not read documents of this kind.
    Skipped,
    /// The document should have been readable.
    Failed,
    /// The failure is temporary and says nothing about the document: a retry may succeed.
    Passing,
}

/// The reason why a document gave no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{reason}")]
pub struct Failure {
    /// The meaning for the document.
    pub state: FailureState,
    /// The reason, in plain words: "an image", "protected with a password".
    pub reason: String,
}

impl Failure {
    /// The document has no text.
    pub fn no_text(reason: impl Into<String>) -> Self {
        Self { state: FailureState::NoText, reason: reason.into() }
    }

    /// Plumb does not read documents of this kind.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self { state: FailureState::Skipped, reason: reason.into() }
    }

    /// The failure is temporary.
    pub fn passing(reason: impl Into<String>) -> Self {
        Self { state: FailureState::Passing, reason: reason.into() }
    }

    /// The document should have been readable.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self { state: FailureState::Failed, reason: reason.into() }
    }
}

/// A page as an image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drawn {
    /// Width of the image, in pixels.
    pub width: u32,
    /// Height of the image, in pixels.
    pub height: u32,
    /// The page's width on paper, in points (1/72 inch).
    pub points: f32,
    /// Number of pages of the document.
    pub pages: u32,
    /// The image as PNG. It is sent separately from the other fields.
    #[serde(skip)]
    pub png: Vec<u8>,
    /// The words on the page.
    pub words: Vec<WordBox>,
}

/// A word and its position on a drawn page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordBox {
    /// Its line in the page's text, counted from 0.
    pub line: u32,
    /// The word.
    pub text: String,
    /// Left, top, width and height, as fractions of the page's width and height (0 to 1).
    pub area: [f32; 4],
}
