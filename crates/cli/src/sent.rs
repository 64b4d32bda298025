//! Describes the data that left this computer in a run.

use crate::outcome::counted;
use plumb_api::{
    ledger::{Ledger, SentTo},
    sending::Destination,
};
use std::net::IpAddr;

/// Maximum number of documents to name; the rest are counted.
const MAX_NAMED_DOCUMENTS: usize = 50;

/// Lines that say where data went, and how much.
pub fn lines(ledger: Option<&Ledger>) -> Vec<String> {
    let Some(ledger) = ledger else {
        return vec!["The version of Plumb that asked did not record what left this computer.".to_owned()];
    };
    let stayed = ledger.sent.iter().all(|sent| matches!(sent.to, Destination::Server { this_computer: true, .. }));
    let first = stayed.then(|| "Nothing left this computer.".to_owned());
    first.into_iter().chain(ledger.sent.iter().map(|sent| line(sent, ledger.exact))).collect()
}

fn line(sent: &SentTo, exact: bool) -> String {
    let (place, what) = match &sent.to {
        Destination::Server { address, this_computer: true } => (format!("{address}, on this computer"), "request"),
        Destination::Server { address, .. } if is_here(address) => {
            (format!("{address}, a server on this computer that forwards requests"), "request")
        }
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

/// Whether an address (scheme, host, port) is one of this computer.
fn is_here(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = host.rsplit_once(':').filter(|(_, end)| port(end)).map_or(host, |(host, _)| host);
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|address| address.is_loopback())
}

/// Lines that name the documents whose text was sent.
pub fn documents(ledger: &Ledger) -> Vec<String> {
    if ledger.documents.is_empty() {
        return Vec::new();
    }
    let words = match ledger.exact {
        true => "Text of these documents was sent:",
        false => "Only these documents had been read, so only their text can have been sent:",
    };
    let named = ledger.documents.iter().take(MAX_NAMED_DOCUMENTS).map(|path| format!("  {path}"));
    let more = ledger.documents.len().saturating_sub(MAX_NAMED_DOCUMENTS);
    let more = (more > 0).then(|| format!("  and {more} more; --json lists all"));
    std::iter::once(words.to_owned()).chain(named).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(address: &str, this_computer: bool) -> String {
        let to = Destination::Server { address: address.to_owned(), this_computer };
        let sent = vec![SentTo { to, times: 2, bytes: 300, tokens: 40, documents: 1 }];
        lines(Some(&Ledger { sent, documents: vec!["a.txt".to_owned()], exact: true })).join(" ")
    }

    #[test]
    fn a_forwarding_server_on_this_computer_is_named_as_one() {
        for here in ["http://localhost:11434", "http://127.0.0.1:4000", "http://[::1]:8", "http://[::1]"] {
            let words = said(here, false);
            assert!(
                !words.contains("Nothing left")
                    && words.contains(&format!("{here}, a server on this computer that forwards requests"))
            );
            assert!(said(here, true).starts_with("Nothing left this computer."));
        }
        for elsewhere in ["https://localhost.example.org", "https://api.example.org"] {
            assert!(said(elsewhere, false).starts_with(&format!("Sent to {elsewhere}: 2 requests")));
        }
    }
}
