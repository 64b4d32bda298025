//! The content of an OpenDocument text, presentation or spreadsheet; the first byte chooses which.

#![no_main]

use plumb_extract::Family;
use plumb_extract_fuzz::{packed, read};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let kind = ["text", "presentation", "spreadsheet"][usize::from(choice % 3)];
    let kind = format!("application/vnd.oasis.opendocument.{kind}");
    read(Family::Zip, &packed("content.xml", bytes, &[("mimetype", &kind)]));
});
