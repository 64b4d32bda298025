//! PDF, with pdfium beside the target. Also draws the first page.

#![no_main]

use plumb_extract::Family;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    plumb_extract_fuzz::read(Family::Pdf, bytes);
    let _ = plumb_extract_worker::draw(bytes, 0, 200);
});
