//! PDF, with pdfium beside the target. It draws the first page too.

#![no_main]

use plumb_extract::Family;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    plumb_extract_fuzz::read(Family::Pdf, bytes);
    let _ = plumb_extract_worker::draw(bytes, 0, 200);
});
