//! The story of a run: its steps in words, as the window and the terminal show them.
//!
//! This is the only place that makes these words. They are derived from events and not stored in them, so runs of older versions have them too.
//! Front ends get each event as [`Told`], with the steps that it starts or changes, and keep the latest form of each step by its key. A step has
//! words for while it runs and for afterwards, because only the front end knows that a run was cut off without an event.

mod words;

pub(crate) use words::count;

use crate::{
    ids::{CallId, NodeId},
    options::Mode,
    record::{
        event::{Event, EventKind, PlanStep, QuoteCheck, RunStatus},
        facts::{FactsFold, RunFacts},
    },
    traits::repl::CellOutcome,
    usage::Finish,
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use ts_rs::TS;

/// Queries that a title names.
const NAMED_QUERIES: usize = 3;

/// The kind of a step, for its mark and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Looked at what is there.
    Look,
    /// Searched.
    Search,
    /// Made sub-calls.
    Ask,
    /// Ran code.
    Code,
    /// The model's own reply.
    Think,
    /// Something failed.
    Trouble,
    /// Gave the answer.
    Answer,
}

/// A step in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Words {
    /// A short sentence without its full stop.
    pub title: String,
    /// More about it, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub detail: Option<String>,
}

/// One step of the story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Step {
    /// Identifies the step within its run. `look`, `route`, `peek`: before the first turn. `turn:NODE:TURN`, `cell:NODE:CELL`, `call:CALL`.
    /// `note:SEQ`, `wait:SEQ`, `end:SEQ`: by the number of the event.
    pub key: String,
    /// Its kind.
    pub kind: StepKind,
    /// Its words when it is over.
    #[serde(flatten)]
    pub words: Words,
    /// Its words while it runs; absent if they are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub running: Option<Words>,
    /// The model's words in a turn, where they are not all of its reply: beside its code, or read from passages. May be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub said: Option<String>,
}

/// An event as front ends get it, with its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Told {
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The steps that it starts or changes, in their new form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Step>>", optional)]
    pub steps: Vec<Step>,
    /// The facts of the run from here on, if the event changed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub facts: Option<RunFacts>,
}

/// The story of a run up to an event.
#[derive(Debug, Default)]
pub struct Story {
    facts: FactsFold,
    mode: Option<Mode>,
    status: Option<RunStatus>,
    checks: Vec<QuoteCheck>,
    nodes: HashMap<NodeId, NodeState>,
    cells: HashMap<(NodeId, u32), CellState>,
    calls: HashMap<CallId, CallState>,
    children: HashMap<CallId, NodeId>,
}

#[derive(Debug, Default)]
struct NodeState {
    turns: u32,
    /// The latest reply, until a cell of it starts.
    reply: Option<(u32, String)>,
    /// The step of the latest reply, if it had no code and was not read from passages.
    plain_reply: Option<Step>,
    /// The running cell.
    cell: Option<u32>,
    /// The engine's own searches, before the first turn.
    searches: Searches,
}

#[derive(Debug, Default)]
struct CellState {
    calls: Calls,
    searches: Searches,
    touched: u64,
    first_touched: String,
    outcome: Option<CellOutcome>,
    /// It is a step of a plan.
    plan: Option<PlanStep>,
}

#[derive(Debug, Default)]
struct Searches {
    queries: HashSet<String>,
    /// The first different queries.
    named: Vec<String>,
    number: u64,
    hits: u64,
    documents: u64,
}

/// The sub-calls of a cell, counted.
#[derive(Debug, Default)]
struct Calls {
    asked: u64,
    helpers: u64,
    under_way: u64,
    together: bool,
    done: u64,
    failed: u64,
    cut_off: u64,
    first_head: String,
}

#[derive(Debug)]
struct CallState {
    cell: u32,
    /// Whether it failed, and whether it was cut off; `None` while it runs.
    ended: Option<(bool, bool)>,
}

