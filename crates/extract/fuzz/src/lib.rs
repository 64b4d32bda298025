//! Shared by the fuzz targets. No bytes may crash a reader, hang it or exceed its memory limit.

use plumb_extract::Family;
use plumb_extract_worker as worker;
use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Reads a document and its first members, as the child does.
pub fn read(family: Family, bytes: &[u8]) {
    let Ok(parsed) = worker::read(family, bytes) else { return };
    let lines = parsed.text.matches('\n').count() as u64 + 1;
    assert!(parsed.places.windows(2).all(|pair| pair[0].line <= pair[1].line), "places are in order");
    assert!(parsed.places.iter().all(|place| place.line <= lines), "places lie in the text");
    assert!(parsed.members.iter().all(|member| !member.path.starts_with('/') && !member.path.split('/').any(|part| part == "..")));
    if parsed.members.is_empty() {
        return;
    }
    let Ok(mut opened) = worker::open(family, bytes) else { return };
    for (index, member) in parsed.members.iter().take(4).enumerate() {
        let _ = worker::read_member(opened.as_mut(), index, &member.path);
    }
}

/// Packs a document into a ZIP with `bytes` as its main part and `parts` as the others. Fuzzing the packed form would only fuzz its checksums.
pub fn packed(main: &str, bytes: &[u8], parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let all = parts.iter().map(|(name, text)| (*name, text.as_bytes())).chain([(main, bytes)]);
    for (name, bytes) in all {
        zip.start_file(name, stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
