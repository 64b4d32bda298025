//! What all nodes of a run have in common, and the one place where a model is called.

use crate::{
    budget::Budget,
    corpus::Corpus,
    event::{CallId, EventKind, Fault, NodeId},
    journal::JournalError,
    ledger::{Given, Outgoing},
    log::Log,
    model::{Finish, Message, Model, ModelRequest, Usage},
    money::Usd,
    record::{NodeRecord, STOPPED},
    repl::ReplLauncher,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How often the arrived part of a reply is kept.
const PARTIAL: Duration = Duration::from_secs(1);

/// Why a node or a run ends without an answer of its own.
#[derive(Clone, Debug)]
pub enum Stop {
    /// A limit is reached.
    Limit(Fault),
    /// By the user.
    ByUser,
    /// By a fault.
    Fault(Fault),
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Stop::Fault(Fault { code: error.code.to_owned(), message: error.message })
    }
}

impl Stop {
    /// From a refusal of the budget.
    pub fn refused(fault: Fault) -> Self {
        if fault.code.starts_with("limit_") { Stop::Limit(fault) } else { Stop::Fault(fault) }
    }
}

/// A finished call to a model.
pub struct Called {
    pub text: String,
    pub usage: Usage,
    pub usage_estimated: bool,
    pub cost_usd: Option<Usd>,
    pub elapsed_ms: u64,
    pub finish: Finish,
}

/// A call that brought no finished reply: what arrived and was paid, and why it ended.
pub struct Broken {
    pub called: Called,
    pub stop: Stop,
    /// The fault is this call's alone: the run can go on without it.
    pub fault: Fault,
    pub of_this_call: bool,
}

/// What is asked of a model, for [`Shared::call`].
pub struct Prompt {
    pub messages: Vec<Message>,
    pub temperature: f32,
    pub prefill: Option<String>,
    pub stop: Vec<String>,
    pub most_output: u32,
    /// The next turn will begin with these messages.
    pub grows: bool,
}

/// What all nodes of a run share.
pub struct Shared {
    pub root_model: Arc<dyn Model>,
    pub sub_model: Arc<dyn Model>,
    pub corpus: Arc<dyn Corpus>,
    pub launcher: Arc<dyn ReplLauncher>,
    pub log: Arc<Log>,
    pub budget: Budget,
    /// Sub-calls in flight.
    pub slots: Semaphore,
    /// Children at work, by the depth of their parents.
    pub child_slots: Vec<Semaphore>,
    /// Bytes of text handed to children.
    pub handed: AtomicU64,
    pub seed: u64,
    /// Ends everything; [`Shared::why`] says why.
    pub stop: CancellationToken,
    pub limit: Mutex<Option<Fault>>,
    /// What is on record of nodes that an earlier part of the run began.
    pub records: Mutex<HashMap<NodeId, NodeRecord>>,
    pub children: HashMap<CallId, NodeId>,
    pub next_node: AtomicU32,
    pub next_call: AtomicU32,
    pub given: Given,
}

impl Shared {
    /// The next call's number.
    pub fn new_call(&self) -> CallId {
        CallId(self.next_call.fetch_add(1, Ordering::Relaxed))
    }

    /// The next node's number.
    pub fn new_node(&self) -> NodeId {
        NodeId(self.next_node.fetch_add(1, Ordering::Relaxed))
    }