impl Story {
    /// The story of these events.
    pub fn of(events: &[Event]) -> Self {
        let mut story = Story::default();
        events.iter().for_each(|event| drop(story.add(event)));
        story
    }

    /// All events of a run, with their meaning. Each step comes once, with the last event that changed it.
    pub fn tell_all(events: Vec<Event>) -> Vec<Told> {
        let mut story = Story::default();
        let mut told: Vec<Told> = events.into_iter().map(|event| story.tell(event)).collect();
        let mut known = HashSet::new();
        for Told { steps, .. } in told.iter_mut().rev() {
            steps.retain(|step| known.insert(step.key.clone()));
        }
        told
    }

    /// The next event, with its meaning.
    pub fn tell(&mut self, event: Event) -> Told {
        let steps = self.add(&event);
        let facts = self.facts.add(&event);
        Told { event, steps, facts }
    }

    /// Adds an event; returns the steps that it starts or changes.
    fn add(&mut self, event: &Event) -> Vec<Step> {
        let (node, seq) = (event.node, event.seq);
        let one = |step: Step| vec![step];
        match &event.kind {
            kind @ EventKind::RunStarted { .. } => words::overview(kind).map(looked).into_iter().collect(),
            EventKind::Routed { mode, reason } => {
                self.mode = Some(*mode);
                let title = if *mode == Mode::Direct { "Chose to read everything at once" } else { "Chose to work step by step" };
                one(step("route", StepKind::Look, title, Some(reason.clone())))
            }
            EventKind::NodeStarted { parent, .. } => {
                self.nodes.entry(node).or_default();
                self.children.extend(parent.map(|call| (call, node)));
                Vec::new()
            }
            EventKind::TurnStarted { turn } => one(self.turn_started(node, *turn)),
            EventKind::ReplyLost { turn, .. } => {
                one(step(turn_key(node, *turn), StepKind::Trouble, "The model's reply broke off", None))
            }
            EventKind::Reply { turn, text, finish, .. } => one(self.replied(node, *turn, text, *finish)),
            EventKind::CellStarted { turn, cell, .. } => {
                let state = self.nodes.entry(node).or_default();
                state.plain_reply = None;
                state.cell = Some(*cell);
                let reply = state.reply.take_if(|(of, _)| of == turn);
                let thought = |(_, reply): (u32, String)| Step {
                    said: Some(words::prose(&reply)),
                    ..step(turn_key(node, *turn), StepKind::Think, "Thought about the next step", None)
                };
                self.cells.insert((node, *cell), CellState::default());
                reply.map(thought).into_iter().chain(self.cell(node, *cell)).collect()
            }
            EventKind::CellFinished { cell, outcome, .. } => {
                self.nodes.entry(node).or_default().cell = None;
                self.cells.entry((node, *cell)).or_default().outcome = Some(outcome.clone());
                self.cell(node, *cell)
            }
            EventKind::Planned { kind, .. } => one(step(note_key(seq), StepKind::Look, words::plan(*kind), None)),
            EventKind::StepStarted { cell, step, .. } => {
                let state = self.nodes.entry(node).or_default();
                (state.plain_reply, state.cell) = (None, Some(*cell));
                self.cells.insert((node, *cell), CellState { plan: Some(step.clone()), ..CellState::default() });
                self.cell(node, *cell)
            }
            EventKind::StepFinished { cell, .. } => {
                self.nodes.entry(node).or_default().cell = None;
                self.cell(node, *cell)
            }
            EventKind::CallStarted { call, cell, prompt_head, recursive, .. } => {
                self.calls.insert(*call, CallState { cell: *cell, ended: None });
                self.cells.entry((node, *cell)).or_default().calls.start(prompt_head, *recursive);
                self.cell(node, *cell)
            }
            EventKind::CallFinished { call, error, finish, .. } => self.call_finished(node, *call, error.is_some(), *finish),
            EventKind::Touched { path, .. } => match self.nodes.get(&node).and_then(|state| state.cell) {
                Some(cell) => {
                    let state = self.cells.entry((node, cell)).or_default();
                    state.touched += 1;
                    if state.touched == 1 {
                        state.first_touched.clone_from(path);
                    }
                    self.cell(node, cell)
                }
                None => Vec::new(),
            },
            EventKind::Searched { cell: 0, query, hits, documents } => {
                let searches = &mut self.nodes.entry(node).or_default().searches;
                searches.add(query, *hits, *documents);
                let title = "Looked for passages that fit the question";
                let peek = step("peek", StepKind::Search, title, Some(searches.found()));
                if node == NodeId(0) { one(peek) } else { Vec::new() }
            }
            EventKind::Searched { cell, query, hits, documents } => {
                self.cells.entry((node, *cell)).or_default().searches.add(query, *hits, *documents);
                self.cell(node, *cell)
            }
            EventKind::Waiting { code, asked, wait_ms, .. } => {
                one(step(format!("wait:{seq}"), StepKind::Trouble, words::wait(*code, *asked, *wait_ms), None))
            }
            EventKind::Notice(fault) => one(step(note_key(seq), StepKind::Trouble, &fault.message, None)),
            EventKind::Resumed => {
                self.checks.clear();
                // An answered run is resumed for a follow-up, which says so itself.
                let answered = self.status.take() == Some(RunStatus::Answered);
                if answered {
                    Vec::new()
                } else {
                    one(step(note_key(seq), StepKind::Look, "Went on after an interruption", None))
                }
            }
            EventKind::Compacted { turn, max_tokens } => {
                let detail = format!(
                    "From step {turn} on it has at most {} tokens; the oldest outputs go first",
                    words::short(*max_tokens)
                );
                one(step(note_key(seq), StepKind::Look, "Shortened the conversation to fit the model", Some(detail)))
            }
            EventKind::FollowedUp { question, .. } => {
                self.checks.clear();
                self.status = None;
                one(step(note_key(seq), StepKind::Look, "You asked a follow-up", words::first_line(question)))
            }
            EventKind::Forked { .. } => {
                self.checks.clear();
                self.status = None;
                let detail = "The steps before this one are copied from another question".to_owned();
                one(step(note_key(seq), StepKind::Look, "Branched off", Some(detail)))
            }
            EventKind::Cited(citation) => {
                self.checks.push(citation.verified);
                Vec::new()
            }
            EventKind::Finished { status, error, .. } => {
                self.status = Some(*status);
                let (kind, title) = match status {
                    RunStatus::Answered => (StepKind::Answer, "Answered"),
                    RunStatus::Limit => (StepKind::Trouble, "Stopped at a limit"),
                    RunStatus::Stopped => (StepKind::Look, "You stopped it"),
                    RunStatus::Failed => (StepKind::Trouble, "It could not go on"),
                };
                let detail = match status {
                    RunStatus::Answered => Some(words::places(&self.checks)),
                    _ => error.as_ref().map(|fault| fault.message.clone()),
                };
                let last = self.last_words(node);
                last.into_iter().chain([step(format!("end:{seq}"), kind, title, detail)]).collect()
            }
            EventKind::Sent { .. } | EventKind::LinesRead { .. } | EventKind::Drafted { .. } => Vec::new(),
        }
    }

