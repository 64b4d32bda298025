//! Text of Rich Text Format documents.

mod charsets;
mod flow;
mod reader;
mod tokens;

use super::zip::blocks::Blocks;
use crate::Outcome;
use plumb_extract::Kind;
use reader::Reader;

/// Reads the document: headers first, footers last, notes after their paragraphs.
///
/// # Errors
/// The document has no text.
pub fn text(bytes: &[u8]) -> Outcome {
    let mut reader = Reader::new(bytes);
    let pieces = reader.read();
    let mut blocks = Blocks::default();
    blocks.margin(&reader.headers);
    pieces.iter().for_each(|piece| blocks.push(piece));
    blocks.margin(&reader.footers);
    if reader.broken {
        blocks.doubts.push("it is cut short or damaged: text may be missing".to_owned());
    }
    blocks.finish(Kind::Rtf)
}

#[cfg(test)]
#[path = "rtf/tests.rs"]
mod tests;
