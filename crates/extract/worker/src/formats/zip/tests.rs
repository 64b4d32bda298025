//! Tests on whole and damaged documents of all formats.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::package::Package;
use crate::{Outcome, read};
use plumb_extract::{Failure, Family, Kind, Parsed};
use std::io::{Cursor, Read, Write};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// A ZIP with these parts.
pub fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The bytes of a document in `tests/files/office`.
pub fn file(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(format!("{}/tests/files/office/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    if !name.ends_with(".gz") {
        return bytes;
    }
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut out).unwrap();
    out
}

fn family(bytes: &[u8]) -> Family {
    match bytes {
        [b'P', ..] => Family::Zip,
        [b'{', ..] => Family::Rtf,
        _ => Family::Ole,
    }
}

pub fn parsed(name: &str) -> Parsed {
    let bytes = file(name);
    read(family(&bytes), &bytes).unwrap()
}

fn reason(outcome: Outcome) -> String {
    outcome.unwrap_err().reason
}

/// The first lines of all places, with the names of the places.
pub fn starts(parsed: &Parsed) -> Vec<(&str, String)> {
    let lines: Vec<_> = parsed.text.lines().collect();
    parsed.places.iter().map(|place| (lines[place.line as usize - 1], place.of(place.line))).collect()
}

#[test]
fn every_text_format_gives_the_same_words() {
    for (name, kind) in [("notes.docx", Kind::Docx), ("notes.odt", Kind::Odt), ("notes.rtf", Kind::Rtf), ("notes.doc", Kind::Doc)]
    {
        let parsed = parsed(name);
        assert_eq!(parsed.kind, kind);
        for part in [
            "Sources\n\nThe main was laid in 1962[1] and mended in 1987[",
            "[1] See the ledger, page 4.\n",
            "] By the works.\n",
            "a) alpha\n  a.1. inner one\n  a.2. inner two\nb) beta\n\nBetween.\n\nc) gamma\n",
            "- dot\n\nwide",
            "] | b b2\n\n[",
            "A box: after it. Ελληνικά, Žluťoučký, 日本語の文, العربية.\n",
            "\nIn a box\n",
            "Tab\tbed, two  spaces, softhyphen, fine.\n",
        ] {
            assert!(parsed.text.contains(part), "{part:?} is missing in {name}:\n{}", parsed.text);
        }
        for gone in ["secret", "deleted words"] {
            assert!(!parsed.text.contains(gone), "{name}");
        }
        assert_eq!(starts(&parsed)[0], ("Sources", "section Sources".to_owned()), "{name}");
    }
}

#[test]
fn every_presentation_format_gives_the_same_slides() {
    for (name, kind, sign) in [("slides.pptx", Kind::Pptx, ""), ("slides.odp", Kind::Odp, "- "), ("slides.ppt.gz", Kind::Ppt, "")]
    {
        let parsed = parsed(name);
        assert_eq!(parsed.kind, kind);
        let expected = format!(
            "Drawn last, shown first: 水\n\nWater in 1987\n\n{sign}The main burst twice\n{sign}Schäden: 12.400 €\n\nNotes:\n\nSay who mended it.\n\n\
             Places\n\nleft above\n\nright above\n\nat the bottom\n\nPlace | Litres\nMarket | 12,000\n"
        );
        assert_eq!(parsed.text, expected);
        let names = [
            ("Drawn last, shown first: 水", "slide 1"),
            ("Water in 1987", "slide 2"),
            ("Notes:", "slide 2, notes"),
            ("Places", "slide 3"),
        ];
        assert_eq!(starts(&parsed), names.map(|(line, name)| (line, name.to_owned())));
    }
}

#[test]
fn a_book_is_read_by_chapters() {
    let container = br#"<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"#;
    let list = br#"<package><manifest><item id="n" href="nav.xhtml" properties="nav"/><item id="b" href="b%20two.xhtml"/><item id="a" href="a.xhtml"/>
        </manifest><spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/></spine></package>"#;
    let contents =
        br#"<html><nav epub:type="toc"><ol><li><a href="a.xhtml">The Mill</a></li><li><a href="a.xhtml#x">The Race</a></li>
        <li><a href="b%20two.xhtml">The Weir</a></li></ol></nav></html>"#;
    let first = br#"<html><body><h1>The Mill</h1><p>It stood.</p><h1 id="x">The Race</h1><p>It ran.</p></body></html>"#;
    let second = br#"<html><body><h1>The Weir</h1><ul><li>one</li></ul></body></html>"#;
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", container),
        ("OEBPS/book.opf", list),
        ("OEBPS/nav.xhtml", contents),
        ("OEBPS/b two.xhtml", second),
        ("OEBPS/a.xhtml", first),
    ];
    let book = read(Family::Zip, &zipped(&parts)).unwrap();
    let names = [("The Mill", "chapter 1: The Mill"), ("The Race", "chapter 2: The Race"), ("The Weir", "chapter 3: The Weir")];
    assert_eq!((book.kind, starts(&book)), (Kind::Epub, names.map(|(line, name)| (line, name.to_owned())).to_vec()));
    let locks = br#"<encryption><EncryptedData><EncryptionMethod Algorithm="aes"/><CipherReference URI="OEBPS/a.xhtml"/></EncryptedData></encryption>"#;
    parts.push(("META-INF/encryption.xml", locks));
    assert_eq!(reason(read(Family::Zip, &zipped(&parts))), "protected with a password");
}

