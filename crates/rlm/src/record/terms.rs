//! Where a run's models are and whether they cost money: facts that front ends show and must not guess from a provider's name.

use crate::{
    options::{Mode, RunOptions},
    record::event::{Event, EventKind},
    sending::Destination,
    traits::model::ModelProfile,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a model runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModelPlace {
    /// On this computer: no call leaves it.
    ThisComputer,
    /// On a server, whose address is in [`EventKind::Sent`].
    Server,
}

/// What a model charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// Nothing.
    Free,
    /// A known price.
    Priced,
    /// A price that is not known.
    Unknown,
}

/// The terms on which a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Terms {
    /// Where it runs.
    pub place: ModelPlace,
    /// What it charges.
    pub charge: Charge,
}

impl Terms {
    /// The terms of a model.
    pub fn of(profile: &ModelProfile) -> Self {
        let charge = match profile.price {
            Some(price) if price.is_free() => Charge::Free,
            Some(_) => Charge::Priced,
            None => Charge::Unknown,
        };
        Terms { place: if profile.local { ModelPlace::ThisComputer } else { ModelPlace::Server }, charge }
    }

    /// The terms of a model in an event from before version 3, which names it `PROVIDER:NAME`.
    fn of_name(model: &str) -> Self {
        if model.starts_with("local:") {
            Terms { place: ModelPlace::ThisComputer, charge: Charge::Free }
        } else {
            Terms { place: ModelPlace::Server, charge: Charge::Unknown }
        }
    }
}

/// What holds of a run so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunFacts {
    /// Every model that was asked costs nothing.
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
    /// Adds an event; gives the facts where it changed them.
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
    fn what_was_sent_elsewhere_has_left_this_computer() {
        let server = |this_computer| sent(Destination::Server { address: "http://localhost:1".to_owned(), this_computer });
        assert_eq!(facts(EVENT_VERSION, vec![node("a", Some(HERE)), server(true)]), Some((true, true)));
        assert_eq!(facts(EVENT_VERSION, vec![node("a", Some(HERE)), server(false)]), Some((true, false)));
        let code = sent(Destination::Command { command: "ssh host".to_owned() });
        assert_eq!(facts(EVENT_VERSION, vec![node("a", Some(HERE)), code]), Some((true, false)));
    }

    #[test]
    fn old_events_are_told_by_the_models_name() {
        assert_eq!(facts(2, vec![node("local:small", None)]), Some((true, true)));
        assert_eq!(facts(2, vec![node("local:small", None), node("server:big", None)]), Some((false, false)));
    }
}
