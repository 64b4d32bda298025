//! Recognises the reader that a document needs, from its bytes, because extensions lie.

use crate::Kind;
use encoding_rs::{Encoding, UTF_8};
use infer::MatcherType;
use memchr::memmem;
use serde::{Deserialize, Serialize};

/// Length of the part at the beginning of a file that decides its family, in bytes.
pub const HEAD: usize = 8 << 10;

/// The parser that the sealed child must use. Kinds share a family where only a parser can tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// PDF.
    Pdf,
    /// A ZIP: DOCX, PPTX, XLSX, ODT, ODP, ODS, EPUB, or a plain archive.
    Zip,
    /// An OLE compound file: DOC, PPT, XLS, MSG, or a password-protected Office document.
    Ole,
    /// Rich Text Format.
    Rtf,
    /// A web page.
    Html,
    /// A Jupyter notebook.
    Notebook,
    /// One e-mail.
    Mail,
    /// Many e-mails.
    Mailbox,
    /// TAR without compression.
    Tar,
    /// A file or TAR compressed with gzip.
    Gzip,
    /// A file or TAR compressed with bzip2.
    Bzip2,
    /// A file or TAR compressed with XZ.
    Xz,
    /// A file or TAR compressed with Zstandard.
    Zstd,
}

/// The way to read a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Decode it as text.
    Text,
    /// Let the sealed child parse it.
    Child(Family),
    /// It has no text; says in plain words what it is.
    None(&'static str),
}

/// The reason for not reading an image as text.
pub const IMAGE: &str = "an image";
/// The reason for not reading a binary file of an unknown kind.
pub const UNKNOWN: &str = "a binary file";

/// Recognises the reader from the first bytes of a document, at most [`HEAD`] of them. `name` decides only between kinds of text: web pages, e-mails
/// and notebooks are plain text too.
pub fn of(head: &[u8], name: &str) -> Reader {
    let cut = head.len() >= HEAD;
    let head = &head[..head.len().min(HEAD)];
    // Office programs save web pages as UTF-16.
    if let Some((encoding, _)) = Encoding::for_bom(head).filter(|(encoding, _)| *encoding != UTF_8) {
        let (text, _) = encoding.decode_with_bom_removal(head);
        return of_text(text.trim_start().as_bytes(), name, cut);
    }
    let starts = |mark: &[u8]| head.starts_with(mark);
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let family = if start.starts_with(b"%PDF-") {
        Family::Pdf
    } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"PK00PK\x03\x04") {
        Family::Zip
    } else if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        Family::Ole
    } else if start.starts_with(b"{\\rtf") {
        Family::Rtf
    } else if starts(b"\x1f\x8b") {
        Family::Gzip
    } else if starts(b"BZh") && head.get(4..10) == Some(b"1AY&SY") {
        Family::Bzip2
    } else if starts(b"\xfd7zXZ\0") {
        Family::Xz
    } else if starts(b"\x28\xb5\x2f\xfd") {
        Family::Zstd
    } else if head.get(257..262) == Some(b"ustar") || starts_old_tar(head) {
        Family::Tar
    } else if memmem::find(&head[..head.len().min(1024)], b"%PDF-").is_some() && std::str::from_utf8(head).is_err() {
        // Some mailers and servers put a few lines before a PDF. Source code that mentions the marker is text.
        Family::Pdf
    } else {
        return of_text(start, name, cut);
    };
    Reader::Child(family)
}

/// Whether this is the header of a TAR from before the format had a marker, recognised by its checksum.
fn starts_old_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<512>() else { return false };
    let octal = |field: &[u8]| {
        let field = field.trim_ascii_start();
        let end = field.iter().position(|b| !(b'0'..=b'7').contains(b)).unwrap_or(field.len());
        std::str::from_utf8(&field[..end]).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok())
    };
    let sum: u32 = block[..148].iter().chain(&block[156..]).chain(&[b' '; 8]).map(|&b| u32::from(b)).sum();
    block[0] > b' ' && block[99] == 0 && octal(&block[148..156]) == Some(sum)
}

