#![allow(clippy::unwrap_used)]

use super::*;
use std::time::{Duration, Instant};
use zip::{ZipWriter, write::SimpleFileOptions};

const DEFLATED: SimpleFileOptions = SimpleFileOptions::DEFAULT;

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, DEFLATED).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn member(bytes: &[u8], index: usize) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    open(bytes)?.member(index, &mut out)?;
    Ok(out)
}

fn paths(parsed: &Parsed) -> Vec<&str> {
    parsed.members.iter().map(|member| member.path.as_str()).collect()
}

/// A handmade ZIP with one stored file, whose name may be any bytes.
fn stored(name: &[u8], flags: u16, made_by: u16) -> Vec<u8> {
    let (size, sum) = (2u32, 0xd893_2aac_u32);
    let mut fields = Vec::new();
    for field in [20u16, flags, 0, 0, 0] {
        fields.extend(field.to_le_bytes());
    }
    for field in [sum, size, size] {
        fields.extend(field.to_le_bytes());
    }
    fields.extend((name.len() as u16).to_le_bytes());
    fields.extend(0u16.to_le_bytes());
    let mut zip = [b"PK\x03\x04".as_slice(), &fields, name, b"hi"].concat();
    let start = zip.len() as u32;
    zip.extend([b"PK\x01\x02".as_slice(), &made_by.to_le_bytes(), &fields, &[0; 14], name].concat());
    let length = zip.len() as u32 - start;
    zip.extend([b"PK\x05\x06".as_slice(), &[0; 4], &[1, 0, 1, 0], &length.to_le_bytes(), &start.to_le_bytes(), &[0; 2]].concat());
    zip
}

#[test]
fn files_are_listed_with_safe_paths_and_read() {
    let bytes = zip(&[
        ("a/plan.txt", b"the plan"),
        ("__MACOSX/a/._plan.txt", b"x"),
        ("a/.DS_Store", b"x"),
        ("../../etc/passwd", b"no"),
        ("/absolute.txt", b"abs"),
        ("folder/", b""),
        ("Brücke.txt", "größer".as_bytes()),
    ]);
    let parsed = text(&bytes).unwrap();
    assert_eq!(paths(&parsed), ["a/plan.txt", "etc/passwd", "absolute.txt", "Brücke.txt"]);
    assert_eq!((parsed.kind, parsed.members[0].bytes, parsed.text.as_str()), (Kind::Zip, 8, ""));
    assert_eq!(member(&bytes, 0).unwrap(), b"the plan");
    assert_eq!(member(&bytes, 3).unwrap(), "größer".as_bytes());
    assert!(member(&bytes, 4).is_err());
}

#[test]
fn names_in_old_encodings_are_read() {
    for (name, made_by, expected) in [
        (b"Stra\xe1e \x84\x94\x81.txt".as_slice(), 20u16, "Straße äöü.txt"),
        (b"R\x82sum\x82.pdf", 20, "Résumé.pdf"),
        (b"caf\xe9 \xe0 la carte.txt", 0x0314, "café à la carte.txt"),
        (encoding_rs::SHIFT_JIS.encode("貯水池の水位の報告.txt").0.as_ref(), 20, "貯水池の水位の報告.txt"),
        (encoding_rs::GBK.encode("水库的水位报告和计划.txt").0.as_ref(), 20, "水库的水位报告和计划.txt"),
        (encoding_rs::IBM866.encode("Отчёт об уровне воды.txt").0.as_ref(), 20, "Отчёт об уровне воды.txt"),
        ("Größe.txt".as_bytes(), 20, "Größe.txt"),
    ] {
        let bytes = stored(name, 0, made_by);
        assert_eq!(paths(&text(&bytes).unwrap()), [expected]);
        assert_eq!(member(&bytes, 0).map_err(|e| e.reason).unwrap(), b"hi");
    }
}

#[test]
fn a_password_protected_member_is_refused() {
    let bytes = stored(b"secret.txt", 1, 20);
    let parsed = text(&bytes).unwrap();
    assert_eq!(parsed.members[0].refused.as_deref(), Some("protected with a password"));
    assert_eq!(member(&bytes, 0).unwrap_err(), Failure::failed("protected with a password"));
}

#[test]
fn omitted_links_and_empty_archives_are_reported() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", DEFLATED).unwrap();
    let parsed = text(&writer.finish().unwrap().into_inner()).unwrap();
    assert!(parsed.members.is_empty());
    assert_eq!(parsed.doubts, ["1 link to another file was left out"]);
    assert_eq!(text(&zip(&[])).unwrap_err(), Failure::no_text("an empty archive"));
    assert!(text(b"PK\x03\x04 no").unwrap_err().reason.starts_with("damaged"));
}

#[test]
fn a_truncated_archive_gives_its_complete_files() {
    let mut seed = 1u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let noise: Vec<u8> = (0..20_000).map(|_| noise()).collect();
    let bytes = zip(&[("one.txt", b"first"), ("two.txt", b"second"), ("three.bin", &noise)]);
    let cut = &bytes[..bytes.len() - 10_000];
    let parsed = text(cut).unwrap();
    assert_eq!(paths(&parsed), ["one.txt", "two.txt"]);
    assert_eq!(parsed.doubts, ["it is cut short: some of its files may be missing"]);
    assert_eq!(member(cut, 1).unwrap(), b"second");
}

#[test]
fn a_bomb_ends_in_a_failure() {
    let bytes = zip(&[("zeros", &vec![0; 24 << 20])]);
    let begun = Instant::now();
    assert!(member(&bytes, 0).unwrap_err().reason.ends_with("probably a zip bomb"));
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn overlapping_files_are_refused() {
    // Two entries of the central directory point to the same file.
    let bytes = stored(b"a.txt", 0, 20);
    let list = bytes.windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
    let end = bytes.windows(4).position(|mark| mark == b"PK\x05\x06").unwrap();
    let entry = bytes[list..end].to_vec();
    let mut other = entry.clone();
    other[46] = b'b';
    let length = ((end - list) * 2) as u32;
    let tail =
        [b"PK\x05\x06".as_slice(), &[0; 4], &[2, 0, 2, 0], &length.to_le_bytes(), &(list as u32).to_le_bytes(), &[0; 2]].concat();
    let twice = [&bytes[..list], &entry, &other, &tail].concat();
    let parsed = text(&twice).unwrap();
    assert_eq!(parsed.members.iter().filter(|member| member.refused.is_some()).count(), 1);
    assert_eq!(parsed.members.len(), 2);
}

#[test]
fn broken_archives_do_no_harm() {
    let whole = zip(&[("a.txt", b"some text"), ("b/c.txt", &[b'x'; 300]), ("d.txt", "größer".as_bytes())]);
    for bytes in broken::forms(&whole) {
        let members = text(&bytes).map_or(1, |parsed| parsed.members.len());
        if let Ok(mut folder) = open(&bytes) {
            for index in 0..members {
                let _ = folder.member(index, &mut std::io::sink());
            }
        }
    }
}
