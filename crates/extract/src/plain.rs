//! Decodes plain text of any encoding.

use crate::{Failure, family};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, ISO_2022_JP, ISO_8859_15, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memmem;

/// Length of the sample that shows whether a file is text, and in which encoding.
const SAMPLE_BYTES: usize = 1 << 20;
/// Length of the beginning in which a page or a program may declare its encoding.
const DECLARATION_BYTES: usize = 4 << 10;

/// Decodes plain text of any encoding. `\r\n` and `\r` become `\n`.
///
/// # Errors
/// The bytes are not text; the reason says what they look like.
pub fn decode_text(bytes: &[u8]) -> Result<String, Failure> {
    let binary = || Failure::skipped(family::of_binary(bytes));
    let text = match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes).ok_or_else(binary)?,
        [0, 0, 0xfe, 0xff, rest @ ..] => utf32(rest, u32::from_be_bytes).ok_or_else(binary)?,
        [0xff, 0xfe, rest @ ..] => decode(UTF_16LE, rest),
        [0xfe, 0xff, rest @ ..] => decode(UTF_16BE, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => without_mark(bytes).ok_or_else(binary)?,
    };
    if looks_binary(&text) { Err(binary()) } else { Ok(with_plain_line_ends(text)) }
}

/// Decodes text without a byte order mark.
fn without_mark(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    if head.contains(&0) {
        return unmarked_wide(head, bytes);
    }
    let utf8 = match std::str::from_utf8(bytes) {
        Ok(text) => {
            let japanese = memmem::find(head, b"\x1b$").and_then(|_| without_loss(ISO_2022_JP, bytes));
            return Some(japanese.filter(|text| text.contains(is_kana)).unwrap_or_else(|| text.to_owned()));
        }
        Err(error) => error,
    };
    let sample = sample(bytes, utf8.valid_up_to());
    if mostly_utf8(sample) {
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    if let Some(text) = declared(head).and_then(|encoding| without_loss(encoding, bytes)) {
        return Some(text);
    }
    Some(decode(guess(sample, sample.len() == bytes.len()), bytes))
}

/// The sample that decides the encoding, around the first byte that is not ASCII. `valid`: length of the beginning that is valid UTF-8.
fn sample(bytes: &[u8], valid: usize) -> &[u8] {
    let first = bytes[..valid].iter().position(|b| !b.is_ascii()).unwrap_or(valid);
    if first < SAMPLE_BYTES / 2 {
        &bytes[..bytes.len().min(SAMPLE_BYTES)]
    } else {
        &bytes[first - 1000..bytes.len().min(first + SAMPLE_BYTES)]
    }
}

fn guess(sample: &[u8], whole: bool) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, whole);
    match detector.guess(None, Utf8Detection::Deny) {
        encoding if encoding == WINDOWS_1252 && is_latin_9(sample) => ISO_8859_15,
        encoding if encoding == GBK => GB18030,
        encoding => encoding,
    }
}

/// Whether this is ISO-8859-15, which has `€`, `œ`, `š` and `ž` where Windows-1252 has `¤`, `½`, `¨` and `¸`, which rarely touch letters or digits.
fn is_latin_9(sample: &[u8]) -> bool {
    if sample.iter().any(|b| (0x80..0xa0).contains(b)) {
        return false;
    }
    let letter = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphabetic() || *b >= 0xc0);
    let is_of_it = |at: usize| {
        let (before, after) = (at.checked_sub(1).and_then(|at| sample.get(at)), sample.get(at + 1));
        match sample[at] {
            0xa4 => sample[at.saturating_sub(2)..sample.len().min(at + 3)].iter().any(u8::is_ascii_digit),
            0xa8 | 0xb8 => letter(before) && letter(after),
            0xbc | 0xbd => matches!(after, Some(b'u' | b'U')) || letter(before) && letter(after),
            _ => false,
        }
    };
    (0..sample.len()).any(is_of_it)
}

/// The encoding that a page (`<?xml encoding=`, `<meta charset=`) or a program (`-*- coding: … -*-`) declares.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head = &head[..head.len().min(DECLARATION_BYTES)];
    let start = head.trim_ascii_start();
    if start.first() == Some(&b'<') {
        let lower = start.to_ascii_lowercase();
        if lower.starts_with(b"<?xml")
            && let end = memmem::find(&lower, b"?>").unwrap_or(lower.len())
            && let Some(found) = named(&lower[..end], b"encoding")
        {
            return Some(found);
        }
        return memmem::find_iter(&lower, b"<meta").find_map(|at| {
            let end = memchr::memchr(b'>', &lower[at..]).map_or(lower.len(), |end| at + end);
            named(&lower[at..end], b"charset")
        });
    }
    let comment = |line: &&[u8]| matches!(line.trim_ascii_start().first(), Some(b'#' | b';' | b'%' | b'/' | b'"'));
    head.split(|&b| b == b'\n').take(2).filter(comment).find_map(|line| named(line, b"coding"))
}

