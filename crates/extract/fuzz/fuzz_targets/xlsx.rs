//! A sheet of an XLSX.

#![no_main]

use plumb_extract::Family;
use plumb_extract_fuzz::{packed, read};

const BOOK: &str = r#"<workbook xmlns:r="r"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const LINKS: &str = r#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const STRINGS: &str = "<sst><si><t>one</t></si><si><t>two</t></si></sst>";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let parts = [
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", LINKS),
        ("xl/sharedStrings.xml", STRINGS),
    ];
    read(Family::Zip, &packed("xl/worksheets/sheet1.xml", bytes, &parts));
});
