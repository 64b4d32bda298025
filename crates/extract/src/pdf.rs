//! PDF to text, page by page.

use crate::{Parsed, failed, lines, no_text};
use pdf_oxide::{Error, PdfDocument, converters::ConversionOptions};
use plumb_extract::Failure;
use std::panic::{AssertUnwindSafe, catch_unwind};

const PASSWORD: &str = "protected with a password";

/// The text of all pages. Each page begins on a line of its own.
pub fn text(bytes: Vec<u8>) -> Parsed {
    let cut_off = !bytes[bytes.len().saturating_sub(4096)..].windows(5).any(|part| part == b"%%EOF");
    let document = PdfDocument::from_bytes(bytes).map_err(|e| damaged(e, cut_off))?;
    if !document.is_authenticated() {
        return Err(failed(PASSWORD));
    }
    let count = document.page_count().map_err(|e| damaged(e, cut_off))?;
    let (mut text, mut places, mut line, mut words, mut unread) = (String::new(), Vec::new(), 1, false, 0);
    for number in 1..=count {
        let page = page(&document, number - 1).filter(|page| !(cut_off && page.is_empty()));
        words |= page.as_ref().is_some_and(|page| !page.is_empty());
        unread += usize::from(page.is_none());
        // One bad page must not hide the others, nor go unseen.
        let page = page.unwrap_or_else(|| format!("[page {number} could not be read]"));
        places.push((line, format!("page {number}")));
        line += page.matches('\n').count() as u64 + 1;
        text.push_str(&page);
        text.push('\n');
    }
    if words {
        Ok((text, places))
    } else if cut_off {
        Err(failed("damaged: its end is missing"))
    } else if unread > 0 || count == 0 {
        Err(failed("damaged: none of its pages could be read"))
    } else if (0..count).any(|index| document.page_image_handles(index).is_ok_and(|images| !images.is_empty())) {
        Err(no_text("no text layer: it looks like a scan"))
    } else {
        Err(no_text("no text layer: its pages are empty or only drawn"))
    }
}

/// `None`: it could not be read.
fn page(document: &PdfDocument, index: usize) -> Option<String> {
    // With its tables found, pdf_oxide moves them: two on a page come last and in the wrong order. Without, rows stay lines where they are.
    let options = ConversionOptions { extract_tables: false, ..ConversionOptions::default() };
    let text = catch_unwind(AssertUnwindSafe(|| document.extract_text_with_options(index, &options))).ok()?.ok()?;
    Some(lines::join_divided_words(&lines::tidy(&text)))
}

fn damaged(error: Error, cut_off: bool) -> Failure {
    match error {
        Error::EncryptedPdf => failed(PASSWORD),
        _ if cut_off => failed("damaged: its end is missing"),
        error => failed(format!("damaged: {error}")),
    }
}
