//! Reading documents once to find out their kind and state, without keeping their texts.

use crate::{
    document::Document,
    facts::{About, Facts},
    reading::read::{LARGE_BYTES, Reading, needs_extractor},
};
use plumb_extract::{Kind, Place};
use plumb_rlm::{
    documents::DocumentEntry,
    fault::{Code, Fault},
};
use std::{fs::File, io::Read as _, sync::Arc};

/// Bytes of a large file that decide whether it is text.
const HEAD_BYTES: u64 = 64 << 10;
/// Bytes of the longest character in UTF-8, which the end of the head may cut.
const MAX_CHARACTER_BYTES: usize = 4;

/// A document that was read, with its text if that was asked for.
pub struct Examined {
    /// Its entry in the listing.
    pub entry: DocumentEntry,
    /// The text, and where its lines lie in the original.
    pub text: Option<(Vec<Place>, String)>,
}

/// Reads a document.
///
/// # Errors
/// `disk_full`. A document that cannot be read says so in its entry.
pub fn examine(document: &Arc<Document>, with_text: bool, reading: &Reading) -> Result<Examined, Fault> {
    if !with_text && begins_with_text(document, reading) {
        // A large file is not read to its end only to know that it is text.
        document.know(&About::plain(Kind::of_text(&document.path, "")), document.stamp.bytes);
    } else if reading.may_have_text(document) {
        match reading.look(document) {
            Ok(read) if with_text => {
                let text = Some((read.about().places.clone(), read.into_string()));
                return Ok(Examined { entry: reading.entry(document), text });
            }
            Err(fault) if fault.code == Code::DiskFull => return Err(fault),
            // The entry says why it failed.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(Examined { entry: reading.entry(document), text: None })
}

/// Whether a large file begins with text in UTF-8. False: only reading it tells.
pub fn begins_with_text(document: &Document, reading: &Reading) -> bool {
    let mut head = Vec::new();
    let read = |file: File| file.take(HEAD_BYTES).read_to_end(&mut head).is_ok();
    let is_askable = reading.held.look(document, Facts::is_askable);
    if document.stamp.bytes < LARGE_BYTES || !is_askable || !document.open().is_ok_and(read) {
        return false;
    }
    if needs_extractor(&head, &document.path) {
        return false;
    }
    let text = str::from_utf8(&head).or_else(|error| str::from_utf8(&head[..error.valid_up_to()]));
    text.is_ok_and(|text| text.len() + MAX_CHARACTER_BYTES > head.len() && !text.trim().is_empty())
}
