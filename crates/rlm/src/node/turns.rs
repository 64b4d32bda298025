//! The loop of turns: the model replies, the strategy takes the reply, code runs, and the model is told, until there is an answer.

use crate::{
    calls::call::Prompt,
    fault,
    fault::Code,
    node::{
        spec::{NodeEnd, NodeSpec},
        worker::Worker,
    },
    prompts::render,
    record::{
        event::EventKind,
        replay::{NodeRecord, ReplyRecord},
        terms::Terms,
    },
    run::state::Run,
    stop::Stop,
    strategy::{Step, Strategy, Taken, route::strategy_of},
    traits::model::{Message, Model, Role},
};
use minijinja::context;
use parking_lot::Mutex;
use std::sync::Arc;

/// Messages at the start of a conversation that are never shortened: the instructions and the question.
const KEPT_FIRST: usize = 2;
/// Messages at the end of a conversation that are never shortened: the latest reply and its output.
const KEPT_LAST: usize = 2;
/// Characters that are kept of a shortened message.
const SHORTENED_CHARS: usize = 200;
/// Tokens of the window that a prompt leaves free beside the reply.
const SPARE_TOKENS: u64 = 64;

/// Runs a node to its end, going on from its record.
pub async fn run(run: &Arc<Run>, spec: NodeSpec) -> NodeEnd {
    let start = run.clock.monotonic();
    let record = run.records.lock().remove(&spec.node).unwrap_or_default();
    let record = Mutex::new(record);
    let mut strategy = strategy_of(spec.mode, run, &spec, &record);
    let node = Node { run, spec: &spec, record: &record };
    let outcome = node.turns(strategy.as_mut()).await;
    let elapsed_ms = run.clock.elapsed_ms(start);
    match outcome {
        Ok(answer) => NodeEnd { answer, stop: None, elapsed_ms },
        Err(stop) => NodeEnd { answer: strategy.best().to_owned(), stop: Some(stop), elapsed_ms },
    }
}

struct Node<'a> {
    run: &'a Arc<Run>,
    spec: &'a NodeSpec,
    record: &'a Mutex<NodeRecord>,
}

impl Node<'_> {
    async fn turns(&self, strategy: &mut dyn Strategy) -> Result<String, Stop> {
        let Node { run, spec, record } = self;
        let (is_started, turns_before) = {
            let record = record.lock();
            (record.started, record.replies.len() as u32)
        };
        if !is_started {
            let (parent, depth, question) = (spec.parent, spec.depth, spec.question.clone());
            let (model, terms) = (spec.model.profile().name.clone(), Some(Terms::of(spec.model.profile())));
            run.log.append(spec.node, EventKind::NodeStarted { parent, depth, question, model, terms }).await?;
        }
        let mut messages = strategy.open().await?;
        let mut worker = Worker::new(run, spec, strategy.max_output_chars(), strategy.uses_findings());
        let limit = strategy.max_turns(run.limits.max_turns);
        // A run that goes on after its limit of turns gets as many again.
        let max_turns = if turns_before >= limit { turns_before + limit } else { limit };
        for turn in 1..=max_turns {
            let is_last = turn == max_turns;
            let (known, cells_on_record) = {
                let record = record.lock();
                let cells = record.cells.values().filter(|cell| cell.turn == turn).count();
                (record.replies.get(&turn).cloned(), cells)
            };
            let reply = match known {
                Some(reply) => reply,
                None => self.ask(turn, is_last, &messages, strategy).await?,
            };
            let mut taken = Taken::Reply { reply: &reply, cells_on_record };
            loop {
                match strategy.take(taken, is_last).await? {
                    Step::Run(code) => taken = Taken::Ran(worker.cell(record, turn, &code).await?),
                    Step::Answer(answer) => return Ok(answer),
                    Step::Said(answer) => {
                        run.calls.tell_if_cut(spec.node, reply.finish).await?;
                        return Ok(answer);
                    }
                    Step::Tell(words) => {
                        messages.extend([Message::new(Role::Assistant, reply.text), Message::new(Role::User, words)]);
                        break;
                    }
                    Step::Again => break,
                }
            }
        }
        Err(Stop::Limit(fault!(Code::LimitTurns, "The limit of {limit} steps is reached.", limit = max_turns)))
    }

    /// Requests the reply of a turn. A conversation that the server refuses as too long is shortened, and stays so: that is an event, so that
    /// the prompt is the same on resume.
    async fn ask(&self, turn: u32, is_last: bool, messages: &[Message], strategy: &dyn Strategy) -> Result<ReplyRecord, Stop> {
        let Node { run, spec, record } = self;
        let model = spec.model.as_ref();
        // Counted before they are copied, so that the next turn finds them counted.
        for message in messages {
            message.tokens(model);
        }
        let whole = strategy.prompt(messages.to_vec(), is_last);
        let profile = model.profile();
        let output = u64::from(whole.max_output_tokens.min(profile.max_output_tokens)).min(u64::from(profile.window_tokens) / 4);
        let window = u64::from(profile.window_tokens).saturating_sub(output + SPARE_TOKENS);
        let shortened_to = |max_tokens: u64| {
            let mut prompt = whole.clone();
            let tokens = shorten(&mut prompt, model, window.min(max_tokens));
            (prompt, tokens)
        };
        let known = record.lock().max_conversation_tokens(turn).unwrap_or(u64::MAX);
        let (mut prompt, mut tokens) = shortened_to(known);
        let called = loop {
            let stop = match run.calls.turn(&spec.model, spec.node, turn, prompt).await {
                Ok(called) => break called,
                Err(stop) => stop,
            };
            if !matches!(&stop, Stop::Fault(fault) if fault.code == Code::TooLong) {
                return Err(stop);
            }
            // The server's window is smaller than its profile says, or it counts otherwise.
            let max_tokens = tokens * 2 / 3;
            let shorter = shortened_to(max_tokens);
            if shorter.1 >= tokens {
                return Err(stop);
            }
            (prompt, tokens) = shorter;
            run.log.append(spec.node, EventKind::Compacted { turn, max_tokens }).await?;
            record.lock().compactions.insert(turn, max_tokens);
            run.log
                .notice(
                    spec.node,
                    Code::Shortened,
                    "The conversation was longer than the model can take. Its oldest outputs were shortened.",
                )
                .await?;
        };
        let reply = ReplyRecord { text: called.text, finish: called.finish };
        record.lock().replies.insert(turn, reply.clone());
        Ok(reply)
    }
}

/// Shortens a conversation from its oldest outputs on until it has at most `max_tokens`, as far as that is possible. Returns its tokens.
fn shorten(prompt: &mut Prompt, model: &dyn Model, max_tokens: u64) -> u64 {
    let mut total: u64 = prompt.messages.iter().map(|message| message.tokens(model)).sum();
    let newest = prompt.messages.len().saturating_sub(KEPT_LAST);
    for message in prompt.messages.iter_mut().take(newest).skip(KEPT_FIRST) {
        if total <= max_tokens {
            break;
        }
        let before = message.tokens(model);
        let head: String = message.content.chars().take(SHORTENED_CHARS).collect();
        *message = Message::new(message.role, render("shortened", context! { head }));
        total = total.saturating_sub(before.saturating_sub(message.tokens(model)));
    }
    total
}
