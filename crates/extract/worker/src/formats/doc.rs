//! Text of Word 97 to 2003 documents.

mod file;
mod lists;
mod properties;
mod story;

use super::ole::Streams;
use super::zip::blocks::Blocks;
use crate::Outcome;
use file::{File, Part};
use plumb_extract::{Failure, Kind};
use story::Reader;

/// Reads the document: headers first, footers last, notes after their paragraphs.
///
/// # Errors
/// Why there is no text, in plain words.
pub fn text(mut streams: Streams<'_>) -> Outcome {
    let document = streams.read("WordDocument").unwrap_or_default();
    let word = |at: usize| document.get(at..at + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let (version, flags) = (word(2), word(10));
    if !matches!(word(0), 0xa5ec | 0xa5dc | 0xa699 | 0xa697) {
        return Err(Failure::failed("damaged: its beginning is missing"));
    }
    if flags & 0x0100 != 0 {
        return Err(Failure::failed("protected with a password"));
    }
    if version < 0xc0 {
        return Err(Failure::failed("written by Word 95 or older, which Plumb cannot read: save it with a newer program"));
    }
    let table = streams.read(if flags & 0x0200 == 0 { "0Table" } else { "1Table" });
    let file = File::read(document, table.unwrap_or_default());
    if file.pieces.is_empty() {
        return Err(Failure::failed("damaged: its piece table is missing"));
    }
    let mut reader = Reader::new(&file);
    let margins = file.headers();
    let [headers, footers] = margins.map(|ranges| {
        let mut pieces = Vec::new();
        for range in ranges {
            let story = reader.pieces(range);
            if !story.is_empty() && !pieces.ends_with(&story) {
                pieces.extend(story);
            }
        }
        pieces.dedup();
        pieces
    });
    let mut blocks = Blocks::default();
    blocks.margin(&headers);
    reader.pieces(file.range(Part::Text)).iter().for_each(|piece| blocks.push(piece));
    reader.pieces(file.range(Part::Boxes)).iter().for_each(|piece| blocks.push(piece));
    blocks.margin(&footers);
    if file.is_short() {
        blocks.doubts.push("part of it is damaged: text may be missing".to_owned());
    }
    blocks.finish(Kind::Doc)
}
