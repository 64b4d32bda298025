//! The one place where a model is called: within the budget, streamed and recorded.

use crate::{
    calls::{
        budget::{Budgets, MIN_OUTPUT_TOKENS, Reservation, price_unknown},
        meter::{Heard, Meter},
    },
    fault,
    fault::{Code, Fault},
    ids::{CallId, NodeId},
    money::Usd,
    record::{event::EventKind, log::Log, outgoing::Outgoing},
    stop::{Halt, Stop},
    traits::{
        allowance::Allowance,
        clock::Clock,
        model::{Message, Model, ModelProfile, ModelReply, ModelRequest, Progress, Wait},
    },
    usage::{Finish, Usage},
};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit, mpsc::unbounded_channel};
use tokio_util::sync::CancellationToken;

/// Interval at which the arrived part of a reply is kept.
const PARTIAL_INTERVAL: Duration = Duration::from_secs(1);
/// Minimum length of a wait that is recorded, and minimum time between the ends of two that are.
const MIN_RECORDED_WAIT: Duration = Duration::from_secs(1);
/// Maximum length of a reply, in tokens, where a strategy asks for no less.
const MAX_OUTPUT_TOKENS: u32 = 8_192;

/// A finished call to a model.
pub struct Called {
    pub text: String,
    pub usage: Usage,
    /// The provider did not report all of `usage`.
    pub usage_estimated: bool,
    /// `None` where the price is unknown.
    pub cost_usd: Option<Usd>,
    pub elapsed_ms: u64,
    pub finish: Finish,
}

impl Called {
    /// The call that a child answered. It has no usage of its own: the child's turns carry theirs.
    pub fn of_child(text: String, elapsed_ms: u64) -> Self {
        let (usage, cost_usd) = (Usage::default(), Some(Usd::ZERO));
        Called { text, usage, usage_estimated: false, cost_usd, elapsed_ms, finish: Finish::Stop }
    }
}

/// A call without a finished reply: the part that arrived and was paid, and the reason.
pub struct Broken {
    pub called: Called,
    pub stop: Stop,
    pub fault: Fault,
    /// The fault is this call's alone: the run can go on without it.
    pub is_of_this_call: bool,
}

/// A request to a model, before it is reserved for.
#[derive(Clone)]
pub struct Prompt {
    pub messages: Vec<Message>,
    pub temperature: f32,
    /// The beginning of the reply, where the model allows that.
    pub prefill: Option<String>,
    /// The reply ends before any of these.
    pub stop: Vec<String>,
    pub max_output_tokens: u32,
    /// The next turn begins with these messages.
    pub grows: bool,
    /// JSON schema of the reply.
    pub schema: Option<serde_json::Value>,
    /// Continuations to score instead of a reply, where the model can.
    pub choices: Vec<String>,
    /// Passages whose attention is asked for instead of a reply, where the model can.
    pub passages: Vec<String>,
}

impl Prompt {
    /// A prompt for the model's most likely reply.
    pub fn new(messages: Vec<Message>) -> Self {
        Prompt {
            messages,
            temperature: 0.0,
            prefill: None,
            stop: Vec::new(),
            max_output_tokens: MAX_OUTPUT_TOKENS,
            grows: false,
            schema: None,
            choices: Vec::new(),
            passages: Vec::new(),
        }
    }
}

/// How a call ended.
enum End {
    /// The model replied, or the call failed.
    Answered(Result<ModelReply, Fault>),
    /// The run is to stop.
    Stopped,
    /// The reply exceeded its reservation.
    Overrun,
    /// An event could not be recorded.
    Unrecorded(Fault),
}