    fn turn_started(&mut self, node: NodeId, turn: u32) -> Step {
        let state = self.nodes.entry(node).or_default();
        (state.turns, state.plain_reply) = (turn, None);
        let now = match self.mode {
            Some(Mode::Direct) => "Reading the text and writing the answer",
            Some(Mode::Map) => "Looking at what kind of question this is",
            _ if node == NodeId(0) && turn == 1 => "Thinking about where to begin",
            _ => "Thinking about the next step",
        };
        let broken_off = step(turn_key(node, turn), StepKind::Think, "Broke off while thinking", None);
        Step { running: Some(Words { title: now.to_owned(), detail: None }), ..broken_off }
    }

    fn replied(&mut self, node: NodeId, turn: u32, text: &str, finish: Finish) -> Step {
        if self.mode == Some(Mode::Map) {
            let title = "Looked at what kind of question this is";
            return Step { said: Some(String::new()), ..step(turn_key(node, turn), StepKind::Think, title, None) };
        }
        let direct = self.mode == Some(Mode::Direct) && node == NodeId(0);
        let read = words::read_answer(text);
        let (title, detail) = match &read {
            Some(answer) if answer.is_empty() => ("Read the passages that fit best", Some("They do not say it".to_owned())),
            Some(_) => ("Read the passages that fit best", words::why_incomplete(finish)),
            None if direct => ("Read the text and wrote the answer", words::why_incomplete(finish)),
            None => ("Replied without taking a step", words::why_incomplete(finish)),
        };
        let is_plain = read.is_none() && !direct;
        let replied = Step { said: read, ..step(turn_key(node, turn), StepKind::Think, title, detail) };
        let state = self.nodes.entry(node).or_default();
        state.reply = Some((turn, text.to_owned()));
        state.plain_reply = is_plain.then(|| replied.clone());
        replied
    }

