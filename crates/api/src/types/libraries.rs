//! Libraries, their documents, and the folders to choose them from.

use plumb_rlm::{
    documents::{DocumentEntry, Include, LeftOutByRule, Overview},
    fault::Fault,
    ids::RunId,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A library: folders and files that the user asks about.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Library {
    /// Its id on the wire.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Absolute paths of its folders and files.
    pub sources: Vec<String>,
    /// Its text may not leave this computer.
    pub local_only: bool,
    /// Hidden and ignored files that are listed too.
    pub include: Include,
    /// Documents found so far; all of them once there is an overview.
    pub found: u64,
    /// Why Plumb cannot watch its folders for changes. The window lists them again when it comes to the front.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub not_watched: Option<String>,
    /// Totals, once the listing is complete in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub overview: Option<Overview>,
    /// Why it cannot be opened now, for example because its folder is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub problem: Option<Fault>,
}

/// Opens folders and files as a library; the same sources give the same library.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OpenLibrary {
    /// Absolute paths of folders and files.
    pub sources: Vec<String>,
}

/// Names a library.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LibraryId {
    /// The library's id.
    pub library: String,
}

/// Marks a library to stay on this computer, or lets it leave.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SetLocalOnly {
    /// The library's id.
    pub library: String,
    /// Plumb refuses remote models and code elsewhere for this library.
    pub local_only: bool,
}

/// Chooses the hidden and ignored files of a library that are listed too.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SetInclude {
    /// The library's id.
    pub library: String,
    /// Files to list too.
    pub include: Include,
}

/// Asks for a library's listing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ListDocuments {
    /// The library's id.
    pub library: String,
    /// Glob over paths; absent: all documents.
    #[serde(default)]
    #[ts(optional)]
    pub pattern: Option<String>,
    /// Maximum number of entries.
    pub limit: usize,
}

/// A library's listing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Documents {
    /// Totals.
    pub overview: Overview,
    /// Documents in path order.
    pub entries: Vec<DocumentEntry>,
    /// Files that the rules leave out of the listing: hidden ones, and those that `.gitignore` names.
    pub left_out_by_rules: Vec<LeftOutByRule>,
}

/// Asks for lines of a document, for the source view.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ReadLines {
    /// The library's id.
    pub library: String,
    /// The document's path in the library.
    pub path: String,
    /// First line, from 1.
    pub start_line: u64,
    /// Maximum number of lines.
    pub max_lines: u64,
    /// The run whose pinned text is wanted, where Plumb kept it; absent: the current text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub run: Option<RunId>,
}

/// Lines of a document.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Lines {
    /// The document's path in the library.
    pub path: String,
    /// First line of `lines`, from 1.
    pub start_line: u64,
    /// Number of lines in the whole document.
    pub total_lines: u64,
    /// The lines without line ends. Very long lines are cut.
    pub lines: Vec<String>,
    /// The cut lines.
    pub cut: Vec<CutLine>,
    /// BLAKE3 of the whole text. It differs from a citation's if the document has changed since.
    pub digest: String,
    /// Starts of pages, slides and sheets among the lines.
    pub places: Vec<PlaceMark>,
    /// Kind of the document: "pdf", "docx", "code".
    pub kind: String,
    /// Warnings about text that may read badly, in plain words.
    pub notes: Vec<String>,
    /// The pinned range, if these lines come from a pin of an earlier state.
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

/// The pinned lines of an earlier state.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct KeptLines {
    /// First line, from 1.
    pub first: u64,
    /// Last line.
    pub last: u64,
}

/// Where a page, slide or sheet begins.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PlaceMark {
    /// Line, from 1.
    pub line: u64,
    /// "page 3", "sheet Budget".
    pub place: String,
    /// In a sheet, the row on this line; each following line holds the next row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub row: Option<u64>,
}

/// Asks for a page of a PDF as an image.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ReadPage {
    /// The library's id.
    pub library: String,
    /// The document's path in the library.
    pub path: String,
    /// The page, from 1.
    pub page: u32,
    /// Width of the image, in pixels.
    pub width: u32,
}

/// A page as an image.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PageImage {
    /// PNG, in base64.
    pub png: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The page's width on paper, in points (1/72 inch).
    pub points: f32,
    /// Number of pages in the whole document.
    pub pages: u32,
    /// The words on the page.
    pub words: Vec<WordOnPage>,
}

/// A word and its box on a page.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct WordOnPage {
    /// Its line in the document's text, from 1.
    pub line: u64,
    /// The word.
    pub text: String,
    /// Left, top, width and height in parts of the page's width and height (0 to 1).
    pub area: [f32; 4],
}

/// The state of the documents that an answer cites.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SourceChecks {
    /// Documents that have changed since the run, by path.
    pub changed: Vec<ChangedSource>,
}

/// A document that has changed since a run.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ChangedSource {
    /// The document's path in the library.
    pub path: String,
    /// It is gone or cannot be read; else its text has changed.
    pub gone: bool,
}

/// Asks the browser host for a folder (the window uses the system's own dialog).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Browse {
    /// Absolute path; absent: the first allowed folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub folder: Option<String>,
}

/// Contents of a folder.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Folder {
    /// Absolute path.
    pub path: String,
    /// Absolute path of the folder above; absent at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub parent: Option<String>,
    /// Names of its folders, sorted.
    pub folders: Vec<String>,
    /// Names of its files, sorted.
    pub files: Vec<String>,
}
