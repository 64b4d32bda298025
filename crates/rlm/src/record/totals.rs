//! Totals of a run, derived from its events.

use crate::{
    fault::Fault,
    ids::NodeId,
    money::Usd,
    options::Mode,
    record::event::{Citation, Event, EventKind, RunStatus},
    usage::Usage,
};
use serde::Serialize;

/// A question of a conversation, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Exchange {
    /// The question, in the user's words.
    pub question: String,
    /// How it ended; absent where it was interrupted.
    pub status: Option<RunStatus>,
    /// The answer, or the best so far.
    pub answer: String,
    /// Resolved citations of the answer, in its order.
    pub citations: Vec<Citation>,
    /// Why it stopped or failed.
    pub error: Option<Fault>,
}

/// A run's totals.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// The latest question.
    pub question: String,
    /// How it ended; absent while it is under way or interrupted.
    pub status: Option<RunStatus>,
    /// The answer, or the best so far.
    pub answer: String,
    /// Resolved citations.
    pub citations: Vec<Citation>,
    /// Earlier questions of the conversation with their answers, oldest first.
    pub exchanges: Vec<Exchange>,
    /// The way to answer that was chosen.
    pub mode: Option<Mode>,
    /// Why it was chosen.
    pub mode_reason: Option<String>,
    /// Turns of the root, in all of the conversation.
    pub turns: u32,
    /// Sub-calls.
    pub calls: u32,
    /// All tokens.
    pub usage: Usage,
    /// Known cost of all calls.
    pub cost: Usd,
    /// A call's price was unknown, so `cost` is incomplete.
    pub price_unknown: bool,
    /// Time spent, pauses between resumes not counted.
    pub elapsed_ms: u64,
    /// Why it stopped or failed.
    pub error: Option<Fault>,
}

impl Totals {
    /// Adds up a run's events. Cost, tokens, calls and time of a fork begin at zero where it was forked.
    pub fn of(events: &[Event]) -> Self {
        let mut totals = Totals::default();
        // The latest question as it ended: a run is resumed before its follow-up is asked.
        let mut ended = Exchange::default();
        let mut segment: Option<(u64, u64)> = None; // first and last moment of the time the run was under way
        for event in events {
            match &mut segment {
                Some((_, last)) if !matches!(event.kind, EventKind::Resumed | EventKind::Forked { .. }) => {
                    *last = (*last).max(event.at_ms);
                }
                _ => {
                    totals.elapsed_ms += segment.map_or(0, |(first, last)| last - first);
                    segment = Some((event.at_ms, event.at_ms));
                }
            }
            match &event.kind {
                EventKind::Finished { .. } => {
                    totals.add(event);
                    ended = totals.exchange();
                }
                EventKind::FollowedUp { question, .. } if event.node == NodeId(0) => {
                    let before = if ended == Exchange::default() { totals.exchange() } else { std::mem::take(&mut ended) };
                    totals.exchanges.push(before);
                    totals.reopen();
                    totals.answer.clear();
                    totals.question.clone_from(question);
                }
                _ => totals.add(event),
            }
        }
        totals.elapsed_ms += segment.map_or(0, |(first, last)| last - first);
        totals
    }

    /// The cost, when all of it is known.
    pub fn known_cost(&self) -> Option<Usd> {
        (!self.price_unknown).then_some(self.cost)
    }

    /// The first question of the conversation.
    pub fn first_question(&self) -> &str {
        self.exchanges.first().map_or(&self.question, |exchange| &exchange.question)
    }

    /// The latest question as it stands.
    fn exchange(&self) -> Exchange {
        let Totals { question, status, answer, citations, error, .. } = self.clone();
        Exchange { question, status, answer, citations, error }
    }

    /// Takes back how the run ended.
    fn reopen(&mut self) {
        self.status = None;
        self.error = None;
        self.citations.clear();
    }

