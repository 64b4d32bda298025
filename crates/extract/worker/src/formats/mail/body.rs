//! The body of an e-mail as a mail program shows it.

use super::{super::html, part};
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};
use std::fmt::Write;

/// A plain body shorter than this, in bytes, may only point to the HTML body.
const STUB_BYTES: usize = 200;

/// The plain text, or the HTML body as text if the plain one is a stub.
pub fn text(message: &Message<'_>) -> String {
    let plain = joined(message, &message.text_body);
    if plain.trim().len() >= STUB_BYTES || message.html_body == message.text_body {
        return plain;
    }
    let page = joined(message, &message.html_body);
    if page.trim().len() > plain.trim().len() * 5 { page } else { plain }
}

fn joined(message: &Message<'_>, ids: &[u32]) -> String {
    let mut out = String::new();
    for part in ids.iter().filter_map(|&id| message.part(id)) {
        let text = match &part.body {
            PartType::Text(_) => plain(message, part),
            PartType::Html(_) => html::plain(&part::decoded(message, part)),
            _ => continue,
        };
        if !text.trim().is_empty() {
            let _ = write!(out, "{}{text}", if out.is_empty() { "" } else { "\n\n" });
        }
    }
    out
}

fn plain(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    let text = part::decoded(message, part);
    let kind = part.content_type();
    let says = |name, value| kind.and_then(|kind| kind.attribute(name)).is_some_and(|v| v.eq_ignore_ascii_case(value));
    match kind.and_then(|kind| kind.subtype()) {
        Some(subtype) if subtype.eq_ignore_ascii_case("html") => html::plain(&text),
        _ if says("format", "flowed") => flowed(&text, says("delsp", "yes")),
        _ => text,
    }
}

/// Joins soft-wrapped lines (`format=flowed`, RFC 3676).
fn flowed(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Quote depth of the paragraph that continues on the next line.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.len() - line.trim_start_matches('>').len();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        if open.is_some_and(|of| of != depth || signature) {
            out.push('\n');
            open = None;
        }
        if open.is_none() && depth > 0 {
            out.push_str(&">".repeat(depth));
            out.push(' ');
        }
        let soft = content.ends_with(' ') && !signature;
        out.push_str(if soft && delete_space { &content[..content.len() - 1] } else { content });
        open = soft.then_some(depth);
        if !soft {
            out.push('\n');
        }
    }
    out
}

/// The reason why the body cannot be read, if it is encrypted.
pub fn locked(message: &Message<'_>) -> Option<&'static str> {
    let root = message.parts.first()?;
    if root.is_content_type("multipart", "encrypted") {
        return Some("its body is encrypted");
    }
    if ["pkcs7-mime", "x-pkcs7-mime"].iter().any(|kind| root.is_content_type("application", kind)) {
        let kind = root.content_type().and_then(|kind| kind.attribute("smime-type")).unwrap_or_default();
        let signed = kind.eq_ignore_ascii_case("signed-data");
        return Some(if signed { "its body is inside its signature, which is not read" } else { "its body is encrypted" });
    }
    let first = message.text_body.first().and_then(|&id| message.part(id));
    let pgp = first.is_some_and(|part| {
        part.text_contents().is_some_and(|text| text.trim_start().starts_with("-----BEGIN PGP MESSAGE-----"))
    });
    pgp.then_some("its body is encrypted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined_within_their_quotation() {
        let text = "This is \r\none line.\r\n> A quoted \r\n> line.\r\n>> deeper \r\n> back\r\n From stuffed\r\n-- \r\nMe";
        assert_eq!(flowed(text, false), "This is one line.\n> A quoted line.\n>> deeper \n> back\nFrom stuffed\n-- \nMe\n");
        assert_eq!(flowed("二つの \n行", true), "二つの行\n");
    }
}
