//! The one place where a model is called: within the budget, heard as it answers, written down as it ends.

use crate::{
    calls::{
        budget::{FEWEST_OUTPUT, Reservation, price_unknown},
        meter::{Heard, Meter},
    },
    fault::{Code, Fault},
    ids::{CallId, NodeId},
    money::Usd,
    record::{event::EventKind, outgoing::Outgoing},
    shared::{Shared, Stop},
    traits::model::{Message, Model, ModelProfile, ModelReply, ModelRequest, Progress, Wait},
    usage::{Finish, Usage},
};
use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

/// How often the arrived part of a reply is kept.
const PARTIAL: Duration = Duration::from_secs(1);
/// Shorter waits are nobody's business, and neither is one that ends within this time of another.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

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
#[derive(Clone)]
pub struct Prompt {
    pub messages: Vec<Message>,
    pub temperature: f32,
    pub prefill: Option<String>,
    pub stop: Vec<String>,
    pub most_output: u32,
    /// The next turn will begin with these messages.
    pub grows: bool,
}

/// How a call ended.
enum End {
    /// By the model's answer, or refusal.
    Answered(Result<ModelReply, Fault>),
    /// By us: the run is to stop.
    Stopped,
    /// By us: the reply went on past what was reserved for it.
    Overrun,
    /// What happened could not be written down.
    Unrecorded(Fault),
}

