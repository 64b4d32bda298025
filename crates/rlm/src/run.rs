//! A run from its question to its end, and a run that goes on.

use crate::{
    calls::budget::{Budget, price_unknown},
    documents::Overview,
    fault::{Code, Fault},
    ids::NodeId,
    node::turns::{NodeEnd, NodeSpec},
    options::{Limits, Mode, ModeChoice, RunOptions},
    record::{
        citations,
        event::{Event, EventKind, RunStatus},
        given::Given,
        log::Log,
        replay::Record,
        totals::Totals,
    },
    shared::{Shared, Stop},
    strategy::{
        direct,
        route::{repl_mode, route},
    },
    traits::{
        allowance::Allowance,
        corpus::Corpus,
        journal::{Journal, Watcher},
        model::Model,
        repl::{Context, ReplLauncher},
    },
};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Documents that are looked at before a run in the REPL begins, when there are so few that all of them may be without text.
const LOOKED_AT: usize = 8;

/// However deep the user lets children nest.
const DEEPEST: u32 = 16;
/// Sub-calls at once, whatever the user chose.
const MOST_CALLS: u32 = 4096;
/// Children of one depth at work at once: each is a process with memory of its own.
const MOST_CHILDREN: u32 = 8;

/// What a run needs from outside.
pub struct Parts {
    /// The root's model.
    pub model: Arc<dyn Model>,
    /// The model of sub-calls.
    pub sub_model: Arc<dyn Model>,
    /// The documents.
    pub corpus: Arc<dyn Corpus>,
    /// Starts REPLs.
    pub launcher: Arc<dyn ReplLauncher>,
    /// What it shares with other runs.
    pub allowance: Arc<dyn Allowance>,
    /// The run's record.
    pub journal: Arc<dyn Journal>,
    /// Sees the run as it happens.
    pub watcher: Arc<dyn Watcher>,
    /// Milliseconds since 1970.
    pub now_ms: fn() -> u64,
}

/// What is asked.
pub struct Question {
    /// In the user's words.
    pub question: String,
    /// Paths asked about, absolute.
    pub sources: Vec<String>,
    /// What was asked for.
    pub options: RunOptions,
}

/// Runs a question to its end. Whatever happens to it is in its record.
///
/// # Errors
/// Only when the record cannot be written.
pub async fn start(parts: Parts, asked: Question, stop: CancellationToken) -> Result<(), Fault> {
    let overview = parts.corpus.overview().await;
    let log = Log::new(parts.journal.clone(), parts.watcher.clone(), parts.now_ms, 0);
    let started = EventKind::RunStarted {
        question: asked.question.clone(),
        sources: asked.sources,
        name: overview.name.clone(),
        options: asked.options.clone(),
        documents: overview.documents,
        skipped: overview.skipped,
        tokens_estimate: overview.tokens_estimate,
    };
    log.append(NodeId(0), started).await?;
    let record = Record { next_seq: 1, next_node: 1, ..Record::default() };
    go(parts, log, record, Totals { question: asked.question, ..Totals::default() }, asked.options, overview, stop).await
}

/// Goes on with a run from its events. `options` are the recorded ones, with what the user changed.
///
/// # Errors
/// Only when the record cannot be written.
pub async fn resume(parts: Parts, events: &[Event], options: RunOptions, stop: CancellationToken) -> Result<(), Fault> {
    let record = Record::of(events);
    let log = Log::new(parts.journal.clone(), parts.watcher.clone(), parts.now_ms, record.next_seq);
    log.append(NodeId(0), EventKind::Resumed).await?;
    let overview = parts.corpus.overview().await;
    go(parts, log, record, Totals::of(events), options, overview, stop).await
}

async fn go(
    parts: Parts,
    log: Log,
    record: Record,
    before: Totals,
    options: RunOptions,
    overview: Overview,
    stop: CancellationToken,
) -> Result<(), Fault> {
    let limits = options.limits;
    let inner = stop.child_token();
    let concurrency = limits.concurrency.min(parts.sub_model.profile().concurrency.unwrap_or(u32::MAX)).clamp(1, MOST_CALLS);
    let shared = Arc::new(Shared {
        root_model: parts.model,
        sub_model: parts.sub_model,
        corpus: parts.corpus,
        launcher: parts.launcher,
        log: Arc::new(log),
        slots: Semaphore::new(concurrency as usize),
        child_slots: (0..limits.max_depth.min(DEEPEST))
            .map(|_| Semaphore::new(concurrency.min(MOST_CHILDREN) as usize))
            .collect(),
        handed: AtomicU64::default(),
        seed: options.seed,
        stop: inner.clone(),
        limit: Mutex::default(),
        records: Mutex::new(record.nodes),
        children: record.children,
        next_node: AtomicU32::new(record.next_node.max(1)),
        next_call: AtomicU32::new(record.next_call),
        allowance: parts.allowance,
        warned: AtomicBool::default(),
        told_of_estimates: AtomicBool::default(),
        waiting_until: Mutex::default(),
        given: Given::default(),
        budget: Budget::new(limits.clone(), before.cost, before.usage, before.calls),
    });
    let clock = tokio::spawn(time_limit(shared.clone(), limits.timeout_s, before.elapsed_ms));
    let since = std::time::Instant::now();
    let outcome = answer(&shared, &before, options.mode, &limits, overview).await;
    let finished = conclude(&shared, outcome, before.elapsed_ms, since).await;
    clock.abort();
    finished
}

