//! Parts of an e-mail: their names and their bytes.

use super::{super::archive::names, header::one_line};
use encoding_rs::{Encoding, GB18030, GBK};
use mail_parser::{
    Encoding as Transfer, Message, MessagePart, MimeHeaders, PartType,
    decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode},
};
use plumb_extract::decode_text;
use std::borrow::Cow;

/// An attachment of an e-mail.
pub struct Attachment {
    /// Index of its part in the e-mail.
    pub id: u32,
    /// Its name, sanitised and unique.
    pub path: String,
}

impl Attachment {
    /// Its bytes, decoded.
    pub fn bytes<'a>(&self, message: &'a Message<'_>) -> Cow<'a, [u8]> {
        message.part(self.id).map_or(Cow::Borrowed(&[]), |part| bytes(message, part))
    }

    /// Its size in bytes, estimated without decoding it.
    pub fn size(&self, message: &Message<'_>) -> u64 {
        message.part(self.id).map_or(0, |part| match &part.body {
            PartType::Message(_) => part.raw_end_offset().saturating_sub(part.raw_body_offset()).into(),
            _ => part.len() as u64,
        })
    }
}

/// The bytes of a part without its transfer encoding. Texts and nested e-mails come from the original message: the
/// library re-encodes the former and parses the latter.
pub fn bytes<'a>(message: &'a Message<'_>, part: &'a MessagePart<'_>) -> Cow<'a, [u8]> {
    if part.is_binary() {
        return Cow::Borrowed(part.contents());
    }
    let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
    let Some(raw) = message.raw_message.get(range) else { return Cow::Borrowed(part.contents()) };
    match part.encoding {
        Transfer::None => Cow::Borrowed(raw),
        Transfer::Base64 => base64_decode(raw).map_or(Cow::Borrowed(part.contents()), Cow::Owned),
        Transfer::QuotedPrintable => quoted_printable_decode(raw).map_or(Cow::Borrowed(part.contents()), Cow::Owned),
    }
}

/// A part as text, in its declared encoding or else a detected one.
pub fn decoded(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    let bytes = bytes(message, part);
    let declared = part.content_type().and_then(|kind| kind.attribute("charset"));
    let encoding = declared.and_then(|name| Encoding::for_label(name.trim().as_bytes()));
    if let Some(encoding) = encoding {
        let encoding = if encoding == GBK { GB18030 } else { encoding };
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(&bytes) {
            return text.into_owned();
        }
    }
    decode_text(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned())
}

/// The name of an attachment, derived from its type if it has none.
pub fn name(part: &MessagePart<'_>) -> String {
    let given = part.attachment_name().map(one_line).filter(|name| !name.is_empty());
    if let PartType::Message(message) = &part.body {
        let name = given.or_else(|| message.parts.first().and(message.subject()).map(one_line)).unwrap_or_default();
        let name = names::part(&name.replace(['/', '\\', ':'], "_"));
        let name = if name.is_empty() { "e-mail".to_owned() } else { name };
        return if name.to_ascii_lowercase().ends_with(".eml") { name } else { format!("{name}.eml") };
    }
    given.map_or_else(|| name_from_type(part), |name| name.replace(['/', '\\'], "_"))
}

fn name_from_type(part: &MessagePart<'_>) -> String {
    let kind = part.content_type();
    let (main, sub) = kind.map_or(("application", ""), |kind| (kind.ctype(), kind.subtype().unwrap_or_default()));
    let (main, sub) = (main.to_ascii_lowercase(), sub.to_ascii_lowercase());
    match (main.as_str(), sub.as_str()) {
        ("text", "plain") => "text.txt".to_owned(),
        ("text", "html") => "page.html".to_owned(),
        ("text", "calendar") => "invitation.ics".to_owned(),
        ("text", "vcard" | "x-vcard") => "contact.vcf".to_owned(),
        ("image", sub) => format!("image.{}", sub.split('+').next().unwrap_or_default().replace("jpeg", "jpg")),
        ("message", "delivery-status") => "delivery status.txt".to_owned(),
        ("text", "rfc822-headers") => "headers.txt".to_owned(),
        ("application", "pdf") => "document.pdf".to_owned(),
        _ => "attachment".to_owned(),
    }
}
