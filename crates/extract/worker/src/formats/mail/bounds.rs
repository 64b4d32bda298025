//! Limits that keep the mail parser from taking too long or overflowing the stack.

use std::{collections::HashMap, io::BufRead};

/// Most bytes the parser may scan for boundaries that never come. It scans the rest of the e-mail for each one.
const MAX_SCANNED_BYTES: usize = 20_000_000_000;
/// Most e-mails nested in each other; the parser recurses into each.
const MAX_NESTED_MAILS: usize = 20_000;

/// Whether an e-mail can be parsed in reasonable time and stack space.
pub fn is_within(bytes: &[u8]) -> bool {
    let mut nested = 0;
    let mut declared: HashMap<&[u8], usize> = HashMap::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let line = rest;
        // Reading from memory does not fail.
        let _ = rest.skip_until(b'\n');
        let line = &line[..(line.len() - rest.len()).min(1000)];
        nested += usize::from(line.contains(&b'/') && after(line, b"message/").is_some());
        if let Some(boundary) = line.contains(&b'=').then(|| after(line, b"boundary")).flatten() {
            *declared.entry(unquoted(boundary)).or_default() += 1;
        }
    }
    if nested > MAX_NESTED_MAILS {
        return false;
    }
    let mut rest = bytes;
    while !rest.is_empty() && !declared.is_empty() {
        if let Some(line) = rest.strip_prefix(b"--") {
            let end = line.iter().take(200).position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(line.len().min(200));
            let line = line[..end].trim_ascii_end();
            declared.remove(line);
            declared.remove(line.strip_suffix(b"--").unwrap_or(line));
        }
        let _ = rest.skip_until(b'\n');
    }
    declared.values().sum::<usize>().saturating_mul(bytes.len()) <= MAX_SCANNED_BYTES
}

/// The rest of a line after a word, ignoring case.
fn after<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let at = line.windows(word.len()).position(|found| found.eq_ignore_ascii_case(word))?;
    Some(&line[at + word.len()..])
}

/// The value after a `=`, with or without quotes.
fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii_start().strip_prefix(b"=").unwrap_or(value).trim_ascii_start();
    let (value, quoted) = value.strip_prefix(b"\"").map_or((value, false), |value| (value, true));
    let ends = |b: &u8| if quoted { *b == b'"' } else { *b == b';' || b.is_ascii_whitespace() };
    &value[..value.iter().position(ends).unwrap_or(value.len())]
}
