//! One node of the recursion: the loop of turns, in which a model writes code, sees what it printed, and goes on until it answers.

use crate::{
    calls::call::Prompt,
    fault::{Code, Fault},
    ids::{CallId, NodeId},
    node::{
        fence::{self, Parsed, TextAnswer},
        host::CellHost,
    },
    options::Mode,
    record::{
        event::EventKind,
        outgoing::Outgoing,
        replay::{CellRecord, NodeRecord, ReplyRecord},
        terms::Terms,
    },
    shared::{Shared, Stop},
    strategy::{
        free,
        guided::{self, evidence::Line},
        prompt::render,
    },
    traits::{
        model::{Message, Model, Role},
        repl::{CellEnding, CellLimits, CellOutcome, Context, Repl, ReplSpec},
    },
    usage::Finish,
};
use minijinja::context;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The worker's own computing time in one cell.
const CELL_COMPUTE: Duration = Duration::from_secs(30);

/// Output tokens of one turn.
const TURN_OUTPUT: u32 = 8_192;

/// What a node is to do.
pub struct NodeSpec {
    pub node: NodeId,
    /// The sub-call it answers.
    pub parent: Option<CallId>,
    pub depth: u32,
    pub question: String,
    pub context: Context,
    /// The beginning of a context that was handed over as a text.
    pub context_head: Option<String>,
    pub mode: Mode,
    pub model: Arc<dyn Model>,
}

impl NodeSpec {
    /// The child that answers `call`, with a context of its own or the parent's.
    pub async fn child(
        parent: &NodeSpec,
        shared: &Shared,
        call: CallId,
        question: String,
        context: Option<String>,
    ) -> Result<NodeSpec, Stop> {
        let node = shared.children.get(&call).copied().unwrap_or_else(|| shared.new_node());
        let (context, context_head) = match context {
            None => (parent.context.clone(), parent.context_head.clone()),
            Some(text) => {
                let placed = shared.corpus.place_text(&text).await;
                let placement = placed.map_err(|e| Stop::Fault(e))?;
                (Context::Placed { placement }, Some(text.chars().take(1_000).collect()))
            }
        };
        let model = shared.sub_model.clone();
        let mode = crate::strategy::route::repl_mode(model.profile());
        Ok(NodeSpec { node, parent: Some(call), depth: parent.depth + 1, question, context, context_head, mode, model })
    }
}

/// How a node ended.
pub struct NodeEnd {
    /// The answer, or the best so far.
    pub answer: String,
    /// Why there is no answer of its own.
    pub stop: Option<Stop>,
    pub elapsed_ms: u64,
}

/// What follows from a turn.
enum Next {
    Answer(String),
    /// What the model is told.
    Tell(String),
    /// Nothing was said that belongs to the conversation.
    Look,
}

/// What a mode decides: its words, and how it takes a cell's outcome.
pub enum Manner {
    Free,
    Guided(guided::Guide),
}

struct Node<'a> {
    shared: &'a Arc<Shared>,
    spec: &'a NodeSpec,
    record: Mutex<NodeRecord>,
    worker: Option<Box<dyn Repl>>,
    cells: u32,
    replies_without_code: u32,
    best: String,
    manner: Manner,
    /// Tokens of a conversation that the server took, once it refused a longer one.
    room: u64,
}

/// Runs a node to its end, going on from what is on record of it.
pub async fn run(shared: &Arc<Shared>, spec: NodeSpec) -> NodeEnd {
    let since = Instant::now();
    let record = shared.records.lock().unwrap_or_else(PoisonError::into_inner).remove(&spec.node).unwrap_or_default();
    let mut node = Node {
        shared,
        spec: &spec,
        record: Mutex::new(record),
        worker: None,
        cells: 0,
        replies_without_code: 0,
        best: String::new(),
        manner: Manner::Free,
        room: u64::MAX,
    };
    let outcome = node.turns().await;
    let elapsed_ms = since.elapsed().as_millis() as u64;
    match outcome {
        Ok(answer) => NodeEnd { answer, stop: None, elapsed_ms },
        Err(stop) => NodeEnd { answer: node.best, stop: Some(stop), elapsed_ms },
    }
}