fn of_text(start: &[u8], name: &str, cut: bool) -> Reader {
    let by_name = Kind::by_name(name);
    let is_source = matches!(by_name, Some(Kind::Code | Kind::Markdown | Kind::Data));
    let family = if starts_mailbox(start) && !is_source {
        Family::Mailbox
    } else if by_name == Some(Kind::Notebook) && start.starts_with(b"{") {
        Family::Notebook
    } else if by_name == Some(Kind::Mail) && header(start).is_some() || begins_mail(start, cut) && !is_source {
        Family::Mail
    } else if !is_source && is_page(start, by_name == Some(Kind::Html)) {
        Family::Html
    } else {
        return Reader::Text;
    };
    Reader::Child(family)
}

/// Whether this begins a mailbox: a line such as "From somebody Thu Jan  1 …", and a header after it.
fn starts_mailbox(start: &[u8]) -> bool {
    let Some(rest) = start.strip_prefix(b"From ") else { return false };
    let line = rest.split(|&b| b == b'\n').next().unwrap_or_default();
    let next = rest.get(line.len() + 1..).unwrap_or_default();
    // Git patches begin alike, with a commit hash as the sender.
    let commit = line.iter().take_while(|b| b.is_ascii_hexdigit()).count() == 40;
    line.len() < 200 && line.iter().filter(|&&b| b == b':').count() >= 2 && !commit && header(next).is_some()
}

/// The name of the header that begins these bytes.
fn header(bytes: &[u8]) -> Option<&[u8]> {
    let line = bytes.split(|&b| b == b'\n').next()?;
    let colon = line.iter().position(|&b| b == b':')?;
    let name = &line[..colon];
    (!name.is_empty() && name.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-')).then_some(name)
}

/// Whether this begins with headers, with enough of those that every e-mail has. `cut`: the document is longer than these bytes.
fn begins_mail(start: &[u8], cut: bool) -> bool {
    let mut known = 0;
    let mut lines = start.split(|&b| b == b'\n').take(500).peekable();
    while let Some(line) = lines.next() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || cut && lines.peek().is_none() {
            break;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(name) = header(line) else { return false };
        let usual: [&[u8]; 9] =
            [b"from", b"to", b"date", b"subject", b"message-id", b"mime-version", b"received", b"return-path", b"delivered-to"];
        known += usize::from(usual.contains(&name.to_ascii_lowercase().as_slice()));
    }
    known >= 3
}

/// Whether this is a whole web page or, by its name, a part of one. A template, which a program fills in, is source code.
fn is_page(start: &[u8], by_name: bool) -> bool {
    let mut rest = start;
    // An XML declaration and comments may come first.
    loop {
        let end: &[u8] = if rest.starts_with(b"<?xml") {
            b"?>"
        } else if rest.starts_with(b"<!--") {
            b"-->"
        } else {
            break;
        };
        let Some(at) = memmem::find(rest, end) else { return false };
        rest = rest[at + end.len()..].trim_ascii_start();
    }
    let lower = rest.to_ascii_lowercase();
    if [b"<%".as_slice(), b"<?php", b"<?="].iter().any(|mark| memmem::find(&lower, mark).is_some()) {
        return false;
    }
    if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
        // A page may write about templates, but not in its head.
        let head = &lower[..memmem::find(&lower, b"<body").unwrap_or(lower.len())];
        let filled = memmem::find_iter(head, b"{{").any(|at| at > 0 && matches!(head[at - 1], b'>' | b'"' | b'\'' | b' '));
        return !filled && memmem::find(head, b"{%").is_none();
    }
    let tag = lower.first() == Some(&b'<') && lower.get(1).is_some_and(u8::is_ascii_alphabetic);
    let filled = [b"{{".as_slice(), b"{%", b" *ng", b" v-", b" @"].iter().any(|mark| memmem::find(&lower, mark).is_some());
    by_name && tag && !filled
}

