//! The ledger of a run in words: everything that left this computer.

use crate::outcome::counted;
use plumb_api::{
    ledger::{Ledger, Reach, SentTo},
    sending::Destination,
};

/// Maximum number of documents that are named. The others are counted.
const MAX_NAMED: usize = 50;

/// Destinations and amounts, in lines.
pub fn lines(ledger: Option<&Ledger>) -> Vec<String> {
    let Some(ledger) = ledger else {
        return vec!["You asked with an older Plumb, which kept no record of the text it sent.".to_owned()];
    };
    let stayed = ledger.sent.iter().all(|sent| sent.reach == Reach::ThisComputer);
    let first = stayed.then(|| "Nothing left this computer.".to_owned());
    first.into_iter().chain(ledger.sent.iter().map(|sent| line(sent, ledger.exact))).collect()
}

fn line(sent: &SentTo, exact: bool) -> String {
    let (address, what) = match &sent.to {
        Destination::Server { address, .. } => (address, "request"),
        Destination::Command { command } => (command, "message"),
    };
    let place = match sent.reach {
        Reach::ThisComputer => format!("{address}, on this computer"),
        Reach::PassedOn => format!("{address}, a server on this computer that passes text on"),
        Reach::Server => address.clone(),
        Reach::Command => format!("code run by \u{201c}{address}\u{201d}"),
    };
    let tokens = if sent.tokens > 0 { format!(", about {} tokens", sent.tokens) } else { String::new() };
    let text = match sent.documents {
        0 => "text of no document".to_owned(),
        documents if exact => format!("text of {}", counted(documents, "document")),
        documents => format!("text of at most {}", counted(documents, "document")),
    };
    format!("Sent to {place}: {}, {}{tokens}, {text}.", counted(sent.times, what), counted(sent.bytes, "byte"))
}

/// The documents whose text was sent, in lines.
pub fn documents(ledger: &Ledger) -> Vec<String> {
    if ledger.documents.is_empty() {
        return Vec::new();
    }
    let words = match ledger.exact {
        true => "Plumb sent the text of these documents:",
        false => "Plumb may have sent text from these documents, and no others:",
    };
    let named = ledger.documents.iter().take(MAX_NAMED).map(|path| format!("  {path}"));
    let more = ledger.documents.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| format!("  and {more} more: all are in --json"));
    std::iter::once(words.to_owned()).chain(named).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_server_here_passes_on_has_left() {
        let said = |reach| {
            let to =
                Destination::Server { address: "http://localhost:4000".to_owned(), this_computer: reach == Reach::ThisComputer };
            let sent = vec![SentTo { to, reach, times: 2, bytes: 300, tokens: 40, documents: 1 }];
            lines(Some(&Ledger { sent, documents: vec!["a.txt".to_owned()], exact: true })).join(" ")
        };
        assert!(
            said(Reach::PassedOn)
                .starts_with("Sent to http://localhost:4000, a server on this computer that passes text on: 2 requests")
        );
        assert!(said(Reach::ThisComputer).starts_with("Nothing left this computer."));
    }
}
