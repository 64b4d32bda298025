//! Where the e-mails of a mailbox begin and end.

use std::io::{self, BufRead, Write};

/// The e-mails of a mailbox, without the lines that divide them.
pub fn mails(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    // What stands before the first dividing line belongs to no e-mail.
    next_mail(&mut rest);
    std::iter::from_fn(move || if rest.is_empty() { None } else { Some(next_mail(&mut rest)) })
}

/// Everything up to the next dividing line; `rest` goes on behind that line.
fn next_mail<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let whole = *rest;
    let mut at = whole;
    loop {
        if at.is_empty() {
            *rest = at;
            return without_last_empty_line(whole);
        }
        if let Some(length) = divider(at) {
            *rest = &at[length..];
            return without_last_empty_line(&whole[..whole.len() - at.len()]);
        }
        pass_line(&mut at);
    }
}

/// Moves on to the next line.
fn pass_line(at: &mut &[u8]) {
    // Reading from memory does not fail.
    let _ = at.skip_until(b'\n');
}

/// "From sender Thu Jan  1 00:00:00 2026" with a header on the next line: its length.
fn divider(at: &[u8]) -> Option<usize> {
    let line = at.strip_prefix(b"From ")?;
    let mut next = line;
    pass_line(&mut next);
    let line = &line[..line.len() - next.len()];
    let time = line.windows(5).any(|w| matches!(w, [a, b, b':', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_digit)));
    (line.len() < 300 && time && begins_header(next)).then(|| at.len() - next.len())
}

/// A line like "Subject: …". Mailboxes of old programs have a ">From " line first.
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
    /// No honest e-mail has longer ones.
    const LONGEST: usize = 256 << 10;
    let mut at = mail;
    while !at.is_empty() && !at.starts_with(b"\n") && !at.starts_with(b"\r\n") && mail.len() - at.len() < LONGEST {
        pass_line(&mut at);
    }
    mail.len() - at.len()
}

/// Writes an e-mail as it was before it came into the mailbox: lines that begin with "From " were marked with a ">".
pub fn write_mail(mail: &[u8], to: &mut dyn Write) -> io::Result<()> {
    let mut rest = mail;
    // A mark that is older than the e-mail's own headers divided it from another one.
    if rest.starts_with(b">From ") {
        pass_line(&mut rest);
    }
    let mut at = rest;
    while !at.is_empty() {
        let marks = at.iter().take(100).take_while(|&&b| b == b'>').count();
        if marks > 0 && at[marks..].starts_with(b"From ") {
            to.write_all(&rest[..rest.len() - at.len()])?;
            rest = &at[1..];
        }
        pass_line(&mut at);
    }
    to.write_all(rest)
}
