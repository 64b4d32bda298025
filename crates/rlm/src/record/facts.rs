//! Facts about a whole run, derived from its events.

use crate::{
    options::{Mode, RunOptions},
    record::{
        event::{Event, EventKind},
        terms::{Charge, ModelPlace, Terms},
    },
    traits::sending::Destination,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Facts about a run so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunFacts {
    /// Every model that was asked is free.
    pub free: bool,
    /// Nothing left this computer.
    pub stays_here: bool,
}

/// Derives [`RunFacts`] from a run's events.
#[derive(Clone, Debug, Default)]
pub(crate) struct FactsFold {
    facts: Option<RunFacts>,
    /// Code runs elsewhere, in a run of version 1: its events do not say what was sent.
    sends_code: bool,
}

impl FactsFold {
    /// Adds an event; returns the facts if it changed them.
    pub fn add(&mut self, event: &Event) -> Option<RunFacts> {
        let before = self.facts;
        match &event.kind {
            EventKind::RunStarted { options: RunOptions { repl_command, .. }, .. } => {
                self.sends_code = event.version < 2 && repl_command.is_some();
            }
            EventKind::Routed { mode, .. } => self.sends_code &= *mode != Mode::Direct,
            EventKind::NodeStarted { model, terms, .. } | EventKind::CallStarted { model, terms, .. } => {
                let terms = terms.unwrap_or_else(|| Terms::of_name(model));
                let facts = self.facts.unwrap_or(RunFacts { free: true, stays_here: !self.sends_code });
                self.facts = Some(RunFacts {
                    free: facts.free && terms.charge == Charge::Free,
                    stays_here: facts.stays_here && terms.place == ModelPlace::ThisComputer,
                });
            }
            EventKind::Sent { to, .. } if !matches!(to, Destination::Server { this_computer: true, .. }) => {
                if let Some(facts) = &mut self.facts {
                    facts.stays_here = false;
                }
            }
            _ => {}
        }
        self.facts.filter(|_| self.facts != before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::NodeId, record::event::EVENT_VERSION};

    const HERE: Terms = Terms { place: ModelPlace::ThisComputer, charge: Charge::Free };

    fn facts(version: u16, kinds: Vec<EventKind>) -> Option<(bool, bool)> {
        let mut fold = FactsFold::default();
        for (seq, kind) in (0..).zip(kinds) {
            fold.add(&Event { version, seq, at_ms: 0, node: NodeId(0), kind });
        }
        fold.facts.map(|facts| (facts.free, facts.stays_here))
    }

    fn node(model: &str, terms: Option<Terms>) -> EventKind {
        EventKind::NodeStarted { parent: None, depth: 0, question: String::new(), model: model.to_owned(), terms }
    }

    fn sent(to: Destination) -> EventKind {
        EventKind::Sent { call: None, to, bytes: 1, tokens: 1 }
    }

    #[test]
    fn terms_decide_and_not_the_name_of_the_provider() {
        assert_eq!(facts(EVENT_VERSION, vec![]), None);
        assert_eq!(facts(EVENT_VERSION, vec![node("own:model", Some(HERE))]), Some((true, true)));
        let charged = Terms { charge: Charge::Priced, ..HERE };
        assert_eq!(facts(EVENT_VERSION, vec![node("local:model", Some(charged))]), Some((false, true)));
        let away = Terms { place: ModelPlace::Server, ..HERE };
        assert_eq!(facts(EVENT_VERSION, vec![node("a", Some(HERE)), node("local:b", Some(away))]), Some((true, false)));
    }

    #[test]
    fn a_request_to_a_server_elsewhere_leaves_the_computer() {
        let server = |this_computer| sent(Destination::Server { address: "http://localhost:1".to_owned(), this_computer });
        assert_eq!(facts(EVENT_VERSION, vec![node("a", Some(HERE)), server(true)]), Some((true, true)));
        assert_eq!(facts(EVENT_VERSION, vec![node("a", Some(HERE)), server(false)]), Some((true, false)));
        let code = sent(Destination::Command { command: "ssh host".to_owned() });
        assert_eq!(facts(EVENT_VERSION, vec![node("a", Some(HERE)), code]), Some((true, false)));
    }

    #[test]
    fn old_events_get_their_terms_from_the_models_name() {
        assert_eq!(facts(2, vec![node("local:small", None)]), Some((true, true)));
        assert_eq!(facts(2, vec![node("local:small", None), node("server:big", None)]), Some((false, false)));
    }
}
