//! What left this program: added up from the events that announce it.
//!
//! What a prompt that code wrote holds of a document cannot be seen: code can shorten, translate or encode it. So what counts is what the code and
//! the engine had been given by then, which no prompt can go beyond. Only where the engine alone writes the prompt, from whole texts, is it exact.

use crate::{
    options::Mode,
    record::event::{Event, EventKind},
    sending::Destination,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use ts_rs::TS;

/// The first version of events that has [`EventKind::Sent`].
const SINCE: u16 = 2;

/// What has left in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Ledger {
    /// Where to, in the order in which it began.
    pub sent: Vec<SentTo>,
    /// The documents whose text could have been in it, in the order in which they were read. File names alone are not counted.
    pub documents: Vec<String>,
    /// The text of each of these documents was in it. Otherwise none but theirs was: code that had read them wrote the prompts.
    pub exact: bool,
}

/// What has gone to one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SentTo {
    /// Where.
    pub to: Destination,
    /// Requests or frames, those included that were not answered.
    pub times: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Tokens of their prompts, as we count them.
    pub tokens: u64,
    /// So many of [`Ledger::documents`], from the first on.
    pub documents: u64,
}

impl Ledger {
    /// Adds up a run's events; `None` where some are of a version that did not write down what left.
    pub fn of(events: &[Event]) -> Option<Self> {
        if events.iter().any(|event| event.version < SINCE) {
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
            self.sent.push(SentTo { to: to.clone(), times: 0, bytes: 0, tokens: 0, documents: 0 });
            self.sent.len() - 1
        });
        let sent = &mut self.sent[index];
        *sent =
            SentTo { to: to.clone(), times: sent.times + 1, bytes: sent.bytes + bytes, tokens: sent.tokens + tokens, documents };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;

    fn events(kinds: Vec<EventKind>) -> Vec<Event> {
        let event = |(seq, kind)| Event { version: SINCE, seq, at_ms: 0, node: NodeId(0), kind };
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
    fn each_place_has_what_was_read_before_something_last_went_there() {
        let (one, two) = (server("one"), server("two"));
        let touched = EventKind::Touched { path: "c".to_owned(), digest: String::new(), chars: 1 };
        let kinds = vec![sent(&one), read(&["a", "b"]), sent(&two), read(&["b"]), touched, sent(&one), read(&["d"])];
        let ledger = Ledger::of(&events(kinds)).unwrap();
        assert_eq!(ledger.documents, ["a", "b", "c"], "what was read after the last that left is not in it");
        let of = |to: Destination, times, documents| SentTo { to, times, bytes: 10 * times, tokens: 3 * times, documents };
        assert_eq!(ledger.sent, [of(one, 2, 3), of(two, 1, 2)]);
        assert!(!ledger.exact);
    }

    #[test]
    fn a_fork_has_sent_nothing_before_it_but_may_send_what_was_read() {
        let (one, two) = (server("one"), server("two"));
        let forked = EventKind::Forked { from: crate::ids::RunId("a".to_owned()), up_to: 1 };
        let kinds = vec![read(&["a"]), sent(&one), forked, sent(&two)];
        let ledger = Ledger::of(&events(kinds.clone())).unwrap();
        assert_eq!(ledger.sent, [SentTo { to: two, times: 1, bytes: 10, tokens: 3, documents: 1 }]);
        assert_eq!(Ledger::of(&events(kinds[..3].to_vec())), Some(Ledger::default()));
    }

    #[test]
    fn where_nothing_left_no_document_did() {
        assert_eq!(Ledger::of(&events(vec![read(&["a"])])), Some(Ledger::default()));
    }

    #[test]
    fn of_a_run_that_did_not_write_it_down_nothing_is_claimed() {
        let mut old = events(vec![EventKind::Resumed, EventKind::Resumed]);
        old[0].version = 1;
        assert_eq!(Ledger::of(&old), None);
    }
}