    /// The step of a node's last reply if it had no code: it was the answer after all.
    fn last_words(&mut self, node: NodeId) -> Option<Step> {
        let last = self.nodes.get_mut(&node)?.plain_reply.take()?;
        Some(Step { words: Words { title: "Wrote a reply".to_owned(), ..last.words }, ..last })
    }

    fn call_finished(&mut self, node: NodeId, call: CallId, failed: bool, finish: Finish) -> Vec<Step> {
        let Some(state) = self.calls.get_mut(&call) else { return Vec::new() };
        let (cell, ended) = (state.cell, (failed, finish == Finish::Length));
        let before = state.ended.replace(ended);
        self.cells.entry((node, cell)).or_default().calls.end(before, ended);
        let mut steps = self.cell(node, cell);
        let incomplete = words::why_incomplete(finish).map(|why| step(format!("call:{}", call.0), StepKind::Ask, why, None));
        steps.extend(incomplete);
        let child = self.children.get(&call).copied();
        steps.extend(child.and_then(|child| self.last_words(child)));
        steps
    }

    fn cell(&self, node: NodeId, cell: u32) -> Vec<Step> {
        self.cells.get(&(node, cell)).map(|state| state.step(format!("cell:{}:{cell}", node.0))).into_iter().collect()
    }
}

impl CellState {
    /// The step of a cell, named after the most important thing it did.
    fn step(&self, key: String) -> Step {
        let output = || self.outcome.as_ref().and_then(|outcome| words::first_line(&outcome.output));
        let answered = self.outcome.as_ref().is_some_and(|outcome| outcome.answer.is_some());
        let error = self.outcome.as_ref().and_then(|outcome| outcome.error.as_ref().map(|error| (outcome.ending, error)));
        if let Some(plan) = &self.plan {
            let [title, now] = words::plan_step(plan);
            let Calls { asked, done, failed, .. } = self.calls;
            let detail = (failed > 0).then(|| format!("{failed} of {asked} got no answer"));
            let progress = (asked > 1).then(|| format!("{done} of {asked}"));
            let kind = match plan {
                PlanStep::Describe { .. } | PlanStep::Search { .. } | PlanStep::Read { .. } | PlanStep::Compare { .. } => {
                    StepKind::Look
                }
                PlanStep::Check { .. } => StepKind::Ask,
                PlanStep::Query { .. } => StepKind::Code,
                PlanStep::Write => StepKind::Answer,
            };
            return Step { running: Some(Words { title: now, detail: progress }), ..step(key, kind, title, detail) };
        }
        match error {
            _ if self.calls.asked > 0 => self.calls.step(key),
            Some((ending, error)) => step(key, StepKind::Trouble, words::failed_code(ending), words::last_line(error)),
            None if answered => {
                let detail = if self.searches.number > 0 { Some(self.searches.title()) } else { output() };
                step(key, StepKind::Answer, "Put the answer together", detail)
            }
            None if self.searches.number > 0 => step(key, StepKind::Search, self.searches.title(), Some(self.searches.found())),
            None => {
                let (kind, rest) = match self.touched {
                    0 => (StepKind::Code, "code".to_owned()),
                    1 => (StepKind::Look, self.first_touched.rsplit('/').next().unwrap_or_default().to_owned()),
                    many => (StepKind::Look, words::plural(many, "document")),
                };
                let (before, now) = if kind == StepKind::Code { ("Ran", "Running") } else { ("Read", "Reading") };
                let ended = step(key, kind, format!("{before} {rest}"), output());
                Step { running: Some(Words { title: format!("{now} {rest}"), detail: None }), ..ended }
            }
        }
    }
}

