//! Judges from its pages how well a document was read.

use super::glyphs::Content;
use plumb_extract::{
    Failure,
    pages::{self, doubt},
};

/// On a page covered by pictures, fewer characters than this are only its number or a stamp.
const MIN_TEXT_CHARACTERS: usize = 30;

/// Findings over all pages. Page numbers count from 1.
#[derive(Default)]
pub struct Found {
    words: bool,
    pictures: bool,
    unread: Vec<u32>,
    /// Pages with drawings but no text.
    without: Vec<u32>,
    /// Pages covered by pictures, with nearly no text.
    pub scans: Vec<u32>,
    /// Pages where many characters have no Unicode meaning.
    unknown: Vec<u32>,
}

impl Found {
    /// Adds a page, counted from 1. `None`: it could not be read.
    pub fn page(&mut self, number: u32, content: Option<&Content>) {
        let Some(content) = content else {
            self.unread.push(number);
            return;
        };
        self.words |= content.characters > 0;
        self.pictures |= content.pictures;
        if content.covered && content.inner < MIN_TEXT_CHARACTERS {
            self.scans.push(number);
        } else if content.characters == 0 && content.drawn {
            self.without.push(number);
        }
        if content.unknown > 10 && content.unknown * 12 > content.characters {
            self.unknown.push(number);
        }
    }

    /// Says why the document has no text, if it has none.
    pub fn result(&self, pages: u32, cut_off: bool) -> Result<(), Failure> {
        if self.words {
            Ok(())
        } else if cut_off {
            Err(Failure::failed("damaged: its end is missing"))
        } else if !self.unread.is_empty() || pages == 0 {
            Err(Failure::failed("damaged: none of its pages could be read"))
        } else if self.pictures {
            Err(Failure::no_text("no text layer: it looks like a scan"))
        } else {
            Err(Failure::no_text("no text layer: its pages are empty or hold only drawings"))
        }
    }

    /// Reasons to distrust the text.
    pub fn doubts(&self, pages: usize) -> Vec<String> {
        let unknown = ("has many unreadable characters", "have many unreadable characters");
        let doubts = [
            doubt(&self.unread, pages, "could not be read", "could not be read"),
            doubt(&self.without, pages, "has no text", "have no text"),
            pages::scans(&self.scans, pages),
            doubt(&self.unknown, pages, unknown.0, unknown.1),
        ];
        doubts.into_iter().flatten().collect()
    }
}
