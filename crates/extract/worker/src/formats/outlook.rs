//! E-mails in Outlook's `.msg` format.

mod embedded;
mod lzfu;
mod properties;

use super::{archive::names::Names, html, mail, rtf};
use crate::{Container, Outcome, lines};
use mail_parser::DateTime;
use plumb_extract::{Failure, Kind, Member, Parsed};
use properties::{File, Properties};
use std::{
    fmt::Write as _,
    io::{Cursor, Write},
};

/// Most recipients, and most attachments, that are read.
const MAX_PARTS: usize = 5000;
/// A plain body shorter than this, in bytes, may only point to the HTML body.
const STUB_BYTES: usize = 200;

/// Property ids.
mod id {
    pub const CLASS: u16 = 0x001a;
    pub const SUBJECT: u16 = 0x0037;
    pub const SENT: u16 = 0x0039;
    pub const DELIVERED: u16 = 0x0e06;
    pub const FROM: [u16; 2] = [0x0042, 0x0c1a];
    pub const FROM_ADDRESS: [u16; 4] = [0x5d02, 0x5d01, 0x0065, 0x0c1f];
    pub const DISPLAYED: [(&str, u32, u16); 3] = [("To", 1, 0x0e04), ("Cc", 2, 0x0e03), ("Bcc", 3, 0x0e02)];
    pub const BODY: u16 = 0x1000;
    pub const RTF: u16 = 0x1009;
    pub const HTML: u16 = 0x1013;
    pub const RECIPIENT_KIND: u16 = 0x0c15;
    pub const NAME: u16 = 0x3001;
    pub const ADDRESS: [u16; 2] = [0x39fe, 0x3003];
    pub const DATA: u16 = 0x3701;
    pub const FILE_NAME: [u16; 3] = [0x3707, 0x3704, 0x3001];
}

/// Reads the headers, an empty line and the body.
pub fn text(bytes: &[u8]) -> Outcome {
    let mut file = open_file(bytes)?;
    let message =
        Properties::read(&mut file, "/", 32).ok_or_else(|| Failure::skipped("an Office document of a kind that is not read"))?;
    let mut parsed = Parsed::new(Kind::OutlookMail, String::new());
    let mut out = headers(&mut file, &message);
    let attachments = attachments(&mut file);
    if !attachments.is_empty() {
        let names: Vec<_> = attachments.iter().map(|attachment| attachment.path.as_str()).collect();
        let _ = writeln!(out, "Attachments: {}", names.join(", "));
    }
    out.push('\n');
    let class = message.text(&mut file, id::CLASS).unwrap_or_default();
    if class.eq_ignore_ascii_case("IPM.Note.SMIME") {
        parsed.doubts.push("its body is encrypted".to_owned());
    } else {
        match body(&mut file, &message) {
            Ok(body) => out.push_str(&body),
            Err(failure) => parsed.doubts.push(format!("its body cannot be read: {failure}")),
        }
    }
    parsed.text = lines::tidy(&out) + "\n";
    parsed.members = attachments.into_iter().map(Attachment::into_member).collect();
    Ok(parsed)
}

/// Opens the attachments for reading one by one.
pub fn open(bytes: &[u8]) -> Result<Box<dyn Container + '_>, Failure> {
    let mut file = open_file(bytes)?;
    if Properties::read(&mut file, "/", 32).is_none() {
        return Err(Failure::skipped("this kind of document has no attachments"));
    }
    let attachments = attachments(&mut file);
    Ok(Box::new(Opened { file, attachments }))
}

fn open_file(bytes: &[u8]) -> Result<File<'_>, Failure> {
    cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|_| Failure::failed("damaged: its table of contents cannot be read"))
}

fn headers(file: &mut File<'_>, message: &Properties) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(out, "{name}: {value}");
        }
    };
    line("From", person(message.first_text(file, &id::FROM), message.first_text(file, &id::FROM_ADDRESS)));
    let recipients: Vec<_> = properties::storages(file, "__recip_version1.0_", MAX_PARTS)
        .into_iter()
        .filter_map(|path| {
            let recipient = Properties::read(file, &path, 8)?;
            let kind = recipient.number(id::RECIPIENT_KIND)? & 0xf;
            Some((kind, person(recipient.text(file, id::NAME), recipient.first_text(file, &id::ADDRESS))))
        })
        .filter(|(_, person)| !person.is_empty())
        .collect();
    for (name, kind, displayed) in id::DISPLAYED {
        let list: Vec<_> = recipients.iter().filter(|(of, _)| *of == kind).map(|(_, person)| person.as_str()).collect();
        let list = list.join(", ");
        line(name, if list.is_empty() { mail::one_line(&message.text(file, displayed).unwrap_or_default()) } else { list });
    }
    let date = [id::SENT, id::DELIVERED].into_iter().find_map(|id| message.time(id));
    line("Date", date.map(|time| mail::date_text(&DateTime::from_timestamp(time))).unwrap_or_default());
    line("Subject", mail::one_line(&message.text(file, id::SUBJECT).unwrap_or_default()));
    out
}

