//! E-mails: headers, body and attachments.

mod body;
mod bounds;
mod header;
mod part;

use super::archive::names::Names;
use crate::{Container, Outcome, lines};
pub use header::{date_of, date_text, one_line, sender_of, subject_of};
use mail_parser::{Message, MessageParser, MimeHeaders};
use part::Attachment;
use plumb_extract::{Failure, Kind, Member, Parsed};
use std::io::Write;

/// Largest e-mail, in bytes; a larger one does not fit in memory once parsed.
const MAX_MAIL_BYTES: usize = 700 << 20;
/// Reads the headers, an empty line and the body.
pub fn text(bytes: &[u8]) -> Outcome {
    let message = parsed(bytes)?;
    let attachments = attachments(&message);
    let mut parsed = Parsed::new(Kind::Mail, String::new());
    for attachment in &attachments {
        parsed.members.push(Member { path: attachment.path.clone(), bytes: attachment.size(&message), refused: None });
    }
    let mut out = header::text(&message);
    if !attachments.is_empty() {
        let names: Vec<_> = attachments.iter().map(|attachment| attachment.path.as_str()).collect();
        out.push_str(&format!("Attachments: {}\n", names.join(", ")));
    }
    out.push('\n');
    if let Some(doubt) = body::locked(&message) {
        parsed.doubts.push(doubt.to_owned());
    } else {
        out.push_str(&body::text(&message));
    }
    if message.parts.iter().any(|part| part.is_encoding_problem) {
        parsed.doubts.push("parts of it are damaged".to_owned());
    }
    parsed.text = lines::tidy(&out) + "\n";
    Ok(parsed)
}

/// Opens the attachments for reading one by one.
pub fn open(bytes: &[u8]) -> Result<Box<dyn Container + '_>, Failure> {
    let message = parsed(bytes)?;
    let attachments = attachments(&message);
    Ok(Box::new(Opened { message, attachments }))
}

fn parsed(bytes: &[u8]) -> Result<Message<'_>, Failure> {
    if bytes.len() > MAX_MAIL_BYTES {
        return Err(Failure::failed(format!("an e-mail of more than {} MB", MAX_MAIL_BYTES >> 20)));
    }
    if !bounds::is_within(bytes) {
        return Err(Failure::failed("damaged: its parts are nested too deeply"));
    }
    let message = MessageParser::default().parse(bytes).filter(|message| !message.parts.is_empty());
    message.ok_or_else(|| Failure::failed("damaged: it has no headers"))
}

/// The attachments, including inline pictures. Encrypted content and signatures are not documents.
fn attachments(message: &Message<'_>) -> Vec<Attachment> {
    if body::locked(message).is_some() {
        return Vec::new();
    }
    let mut names = Names::default();
    let mut found = Vec::new();
    for &id in &message.attachments {
        let Some(part) = message.part(id) else { continue };
        let signature = ["pgp-signature", "pkcs7-signature", "x-pkcs7-signature"]
            .iter()
            .any(|kind| part.is_content_type("application", kind));
        if !signature && !part.is_content_type("text", "x-amp-html") {
            found.push(Attachment { id, path: names.unique(&part::name(part)) });
        }
    }
    found
}

struct Opened<'a> {
    message: Message<'a>,
    attachments: Vec<Attachment>,
}

impl Container for Opened<'_> {
    fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure> {
        let attachment = self.attachments.get(index).ok_or_else(|| Failure::failed("it holds no such attachment"))?;
        to.write_all(&attachment.bytes(&self.message)).map_err(|_| Failure::failed("its contents could not be passed on"))
    }
}

#[cfg(test)]
#[path = "mail/tests.rs"]
mod tests;
