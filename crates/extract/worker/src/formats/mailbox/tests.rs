#![allow(clippy::unwrap_used)]

use super::{super::archive::broken, *};
use std::time::{Duration, Instant};

const BOX: &str = "From a@example.org Thu Jan  1 00:00:00 2026\nFrom: Anna <a@example.org>\nDate: Thu, 1 Jan 2026 08:00:00 +0000\nSubject: Level/1: high\n\nHello\n\n>From here on it rose.\n>>From a quote.\nFrom here: no header\n\n\
    From MAILER-DAEMON Thu Jan  1 00:00:00 2026\nSubject: =?utf-8?B?R3LDtsOfZQ==?=\n\nsecond\n\nFrom c@example.org  Fri Jan 02 10:11:12 +0100 2026\nFrom: c@example.org\n\nlast";

fn member(bytes: &[u8], index: usize) -> String {
    let mut out = Vec::new();
    open(bytes).unwrap().member(index, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn mails_are_members_and_the_text_lists_them() {
    let parsed = text(BOX.as_bytes()).unwrap();
    assert_eq!(
        parsed.text,
        "0001 | 2026-01-01 08:00 +00:00 | Anna <a@example.org> | Level/1: high\n0002 |  |  | Größe\n0003 |  | c@example.org | \n"
    );
    let paths: Vec<_> = parsed.members.iter().map(|member| member.path.as_str()).collect();
    assert_eq!(paths, ["0001 Level_1_ high.eml", "0002 Größe.eml", "0003.eml"]);
    assert!(member(BOX.as_bytes(), 0).ends_with("\n\nHello\n\nFrom here on it rose.\n>From a quote.\nFrom here: no header\n"));
    assert_eq!(member(BOX.as_bytes(), 1), "Subject: =?utf-8?B?R3LDtsOfZQ==?=\n\nsecond\n");
    assert_eq!(member(BOX.as_bytes(), 2), "From: c@example.org\n\nlast");
    assert!(open(BOX.as_bytes()).unwrap().member(3, &mut std::io::sink()).is_err());
}

#[test]
fn attachments_are_listed_beside_their_mail() {
    let mail = "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: Two\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n\
        --x\n\nbody\n--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=note.txt\n\n>From the mill.\n--x--\n\n";
    let bytes = format!("{mail}From b@example.org Thu Jan  1 00:00:00 2026\nSubject: Last\n\nend\n");
    let parsed = text(bytes.as_bytes()).unwrap();
    let paths: Vec<_> = parsed.members.iter().map(|member| member.path.as_str()).collect();
    assert_eq!(paths, ["0001 Two.eml", "0001 Two.eml/note.txt", "0002 Last.eml"]);
    assert_eq!(member(bytes.as_bytes(), 1).trim_end(), "From the mill.");
    assert!(member(bytes.as_bytes(), 2).starts_with("Subject: Last"));
}

#[test]
fn windows_line_ends_are_understood() {
    let parsed = text(BOX.replace('\n', "\r\n").as_bytes()).unwrap();
    assert_eq!(parsed.members.len(), 3);
}

#[test]
fn a_hundred_thousand_mails_are_listed_in_seconds() {
    let one = "From a@example.org Thu Jan  1 00:00:00 2026\nFrom: a@example.org\nSubject: Level\n\nIt rose.\n\n";
    let many = one.repeat(100_000);
    let started = Instant::now();
    let parsed = text(many.as_bytes()).unwrap();
    assert_eq!((parsed.members.len(), parsed.members[99_999].path.as_str()), (100_000, "100000 Level.eml"));
    assert_eq!(parsed.members[0].path, "000001 Level.eml");
    let mut opened = open(many.as_bytes()).unwrap();
    for index in 0..100_000 {
        opened.member(index, &mut std::io::sink()).unwrap();
    }
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn broken_mailboxes_do_not_panic() {
    assert_eq!(text(b"").unwrap_err(), Failure::no_text("an empty mailbox"));
    for bytes in broken::forms(BOX.as_bytes()) {
        let members = text(&bytes).map_or(0, |parsed| parsed.members.len());
        let mut opened = open(&bytes).unwrap();
        for index in 0..members {
            opened.member(index, &mut std::io::sink()).unwrap();
        }
    }
}
