#![allow(clippy::unwrap_used)]

use crate::formats::zip::tests::{parsed, starts, zipped};
use crate::read;
use plumb_extract::{Family, Kind};

#[test]
fn cells_look_alike_in_every_workbook_format() {
    for (name, kind) in [("budget.xlsx", Kind::Xlsx), ("budget.xls", Kind::Xls), ("budget.ods", Kind::Ods)] {
        let parsed = parsed(name);
        assert_eq!(parsed.kind, kind);
        let start = "Sheet: Budget\nItem | Date | Cost | Share | Ok | Note\nPump | 2026-03-04 | 1,234.50 € | 12.5% | TRUE | two lines\n\
                     Valve | 2026-03-04 13:30 | 0.3 | 50% | FALSE\n";
        assert!(parsed.text.starts_with(start), "{name}:\n{}", parsed.text);
        assert!(parsed.text.contains("\nfar |  |  |  |  | #REF!\nmerged\n"), "{name}:\n{}", parsed.text);
        assert!(parsed.text.contains("\n\nSheet: Hidden\nstart\n"), "{name}");
        let starts = starts(&parsed);
        for place in [
            ("Sheet: Budget", "sheet Budget"),
            ("Item | Date | Cost | Share | Ok | Note", "sheet Budget, row 1"),
            ("far |  |  |  |  | #REF!", "sheet Budget, row 10"),
            ("merged", "sheet Budget, row 12"),
        ] {
            assert!(starts.contains(&(place.0, place.1.to_owned())), "{name}: {starts:?}");
        }
    }
}

/// A workbook with one sheet of these rows.
fn workbook(rows: &str, properties: &str) -> String {
    let book = format!("<workbook>{properties}<sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"s\"/></sheets></workbook>");
    let links = "<Relationships><Relationship Id=\"s\" Type=\"x/worksheet\" Target=\"worksheets/a.xml\"/>\
                 <Relationship Id=\"t\" Type=\"x/styles\" Target=\"styles.xml\"/></Relationships>";
    let styles = "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let parts: [(&str, &[u8]); 5] = [
        ("[Content_Types].xml", b""),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/worksheets/a.xml", sheet.as_bytes()),
    ];
    read(Family::Zip, &zipped(&parts)).unwrap().text
}

#[test]
fn a_malformed_number_loses_nothing_but_itself() {
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"n\"><v> 41</v></c><c r=\"B1\"><v>odd</v></c></row><row r=\"2\"><c r=\"A2\"><v>7</v></c></row>";
    assert_eq!(workbook(rows, ""), "Sheet: A\n41 | odd\n7\n");
}

#[test]
fn unnamed_cells_are_consecutive_and_readings_left_out() {
    let rows = "<row><c><v>1</v></c><c/><c t=\"inlineStr\"><is><t>漢字</t><rPh><t>no</t></rPh></is></c></row><row><c t=\"b\"><v>1</v></c></row>";
    assert_eq!(workbook(rows, ""), "Sheet: A\n1 |  | 漢字\nTRUE\n");
}

#[test]
fn days_count_from_1904_if_the_workbook_says_so() {
    let row = "<row r=\"1\"><c r=\"A1\" s=\"1\"><v>44623</v></c></row>";
    assert_eq!(workbook(row, ""), "Sheet: A\n2022-03-03\n");
    assert_eq!(workbook(row, "<workbookPr date1904=\"1\"/>"), "Sheet: A\n2026-03-04\n");
}

#[test]
fn comments_follow_the_rows() {
    assert!(parsed("budget.xlsx").text.contains("\n[comment in A2 by Reader] made of brass\n"));
    assert!(parsed("budget.ods").text.contains("\n[comment in A2] made of brass\n"));
}

#[test]
fn a_sheet_with_only_its_corners_used_stays_small() {
    let parsed = parsed("budget.xlsx");
    assert!(parsed.text.ends_with("Sheet: Hidden\nstart\n[column XFD] corner\n"), "{}", parsed.text);
    assert_eq!(parsed.places.last().unwrap().row, Some(1_048_576));
}

#[test]
fn repeated_rows_are_written_but_empty_ones_are_not() {
    let content = "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"A\">\
                   <table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"2\" office:value-type=\"float\" \
                   office:value=\"1\"><text:p>1</text:p></table:table-cell><table:table-cell table:number-columns-repeated=\"16382\"/></table:table-row>\
                   <table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell/></table:table-row>\
                   <table:table-row><table:table-cell office:value-type=\"date\" office:date-value=\"2026-03-04T13:30:00\"><text:p>04.03.26</text:p>\
                   </table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>";
    let kind = b"application/vnd.oasis.opendocument.spreadsheet";
    let parsed = read(Family::Zip, &zipped(&[("mimetype", kind), ("content.xml", content.as_bytes())])).unwrap();
    assert_eq!(parsed.text, "Sheet: A\n1 | 1\n1 | 1\n2026-03-04 13:30\n");
    assert_eq!(parsed.places.last().unwrap().row, Some(1_048_003));
}