/// Says in plain words what kind of binary file these bytes are.
pub fn of_binary(bytes: &[u8]) -> &'static str {
    let Some(found) = infer::get(bytes) else { return UNKNOWN };
    match found.matcher_type() {
        MatcherType::Image => IMAGE,
        MatcherType::Video => "a video",
        MatcherType::Audio => "an audio file",
        MatcherType::Font => "a font",
        MatcherType::Book => "an e-book in an unsupported format",
        MatcherType::Doc => "an Office document in an unsupported format",
        MatcherType::App => "a program",
        MatcherType::Archive if found.extension() == "sqlite" => "a database",
        MatcherType::Archive => "an archive in an unsupported format",
        MatcherType::Text | MatcherType::Custom => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_the_family_before_the_name() {
        for (bytes, name, family) in [
            (b"%PDF-1.7\n".as_slice(), "a.docx", Family::Pdf),
            (b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\n%\xe2\xe3\xcf\xd3", "a", Family::Pdf),
            (b"PK\x03\x04............", "a.pdf", Family::Zip),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.txt", Family::Ole),
            (b"{\\rtf1\\ansi", "a.doc", Family::Rtf),
            (b"<!-- saved -->\n<!DOCTYPE html>\n<html>", "page", Family::Html),
            (b"From: a@b\r\nTo: c@d\r\nSubject: x\r\n\r\nHello", "a.txt", Family::Mail),
            (b"From a@b Thu Jan  1 00:00:00 2026\nFrom: a@b\n", "inbox", Family::Mailbox),
            (b"{\"cells\": []}", "a.ipynb", Family::Notebook),
            (b"Subject: x\nContent-Type: multipart/mixed; boundary=1\n\n", "a.eml", Family::Mail),
            (b"<p>a part of a page</p>", "part.html", Family::Html),
            (b"<!DOCTYPE html><title>Templates</title><body><pre>{{ title }} {% block %}", "a.html", Family::Html),
            (b"\xff\xfe<\0h\0t\0m\0l\0>\0", "a.htm", Family::Html),
        ] {
            assert_eq!(of(bytes, name), Reader::Child(family), "{name}");
        }
    }

    #[test]
    fn long_headers_and_old_archives_are_recognised() {
        let mail = format!("Received: by x\nTo: a@b\n{}", "X-Long: header\n".repeat(1000)).replacen("X-Long", "Date", 1);
        assert_eq!(of(mail.as_bytes(), "a"), Reader::Child(Family::Mail));
        let mut old = vec![0; 1024];
        old[..5].copy_from_slice(b"a.txt");
        old[124..135].copy_from_slice(b"00000000000");
        let sum: u32 = old[..512].iter().map(|&b| u32::from(b)).sum::<u32>() + 8 * 32;
        old[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert_eq!(of(&old, "a"), Reader::Child(Family::Tar));
    }

    #[test]
    fn text_that_mentions_a_marker_stays_text() {
        for (bytes, name) in [
            (b"if bytes.starts_with(b\"%PDF-\") {".as_slice(), "a.rs"),
            (b"BMW 320, a car whose first letters look like an image", "a"),
            (b"From here on: it goes up\nand up", "a.txt"),
            (b"To: whom it may concern\n\nHello", "a.txt"),
            (b"<!DOCTYPE html>\n<title>{{ title }}</title>", "base.html"),
            (b"{\"cells\": []}", "a.json"),
            (b"BZh is how it begins", "a"),
            (b"<div *ngIf=\"open\">{{ title }}</div>", "a.component.html"),
            (b"<!DOCTYPE html><html><body><% for x in y %>", "list.html"),
            (b"<p>a sentence about a tag", "a.txt"),
            (b"From a@b Thu Jan  1 00:00:00 2026\nFrom: a@b\n", "inbox.py"),
            (b"From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nFrom: a@b\n", "0001-fix"),
        ] {
            assert_eq!(of(bytes, name), Reader::Text, "{name}");
        }
    }
}
