//! Plain text of any encoding.

use crate::{Failure, kind};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// How much of a file is looked at to see that it is no text, and to guess its encoding.
const HEAD: usize = 1 << 20;

/// Decodes plain text of any encoding. `\r\n` and `\r` become `\n`.
///
/// # Errors
/// The bytes are no text; the reason says what they look like.
pub fn decode_text(bytes: &[u8]) -> Result<String, Failure> {
    let binary = || Failure::skipped(kind::of_binary(bytes));
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

/// Text that does not say its encoding.
fn without_mark(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(HEAD)];
    if head.contains(&0) {
        return unmarked_utf16(head).map(|encoding| decode(encoding, bytes));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    if mostly_utf8(head) {
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(head, head.len() == bytes.len());
    Some(decode(detector.guess(None, Utf8Detection::Deny), bytes))
}

/// UTF-16 without a mark shows by zeros at every second place, as long as it is mostly Latin.
fn unmarked_utf16(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = head.len() * 2 / 5;
    match (even, odd) {
        (0, n) if n >= most => Some(UTF_16LE),
        (n, 0) if n >= most => Some(UTF_16BE),
        _ => None,
    }
}

/// A log in UTF-8 with a few broken bytes is still UTF-8: one broken place for ten good ones.
fn mostly_utf8(head: &[u8]) -> bool {
    let (mut good, mut broken) = (0usize, 0usize);
    for chunk in head.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    good > broken.saturating_mul(10)
}

fn decode(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn utf32(bytes: &[u8], number: fn([u8; 4]) -> u32) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    units.iter().map(|&unit| char::from_u32(number(unit))).collect()
}

/// More than one control character or undecodable place in twenty, in the first part.
fn looks_binary(text: &str) -> bool {
    let (mut all, mut strange) = (0usize, 0usize);
    for c in text.chars().take(HEAD) {
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