/// A name with its address. Addresses inside a company are directory paths, which are left out.
fn person(name: Option<String>, address: Option<String>) -> String {
    let name = mail::one_line(&name.unwrap_or_default());
    let address = mail::one_line(&address.filter(|address| address.contains('@')).unwrap_or_default());
    match (name.is_empty(), address.is_empty() || address == name) {
        (false, false) => format!("{name} <{address}>"),
        (false, true) => name,
        (true, _) => address,
    }
}

fn body(file: &mut File<'_>, message: &Properties) -> Result<String, Failure> {
    let plain = message.text(file, id::BODY).unwrap_or_default();
    if plain.trim().len() >= STUB_BYTES {
        return Ok(plain);
    }
    if let Some(page) = message.page(file, id::HTML) {
        let page = html::plain(&page);
        return Ok(if page.trim().len() > plain.trim().len() * 5 { page } else { plain });
    }
    if !plain.trim().is_empty() {
        return Ok(plain);
    }
    let Some(packed) = message.binary(file, id::RTF) else { return Ok(plain) };
    let decompressed = lzfu::decompressed(&packed).ok_or_else(|| Failure::failed("damaged"))?;
    match rtf::text(&decompressed) {
        Ok(read) => Ok(read.text),
        // An empty body is not an error.
        Err(failure) if failure.state == plumb_extract::FailureState::NoText => Ok(plain),
        Err(failure) => Err(failure),
    }
}

/// An attachment of a message.
struct Attachment {
    path: String,
    storage: String,
    bytes: u64,
    kind: AttachmentKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AttachmentKind {
    File,
    Message,
    Object,
}

impl Attachment {
    fn into_member(self) -> Member {
        let refused =
            (self.kind == AttachmentKind::Object).then(|| "an object of another program that Plumb does not read".to_owned());
        Member { path: self.path, bytes: self.bytes, refused }
    }
}

fn attachments(file: &mut File<'_>) -> Vec<Attachment> {
    let mut names = Names::default();
    let mut found = Vec::new();
    for storage in properties::storages(file, "__attach_version1.0_", MAX_PARTS) {
        let Some(attachment) = Properties::read(file, &storage, 8) else { continue };
        let name = mail::one_line(&attachment.first_text(file, &id::FILE_NAME).unwrap_or_default()).replace(['/', '\\'], "_");
        let inner = embedded::path(&storage);
        let (kind, bytes, name) = if file.is_storage(&inner) {
            let message = Properties::read(file, &inner, 24);
            let subject = message.as_ref().and_then(|message| message.text(file, id::SUBJECT));
            let name =
                if name.is_empty() { mail::one_line(&subject.unwrap_or_default()).replace(['/', '\\', ':'], "_") } else { name };
            let name = if name.is_empty() { "e-mail".to_owned() } else { name };
            match message {
                Some(_) => (
                    AttachmentKind::Message,
                    0,
                    if name.to_ascii_lowercase().ends_with(".msg") { name } else { format!("{name}.msg") },
                ),
                None => (AttachmentKind::Object, 0, name),
            }
        } else {
            (
                AttachmentKind::File,
                attachment.length(file, id::DATA),
                if name.is_empty() { "attachment".to_owned() } else { name },
            )
        };
        found.push(Attachment { path: names.unique(&name), storage, bytes, kind });
    }
    found
}

struct Opened<'a> {
    file: File<'a>,
    attachments: Vec<Attachment>,
}

impl Container for Opened<'_> {
    fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure> {
        let attachment = self.attachments.get(index).ok_or_else(|| Failure::failed("it holds no such attachment"))?;
        let bytes = match attachment.kind {
            AttachmentKind::File => {
                Properties::read(&mut self.file, &attachment.storage, 8).and_then(|of| of.binary(&mut self.file, id::DATA))
            }
            AttachmentKind::Message => embedded::as_message_file(&mut self.file, &attachment.storage),
            AttachmentKind::Object => return Err(Failure::failed("an object of another program that Plumb does not read")),
        };
        let bytes = bytes.ok_or_else(|| Failure::failed("damaged: the attachment cannot be read"))?;
        to.write_all(&bytes).map_err(|_| Failure::failed("its contents could not be passed on"))
    }
}

#[cfg(test)]
#[path = "outlook/tests.rs"]
mod tests;