impl Shared {
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
                // An unfinished reply is not a turn: it is kept as a partial, and asked for again on resume. What it cost is kept. A child's run goes
                // on after it, so that what was set aside for it has to be let go.
                let Called { text, usage, cost_usd, elapsed_ms, .. } = broken.called;
                if usage != Usage::default() || node != NodeId(0) {
                    self.log.append(node, EventKind::ReplyLost { turn, text, usage, cost_usd, elapsed_ms }).await?;
                }
                Err(broken.stop)
            }
        }
    }

    /// Tells the user where an answer is not whole because the reply that holds it is not.
    pub async fn tell_if_cut(&self, node: NodeId, finish: Finish) -> Result<(), Fault> {
        let words = match finish {
            Finish::Stop => return Ok(()),
            Finish::Length => {
                "The answer was cut off: the model had written as much as it may in one reply. Ask for less at once, or a part at a time."
            }
            Finish::Refused => "The answer is not whole: the model refused to say more, or its provider withheld the rest.",
        };
        self.log.notice(node, Code::AnswerCut, words).await
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
        let room = u64::from(profile.window_tokens).saturating_sub(input + 16);
        let most = u64::from(prompt.most_output.min(profile.max_output_tokens)).min(room) as u32;
        if most == 0 {
            let fault = Fault::new(
                Code::TooLong,
                format!(
                    "The text for {} is too long: about {input} tokens, where {} fit. Ask about less at once, or choose a model that reads more.",
                    profile.name, profile.window_tokens
                ),
            );
            return Err(nothing(Stop::Fault(fault.clone()), fault, true));
        }
        let most_input = prompt.messages.iter().map(|message| message.most_tokens(model.as_ref())).sum();
        let reserved = match self.allowed(profile, node, call, most_input, most).await {
            Ok(most) => self.budget.reserve(profile, input, most_input, most),
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
            limited: self.budget.limit().is_some() || self.is_paid_of_the_allowance(profile).await,
            sending: Some(Outgoing::of_call(&self.log, node, call, input)),
        };
        let heard = Mutex::new(Heard::default());
        let ended = self.hear(model.as_ref(), node, call, request, input, &heard).await;
        let elapsed_ms = since.elapsed().as_millis() as u64;
        let heard = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ended = match ended {
            End::Answered(Ok(reply)) => {
                let (usage, usage_estimated) = heard.used_in_all(reply.usage, model.as_ref(), input);
                // What it says it charged is not for the tries before.
                let cost_usd = self.budget.settle(reservation, usage, reply.cost.filter(|_| !heard.is_again()));
                if usage_estimated && !self.told_of_estimates.swap(true, Ordering::Relaxed) {
                    let words =
                        "The server did not report all of the tokens it used. Where it did not, Plumb's figures are estimates.";
                    // A record that cannot be written shows at the call's own event.
                    let _ = self.log.notice(NodeId(0), Code::UsageEstimated, words).await;
                }
                return Ok(Called { text: reply.text, usage, usage_estimated, cost_usd, elapsed_ms, finish: reply.finish });
            }
            ended => ended,
        };
        let usage = heard.used(model.as_ref(), input);
        let (stop, fault) = self.why_broken(ended, &reservation, usage);
        let cost_usd = self.budget.settle(reservation, usage, None);
        let called = Called { text: heard.text, usage, usage_estimated: true, cost_usd, elapsed_ms, finish: Finish::Stop };
        let of_this_call = matches!(stop, Stop::Fault(_));
        Err(Box::new(Broken { called, stop, fault, of_this_call }))
    }

    /// How many output tokens the allowance that all runs share buys; they are set aside.
    async fn allowed(
        &self,
        profile: &ModelProfile,
        node: NodeId,
        call: Option<CallId>,
        most_input: u64,
        most: u32,
    ) -> Result<u32, Fault> {
        let Some(price) = profile.price else {
            let limited = self.allowance.is_limited().await?;
            return if limited { Err(price_unknown("monthly", profile)) } else { Ok(most) };
        };
        let worst = price.worst(most_input, most.into());
        if worst == Usd::ZERO {
            return Ok(most);
        }
        let least = price.worst(most_input, FEWEST_OUTPUT.min(most.into()));
        let granted = self.allowance.reserve(node, call, least, worst).await?;
        if let Some(warning) = granted.warning
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            // A record that cannot be written shows at the call's own event.
            let _ = self.log.append(NodeId(0), EventKind::Notice(warning)).await;
        }
        Ok(price.affordable_output(granted.amount, most_input).min(most.into()) as u32)
    }

    /// Whether a call costs money that runs share and have a limit of.
    async fn is_paid_of_the_allowance(&self, profile: &ModelProfile) -> bool {
        let paid = profile.price.is_some_and(|price| !price.is_free());
        paid && matches!(self.allowance.is_limited().await, Ok(true))
    }

    /// Sends a call and listens to its end. Where it is left early, dropping it closes its connection.
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
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.take(heard_of, model, input);
                if let Progress::Text(piece) = heard_of {
                    self.log.delta(node, call, piece);
                }
                let mut meter = meter.lock().unwrap_or_else(PoisonError::into_inner);
                if meter.as_mut().is_some_and(|meter| meter.is_passed(&heard, model)) {
                    overrun.cancel();
                }
            }
        };
        let mut reply = std::pin::pin!(model.complete(request, &on_progress));
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + PARTIAL, PARTIAL);
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return End::Stopped,
                // What breaks off after it was too long was too long.
                outcome = &mut reply => return if outcome.is_err() && overrun.is_cancelled() { End::Overrun } else { End::Answered(outcome) },
                () = overrun.cancelled() => return End::Overrun,
                Some(Wait { code, asked, time }) = waited.recv() => {
                    let waiting = EventKind::Waiting { call, code, asked, wait_ms: time.as_millis() as u64 };
                    if let Err(error) = self.log.append(node, waiting).await {
                        return End::Unrecorded(error);
                    }
                }
                _ = ticks.tick() => {
                    let text = heard.lock().unwrap_or_else(PoisonError::into_inner).text.clone();
                    // A partial that cannot be kept costs at most this second.
                    let _ = self.log.journal.save_partial(node, call, &text).await;
                }
            }
        }
    }

    /// Why a call has no reply. After an overrun nothing more is sent.
    fn why_broken(&self, ended: End, reservation: &Reservation, usage: Usage) -> (Stop, Fault) {
        match ended {
            End::Answered(Err(error)) => {
                let fault = error;
                (Stop::Fault(fault.clone()), fault)
            }
            End::Overrun => {
                let fault = self.budget.overrun(reservation, usage);
                (Stop::Limit(fault.clone()), fault)
            }
            End::Unrecorded(error) => {
                let fault = error.clone();
                (error.into(), fault)
            }
            End::Answered(Ok(_)) | End::Stopped => (self.why(), Fault::new(Code::Stopped, "The run was stopped.")),
        }
    }

    /// Whether a wait is worth an event: a thousand calls that wait for the same reason make one.
    fn is_news(&self, wait: &Wait) -> bool {
        let end = Instant::now() + wait.time;
        let mut known = self.waiting_until.lock().unwrap_or_else(PoisonError::into_inner);
        let news = wait.time >= SHORTEST_WAIT && known.is_none_or(|known| end > known + SHORTEST_WAIT);
        if news {
            *known = Some(end);
        }
        news
    }
}