/// Stops the run at its time limit.
async fn time_limit(shared: Arc<Shared>, seconds: u64, before_ms: u64) {
    // A run that goes on after its time limit gets the same time again.
    let before = if before_ms / 1000 >= seconds { 0 } else { before_ms };
    tokio::time::sleep(Duration::from_secs(seconds).saturating_sub(Duration::from_millis(before))).await;
    let fault = Fault::new(Code::LimitTime, format!("The time limit of {seconds} s is reached."));
    *shared.limit.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    shared.stop.cancel();
}

async fn answer(shared: &Arc<Shared>, before: &Totals, choice: ModeChoice, limits: &Limits, overview: Overview) -> NodeEnd {
    let failed = |stop: Stop| NodeEnd { answer: String::new(), stop: Some(stop), elapsed_ms: 0 };
    if let Some(fault) = refusal(shared, limits, &overview).await {
        return failed(Stop::Fault(fault));
    }
    let mode = match before.mode {
        Some(mode) => mode,
        None => {
            let (mode, reason) = route(choice, &overview, shared.root_model.profile());
            if let Err(e) = shared.log.append(NodeId(0), EventKind::Routed { mode, reason }).await {
                return failed(e.into());
            }
            mode
        }
    };
    let context = match shared.corpus.files(None, 2).await.unwrap_or_default().into_iter().next() {
        Some(only) if overview.single => Context::Document { path: only.path },
        _ => Context::Folder { documents: overview.documents },
    };
    let mut spec = NodeSpec {
        node: NodeId(0),
        parent: None,
        depth: 0,
        question: before.question.clone(),
        context,
        context_head: None,
        mode,
        model: shared.root_model.clone(),
    };
    if mode == Mode::Direct {
        let stop = match direct::run(shared, &spec).await {
            Ok(answer) => return NodeEnd { answer, stop: None, elapsed_ms: 0 },
            Err(stop) => stop,
        };
        // What we took to fit did not: it is read in pieces, unless the user wanted it otherwise.
        if choice == ModeChoice::Direct || !matches!(&stop, Stop::Fault(fault) if fault.code == Code::TooLong) {
            return failed(stop);
        }
        spec.mode = repl_mode(shared.root_model.profile());
        let reason = "The text is longer than the model can take at once.".to_owned();
        if let Err(e) = shared.log.append(NodeId(0), EventKind::Routed { mode: spec.mode, reason }).await {
            return failed(e.into());
        }
    }
    crate::node::turns::run(shared, spec).await
}

/// Why this cannot be begun at all.
async fn refusal(shared: &Shared, limits: &Limits, overview: &Overview) -> Option<Fault> {
    let unpriced = [&shared.root_model, &shared.sub_model].into_iter().find(|model| model.profile().price.is_none());
    if let Some(model) = unpriced {
        if limits.max_cost_usd.is_some() {
            return Some(price_unknown("cost", model.profile()));
        }
        match shared.allowance.is_limited().await {
            Ok(false) => {}
            Ok(true) => return Some(price_unknown("monthly", model.profile())),
            Err(fault) => return Some(fault),
        }
    }
    if overview.documents == 0 {
        if overview.skipped == 0 {
            return Some(Fault::new(
                Code::EmptyFolder,
                format!("“{}” is empty, so there is nothing to ask about. Choose a folder with documents in it.", overview.name),
            ));
        }
        return Some(direct::no_readable_text(overview.skipped));
    }
    if overview.documents <= LOOKED_AT as u64 {
        for path in crate::strategy::free::askable(shared, LOOKED_AT).await {
            match shared.corpus.has_text(&path).await {
                Ok(()) => return None,
                Err(e) if e.code == Code::DiskFull => return Some(e),
                Err(_) => {}
            }
        }
        return Some(direct::no_readable_text(overview.documents + overview.skipped));
    }
    None
}

/// Resolves the answer's citations and writes the last event.
async fn conclude(shared: &Shared, end: NodeEnd, before_ms: u64, since: std::time::Instant) -> Result<(), Fault> {
    let (status, error) = match end.stop {
        None => (RunStatus::Answered, None),
        Some(Stop::Limit(fault)) => (RunStatus::Limit, Some(fault)),
        Some(Stop::Fault(fault)) => (RunStatus::Failed, Some(fault)),
        Some(Stop::ByUser) => {
            let message = "You stopped it. It can be continued where it was.".to_owned();
            (RunStatus::Stopped, Some(Fault::new(Code::Stopped, message)))
        }
    };
    for citation in citations::resolve(&end.answer, shared.corpus.as_ref()).await {
        shared.log.append(NodeId(0), EventKind::Cited(citation)).await?;
    }
    let elapsed_ms = before_ms + since.elapsed().as_millis() as u64;
    shared.log.append(NodeId(0), EventKind::Finished { status, answer: end.answer, error, elapsed_ms }).await
}