    fn add(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { question, .. } => self.question.clone_from(question),
            EventKind::Routed { mode, reason } => {
                self.mode = Some(*mode);
                self.mode_reason = Some(reason.clone());
            }
            EventKind::Reply { turn, usage, cost_usd, .. } => {
                if event.node == NodeId(0) {
                    self.turns = self.turns.max(*turn);
                }
                self.spend(*usage, *cost_usd);
            }
            EventKind::ReplyLost { usage, cost_usd, .. } => self.spend(*usage, *cost_usd),
            EventKind::CallStarted { .. } => self.calls += 1,
            EventKind::CallFinished { usage, cost_usd, .. } => self.spend(*usage, *cost_usd),
            EventKind::Resumed => self.reopen(),
            EventKind::Forked { .. } => {
                self.reopen();
                (self.calls, self.elapsed_ms) = (0, 0);
                (self.usage, self.cost, self.price_unknown) = Default::default();
            }
            EventKind::Drafted { answer } => self.answer.clone_from(answer),
            EventKind::Cited(citation) => self.citations.push(citation.clone()),
            EventKind::Finished { status, answer, error, .. } => {
                self.status = Some(*status);
                self.answer.clone_from(answer);
                self.error.clone_from(error);
            }
            _ => {}
        }
    }

    fn spend(&mut self, usage: Usage, cost: Option<Usd>) {
        self.usage = self.usage.plus(usage);
        match cost {
            Some(cost) => self.cost = self.cost.plus(cost),
            None if usage != Usage::default() => self.price_unknown = true,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::RunId, record::event::EVENT_VERSION, usage::Finish};

    fn totals(kinds: Vec<(u64, EventKind)>) -> Totals {
        let event = |(seq, (at_ms, kind))| Event { version: EVENT_VERSION, seq, at_ms, node: NodeId(0), kind };
        Totals::of(&(0..).zip(kinds).map(event).collect::<Vec<_>>())
    }

    fn reply(turn: u32, dollars: f64) -> EventKind {
        let usage = Usage { input_tokens: 10, output_tokens: 1, ..Usage::default() };
        let cost_usd = Some(Usd::from_dollars(dollars));
        let (text, finish) = (String::new(), Finish::Stop);
        EventKind::Reply { turn, text, usage, usage_estimated: false, cost_usd, elapsed_ms: 1, finish }
    }

    fn finished(answer: &str) -> EventKind {
        EventKind::Finished { status: RunStatus::Answered, answer: answer.to_owned(), error: None, elapsed_ms: 1 }
    }

    fn followed_up(turn: u32, question: &str) -> EventKind {
        EventKind::FollowedUp { turn, question: question.to_owned() }
    }

    #[test]
    fn totals_follow_the_latest_question_and_keep_the_others() {
        let kinds = vec![
            (0, followed_up(1, "Who?")),
            (1, finished("Orme")),
            (2, EventKind::Resumed),
            (2, followed_up(2, "When?")),
            (3, finished("1996")),
            (4, EventKind::Resumed),
            (4, followed_up(3, "Where?")),
        ];
        let said = |totals: &Totals| {
            totals.exchanges.iter().map(|past| (past.question.clone(), past.answer.clone(), past.status)).collect::<Vec<_>>()
        };
        let under_way = totals(kinds.clone());
        let ended = |question: &str, answer: &str| (question.to_owned(), answer.to_owned(), Some(RunStatus::Answered));
        assert_eq!(said(&under_way)[1..], [ended("Who?", "Orme"), ended("When?", "1996")]);
        assert_eq!((under_way.question.as_str(), under_way.answer.as_str(), under_way.status), ("Where?", "", None));
        let over = totals([kinds, vec![(5, finished("Halden"))]].concat());
        assert_eq!((over.answer.as_str(), over.status), ("Halden", Some(RunStatus::Answered)));
        assert_eq!(over.first_question(), "");
    }

    #[test]
    fn a_fork_counts_nothing_that_was_paid_before_it() {
        let forked = EventKind::Forked { from: RunId("a".to_owned()), up_to: 2 };
        let kinds = vec![(1_000, reply(1, 0.5)), (9_000, reply(2, 0.25)), (9_500, finished("x")), (50_000, forked)];
        let begun = totals(kinds.clone());
        assert_eq!((begun.cost, begun.usage, begun.calls, begun.elapsed_ms), (Usd::ZERO, Usage::default(), 0, 0));
        assert_eq!((begun.turns, begun.status, begun.answer.as_str()), (2, None, "x"));
        let gone_on = totals([kinds, vec![(50_300, reply(3, 0.125))]].concat());
        assert_eq!((gone_on.known_cost(), gone_on.elapsed_ms), (Some(Usd::from_dollars(0.125)), 300));
        assert_eq!((gone_on.turns, gone_on.usage.input_tokens), (3, 10));
    }
}
