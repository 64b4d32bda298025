//! Libraries, their documents, and the folders they are chosen from.

use plumb_rlm::{
    documents::{DocumentEntry, Include, LeftOutByRule, Overview},
    fault::Fault,
    ids::RunId,
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
    /// What of its folders is listed beside plain files.
    pub include: Include,
    /// Documents that were found so far; all of them once there is an overview.
    pub found: u64,
    /// Why changes in its folders do not show by themselves: they are listed again when the window is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub not_watched: Option<String>,
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

/// Says what of a library's folders is listed beside plain files.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SetInclude {
    /// Which.
    pub library: String,
    /// What.
    pub include: Include,
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
    /// What the rules leave out, which is not listed: hidden files and folders, those that `.gitignore` names.
    pub left_out_by_rules: Vec<LeftOutByRule>,
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
    /// Absent: as it is now. Else as this run saw it, as far as that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub run: Option<RunId>,
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
    /// Without their ends; very long ones without what is beyond a bound.
    pub lines: Vec<String>,
    /// Which of them are cut.
    pub cut: Vec<CutLine>,
    /// BLAKE3 of the whole text: differs from a citation's when the document has changed since.
    pub digest: String,
    /// Where the lines lie in the original.
    pub places: Vec<PlaceMark>,
    /// What the document is: "pdf", "docx", "code".
    pub kind: String,
    /// What may read badly, in plain words.
    pub notes: Vec<String>,
    /// These are kept lines of an earlier state, and only these were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub kept: Option<KeptLines>,
}

/// A line that is too long to be sent whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CutLine {
    /// Its number, from 1.
    pub line: u64,
    /// Characters at its end that are not sent.
    pub missing: u64,
}

/// Which lines of an earlier state were kept.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct KeptLines {
    /// The first, from 1.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// Where a page, slide or sheet begins.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PlaceMark {
    /// Line, from 1.
    pub line: u64,
    /// "page 3", "sheet Budget".
    pub place: String,
    /// Of sheets: the row that this line holds; each line after it holds the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub row: Option<u64>,
}

/// Asks for a page of a PDF as an image.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ReadPage {
    /// Of which library.
    pub library: String,
    /// Which document.
    pub path: String,
    /// From 1.
    pub page: u32,
    /// The image's width in pixels.
    pub width: u32,
}

/// A page as an image.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PageImage {
    /// PNG, in base64.
    pub png: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The page's width on paper, in points (1/72 inch).
    pub points: f32,
    /// Pages of the whole document.
    pub pages: u32,
    /// The words on it.
    pub words: Vec<WordOnPage>,
}

/// Where a word stands on a page.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct WordOnPage {
    /// The line of the document's text that it belongs to, from 1.
    pub line: u64,
    /// The word.
    pub text: String,
    /// Left, top, width and height in parts of the page's width and height (0 to 1).
    pub area: [f32; 4],
}

/// What became of the documents that an answer cites.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SourceChecks {
    /// Those that are not as the run saw them, by path.
    pub changed: Vec<ChangedSource>,
}

/// A document that is not as a run saw it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ChangedSource {
    /// Which.
    pub path: String,
    /// It is not there any more, or cannot be read. Else its text is another one.
    pub gone: bool,
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
