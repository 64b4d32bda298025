//! The headers a reader needs: sender, recipients, date and subject.

use mail_parser::{Address, DateTime, HeaderName, Message};
use plumb_extract::decode_text;
use std::fmt::Write;

/// Sender, recipients, date and subject, one per line.
pub fn text(message: &Message<'_>) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(out, "{name}: {value}");
        }
    };
    line("From", addresses(message, message.from(), HeaderName::From));
    line("To", addresses(message, message.to(), HeaderName::To));
    line("Cc", addresses(message, message.cc(), HeaderName::Cc));
    line("Bcc", addresses(message, message.bcc(), HeaderName::Bcc));
    line("Date", date_of(message));
    line("Subject", subject_of(message));
    out
}

/// The date as "2026-03-04 14:05 +01:00", or the raw header if it is not a date.
pub fn date_of(message: &Message<'_>) -> String {
    match message.date().filter(|date| date.is_valid()) {
        Some(date) => date_text(date),
        None => raw(message, &HeaderName::Date),
    }
}

/// A date as "2026-03-04 14:05 +01:00".
pub fn date_text(date: &DateTime) -> String {
    let DateTime { year, month, day, hour, minute, tz_before_gmt, tz_hour, tz_minute, .. } = date;
    let sign = if *tz_before_gmt { '-' } else { '+' };
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} {sign}{tz_hour:02}:{tz_minute:02}")
}

/// The subject on one line.
pub fn subject_of(message: &Message<'_>) -> String {
    let subject = one_line(message.subject().unwrap_or_default());
    if is_broken(&subject) { raw(message, &HeaderName::Subject) } else { subject }
}

/// The sender on one line.
pub fn sender_of(message: &Message<'_>) -> String {
    addresses(message, message.from(), HeaderName::From)
}

fn addresses(message: &Message<'_>, list: Option<&Address<'_>>, header: HeaderName<'_>) -> String {
    let mut out = String::new();
    for address in list.into_iter().flat_map(Address::iter) {
        let name = address.name().map(one_line).filter(|name| !name.is_empty());
        let mail = address.address().map(one_line).filter(|mail| !mail.is_empty());
        let one = match (name, mail) {
            (Some(name), Some(mail)) if name != mail => format!("{name} <{mail}>"),
            (Some(one), _) | (None, Some(one)) => one,
            (None, None) => continue,
        };
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&one);
    }
    if out.is_empty() || is_broken(&out) { raw(message, &header) } else { out }
}

fn is_broken(text: &str) -> bool {
    text.contains(char::REPLACEMENT_CHARACTER)
}

/// A header decoded from its raw bytes: old programs write non-ASCII letters without declaring an encoding.
fn raw(message: &Message<'_>, name: &HeaderName<'_>) -> String {
    let header = message.headers().iter().find(|header| header.name == *name);
    let range = header.map(|header| header.offset_start as usize..header.offset_end as usize);
    let bytes = range.and_then(|range| message.raw_message.get(range)).unwrap_or_default();
    one_line(&decode_text(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned()))
}

/// The text on one line, without control characters.
pub fn one_line(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}
