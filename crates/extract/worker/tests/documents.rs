//! Reads whole documents through the sealed child.
#![allow(clippy::unwrap_used, clippy::panic)]

use plumb_extract::{Extractor, Failure, FailureState, HEAD, Parsed, Reader, reader_of};
use std::{
    fs::File,
    io::{Seek, Write},
    path::PathBuf,
    time::Duration,
};

fn file(path: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn archive(path: &str) -> Vec<u8> {
    file(&format!("../../../tests/fixtures/archive/{path}"))
}

/// An unnamed file with these bytes.
fn unnamed(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn extract(bytes: &[u8]) -> Result<Parsed, Failure> {
    let Reader::Child(family) = reader_of(&bytes[..bytes.len().min(HEAD)], "a file") else { panic!("no document") };
    let extractor = Extractor::with(Some(env!("CARGO_BIN_EXE_plumb-extract").into()), Duration::from_secs(30));
    extractor.open(family, &unnamed(bytes))?.read()
}

fn failure(bytes: &[u8]) -> (FailureState, String) {
    let failure = extract(bytes).unwrap_err();
    (failure.state, failure.reason)
}

/// A PDF with one page that runs these drawing commands and may draw the picture `/Im`.
fn pdf(drawing: &str) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /Im 5 0 R >> \
         /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len()),
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 1 >>\nstream\nA\nendstream"
            .to_owned(),
    ];
    let (mut out, mut starts) = ("%PDF-1.4\n".to_owned(), String::new());
    for (number, object) in objects.iter().enumerate() {
        starts.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let table = out.len();
    out.push_str(&format!(
        "xref\n0 6\n0000000000 65535 f \n{starts}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"
    ));
    out.into_bytes()
}

#[test]
fn places_name_the_first_line_of_each_pdf_page() {
    let document = extract(&archive("agreements/concession-agreement-1962.pdf")).unwrap();
    let lines: Vec<_> = document.text.lines().collect();
    let starts: Vec<_> = document.places.iter().map(|place| (lines[place.line as usize - 1], place.name.as_str())).collect();
    let expected = [
        ("Concession Agreement for the Supply of Water", "page 1"),
        ("Clause 4. Quality", "page 2"),
        ("Clause 8. Mains and roads", "page 3"),
        ("Clause 12. Transfer", "page 4"),
    ];
    assert_eq!((document.kind.name(), starts.as_slice()), ("PDF", expected.as_slice()));
}

#[test]
fn tables_of_a_pdf_stay_in_rows_under_their_headings() {
    let text = extract(&archive("agreements/concession-agreement-1962.pdf")).unwrap().text;
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part:?} is missing in\n{text}"));
    let order = [
        "Schedule A. Samp",
        "A1 | Pumping station, outlet | 1962",
        "A6 | Upper reservoir",
        "Schedule B. Works",
        "Cast-iron mains | 60",
    ]
    .map(at);
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn word_tables_become_rows_with_bars_between_cells() {
    let document = extract(&archive("procedures/emergency-water-plan.docx")).unwrap();
    assert_eq!(document.kind.name(), "Word document");
    let table = "Point | Place | Tank (litres) | Opened in\nD1 | Market Square | 12,000 | Stage 1\nD2 | School in Weir Street, yard | 8,000";
    assert!(document.text.contains(table), "{}", document.text);
}

#[test]
fn passwords_are_named_unless_they_only_forbid_printing() {
    let locked = (FailureState::Failed, "protected with a password".to_owned());
    assert_eq!(failure(&file("tests/files/password.pdf")), locked);
    let text = extract(&file("tests/files/owner-password.pdf")).unwrap().text;
    assert!(text.contains("The crest lies at 143.20 metres above sea level"));
}

#[test]
fn a_truncated_pdf_says_so_and_gives_its_surviving_pages() {
    let whole = archive("reports/annual-report-1987.pdf");
    let part = |percent: usize| whole[..whole.len() * percent / 100].to_vec();
    let missing = (FailureState::Failed, "damaged: its end is missing".to_owned());
    assert_eq!(failure(&part(1)), missing);
    assert_eq!(failure(&part(10)), missing);
    let half = extract(&part(50)).unwrap();
    assert!(half.text.contains("2,914,000 cubic metres") && half.text.contains("[page 4 could not be read]"), "{}", half.text);
    assert_eq!(half.places.len(), 4);
}

#[test]
fn a_pdf_without_text_says_whether_it_looks_like_a_scan() {
    let scan = (FailureState::NoText, "no text layer: it looks like a scan".to_owned());
    assert_eq!(failure(&pdf("q 500 0 0 700 0 0 cm /Im Do Q")), scan);
    let empty = (FailureState::NoText, "no text layer: its pages are empty or hold only drawings".to_owned());
    assert_eq!(failure(&pdf("")), empty);
    assert_eq!(extract(&pdf("BT /F 12 Tf 72 720 Td (One line of words) Tj ET")).unwrap().text, "One line of words\n");
}

#[test]
fn damaged_files_fail_with_a_reason() {
    let (state, reason) = failure(b"%PDF-1.7\nand nothing that belongs in a PDF\n%%EOF\n");
    assert!(state == FailureState::Failed && reason.starts_with("damaged: "), "{reason}");
    let mut word = archive("procedures/emergency-water-plan.docx");
    word.truncate(word.len() / 2);
    let (state, reason) = failure(&word);
    assert!(state == FailureState::Failed && reason.starts_with("damaged: "), "{reason}");
}
