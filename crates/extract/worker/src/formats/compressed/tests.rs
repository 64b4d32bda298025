#![allow(clippy::unwrap_used)]

use super::{super::archive::broken, *};
use ::tar::{Builder, Header};
use std::time::{Duration, Instant};

const FAMILIES: [Family; 4] = [Family::Gzip, Family::Bzip2, Family::Xz, Family::Zstd];

fn packed(family: Family, content: &[u8]) -> Vec<u8> {
    match family {
        Family::Gzip => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            to.write_all(content).unwrap();
            to.finish().unwrap()
        }
        Family::Bzip2 => {
            let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            to.write_all(content).unwrap();
            to.finish().unwrap()
        }
        Family::Xz => {
            let mut to = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
            to.write_all(content).unwrap();
            to.finish().unwrap()
        }
        _ => zstd::encode_all(content, 3).unwrap(),
    }
}

fn tarball(count: usize, size: usize) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for n in 0..count {
        let mut header = Header::new_gnu();
        header.set_size(size as u64);
        builder.append_data(&mut header, format!("file-{n}.txt"), format!("{n:size$}").as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn a_compressed_file_is_one_member_without_a_name() {
    for family in FAMILIES {
        let bytes = packed(family, b"the level of the reservoir");
        let parsed = text(family, &bytes).unwrap();
        assert_eq!((parsed.kind, parsed.members.len(), parsed.members[0].path.as_str()), (Kind::Compressed, 1, ""));
        let mut out = Vec::new();
        open(family, &bytes).unwrap().member(0, &mut out).unwrap();
        assert_eq!(out, b"the level of the reservoir", "{family:?}");
    }
}

#[test]
fn a_compressed_tar_is_a_folder() {
    let tar = tarball(300, 2000);
    for family in FAMILIES {
        let bytes = packed(family, &tar);
        let parsed = text(family, &bytes).unwrap();
        assert_eq!((parsed.kind, parsed.members.len(), parsed.members[7].path.as_str()), (Kind::Tar, 300, "file-7.txt"));
        let mut folder = open(family, &bytes).unwrap();
        for index in (0..300).step_by(3).chain([5]) {
            let mut out = Vec::new();
            folder.member(index, &mut out).unwrap();
            assert_eq!(std::str::from_utf8(&out).unwrap().trim(), index.to_string(), "{family:?}");
        }
    }
}

#[test]
fn several_streams_and_trailing_junk_are_read_whole() {
    for family in FAMILIES {
        let bytes = [packed(family, b"one "), packed(family, b"two")].concat();
        let mut out = Vec::new();
        open(family, &bytes).unwrap().member(0, &mut out).unwrap();
        assert_eq!(out, b"one two", "{family:?}");
    }
    let mut out = Vec::new();
    let bytes = [packed(Family::Gzip, b"one"), vec![0; 700]].concat();
    open(Family::Gzip, &bytes).unwrap().member(0, &mut out).unwrap();
    assert_eq!(out, b"one");
}

#[test]
fn zip_bombs_fail_early() {
    // DEFLATE reaches a ratio of at most 1030, just above the limit.
    for (family, size) in [(Family::Bzip2, 24 << 20), (Family::Zstd, 24 << 20), (Family::Gzip, 48 << 20)] {
        let bytes = packed(family, &vec![0; size]);
        let begun = Instant::now();
        let failure = open(family, &bytes).unwrap().member(0, &mut io::sink()).unwrap_err();
        assert!(failure.reason.ends_with("probably a zip bomb"), "{family:?}: {failure}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn broken_files_do_no_harm() {
    let tar = tarball(3, 600);
    for family in FAMILIES {
        for bytes in broken::forms(&packed(family, &tar)) {
            let members = text(family, &bytes).map_or(1, |parsed| parsed.members.len());
            if let Ok(mut opened) = open(family, &bytes) {
                for index in 0..members {
                    let _ = opened.member(index, &mut io::sink());
                }
            }
        }
    }
}