    /// Why everything was told to stop.
    pub fn why(&self) -> Stop {
        match self.limit.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            Some(fault) => Stop::Limit(fault),
            None => Stop::ByUser,
        }
    }

    /// A node's own turn: asks its model, and writes down what came of it.
    pub async fn turn(&self, model: &Arc<dyn Model>, node: NodeId, turn: u32, prompt: Prompt) -> Result<Called, Stop> {
        self.log.append(node, EventKind::TurnStarted { turn }).await?;
        match self.call(model, node, None, prompt).await {
            Ok(called) => {
                let event = EventKind::Reply {
                    turn,
                    text: called.text.clone(),
                    usage: called.usage,
                    usage_estimated: called.usage_estimated,
                    cost_usd: called.cost_usd,
                    elapsed_ms: called.elapsed_ms,
                    finish: called.finish,
                };
                self.log.append(node, event).await?;
                Ok(called)
            }
            Err(broken) => {
                // An unfinished reply is not a turn: it is kept as a partial, and asked for again on resume. What it cost is kept.
                let Called { text, usage, cost_usd, elapsed_ms, .. } = broken.called;
                if usage != Usage::default() {
                    self.log.append(node, EventKind::ReplyLost { turn, text, usage, cost_usd, elapsed_ms }).await?;
                }
                Err(broken.stop)
            }
        }
    }

    /// Calls a model within the budget. The reply is shown as it arrives, and kept each second.
    pub async fn call(
        &self,
        model: &Arc<dyn Model>,
        node: NodeId,
        call: Option<CallId>,
        prompt: Prompt,
    ) -> Result<Called, Box<Broken>> {
        let since = Instant::now();
        let profile = model.profile();
        let input: u64 = prompt.messages.iter().map(|message| message.tokens(model.as_ref())).sum();
        let room = u64::from(profile.window_tokens).saturating_sub(input + 16);
        let most = u64::from(prompt.most_output.min(profile.max_output_tokens)).min(room) as u32;
        let nothing = |stop: Stop, fault: Fault, of_this_call| {
            let called = Called {
                text: String::new(),
                usage: Usage::default(),
                usage_estimated: false,
                cost_usd: profile.price.map(|_| Usd::ZERO),
                elapsed_ms: since.elapsed().as_millis() as u64,
                finish: Finish::Stop,
            };
            Box::new(Broken { called, stop, fault, of_this_call })
        };
        if most == 0 {
            let fault = Fault {
                code: "too_long".to_owned(),
                message: format!(
                    "The text for {} is too long: about {input} tokens, where {} fit. Ask about less at once, or choose a model that reads more.",
                    profile.name, profile.window_tokens
                ),
            };
            return Err(nothing(Stop::Fault(fault.clone()), fault, true));
        }
        let reservation = match self.budget.reserve(profile, input, most) {
            Ok(reservation) => reservation,
            Err(fault) => return Err(nothing(Stop::refused(fault.clone()), fault, false)),
        };
        let request = ModelRequest {
            messages: prompt.messages,
            max_output_tokens: reservation.output_tokens,
            temperature: prompt.temperature,
            seed: self.seed,
            stop: prompt.stop,
            prefill: prompt.prefill.filter(|_| profile.prefill),
            grows: prompt.grows,
            sending: Some(Outgoing::of_call(&self.log, node, call, input)),
        };
        let arrived = Mutex::new(String::new());
        let on_text = |piece: &str| {
            arrived.lock().unwrap_or_else(PoisonError::into_inner).push_str(piece);
            self.log.delta(node, call, piece);
        };
        let outcome = {
            let mut reply = std::pin::pin!(model.complete(request, &on_text));
            let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + PARTIAL, PARTIAL);
            loop {
                tokio::select! {
                    biased;
                    () = self.stop.cancelled() => break None,
                    outcome = &mut reply => break Some(outcome),
                    _ = ticks.tick() => {
                        let text = arrived.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        // A partial that cannot be kept costs at most this second.
                        let _ = self.log.journal.save_partial(node, call, &text).await;
                    }
                }
            }
        };
        let elapsed_ms = since.elapsed().as_millis() as u64;
        let estimate = |text: &str| Usage { input_tokens: input, output_tokens: model.count_tokens(text), ..Usage::default() };
        match outcome {
            Some(Ok(reply)) => {
                let usage = reply.usage.unwrap_or_else(|| estimate(&reply.text));
                let cost_usd = self.budget.settle(reservation, usage, reply.cost);
                Ok(Called {
                    text: reply.text,
                    usage,
                    usage_estimated: reply.usage.is_none(),
                    cost_usd,
                    elapsed_ms,
                    finish: reply.finish,
                })
            }
            ended => {
                let partial = arrived.into_inner().unwrap_or_else(PoisonError::into_inner);
                // A call that brought nothing is most likely not paid for; one that began to answer is.
                let usage = if partial.is_empty() { Usage::default() } else { estimate(&partial) };
                let cost_usd = self.budget.settle(reservation, usage, None);
                let called = Called { text: partial, usage, usage_estimated: true, cost_usd, elapsed_ms, finish: Finish::Stop };
                let (stop, fault) = match ended {
                    Some(Err(error)) => {
                        let fault = Fault { code: error.code.to_owned(), message: error.message };
                        (Stop::Fault(fault.clone()), fault)
                    }
                    _ => (self.why(), Fault { code: STOPPED.to_owned(), message: "The run was stopped.".to_owned() }),
                };
                let of_this_call = matches!(stop, Stop::Fault(_));
                Err(Box::new(Broken { called, stop, fault, of_this_call }))
            }
        }
    }
}
