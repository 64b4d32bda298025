//! PDF: the text, and pages as images, with pdfium. The text is built from single characters and their positions. pdfium's own text glues cells and
//! columns together and has right-to-left lines in the wrong order.

mod devanagari;
mod direction;
mod draw;
mod found;
mod glyphs;
mod hyphens;
mod library;
mod lines;
mod notes;
mod order;
mod pieces;
mod repair;
mod script;
mod words;

pub use draw::draw;

use crate::Outcome;
use found::Found;
use glyphs::Raw;
use library::{Document, Library, Refused};
use lines::Line;
use plumb_extract::{Failure, Kind, Parsed, Place};
use std::{
    borrow::Cow,
    sync::mpsc::{Receiver, sync_channel},
};

/// Loads pdfium, which lies beside this program. Call it before sealing.
///
/// # Errors
/// The library is missing or cannot be loaded.
pub fn load_pdfium() -> Result<(), String> {
    library::load().map(drop)
}

/// Reads the text of all pages. Each page begins on a line of its own.
pub fn text(bytes: &[u8]) -> Outcome {
    let library = library::load().map_err(Failure::passing)?;
    let whole = whole(&library, bytes);
    let document = Document::open(&library, &whole).map_err(|refused| failure(&refused, bytes))?;
    let cut_off = is_cut_off(bytes);
    // pdfium reads the next page while another thread builds the lines of the last one.
    let (to, pages) = sync_channel(16);
    let (parsed, found) = std::thread::scope(|scope| {
        let written = std::thread::Builder::new().spawn_scoped(scope, move || write_all(&pages, cut_off))?;
        for index in 0..document.pages() {
            if to.send(document.page(index).map(|page| Raw::of(&page))).is_err() {
                break;
            }
        }
        drop(to);
        Ok(written.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
    .map_err(|e: std::io::Error| Failure::passing(format!("the document reader could not be started: {e}")))?;
    found.result(document.pages(), cut_off)?;
    let mut doubts = found.doubts(parsed.places.len());
    if matches!(whole, Cow::Owned(_)) {
        doubts.insert(0, "its end is missing".to_owned());
    }
    Ok(Parsed { doubts, scans: found.scans, ..parsed })
}

/// Writes the pages as they arrive. `None`: the page could not be read.
fn write_all(pages: &Receiver<Option<Raw>>, cut_off: bool) -> (Parsed, Found) {
    let mut parsed = Parsed::new(Kind::Pdf, String::new());
    let (mut found, mut first) = (Found::default(), 1);
    // The last word of a page may end on the next page.
    let mut last: Option<Option<Vec<Line>>> = None;
    for (number, page) in (1..).zip(pages) {
        // An empty page in a truncated file is missing, not empty.
        let content = page.map(|page| glyphs::content(&page)).filter(|content| !cut_off || content.characters > 0);
        let mut lines = content.as_ref().map(lines::lines);
        if let (Some(Some(last)), Some(lines)) = (&mut last, &mut lines) {
            hyphens::join_pages(last, lines);
        }
        if let Some(last) = last.replace(lines) {
            first = write(last, first, &mut parsed);
        }
        found.page(number, content.as_ref());
    }
    if let Some(last) = last {
        write(last, first, &mut parsed);
    }
    (parsed, found)
}

/// Appends the next page, whose first line is `first`. Returns the first line of the page after it. `None`: the page could not be read.
fn write(page: Option<Vec<Line>>, first: u64, parsed: &mut Parsed) -> u64 {
    let number = parsed.places.len() + 1;
    parsed.places.push(Place::new(first, format!("page {number}")));
    let Some(lines) = page else {
        // One bad page must neither hide the others nor go unnoticed.
        parsed.text.push_str(&format!("[page {number} could not be read]\n"));
        return first + 1;
    };
    for line in &lines {
        line.write(&mut parsed.text);
        parsed.text.push('\n');
    }
    // A page without text takes a line too.
    if lines.is_empty() {
        parsed.text.push('\n');
    }
    first + (lines.len() as u64).max(1)
}

/// The document, with a new end if its own is missing and pdfium cannot open it without one.
fn whole<'a>(library: &Library, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    if is_cut_off(bytes) && matches!(Document::open(library, bytes), Err(Refused::Damaged)) {
        repair::with_new_end(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned)
    } else {
        Cow::Borrowed(bytes)
    }
}

fn is_cut_off(bytes: &[u8]) -> bool {
    !bytes[bytes.len().saturating_sub(4096)..].windows(5).any(|part| part == b"%%EOF")
}

fn failure(refused: &Refused, bytes: &[u8]) -> Failure {
    match refused {
        Refused::Password => Failure::failed("protected with a password"),
        Refused::Damaged if is_cut_off(bytes) => Failure::failed("damaged: its end is missing"),
        Refused::Damaged => Failure::failed("damaged: it is not a valid PDF"),
    }
}

#[cfg(test)]
#[path = "pdf_tests.rs"]
mod tests;
