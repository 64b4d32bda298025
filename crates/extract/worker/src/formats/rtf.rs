//! Rich Text Format.

mod charsets;
mod flow;
mod reader;
mod tokens;

use super::zip::blocks::Blocks;
use crate::Outcome;
use plumb_extract::Kind;
use reader::Reader;

/// Headers come first, footers last, notes after their paragraphs.
///
/// # Errors
/// There is no text in it.
pub fn text(bytes: &[u8]) -> Outcome {
    let mut reader = Reader::new(bytes);
    let pieces = reader.read();
    let mut blocks = Blocks::default();
    blocks.margin(&reader.headers);
    pieces.iter().for_each(|piece| blocks.push(piece));
    blocks.margin(&reader.footers);
    if reader.broken {
        blocks.doubts.push("its end is missing, or it is damaged: text may be missing".to_owned());
    }
    blocks.finish(Kind::Rtf)
}

#[cfg(test)]
#[path = "rtf/tests.rs"]
mod tests;
