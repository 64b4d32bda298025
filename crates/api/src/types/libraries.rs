//! Libraries, their documents, and the folders they are chosen from.

use plumb_rlm::{
    corpus::{DocumentEntry, Overview},
    event::Fault,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A library: folders and files that questions are asked about.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Library {
    /// Its name on the wire.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Folders and files, absolute.
    pub sources: Vec<String>,
    /// What is asked about it may not leave this computer.
    pub local_only: bool,
    /// Totals, once it has been listed in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub overview: Option<Overview>,
    /// Why it cannot be opened just now: the folder is gone, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub problem: Option<Fault>,
}

/// Opens folders and files as a library; the same sources give the same library.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OpenLibrary {
    /// Folders and files, absolute.
    pub sources: Vec<String>,
}

/// Names a library.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LibraryId {
    /// Which.
    pub library: String,
}

/// Marks a library as one that may not leave this computer, or takes that back.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SetLocalOnly {
    /// Which.
    pub library: String,
    /// Remote models and code elsewhere are refused.
    pub local_only: bool,
}

/// Asks for a library's listing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ListDocuments {
    /// Which.
    pub library: String,
    /// Glob over paths.
    #[serde(default)]
    #[ts(optional)]
    pub pattern: Option<String>,
    /// The most entries.
    pub limit: usize,
}

/// A library's listing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Documents {
    /// Totals.
    pub overview: Overview,
    /// In path order.
    pub entries: Vec<DocumentEntry>,
}

/// Asks for lines of a document, for the source view.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ReadLines {
    /// Of which library.
    pub library: String,
    /// Which document.
    pub path: String,
    /// First line, from 1.
    pub start_line: u64,
    /// The most lines.
    pub max_lines: u64,
}

/// Lines of a document.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Lines {
    /// The document.
    pub path: String,
    /// First line of `lines`, from 1.
    pub start_line: u64,
    /// Lines of the whole document.
    pub total_lines: u64,
    /// Without their ends.
    pub lines: Vec<String>,
    /// BLAKE3 of the whole text: differs from a citation's when the document has changed since.
    pub digest: String,
    /// For each first line of a page: that line and the page's name.
    pub places: Vec<PlaceMark>,
}

/// Where a page, slide or sheet begins.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PlaceMark {
    /// Line, from 1.
    pub line: u64,
    /// "page 3".
    pub place: String,
}

/// A folder as the browser host shows it (the window uses the system's own dialog).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Browse {
    /// Absent: the first folder that may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub folder: Option<String>,
}

/// What lies in a folder.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Folder {
    /// Absolute.
    pub path: String,
    /// Absent at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub parent: Option<String>,
    /// Names of folders in it, in order.
    pub folders: Vec<String>,
    /// Names of files in it, in order.
    pub files: Vec<String>,
}
