//! The ledger: everything that left this program, derived from the events that announce it.
//!
//! Plumb cannot see which text a prompt holds if code wrote it: code can shorten, translate or encode text. So the ledger names every document that
//! code and engine had read by then, and a prompt cannot hold more. It is exact where the engine alone writes the prompt from whole texts.

use crate::{
    options::Mode,
    record::event::{Event, EventKind},
    traits::sending::Destination,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, net::IpAddr};
use ts_rs::TS;

/// First event version with [`EventKind::Sent`].
const FIRST_VERSION: u16 = 2;

/// Everything that left this program in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Ledger {
    /// Destinations, in the order of their first request.
    pub sent: Vec<SentTo>,
    /// Documents whose text may have been sent, in the order in which they were read. File names alone do not count.
    pub documents: Vec<String>,
    /// The text of each of these documents was sent. Otherwise code wrote the prompts, and may have sent text of these documents only.
    pub exact: bool,
}

/// How far text goes that is sent to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It stays on this computer, as far as Plumb can see.
    ThisComputer,
    /// A server on this computer gets it and passes it on to others.
    PassedOn,
    /// A server elsewhere gets it.
    Server,
    /// The command that runs code gets it. Only the command knows where that is.
    Command,
}

impl Reach {
    /// The reach of a destination.
    pub fn of(to: &Destination) -> Self {
        match to {
            Destination::Command { .. } => Reach::Command,
            Destination::Server { this_computer: true, .. } => Reach::ThisComputer,
            Destination::Server { address, .. } if is_loopback(address) => Reach::PassedOn,
            Destination::Server { .. } => Reach::Server,
        }
    }
}

/// Whether an address (scheme, host, port) is one of this computer.
fn is_loopback(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = host.rsplit_once(':').filter(|(_, end)| port(end)).map_or(host, |(host, _)| host);
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|address| address.is_loopback())
}

/// Everything that was sent to one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SentTo {
    /// The destination.
    pub to: Destination,
    /// How far it goes.
    pub reach: Reach,
    /// Number of requests or frames, unanswered ones included.
    pub times: u64,
    /// Size of their bodies, in bytes.
    pub bytes: u64,
    /// Tokens of their prompts, as Plumb counts them.
    pub tokens: u64,
    /// Number of documents read by then: the first ones of [`Ledger::documents`].
    pub documents: u64,
}

impl Ledger {
    /// Derives the ledger; `None` if some events are of a version that did not record what was sent.
    pub fn of(events: &[Event]) -> Option<Self> {
        if events.iter().any(|event| event.version < FIRST_VERSION) {
            return None;
        }
        let mut ledger = Ledger::default();
        let (mut read, mut known) = (Vec::new(), HashSet::new());
        for event in events {
            let paths = match &event.kind {
                EventKind::Routed { mode, .. } => {
                    ledger.exact = *mode == Mode::Direct;
                    continue;
                }
                // The original run sent what came before, but its prompts and variables live on: they can still leave.
                EventKind::Forked { .. } => {
                    ledger.sent.clear();
                    continue;
                }
                EventKind::Touched { path, .. } => std::slice::from_ref(path),
                EventKind::LinesRead { paths } => paths,
                EventKind::Sent { to, bytes, tokens, .. } => {
                    ledger.add(to, *bytes, *tokens, read.len() as u64);
                    continue;
                }
                _ => continue,
            };
            read.extend(paths.iter().filter(|path| known.insert(path.as_str())).cloned());
        }
        let sent = ledger.sent.iter().map(|sent| sent.documents).max().unwrap_or_default();
        read.truncate(sent as usize);
        ledger.documents = read;
        Some(ledger)
    }

    fn add(&mut self, to: &Destination, bytes: u64, tokens: u64, documents: u64) {
        let index = self.sent.iter().position(|sent| sent.to == *to).unwrap_or_else(|| {
            self.sent.push(SentTo { to: to.clone(), reach: Reach::of(to), times: 0, bytes: 0, tokens: 0, documents: 0 });
            self.sent.len() - 1
        });
        let sent = &mut self.sent[index];
        (sent.times, sent.bytes, sent.tokens) = (sent.times + 1, sent.bytes + bytes, sent.tokens + tokens);
        sent.documents = documents;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;

    fn events(kinds: Vec<EventKind>) -> Vec<Event> {
        let event = |(seq, kind)| Event { version: FIRST_VERSION, seq, at_ms: 0, node: NodeId(0), kind };
        (0..).zip(kinds).map(event).collect()
    }

    fn server(name: &str) -> Destination {
        Destination::Server { address: format!("https://{name}"), this_computer: false }
    }

    fn sent(to: &Destination) -> EventKind {
        EventKind::Sent { call: None, to: to.clone(), bytes: 10, tokens: 3 }
    }

    fn read(paths: &[&str]) -> EventKind {
        EventKind::LinesRead { paths: paths.iter().map(|&path| path.to_owned()).collect() }
    }

    #[test]
    fn a_destination_has_what_was_read_before_its_last_request() {
        let (one, two) = (server("one"), server("two"));
        let touched = EventKind::Touched { path: "c".to_owned(), digest: String::new(), chars: 1 };
        let kinds = vec![sent(&one), read(&["a", "b"]), sent(&two), read(&["b"]), touched, sent(&one), read(&["d"])];
        let ledger = Ledger::of(&events(kinds)).unwrap();
        assert_eq!(ledger.documents, ["a", "b", "c"], "text read after the last request was not sent");
        let of = |to: Destination, times, documents| SentTo {
            to,
            reach: Reach::Server,
            times,
            bytes: 10 * times,
            tokens: 3 * times,
            documents,
        };
        assert_eq!(ledger.sent, [of(one, 2, 3), of(two, 1, 2)]);
        assert!(!ledger.exact);
    }

    #[test]
    fn a_fork_has_sent_nothing_before_it_but_may_send_what_was_read() {
        let (one, two) = (server("one"), server("two"));
        let forked = EventKind::Forked { from: crate::ids::RunId("a".to_owned()), up_to: 1 };
        let kinds = vec![read(&["a"]), sent(&one), forked, sent(&two)];
        let ledger = Ledger::of(&events(kinds.clone())).unwrap();
        assert_eq!(ledger.sent, [SentTo { to: two, reach: Reach::Server, times: 1, bytes: 10, tokens: 3, documents: 1 }]);
        assert_eq!(Ledger::of(&events(kinds[..3].to_vec())), Some(Ledger::default()));
    }

    #[test]
    fn a_server_on_this_computer_that_passes_text_on_is_no_end() {
        let reach = |address: &str, this_computer| Reach::of(&Destination::Server { address: address.to_owned(), this_computer });
        for here in ["http://localhost:11434", "http://127.0.0.1:4000", "http://[::1]:8", "http://[::1]"] {
            assert_eq!((reach(here, false), reach(here, true)), (Reach::PassedOn, Reach::ThisComputer), "{here}");
        }
        for elsewhere in ["https://localhost.example.org", "https://api.example.org"] {
            assert_eq!(reach(elsewhere, false), Reach::Server, "{elsewhere}");
        }
    }

    #[test]
    fn nothing_sent_means_no_document_sent() {
        assert_eq!(Ledger::of(&events(vec![read(&["a"])])), Some(Ledger::default()));
    }

    #[test]
    fn a_run_of_version_1_has_no_ledger() {
        let mut old = events(vec![EventKind::Resumed, EventKind::Resumed]);
        old[0].version = 1;
        assert_eq!(Ledger::of(&old), None);
    }
}