/// State shared by a run's calls.
pub struct Calls {
    log: Arc<Log>,
    halt: Arc<Halt>,
    clock: Arc<dyn Clock>,
    budgets: Budgets,
    /// Shared with other runs.
    allowance: Arc<dyn Allowance>,
    /// Slots of sub-calls in flight.
    slots: Semaphore,
    /// Repeats a local model's sampling.
    seed: u64,
    next_call: AtomicU32,
    /// The user was told that little of the allowance is left.
    has_warned: AtomicBool,
    /// The user was told that some figures are estimates.
    has_told_of_estimates: AtomicBool,
    /// End of the last wait that was recorded, on the monotonic clock.
    waiting_until: Mutex<Option<Duration>>,
}

impl Calls {
    /// For a run with `concurrency` sub-calls in flight at most, whose first new call is number `next_call`.
    pub fn new(
        (log, halt, clock): (Arc<Log>, Arc<Halt>, Arc<dyn Clock>),
        (budgets, allowance): (Budgets, Arc<dyn Allowance>),
        concurrency: usize,
        seed: u64,
        next_call: u32,
    ) -> Self {
        Calls {
            log,
            halt,
            clock,
            budgets,
            allowance,
            slots: Semaphore::new(concurrency),
            seed,
            next_call: AtomicU32::new(next_call),
            has_warned: AtomicBool::default(),
            has_told_of_estimates: AtomicBool::default(),
            waiting_until: Mutex::default(),
        }
    }

    /// A number that no call has.
    pub fn new_call(&self) -> CallId {
        CallId(self.next_call.fetch_add(1, Ordering::Relaxed))
    }

    /// Waits for a sub-call's slot.
    pub async fn slot(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.slots.acquire().await
    }

    /// Counts one sub-call.
    ///
    /// # Errors
    /// `limit_calls`.
    pub fn take(&self) -> Result<(), Fault> {
        self.budgets.take_call()
    }

    /// Why a run with these models cannot be begun: a limit of cost that cannot be kept.
    pub async fn refusal(&self, models: [&Arc<dyn Model>; 2]) -> Option<Fault> {
        let unpriced = models.into_iter().map(|model| model.profile()).find(|profile| profile.price.is_none())?;
        if self.budgets.limit_cost() {
            return Some(price_unknown("cost", unpriced));
        }
        match self.allowance.is_limited().await {
            Ok(false) => None,
            Ok(true) => Some(price_unknown("monthly", unpriced)),
            Err(fault) => Some(fault),
        }
    }

