//! Reads pictures with the sealed tesseract.
#![allow(clippy::unwrap_used)]

use plumb_extract::ocr::{languages, ocr};
use std::{path::Path, time::Duration};

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_plumb-extract"))
}

/// A page of a PDF as a picture.
fn page() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/fixtures/archive/agreements/concession-agreement-1962.pdf");
    plumb_extract_worker::draw(&std::fs::read(path).unwrap(), 0, 1700).unwrap().png
}

#[test]
fn a_picture_gives_lines_with_the_positions_of_words() {
    assert!(languages().contains(&"eng".to_owned()), "tesseract and its English are not installed");
    let lines = ocr(program(), &page(), &["eng".to_owned()], Duration::from_secs(120)).unwrap();
    assert_eq!(lines[0].text, "Concession Agreement for the Supply of Water");
    assert!(lines.iter().any(|line| line.text.starts_with("The Town has drawn its water from the Arle valley since 1889.")));
    let [left, top, width, height] = lines[0].words[0].area;
    assert!((0.1..0.2).contains(&left) && (0.05..0.15).contains(&top) && width < 0.3 && height < 0.05, "{:?}", lines[0].words[0]);
    assert!(lines.iter().all(|line| line.sure > 0.5));
}

#[test]
fn failures_name_their_reason() {
    let reason = |png: &[u8], language: &str, seconds: u64| {
        ocr(program(), png, &[language.to_owned()], Duration::from_secs(seconds)).unwrap_err().reason
    };
    assert_eq!(reason(b"", "xyz", 60), "tesseract has no data for the language xyz");
    assert!(reason(b"no picture", "eng", 60).starts_with("the picture could not be read: "));
    assert_eq!(reason(&page(), "eng", 0), "reading the picture took longer than 0ns");
}