#[test]
fn every_format_reports_passwords() {
    let manifest =
        br#"<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"#;
    let kind = b"application/vnd.oasis.opendocument.spreadsheet";
    let locked = zipped(&[("mimetype", kind), ("content.xml", b"\x01\x02"), ("META-INF/manifest.xml", manifest)]);
    assert_eq!(reason(read(Family::Zip, &locked)), "protected with a password");

    let mut office = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    office.create_stream("/EncryptedPackage").unwrap().write_all(b"sealed").unwrap();
    assert_eq!(reason(read(Family::Ole, &office.into_inner().into_inner())), "protected with a password");

    let mut word = cfb::CompoundFile::open(Cursor::new(file("notes.doc"))).unwrap();
    let mut stream = word.open_stream("/WordDocument").unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    head[11] |= 1;
    std::io::Seek::rewind(&mut stream).unwrap();
    stream.write_all(&head).unwrap();
    stream.flush().unwrap();
    drop(stream);
    assert_eq!(reason(read(Family::Ole, &word.into_inner().into_inner())), "protected with a password");

    let mut slides = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    slides.create_stream("/PowerPoint Document").unwrap().write_all(b"sealed").unwrap();
    let head = [&[0, 0, 0xf6, 0x0f, 20, 0, 0, 0, 20, 0, 0, 0][..], &0xf3d1_c4df_u32.to_le_bytes(), &[0; 12]].concat();
    slides.create_stream("/Current User").unwrap().write_all(&head).unwrap();
    assert_eq!(reason(read(Family::Ole, &slides.into_inner().into_inner())), "protected with a password");
}

#[test]
fn zip_bombs_and_truncated_documents_fail_with_a_reason() {
    let zeros = vec![b' '; 40 << 20];
    let bomb = zipped(&[("[Content_Types].xml", b""), ("word/document.xml", &zeros)]);
    assert!(bomb.len() < 100_000);
    assert_eq!(reason(read(Family::Zip, &bomb)), "it unpacks to far more than its size: probably a zip bomb");
    let whole = file("notes.docx");
    let cut = reason(read(Family::Zip, &whole[..whole.len() / 2]));
    assert!(cut.starts_with("damaged: "), "{cut}");
}

#[test]
fn xml_that_is_nested_too_deeply_ends_early_and_is_flagged() {
    let deep = format!("<w:document><w:body><w:p><w:r><w:t>Kept</w:t></w:r></w:p>{}", "<w:sdt>".repeat(100_000));
    let read = read(Family::Zip, &zipped(&[("[Content_Types].xml", b""), ("word/document.xml", deep.as_bytes())])).unwrap();
    assert_eq!((read.text.as_str(), read.doubts.len()), ("Kept\n", 1));
}

/// A random number generator with a fixed seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        match self.below(3) {
            0 => bytes.truncate(self.below(bytes.len())),
            1 => {
                for _ in 0..self.below(12) {
                    let at = self.below(bytes.len());
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = self.below(256) as u8;
                    }
                }
            }
            _ => {
                let (at, value) = (self.below(bytes.len()), [0, 0x7f, 0xff][self.below(3)]);
                bytes.iter_mut().skip(at).take(8).for_each(|byte| *byte = value);
            }
        }
    }
}

/// Damages a part and packs it again, so that no checksum reveals the damage.
fn damage_part(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let mut content = Vec::new();
        let name = part.name().unwrap().into_owned();
        part.read_to_end(&mut content).unwrap();
        // Other parts, such as pictures, take time and are not read.
        if name.ends_with("xml") || name.ends_with("rels") || name == "mimetype" {
            parts.push((name, content));
        }
    }
    let at = dice.below(parts.len());
    dice.damage(&mut parts[at].1);
    let parts: Vec<_> = parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    zipped(&parts)
}

#[test]
fn damaged_documents_end_with_text_or_a_reason() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for name in [
        "notes.docx",
        "notes.odt",
        "notes.rtf",
        "notes.doc",
        "budget.xlsx",
        "budget.xls",
        "budget.ods",
        "slides.odp",
        "slides.ppt.gz",
    ] {
        let whole = file(name);
        let packed = whole.starts_with(b"PK");
        for round in 0..if packed { 60 } else { 200 } {
            let mut bytes = if packed && round % 3 > 0 { damage_part(&whole, &mut dice) } else { whole.clone() };
            if !packed || round % 3 == 0 {
                dice.damage(&mut bytes);
            }
            match read(family(&whole), &bytes) {
                Ok(parsed) => assert!(parsed.text.is_empty() || parsed.text.ends_with('\n'), "{name}"),
                Err(Failure { reason, .. }) => assert!(!reason.is_empty(), "{name}"),
            }
        }
    }
}

#[test]
fn part_names_ignore_case_and_relative_paths_are_resolved() {
    let bytes = zipped(&[("Word\\Document.xml", b"text")]);
    let mut package = Package::open(&bytes).unwrap();
    assert_eq!(package.xml("word/document.xml").unwrap().unwrap(), "text");
    assert_eq!(super::package::absolute("ppt/slides", "../media/./a.png"), "ppt/media/a.png");
    assert_eq!(super::package::absolute("ppt", "/xl/a.xml"), "xl/a.xml");
}
