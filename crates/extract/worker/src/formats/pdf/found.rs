//! What the pages of a document say about how well it was read.

use super::glyphs::Content;
use plumb_extract::{
    Failure,
    pages::{self, doubt},
};

/// So few characters on a page that pictures cover are its number or a stamp.
const FEW: usize = 30;

/// What was found on all pages.
#[derive(Default)]
pub struct Found {
    words: bool,
    pictures: bool,
    unread: Vec<u32>,
    /// Something is drawn on them, but no text.
    without: Vec<u32>,
    /// Pictures cover them, and there is nearly no text.
    pub scans: Vec<u32>,
    /// Many characters have no meaning.
    unknown: Vec<u32>,
}

impl Found {
    /// Adds a page, from 1; `None`: it could not be read.
    pub fn page(&mut self, number: u32, content: Option<&Content>) {
        let Some(content) = content else {
            self.unread.push(number);
            return;
        };
        self.words |= content.characters > 0;
        self.pictures |= content.pictures;
        if content.covered && content.inner < FEW {
            self.scans.push(number);
        } else if content.characters == 0 && content.drawn {
            self.without.push(number);
        }
        if content.unknown > 10 && content.unknown * 12 > content.characters {
            self.unknown.push(number);
        }
    }

    /// Whether the document has text at all, and why not.
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
            Err(Failure::no_text("no text layer: its pages are empty or only drawn"))
        }
    }

    /// What may read badly.
    pub fn doubts(&self, pages: usize) -> Vec<String> {
        let meaningless = ("has many characters without a meaning", "have many characters without a meaning");
        let doubts = [
            doubt(&self.unread, pages, "could not be read", "could not be read"),
            doubt(&self.without, pages, "has no text", "have no text"),
            pages::scans(&self.scans, pages),
            doubt(&self.unknown, pages, meaningless.0, meaningless.1),
        ];
        doubts.into_iter().flatten().collect()
    }
}