impl Searches {
    fn add(&mut self, query: &str, hits: u64, documents: u64) {
        (self.number, self.hits, self.documents) = (self.number + 1, self.hits + hits, documents);
        if self.queries.insert(query.to_owned()) && self.named.len() < NAMED_QUERIES {
            self.named.push(query.to_owned());
        }
    }

    fn title(&self) -> String {
        let named: Vec<String> = self.named.iter().map(|query| words::quoted(query)).collect();
        let more = self.queries.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("Searched for {}{more}", named.join(", "))
    }

    fn found(&self) -> String {
        let places = words::plural(self.hits, "place");
        match self {
            Searches { hits: 0, .. } => "Nothing found".to_owned(),
            Searches { number: 1, documents, .. } => format!("{places} in {}", words::plural(*documents, "document")),
            _ => places,
        }
    }
}

impl Calls {
    fn start(&mut self, prompt_head: &str, recursive: bool) {
        if self.asked == 0 {
            prompt_head.clone_into(&mut self.first_head);
        }
        self.together |= self.under_way > 0;
        self.asked += 1;
        self.under_way += 1;
        self.helpers += u64::from(recursive);
    }

    /// `before`: how it had ended before it was asked again.
    fn end(&mut self, before: Option<(bool, bool)>, (failed, cut_off): (bool, bool)) {
        match before {
            Some((failed, cut_off)) => {
                self.failed -= u64::from(failed);
                self.done -= u64::from(!failed);
                self.cut_off -= u64::from(cut_off);
            }
            None => self.under_way = self.under_way.saturating_sub(1),
        }
        self.failed += u64::from(failed);
        self.done += u64::from(!failed);
        self.cut_off += u64::from(cut_off);
    }

    fn step(&self, key: String) -> Step {
        let Calls { asked, done, failed, cut_off, .. } = self;
        let together = if self.together { ", at the same time" } else { "" };
        let titles = if self.helpers == *asked {
            ["Set", "Setting"].map(|verb| format!("{verb} {} to work{together}", words::plural(*asked, "helper")))
        } else {
            ["Asked", "Asking"].map(|verb| format!("{verb} the model about {}{together}", words::plural(*asked, "piece")))
        };
        let detail = match (failed, cut_off) {
            (1.., _) => Some(format!("{failed} of {asked} got no answer")),
            (0, 1..) => Some(format!("{cut_off} of {asked} cut off at the model's greatest length")),
            (0, 0) => words::first_line(&self.first_head),
        };
        let [before, now] = titles;
        let running = Words { title: now, detail: Some(format!("{done} of {asked} answered")) };
        Step { running: Some(running), ..step(key, StepKind::Ask, before, detail) }
    }
}

fn looked((title, detail): (String, String)) -> Step {
    let running = Words { title: "Looking at what is there".to_owned(), detail: Some(detail.clone()) };
    Step { running: Some(running), ..step("look", StepKind::Look, title, Some(detail)) }
}

fn turn_key(node: NodeId, turn: u32) -> String {
    format!("turn:{}:{turn}", node.0)
}

fn note_key(seq: u64) -> String {
    format!("note:{seq}")
}

fn step(key: impl Into<String>, kind: StepKind, title: impl Into<String>, detail: Option<String>) -> Step {
    Step { key: key.into(), kind, words: Words { title: title.into(), detail }, running: None, said: None }
}
