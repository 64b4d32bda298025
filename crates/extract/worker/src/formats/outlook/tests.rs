#![allow(clippy::unwrap_used)]

use super::{super::archive::broken, *};
use cfb::CompoundFile;

type Made = CompoundFile<Cursor<Vec<u8>>>;

fn put(file: &mut Made, path: &str, bytes: &[u8]) {
    file.create_stream(path).unwrap().write_all(bytes).unwrap();
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn list(head: usize, numbers: &[(u16, u16, u64)]) -> Vec<u8> {
    let mut out = vec![0; head];
    for (id, kind, value) in numbers {
        out.extend([kind.to_le_bytes(), id.to_le_bytes(), [6, 0], [0, 0]].concat());
        out.extend(value.to_le_bytes());
    }
    out
}

/// 2026-03-04 13:05 UTC.
const TIME: u64 = (1_772_629_500 + 11_644_473_600) * 10_000_000;

fn message() -> Vec<u8> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    put(&mut file, "/__properties_version1.0", &list(32, &[(0x0039, 0x0040, TIME), (0x3ffd, 3, 1251)]));
    put(&mut file, "/__substg1.0_0037001F", &wide("Pegel der Brücke"));
    put(&mut file, "/__substg1.0_0C1A001E", &encoding_rs::WINDOWS_1251.encode("Анна").0);
    put(&mut file, "/__substg1.0_0C1F001F", &wide("/O=ORG/OU=X/CN=ANNA"));
    put(&mut file, "/__substg1.0_5D01001F", &wide("anna@example.org"));
    put(&mut file, "/__substg1.0_0E04001F", &wide("Weir; Mill\0"));
    put(&mut file, "/__substg1.0_1000001F", &wide("Größer als üblich.\r\n\r\nAnna\r\n"));
    let recipient = "/__recip_version1.0_#00000000";
    file.create_storage(recipient).unwrap();
    put(&mut file, &format!("{recipient}/__properties_version1.0"), &list(8, &[(0x0c15, 3, 2)]));
    put(&mut file, &format!("{recipient}/__substg1.0_3001001F"), &wide("The Mill"));
    put(&mut file, &format!("{recipient}/__substg1.0_39FE001F"), &wide("mill@example.org"));
    let attachment = "/__attach_version1.0_#00000000";
    file.create_storage(attachment).unwrap();
    put(&mut file, &format!("{attachment}/__properties_version1.0"), &list(8, &[(0x3705, 3, 1)]));
    put(&mut file, &format!("{attachment}/__substg1.0_3707001F"), &wide("plan/a.txt"));
    put(&mut file, &format!("{attachment}/__substg1.0_37010102"), b"the plan");
    let attachment = "/__attach_version1.0_#00000001";
    file.create_storage(attachment).unwrap();
    put(&mut file, &format!("{attachment}/__properties_version1.0"), &list(8, &[(0x3705, 3, 5)]));
    let inner = format!("{attachment}/__substg1.0_3701000D");
    file.create_storage(&inner).unwrap();
    put(&mut file, &format!("{inner}/__properties_version1.0"), &list(24, &[(0x0039, 0x0040, TIME)]));
    put(&mut file, &format!("{inner}/__substg1.0_0037001F"), &wide("Inner: one"));
    put(&mut file, &format!("{inner}/__substg1.0_10130102"), "<p>Inside, größer</p>".as_bytes());
    file.flush().unwrap();
    file.into_inner().into_inner()
}

#[test]
fn headers_body_and_attachments_are_read() {
    let bytes = message();
    let parsed = text(&bytes).unwrap();
    assert_eq!(
        parsed.text,
        "From: Анна <anna@example.org>\nTo: Weir; Mill\nCc: The Mill <mill@example.org>\nDate: 2026-03-04 13:05 +00:00\nSubject: Pegel der Brücke\n\
         Attachments: plan_a.txt, Inner_ one.msg\n\nGrößer als üblich.\n\nAnna\n"
    );
    assert_eq!((parsed.kind, parsed.members[0].bytes), (Kind::OutlookMail, 8));
    let mut opened = open(&bytes).unwrap();
    let mut out = Vec::new();
    opened.member(0, &mut out).unwrap();
    assert_eq!(out, b"the plan");
    let mut inner = Vec::new();
    opened.member(1, &mut inner).unwrap();
    assert_eq!(text(&inner).unwrap().text, "Date: 2026-03-04 13:05 +00:00\nSubject: Inner: one\n\nInside, größer\n");
    assert!(opened.member(2, &mut inner).is_err());
}

#[test]
fn other_compound_files_are_not_messages() {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    put(&mut file, "/WordDocument", b"x");
    let bytes = file.into_inner().into_inner();
    assert!(text(&bytes).is_err() && open(&bytes).is_err());
}

#[test]
fn broken_messages_do_not_panic() {
    for bytes in broken::forms(&message()) {
        let members = text(&bytes).map_or(0, |parsed| parsed.members.len());
        if let Ok(mut opened) = open(&bytes) {
            for index in 0..members {
                let _ = opened.member(index, &mut std::io::sink());
            }
        }
    }
}