impl Node<'_> {
    fn recorded(&self) -> std::sync::MutexGuard<'_, NodeRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn turns(&mut self) -> Result<String, Stop> {
        let (started, turns_before) = {
            let record = self.recorded();
            (record.started, record.replies.len() as u32)
        };
        if !started {
            let event = EventKind::NodeStarted {
                parent: self.spec.parent,
                depth: self.spec.depth,
                question: self.spec.question.clone(),
                model: self.spec.model.profile().name.clone(),
                terms: Some(Terms::of(self.spec.model.profile())),
            };
            self.shared.log.append(self.spec.node, event).await?;
        }
        let mut messages = match self.spec.mode {
            Mode::Guided => {
                let (guide, messages) = guided::open(self.shared, self.spec).await?;
                self.manner = Manner::Guided(guide);
                messages
            }
            _ => free::open(self.shared, self.spec).await?,
        };
        let most = match self.manner {
            Manner::Guided(_) => self.shared.budget.limits().max_turns.clamp(1, guided::MOST_TURNS),
            Manner::Free => self.shared.budget.limits().max_turns.max(1),
        };
        // A run that goes on after its limit of turns gets as many again.
        let most = if turns_before >= most { turns_before + most } else { most };
        for turn in 1..=most {
            let known = self.recorded().replies.get(&turn).cloned();
            let reply = match known {
                Some(reply) => reply,
                None => self.ask(turn, turn == most, &messages).await?,
            };
            let next = self.act(turn, &reply, turn == most).await?;
            match next {
                Next::Answer(answer) => return Ok(answer),
                Next::Look => {}
                Next::Tell(words) => {
                    messages.extend([Message::new(Role::Assistant, reply.text), Message::new(Role::User, words)]);
                }
            }
        }
        let message = format!("The limit of {most} steps is reached.");
        Err(Stop::Limit(Fault::new(Code::LimitTurns, message)))
    }

    /// One call for a turn's reply.
    async fn ask(&mut self, turn: u32, last: bool, messages: &[Message]) -> Result<ReplyRecord, Stop> {
        let model = &self.spec.model;
        // Counted before they are copied, so that the next turn finds them counted.
        for message in messages {
            message.tokens(model.as_ref());
        }
        let messages = messages.to_vec();
        let mut prompt = match &self.manner {
            Manner::Guided(guide) => guide.prompt(messages, last),
            Manner::Free => {
                Prompt { messages, temperature: 0.0, prefill: None, stop: Vec::new(), most_output: TURN_OUTPUT, grows: !last }
            }
        };
        let profile = model.profile();
        let output = u64::from(prompt.most_output.min(profile.max_output_tokens)).min(u64::from(profile.window_tokens) / 4);
        let window = u64::from(profile.window_tokens).saturating_sub(output + 64);
        let called = loop {
            let tokens = fit(&mut prompt, model.as_ref(), window.min(self.room));
            let stop = match self.shared.turn(model, self.spec.node, turn, prompt.clone()).await {
                Ok(called) => break called,
                Err(stop) => stop,
            };
            // The server's window is smaller than we know, or it counts otherwise: the oldest outputs go first.
            self.room = tokens * 2 / 3;
            let too_long = matches!(&stop, Stop::Fault(fault) if fault.code == Code::TooLong);
            if !too_long || fit(&mut prompt, model.as_ref(), self.room) >= tokens {
                return Err(stop);
            }
            let words = "The conversation was longer than the model can take. Its oldest outputs were shortened.";
            self.shared.log.notice(self.spec.node, Code::Shortened, words).await?;
        };
        let reply = ReplyRecord { text: called.text, finish: called.finish };
        self.recorded().replies.insert(turn, reply.clone());
        Ok(reply)
    }

    /// Runs what a reply asks for.
    async fn act(&mut self, turn: u32, reply: &ReplyRecord, last: bool) -> Result<Next, Stop> {
        let ReplyRecord { text: reply, finish } = reply;
        if let Manner::Guided(guide) = &mut self.manner
            && guide.reads(last)
        {
            return match guide.read(reply, last) {
                Some(answer) => self.in_words(answer, *finish).await,
                None => Ok(Next::Look),
            };
        }
        let mut parsed = fence::parse(reply);
        let cut_off = *finish == Finish::Length && self.is_part_of_a_cell(turn, &parsed);
        // A variable is looked up after the code beside it has run.
        if let Some(TextAnswer::Variable(name)) = parsed.answer.take_if(|answer| matches!(answer, TextAnswer::Variable(_)))
            && !cut_off
        {
            parsed.cells.push(format!("FINAL_VAR({name:?})"));
        }
        if parsed.cells.is_empty() {
            match parsed.answer.take() {
                Some(TextAnswer::Words(words) | TextAnswer::Variable(words)) => return self.in_words(words, *finish).await,
                None => {
                    self.replies_without_code += 1;
                    self.best = reply.trim().to_owned();
                    // A second reply without code is the model's way of answering.
                    if !self.best.is_empty() && (self.replies_without_code > 1 || last) {
                        return self.in_words(self.best.clone(), *finish).await;
                    }
                    return Ok(Next::Tell(free::hint(self.spec)));
                }
            }
        }
        if let Manner::Guided(guide) = &mut self.manner {
            guide.note(&parsed.cells);
        }
        let mut outcomes = Vec::new();
        let asked = parsed.cells.len();
        for (index, code) in parsed.cells.iter().enumerate() {
            let is_cut = cut_off && index + 1 == asked;
            let (outcome, found) = if is_cut { (not_run(), Found::Unknown) } else { self.cell(turn, code).await? };
            if !outcome.output.trim().is_empty() {
                self.best = outcome.output.trim().chars().take(4_000).collect();
            }
            if let Some(answer) = &outcome.answer {
                match &mut self.manner {
                    Manner::Free => return Ok(Next::Answer(answer.clone())),
                    Manner::Guided(guide) => {
                        if let Some(answer) = guide.take(answer, &found, last) {
                            return Ok(Next::Answer(answer));
                        }
                    }
                }
            }
            let failed = outcome.ending != CellEnding::Done;
            outcomes.push((outcome, found));
            if failed {
                break;
            }
        }
        let failed = outcomes.last().is_some_and(|(outcome, _)| outcome.ending != CellEnding::Done);
        if let (Some(TextAnswer::Words(words)), false) = (parsed.answer, failed) {
            return self.in_words(words, *finish).await;
        }
        let skipped = outcomes.len() < asked;
        Ok(Next::Tell(match &mut self.manner {
            Manner::Free => free::tell(self.spec, &parsed.cells, &outcomes, skipped, last),
            Manner::Guided(guide) => guide.tell(self.shared, self.spec, &outcomes).await?,
        }))
    }

    /// An answer that the reply itself holds, and not its code.
    async fn in_words(&mut self, answer: String, finish: Finish) -> Result<Next, Stop> {
        self.shared.tell_if_cut(self.spec.node, finish).await?;
        Ok(Next::Answer(answer))
    }

    /// Whether the last cell of a reply that was cut off is only a part of what the model was writing. A few lines that a small model is held to
    /// are mostly done before its limit; and what ran before this was looked at has run.
    fn is_part_of_a_cell(&self, turn: u32, parsed: &Parsed) -> bool {
        let number = self.cells + parsed.cells.len() as u32;
        let has_run = self.recorded().cells.get(&number).is_some_and(|cell| cell.turn == turn);
        matches!(self.manner, Manner::Free) && parsed.unclosed && !has_run
    }

    /// Runs one cell, or takes its outcome from the record.
    async fn cell(&mut self, turn: u32, code: &str) -> Result<(CellOutcome, Found), Stop> {
        self.cells += 1;
        let cell = self.cells;
        let known = self.recorded().cells.get(&cell).cloned();
        if let Some(outcome) = known.as_ref().and_then(|known| known.outcome.clone()) {
            return Ok((outcome, Found::Unknown));
        }
        if known.is_none() {
            let event = EventKind::CellStarted { turn, cell, code: code.to_owned() };
            self.shared.log.append(self.spec.node, event).await?;
            self.recorded().cells.insert(cell, CellRecord { turn, code: code.to_owned(), ..CellRecord::default() });
        }
        let since = Instant::now();
        self.ensure_worker(cell).await?;
        let shared = self.shared;
        let host = CellHost::new(shared, self.spec, cell, &self.record, false);
        let limits = CellLimits { compute: CELL_COMPUTE, output_chars: self.output_chars() };
        let Some(worker) = self.worker.as_mut() else { return Err(shared.why()) };
        let run = worker.run(code, limits, &host, &shared.stop).await;
        let outcome = run.unwrap_or_else(|gone| CellOutcome {
            output: String::new(),
            omitted_chars: 0,
            error: Some(gone.message),
            ending: CellEnding::Killed,
            answer: None,
        });
        let found = std::mem::replace(&mut *host.found.lock().unwrap_or_else(PoisonError::into_inner), Found::Unknown);
        let stop = host.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(host);
        if outcome.ending == CellEnding::Killed {
            self.worker = None;
        }
        // A cell that the user stopped has no outcome: on resume it runs again, and what it had asked is answered from the record.
        if shared.stop.is_cancelled() {
            return Err(shared.why());
        }
        let elapsed_ms = since.elapsed().as_millis() as u64;
        let event = EventKind::CellFinished { turn, cell, outcome: outcome.clone(), elapsed_ms };
        shared.log.append(self.spec.node, event).await?;
        self.recorded().cells.entry(cell).or_default().outcome = Some(outcome.clone());
        match stop {
            Some(stop) => Err(stop),
            None => Ok((outcome, found)),
        }
    }

    fn output_chars(&self) -> usize {
        match self.manner {
            Manner::Free => free::OUTPUT_CHARS,
            Manner::Guided(_) => guided::OUTPUT_CHARS,
        }
    }

    /// A worker that holds the variables of all cells before `cell`: the running one, or a fresh one that is fed the recorded cells.
    async fn ensure_worker(&mut self, cell: u32) -> Result<(), Stop> {
        if self.worker.is_some() {
            return Ok(());
        }
        let shared = self.shared;
        let sending = Outgoing::of_code(&shared.log, self.spec.node);
        let spec = || {
            let snapshot = shared.corpus.snapshot().map_err(Stop::Fault)?;
            Ok::<_, Stop>(ReplSpec {
                snapshot,
                context: self.spec.context.clone(),
                seed: shared.seed,
                sending: Some(sending.clone()),
            })
        };
        let mut worker = shared.launcher.launch(spec()?).await.map_err(Stop::Fault)?;
        let before: Vec<(u32, CellRecord)> = self.recorded().cells.range(..cell).map(|(n, c)| (*n, c.clone())).collect();
        for (number, recorded) in before {
            let Some(outcome) = recorded.outcome else { continue };
            // A cell that was killed or interrupted is never run again; the model was told.
            if !matches!(outcome.ending, CellEnding::Done | CellEnding::Raised) {
                continue;
            }
            let host = CellHost::new(shared, self.spec, number, &self.record, true);
            let limits = CellLimits { compute: CELL_COMPUTE, output_chars: self.output_chars() };
            let again = worker.run(&recorded.code, limits, &host, &shared.stop).await.map_err(Stop::Fault)?;
            if again.ending != outcome.ending && !shared.stop.is_cancelled() {
                let words = format!(
                    "When step {number} was rebuilt it ended differently than before; the variables after it may differ."
                );
                shared.log.notice(self.spec.node, Code::ReplayDiffers, words).await?;
                if again.ending == CellEnding::Killed {
                    // It would be killed in every rebuilding: this node goes on without the variables.
                    worker = shared.launcher.launch(spec()?).await.map_err(Stop::Fault)?;
                }
                break;
            }
        }
        self.worker = Some(worker);
        Ok(())
    }
}

/// Whether the searches of a cell found something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The first lines found.
    Something(Vec<Line>),
    /// The last query that found nothing.
    Nothing(String),
    /// There was no search, or the cell is from the record.
    Unknown,
}

/// What the model is told of code that was cut off.
fn not_run() -> CellOutcome {
    let error = Some(render("cut_off", context! {}));
    CellOutcome { output: String::new(), omitted_chars: 0, error, ending: CellEnding::Raised, answer: None }
}

/// Shortens a conversation from its oldest outputs until it fits into `room` tokens, as far as that goes. Gives the tokens it has then.
fn fit(prompt: &mut Prompt, model: &dyn Model, room: u64) -> u64 {
    let mut total: u64 = prompt.messages.iter().map(|message| message.tokens(model)).sum();
    let newest = prompt.messages.len().saturating_sub(2);
    for message in prompt.messages.iter_mut().take(newest).skip(2) {
        if total <= room {
            break;
        }
        let before = message.tokens(model);
        let head: String = message.content.chars().take(200).collect();
        *message = Message::new(message.role, format!("{head}\n(shortened)"));
        total = total.saturating_sub(before.saturating_sub(message.tokens(model)));
    }
    total
}