/// The encoding named after this word and a `=` or `:`.
fn named(text: &[u8], word: &[u8]) -> Option<&'static Encoding> {
    let rest = &text[memmem::find(text, word)? + word.len()..];
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"=").or_else(|| rest.strip_prefix(b":"))?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end =
        rest.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))).unwrap_or(rest.len());
    // Python has its own name for this encoding.
    let label = rest[..end].to_ascii_lowercase();
    let found = if label == b"latin-1" { Some(WINDOWS_1252) } else { Encoding::for_label(&label) };
    // UTF-8 was ruled out before, and a declaration readable as ASCII is not in UTF-16.
    found.filter(|&encoding| encoding != UTF_8 && encoding != UTF_16LE && encoding != UTF_16BE)
}

/// Decodes UTF-16 or UTF-32 without a byte order mark. At least its line ends contain zeros.
fn unmarked_wide(head: &[u8], bytes: &[u8]) -> Option<String> {
    let head = &head[..head.len().min(64 << 10) & !3];
    let units = head.as_chunks::<4>().0;
    for number in [u32::from_le_bytes, u32::from_be_bytes] {
        let usual = |unit: &[u8; 4]| char::from_u32(number(*unit)).is_some_and(is_usual);
        if !units.is_empty() && units.iter().all(usual) {
            return utf32(bytes, number);
        }
    }
    // Single-byte text with a zero somewhere is not UTF-16, although it would decode to Chinese.
    let (zeros, plain) = bytes[..bytes.len().min(64 << 10)].iter().fold((0, 0), |(zeros, plain), &b| {
        (zeros + usize::from(b == 0), plain + usize::from(b.is_ascii_graphic() || b.is_ascii_whitespace()))
    });
    let length = bytes.len().min(64 << 10);
    if zeros * 5 < length * 2 && plain * 10 > (length - zeros) * 9 {
        return None;
    }
    let share = |number: fn([u8; 2]) -> u16| {
        let units = bytes[..length].as_chunks::<2>().0.iter().map(|&unit| number(unit));
        let (all, usual) = char::decode_utf16(units)
            .fold((0usize, 0usize), |(all, usual), c| (all + 1, usual + usize::from(c.is_ok_and(is_usual))));
        usual * 100 / all.max(1)
    };
    match (share(u16::from_le_bytes), share(u16::from_be_bytes)) {
        (little, big) if little >= 95 && little > big + 10 => Some(decode(UTF_16LE, bytes)),
        (little, big) if big >= 95 && big > little + 10 => Some(decode(UTF_16BE, bytes)),
        _ => None,
    }
}

/// A character that real texts use more often than the rest of the Basic Multilingual Plane.
fn is_usual(c: char) -> bool {
    matches!(c,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{370}'..='\u{74f}' | '\u{900}'..='\u{dff}'
        | '\u{e01}'..='\u{e5b}' | '\u{10a0}'..='\u{11ff}' | '\u{1e00}'..='\u{1fff}' | '\u{200c}'..='\u{203a}' | '\u{20a0}'..='\u{20bf}'
        | '\u{2100}'..='\u{22ff}' | '\u{2500}'..='\u{25ff}' | '\u{3000}'..='\u{3003}' | '\u{3005}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}')
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')
}

/// Whether this is UTF-8 with a few broken bytes, as in some logs. Text in other encodings rarely contains valid UTF-8 sequences.
fn mostly_utf8(sample: &[u8]) -> bool {
    let (mut good, mut broken) = (0usize, 0usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    good > broken.saturating_mul(3)
}

fn decode(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn without_loss(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    Some(encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned())
}

fn utf32(bytes: &[u8], number: fn([u8; 4]) -> u32) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    units.iter().map(|&unit| char::from_u32(number(unit))).collect()
}

/// Whether more than one character in twenty of the sample is a control character or undecodable.
fn looks_binary(text: &str) -> bool {
    let (mut all, mut strange) = (0usize, 0usize);
    for c in text.chars().take(SAMPLE_BYTES) {
        all += 1;
        let usual = matches!(c, '\t' | '\n' | '\r' | '\u{8}' | '\u{c}' | '\u{1a}' | '\u{1b}' | '\u{85}');
        strange += usize::from(!usual && (c.is_control() || c == char::REPLACEMENT_CHARACTER));
    }
    strange * 20 > all
}

fn with_plain_line_ends(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
