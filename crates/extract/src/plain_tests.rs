use crate::{Failure, FailureState, decode_text};
use encoding_rs::{Encoding, GB18030, KOI8_R, SHIFT_JIS, WINDOWS_1252};

const TEXT: &str = "Die Brücke über den Fluß 橋 🌉\nSecond line in plain letters\n";

fn text(bytes: impl AsRef<[u8]>) -> String {
    decode_text(bytes.as_ref()).unwrap()
}

fn in_encoding(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    let (bytes, _, lost) = encoding.encode(text);
    assert!(!lost);
    bytes.into_owned()
}

#[test]
fn every_unicode_form_with_a_mark_gives_the_same_text() {
    let marked = format!("\u{feff}{TEXT}");
    let utf16 = |bytes: fn(u16) -> [u8; 2]| marked.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let utf32 = |bytes: fn(u32) -> [u8; 4]| marked.chars().flat_map(|c| bytes(c as u32)).collect::<Vec<u8>>();
    assert_eq!(text(TEXT), TEXT);
    assert_eq!(text(&marked), TEXT);
    assert_eq!(text(utf16(u16::to_le_bytes)), TEXT);
    assert_eq!(text(utf16(u16::to_be_bytes)), TEXT);
    assert_eq!(text(utf32(u32::to_le_bytes)), TEXT);
    assert_eq!(text(utf32(u32::to_be_bytes)), TEXT);
}

#[test]
fn utf_16_without_a_mark_is_told_by_its_zeros() {
    let latin = "Level of the upper reservoir; Pegel: größer als üblich\r\n";
    let plain = latin.replace('\r', "");
    assert_eq!(text(latin.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), plain);
    assert_eq!(text(latin.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()), plain);
}

#[test]
fn legacy_encodings_are_told_by_their_bytes() {
    for (encoding, sample) in [
        (WINDOWS_1252, "Une façade et un café, à côté de l’église – « très bien »."),
        (SHIFT_JIS, "上の貯水池の水位は一日に二回測られます。これは日本語の文章です。"),
        (GB18030, "上游水库的水位每天测量两次。这是一个用中文写的句子，用来检查编码。"),
        (KOI8_R, "Уровень воды в верхнем водохранилище измеряется дважды в день."),
    ] {
        assert_eq!(text(in_encoding(encoding, sample)), sample, "{}", encoding.name());
    }
}

#[test]
fn a_few_broken_bytes_do_not_turn_utf_8_into_another_encoding() {
    let mut bytes = "Pegel: größer als üblich. ".repeat(20).into_bytes();
    bytes.extend(b"\xff\xfe broken");
    let read = text(bytes);
    assert!(read.starts_with("Pegel: größer als üblich.") && read.ends_with("\u{fffd}\u{fffd} broken"));
}

#[test]
fn all_line_ends_become_one_kind_and_an_empty_file_is_an_empty_text() {
    assert_eq!(text("a\r\nb\rc\nd"), "a\nb\nc\nd");
    assert_eq!(text(""), "");
}

#[test]
fn colours_and_page_feeds_in_a_log_do_not_make_it_binary() {
    let log = "\u{1b}[31mERROR\u{1b}[0m pump 3\n\u{c}page 2\n";
    assert_eq!(text(log), log);
}

#[test]
fn bytes_that_are_no_text_are_skipped_with_what_they_look_like() {
    let reason = |bytes: &[u8]| decode_text(bytes).unwrap_err();
    let skipped = |reason: &str| Failure { state: FailureState::Skipped, reason: reason.to_owned() };
    assert_eq!(reason(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01"), skipped("an image"));
    assert_eq!(reason(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), skipped("a program"));
    assert_eq!(reason(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd"), skipped("an archive: not read yet"));
    assert_eq!(reason(b"\x01\x02\x03\x04 and some words"), skipped("a binary file"));
    assert_eq!(reason(b"some words\0and a zero"), skipped("a binary file"));
}