    /// Asks a node's model for the reply of `turn`, and records it.
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
                // An unfinished reply is not a turn: it is kept as a partial, and requested again on resume. Its cost is recorded. A child's run goes
                // on after it, so its part of the allowance is released.
                let Called { text, usage, cost_usd, elapsed_ms, .. } = broken.called;
                if usage != Usage::default() || node != NodeId(0) {
                    self.log.append(node, EventKind::ReplyLost { turn, text, usage, cost_usd, elapsed_ms }).await?;
                }
                Err(broken.stop)
            }
        }
    }

    /// Tells the user that an answer is not whole because its reply is not.
    pub async fn tell_if_cut(&self, node: NodeId, finish: Finish) -> Result<(), Fault> {
        let words = match finish {
            Finish::Stop => return Ok(()),
            Finish::Length => {
                "The answer was cut off: the model had written as much as it may in one reply. Ask for less at once, or for a part at a time."
            }
            Finish::Refused => "The answer is not whole: the model refused to say more, or its provider withheld the rest.",
        };
        self.log.notice(node, Code::AnswerCut, words).await
    }

    /// Calls a model within the budget. The reply is shown as it arrives, and kept every second.
    pub async fn call(
        &self,
        model: &Arc<dyn Model>,
        node: NodeId,
        call: Option<CallId>,
        prompt: Prompt,
    ) -> Result<Called, Box<Broken>> {
        let start = self.clock.monotonic();
        let profile = model.profile();
        let passages: u64 = prompt.passages.iter().map(|passage| model.count_tokens(passage)).sum();
        let input: u64 = passages + prompt.messages.iter().map(|message| message.tokens(model.as_ref())).sum::<u64>();
        let nothing = |stop: Stop, fault: Fault, is_of_this_call| {
            let called = Called {
                text: String::new(),
                usage: Usage::default(),
                usage_estimated: false,
                cost_usd: profile.price.map(|_| Usd::ZERO),
                elapsed_ms: self.clock.elapsed_ms(start),
                finish: Finish::Stop,
            };
            Box::new(Broken { called, stop, fault, is_of_this_call })
        };
        let room = u64::from(profile.window_tokens).saturating_sub(input + 16);
        let max_output = u64::from(prompt.max_output_tokens.min(profile.max_output_tokens)).min(room) as u32;
        if max_output == 0 {
            let fault = fault!(
                Code::TooLong,
                "The text for {model} is too long: about {tokens} tokens, where {window} fit. Ask about less at once, or choose a model that \
                 reads more.",
                model = &profile.name,
                tokens = input,
                window = profile.window_tokens
            );
            return Err(nothing(Stop::Fault(fault.clone()), fault, true));
        }
        let max_input = passages + prompt.messages.iter().map(|message| message.most_tokens(model.as_ref())).sum::<u64>();
        let reserved = match self.allowed(profile, node, call, max_input, max_output).await {
            Ok(max_output) => self.budgets.reserve(profile, input, max_input, max_output),
            Err(fault) => Err(fault),
        };
        let reservation = match reserved {
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
            schema: prompt.schema,
            choices: prompt.choices,
            passages: prompt.passages,
            limited: self.budgets.limit().is_some() || self.is_paid_of_the_allowance(profile).await,
            sending: Some(Outgoing::of_call(&self.log, node, call, input)),
        };
        let heard = Mutex::new(Heard::default());
        let ended = self.hear(model.as_ref(), node, call, request, input, &heard).await;
        let elapsed_ms = self.clock.elapsed_ms(start);
        let heard = heard.into_inner();
        let ended = match ended {
            End::Answered(Ok(reply)) => {
                let (usage, usage_estimated) = heard.used_in_all(reply.usage, model.as_ref(), input);
                // The charge that a provider reports leaves out earlier tries.
                let cost_usd = self.budgets.settle(reservation, usage, reply.cost.filter(|_| !heard.is_again()));
                if usage_estimated && !self.has_told_of_estimates.swap(true, Ordering::Relaxed) {
                    let words = "The server did not report all of the tokens it used, so some of Plumb's figures are estimates.";
                    // A record that cannot be written shows at the call's own event.
                    let _ = self.log.notice(NodeId(0), Code::UsageEstimated, words).await;
                }
                return Ok(Called { text: reply.text, usage, usage_estimated, cost_usd, elapsed_ms, finish: reply.finish });
            }
            ended => ended,
        };
        let usage = heard.used(model.as_ref(), input);
        let (stop, fault) = self.why_broken(ended, &reservation, usage);
        let cost_usd = self.budgets.settle(reservation, usage, None);
        let called = Called { text: heard.text, usage, usage_estimated: true, cost_usd, elapsed_ms, finish: Finish::Stop };
        let is_of_this_call = matches!(stop, Stop::Fault(_));
        Err(Box::new(Broken { called, stop, fault, is_of_this_call }))
    }

    /// Reserves from the allowance that all runs share. Returns the output tokens that it buys.
    async fn allowed(
        &self,
        profile: &ModelProfile,
        node: NodeId,
        call: Option<CallId>,
        max_input: u64,
        max_output: u32,
    ) -> Result<u32, Fault> {
        let Some(price) = profile.price else {
            let limited = self.allowance.is_limited().await?;
            return if limited { Err(price_unknown("monthly", profile)) } else { Ok(max_output) };
        };
        let worst = price.worst(max_input, max_output.into());
        if worst == Usd::ZERO {
            return Ok(max_output);
        }
        let least = price.worst(max_input, MIN_OUTPUT_TOKENS.min(max_output.into()));
        let granted = self.allowance.reserve(node, call, least, worst).await?;
        if let Some(warning) = granted.warning
            && !self.has_warned.swap(true, Ordering::Relaxed)
        {
            // A record that cannot be written shows at the call's own event.
            let _ = self.log.append(NodeId(0), EventKind::Notice(warning)).await;
        }
        Ok(price.affordable_output(granted.amount, max_input).min(max_output.into()) as u32)
    }

    /// A call costs money of a limited allowance.
    async fn is_paid_of_the_allowance(&self, profile: &ModelProfile) -> bool {
        let paid = profile.price.is_some_and(|price| !price.is_free());
        paid && matches!(self.allowance.is_limited().await, Ok(true))
    }

    /// Sends a call and follows its progress to the end. Dropping the call early closes its connection.
    async fn hear(
        &self,
        model: &dyn Model,
        node: NodeId,
        call: Option<CallId>,
        request: ModelRequest,
        input: u64,
        heard: &Mutex<Heard>,
    ) -> End {
        let meter = Mutex::new(request.limited.then(|| Meter::new(request.max_output_tokens)));
        let overrun = CancellationToken::new();
        let (waits, mut waited) = unbounded_channel();
        let on_progress = |progress: Progress<'_>| match progress {
            Progress::Loading(part) => self.log.loading(part),
            Progress::Waiting(wait) if self.is_news(&wait) => drop(waits.send(wait)),
            Progress::Waiting(_) => {}
            heard_of => {
                let mut heard = heard.lock();
                heard.take(heard_of, model, input);
                if let Progress::Text(piece) = heard_of {
                    self.log.delta(node, call, piece);
                }
                let mut meter = meter.lock();
                if meter.as_mut().is_some_and(|meter| meter.is_exceeded(&heard, model)) {
                    overrun.cancel();
                }
            }
        };
        let mut reply = std::pin::pin!(model.complete(request, &on_progress));
        let mut ticks = tokio::time::interval(PARTIAL_INTERVAL);
        ticks.reset();
        loop {
            tokio::select! {
                biased;
                () = self.halt.token().cancelled() => return End::Stopped,
                outcome = &mut reply => {
                    // The overrun came first, whatever the call failed of afterwards.
                    let is_overrun = outcome.is_err() && overrun.is_cancelled();
                    return if is_overrun { End::Overrun } else { End::Answered(outcome) };
                }
                () = overrun.cancelled() => return End::Overrun,
                Some(Wait { code, asked, time }) = waited.recv() => {
                    let waiting = EventKind::Waiting { call, code, asked, wait_ms: time.as_millis() as u64 };
                    if let Err(error) = self.log.append(node, waiting).await {
                        return End::Unrecorded(error);
                    }
                }
                _ = ticks.tick() => {
                    let text = heard.lock().text.clone();
                    // A partial that cannot be kept costs at most this second.
                    let _ = self.log.journal.save_partial(node, call, &text).await;
                }
            }
        }
    }

    /// The reason that a call has no reply. After an overrun the run sends nothing more.
    fn why_broken(&self, ended: End, reservation: &Reservation, usage: Usage) -> (Stop, Fault) {
        match ended {
            End::Answered(Err(fault)) | End::Unrecorded(fault) => (Stop::Fault(fault.clone()), fault),
            End::Overrun => {
                let fault = self.budgets.overrun(reservation, usage);
                (Stop::Limit(fault.clone()), fault)
            }
            End::Answered(Ok(_)) | End::Stopped => (self.halt.reason(), Stop::ByUser.fault()),
        }
    }

    /// A wait is recorded: a thousand calls that wait for the same reason make one event.
    fn is_news(&self, wait: &Wait) -> bool {
        let end = self.clock.monotonic() + wait.time;
        let mut known = self.waiting_until.lock();
        let news = wait.time >= MIN_RECORDED_WAIT && known.is_none_or(|known| end > known + MIN_RECORDED_WAIT);
        if news {
            *known = Some(end);
        }
        news
    }
}
