#![allow(clippy::unwrap_used)]

use super::{super::archive::broken, *};
use tar::{Builder, EntryType, Header};

pub fn tarball(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A handmade header in the old format, with any name.
fn old(name: &[u8], kind: u8, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_old();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_size(content.len() as u64);
    header.set_entry_type(EntryType::new(kind));
    header.set_cksum();
    let mut bytes = [header.as_bytes().as_slice(), content].concat();
    bytes.resize(bytes.len().div_ceil(512) * 512, 0);
    bytes
}

fn paths(parsed: &Parsed) -> Vec<&str> {
    parsed.members.iter().map(|member| member.path.as_str()).collect()
}

#[test]
fn files_are_listed_and_read_in_any_order() {
    let long = format!("{}report.txt", "deep/".repeat(30));
    let bytes = tarball(&[("a.txt", b"first"), (&long, b"second"), ("c/empty", b""), ("d.txt", &[b'x'; 1500])]);
    let parsed = text(&bytes).unwrap();
    assert_eq!(paths(&parsed), ["a.txt", &long, "c/empty", "d.txt"]);
    assert_eq!((parsed.kind, parsed.members[3].bytes), (Kind::Tar, 1500));
    let mut folder = open(&bytes).unwrap();
    for (index, length) in [(1, 6), (3, 1500), (0, 5), (2, 0), (2, 0)] {
        let mut out = Vec::new();
        folder.member(index, &mut out).unwrap();
        assert_eq!(out.len(), length);
    }
    assert!(folder.member(4, &mut std::io::sink()).is_err());
}

#[test]
fn pax_names_links_and_old_headers_are_read() {
    // The length includes its own digits.
    let pax = "28 path=Zürich/Brücke.txt\n";
    assert_eq!(pax.len(), 28);
    let bytes = [
        old(b"PaxHeader/x", b'x', pax.as_bytes()),
        old(b"short", b'0', b"pax"),
        old(b"link", b'2', b""),
        old(b"folder/", 0, b""),
        old(b"\xcf\xe0\xef\xea\xe0 \xf1 \xe4\xee\xea\xf3\xec\xe5\xed\xf2\xe0\xec\xe8/\xee\xf2\xf7\xe5\xf2.txt", 0, b"cp1251"),
        old(b"sparse", b'S', b""),
        vec![0; 1024],
    ]
    .concat();
    let parsed = text(&bytes).unwrap();
    assert_eq!(paths(&parsed), ["Zürich/Brücke.txt", "Папка с документами/отчет.txt"]);
    assert_eq!(parsed.doubts, ["1 link to another file was left out", "1 sparse file was left out"]);
    let mut out = Vec::new();
    open(&bytes).unwrap().member(1, &mut out).unwrap();
    assert_eq!(out, b"cp1251");
    assert!(starts_tar(&old(b"v7", 0, b"")));
    assert!(!starts_tar(&[b'a'; 512]));
}

#[test]
fn a_truncated_tar_gives_its_complete_files_and_says_so() {
    let bytes = tarball(&[("a.txt", b"first"), ("b.txt", &[b'x'; 3000])]);
    let cut = &bytes[..3000];
    let parsed = text(cut).unwrap();
    assert_eq!((paths(&parsed).len(), parsed.doubts.len()), (2, 1));
    let mut folder = open(cut).unwrap();
    folder.member(0, &mut std::io::sink()).unwrap();
    assert_eq!(folder.member(1, &mut std::io::sink()).unwrap_err().reason, "damaged: it is cut short");
    assert_eq!(text(&[0; 1024]).unwrap_err(), Failure::no_text("an empty archive"));
}

#[test]
fn too_long_names_and_too_many_files_do_no_harm() {
    let mut endless = old(b"././@LongLink", b'L', b"");
    endless[124..136].copy_from_slice(b"77777777777\0");
    let sum: u32 = endless.iter().enumerate().map(|(at, &b)| u32::from(if (148..156).contains(&at) { b' ' } else { b })).sum();
    endless[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert!(text(&endless).unwrap_err().reason.starts_with("damaged"));
    let many = old(b"same.txt", b'0', b"").repeat(MAX_MEMBERS + 5);
    let parsed = text(&many).unwrap();
    assert_eq!((parsed.members.len(), parsed.doubts.as_slice()), (MAX_MEMBERS, [MORE_MEMBERS.to_owned()].as_slice()));
}

#[test]
fn broken_tars_do_no_harm() {
    let whole = tarball(&[("a.txt", b"some text"), (&"long".repeat(40), &[b'x'; 700]), ("c", b"")]);
    for bytes in broken::forms(&whole) {
        let members = text(&bytes).map_or(1, |parsed| parsed.members.len());
        let mut folder = open(&bytes).unwrap();
        for index in 0..members {
            let _ = folder.member(index, &mut std::io::sink());
        }
    }
}
