//! A chapter of an e-book.

#![no_main]

use plumb_extract::Family;
use plumb_extract_fuzz::{packed, read};

const CONTAINER: &str = r#"<container><rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"#;
const BOOK: &str = r#"<package><metadata/><manifest><item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine></package>"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let parts = [("mimetype", "application/epub+zip"), ("META-INF/container.xml", CONTAINER), ("book.opf", BOOK)];
    read(Family::Zip, &packed("c.xhtml", bytes, &parts));
});
