//! What left this computer in a run, in words.

use crate::outcome::counted;
use plumb_api::{
    event::Destination,
    ledger::{Ledger, SentTo},
};

/// So many documents are named; the others are counted.
const NAMED: usize = 50;

/// Where something went and how much, in lines.
pub fn lines(ledger: Option<&Ledger>) -> Vec<String> {
    let Some(ledger) = ledger else {
        return vec!["What left this computer was not written down by the version that asked.".to_owned()];
    };
    let stayed = ledger.sent.iter().all(|sent| matches!(sent.to, Destination::Server { this_computer: true, .. }));
    let first = stayed.then(|| "Nothing left this computer.".to_owned());
    first.into_iter().chain(ledger.sent.iter().map(|sent| line(sent, ledger.exact))).collect()
}

fn line(sent: &SentTo, exact: bool) -> String {
    let (place, what) = match &sent.to {
        Destination::Server { address, this_computer: true } => (format!("{address}, on this computer"), "request"),
        Destination::Server { address, .. } => (address.clone(), "request"),
        Destination::Command { command } => (format!("code run by \u{201c}{command}\u{201d}"), "message"),
    };
    let tokens = if sent.tokens > 0 { format!(", about {} tokens", sent.tokens) } else { String::new() };
    let text = match sent.documents {
        0 => "text of no document".to_owned(),
        documents if exact => format!("text of {}", counted(documents, "document")),
        documents => format!("text of at most {}", counted(documents, "document")),
    };
    format!("Sent to {place}: {}, {}{tokens}, {text}.", counted(sent.times, what), counted(sent.bytes, "byte"))
}

/// Whose text it was, in lines.
pub fn documents(ledger: &Ledger) -> Vec<String> {
    if ledger.documents.is_empty() {
        return Vec::new();
    }
    let words = match ledger.exact {
        true => "The text of these documents was sent:",
        false => "Only text of these documents can have been sent, which had been read by then:",
    };
    let named = ledger.documents.iter().take(NAMED).map(|path| format!("  {path}"));
    let more = ledger.documents.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("  and {more} more: all are in --json"));
    std::iter::once(words.to_owned()).chain(named).chain(more).collect()
}
