//! A slide of a PPTX.

#![no_main]

use plumb_extract::Family;
use plumb_extract_fuzz::{packed, read};

const SHOW: &str = r#"<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>"#;
const LINKS: &str = r#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide" Target="slides/slide1.xml"/></Relationships>"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let parts = [("[Content_Types].xml", "<Types/>"), ("ppt/presentation.xml", SHOW), ("ppt/_rels/presentation.xml.rels", LINKS)];
    read(Family::Zip, &packed("ppt/slides/slide1.xml", bytes, &parts));
});
