//! Mailboxes (mbox). Each e-mail is a document of its own, and so is each attachment. All are listed in one pass:
//! listing each e-mail separately would start a process for each.

mod split;

use super::{archive::names, mail};
use crate::{Container, Outcome};
use mail_parser::MessageParser;
use plumb_extract::{Failure, Kind, Member, Parsed};
use split::{end_of_headers, mails, write_mail};
use std::{fmt::Write as _, io::Write};

/// Most e-mails that are listed.
const MAX_MAILS: usize = 200_000;
/// Most characters of a subject in a member's name.
const MAX_SUBJECT_CHARS: usize = 70;

/// Lists the e-mails: number, date, sender, subject.
pub fn text(bytes: &[u8]) -> Outcome {
    let mut parsed = Parsed::new(Kind::Mailbox, String::new());
    let count = mails(bytes).take(MAX_MAILS + 1).count();
    if count == 0 {
        return Err(Failure::no_text("an empty mailbox"));
    }
    if count > MAX_MAILS {
        parsed.doubts.push(format!("it holds more than {MAX_MAILS} e-mails; the rest were left out"));
    }
    let width = count.to_string().len().max(4);
    for (number, mail) in (1..).zip(mails(bytes).take(MAX_MAILS)) {
        // Unreadable headers are no reason to leave the e-mail out.
        let headers = &mail[..end_of_headers(mail)];
        let message = MessageParser::default().parse_headers(headers).filter(|message| !message.parts.is_empty());
        let message = message.as_ref();
        let subject = message.map(mail::subject_of).unwrap_or_default();
        let (date, from) = (message.map(mail::date_of).unwrap_or_default(), message.map(mail::sender_of).unwrap_or_default());
        let _ = writeln!(parsed.text, "{number:0width$} | {date} | {from} | {subject}");
        let short: String =
            subject.chars().map(|c| if matches!(c, '/' | '\\' | ':') { '_' } else { c }).take(MAX_SUBJECT_CHARS).collect();
        let short = names::part(&short);
        let path = if short.is_empty() { format!("{number:0width$}.eml") } else { format!("{number:0width$} {short}.eml") };
        let attached = attached(mail);
        parsed.members.push(Member { path: path.clone(), bytes: mail.len() as u64, refused: None });
        parsed.members.extend(attached.into_iter().map(|member| Member { path: format!("{path}/{}", member.path), ..member }));
    }
    Ok(parsed)
}

/// The attachments of an e-mail in the mailbox. Only e-mails that name a file or a message are parsed.
fn attached(mail: &[u8]) -> Vec<Member> {
    let names = [b"name".as_slice(), b"message/rfc822"];
    if !names.iter().any(|name| memchr::memmem::find(mail, name).is_some()) {
        return Vec::new();
    }
    mail::text(&whole(mail)).map(|parsed| parsed.members).unwrap_or_default()
}

/// The e-mail as it was before delivery to the mailbox.
fn whole(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len());
    // Writing to memory cannot fail.
    let _ = write_mail(mail, &mut out);
    out
}

/// Opens the e-mails and their attachments for reading one by one.
pub fn open(bytes: &[u8]) -> Result<Box<dyn Container + '_>, Failure> {
    let mut members = Vec::new();
    for mail in mails(bytes).take(MAX_MAILS) {
        members.push((mail, None));
        members.extend((0..attached(mail).len()).map(|index| (mail, Some(index))));
    }
    Ok(Box::new(Opened { members }))
}

struct Opened<'a> {
    /// Each e-mail, and the index of the attachment if the member is one.
    members: Vec<(&'a [u8], Option<usize>)>,
}

impl Container for Opened<'_> {
    fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure> {
        let &(mail, attachment) = self.members.get(index).ok_or_else(|| Failure::failed("it holds no such e-mail"))?;
        match attachment {
            None => write_mail(mail, to).map_err(|_| Failure::failed("its contents could not be passed on")),
            Some(index) => mail::open(&whole(mail))?.member(index, to),
        }
    }
}

#[cfg(test)]
#[path = "mailbox/tests.rs"]
mod tests;
