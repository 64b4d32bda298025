//! Splits a mailbox into its e-mails.

use std::io::{self, BufRead, Write};

/// The e-mails of a mailbox, without their "From " separator lines.
pub fn mails(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    // Bytes before the first separator belong to no e-mail.
    next_mail(&mut rest);
    std::iter::from_fn(move || if rest.is_empty() { None } else { Some(next_mail(&mut rest)) })
}

/// Everything up to the next separator; `rest` continues after it.
fn next_mail<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let whole = *rest;
    let mut at = whole;
    loop {
        if at.is_empty() {
            *rest = at;
            return without_last_empty_line(whole);
        }
        if let Some(length) = separator(at) {
            *rest = &at[length..];
            return without_last_empty_line(&whole[..whole.len() - at.len()]);
        }
        skip_line(&mut at);
    }
}

/// Moves on to the next line.
fn skip_line(at: &mut &[u8]) {
    // Reading from memory does not fail.
    let _ = at.skip_until(b'\n');
}

/// Length of the separator here: "From sender Thu Jan  1 00:00:00 2026" with a header on the next line.
fn separator(at: &[u8]) -> Option<usize> {
    let line = at.strip_prefix(b"From ")?;
    let mut next = line;
    skip_line(&mut next);
    let line = &line[..line.len() - next.len()];
    let time = line.windows(5).any(|w| matches!(w, [a, b, b':', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_digit)));
    (line.len() < 300 && time && begins_header(next)).then(|| at.len() - next.len())
}

/// Whether a line looks like "Subject: …". Old programs put a ">From " line first.
fn begins_header(line: &[u8]) -> bool {
    let name = line.iter().take(80).position(|&b| !(b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    line.starts_with(b">From ") || name.is_some_and(|end| end > 0 && line[end] == b':')
}

fn without_last_empty_line(mail: &[u8]) -> &[u8] {
    let mail = mail.strip_suffix(b"\n\n").map_or(mail, |_| &mail[..mail.len() - 1]);
    mail.strip_suffix(b"\r\n\r\n").map_or(mail, |_| &mail[..mail.len() - 2])
}

/// Where the headers of an e-mail end.
pub fn end_of_headers(mail: &[u8]) -> usize {
    /// Longest headers that are parsed; real e-mails stay far below.
    const MAX_HEADER_BYTES: usize = 256 << 10;
    let mut at = mail;
    while !at.is_empty() && !at.starts_with(b"\n") && !at.starts_with(b"\r\n") && mail.len() - at.len() < MAX_HEADER_BYTES {
        skip_line(&mut at);
    }
    mail.len() - at.len()
}

/// Writes an e-mail as it was before delivery to the mailbox, which prefixes lines beginning with "From " with a ">".
pub fn write_mail(mail: &[u8], to: &mut dyn Write) -> io::Result<()> {
    let mut rest = mail;
    // A quoted separator before the headers comes from an older mailbox.
    if rest.starts_with(b">From ") {
        skip_line(&mut rest);
    }
    let mut at = rest;
    while !at.is_empty() {
        let marks = at.iter().take(100).take_while(|&&b| b == b'>').count();
        if marks > 0 && at[marks..].starts_with(b"From ") {
            to.write_all(&rest[..rest.len() - at.len()])?;
            rest = &at[1..];
        }
        skip_line(&mut at);
    }
    to.write_all(rest)
}
