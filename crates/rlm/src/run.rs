//! A run from its question to its end, and a run that is resumed.

pub(crate) mod state;

use crate::{
    calls::{
        budget::{Budget, Budgets},
        call::Calls,
    },
    documents::{Overview, no_readable_text},
    fault,
    fault::{Code, Fault},
    ids::NodeId,
    node::{
        spec::{NodeEnd, NodeSpec},
        turns,
    },
    options::{Mode, ModeChoice, RunOptions},
    record::{
        citations,
        event::{Event, EventKind, RunStatus},
        given::Given,
        log::Log,
        replay::Record,
        totals::Totals,
    },
    run::state::Run,
    stop::{Halt, Stop},
    strategy::route::{reroute, route},
    traits::{
        allowance::Allowance,
        clock::Clock,
        corpus::Corpus,
        embedder::Embedder,
        journal::{Journal, Watcher},
        model::Model,
        repl::{Context, ReplLauncher},
        tables::Tables,
    },
};
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Documents that are checked for text before a run begins; in a larger library at least one is taken to have some.
const MAX_CHECKED: usize = 8;

/// Maximum depth of children, whatever the user chose.
const MAX_DEPTH: u32 = 16;
/// Maximum number of concurrent sub-calls, whatever the user chose.
const MAX_CONCURRENCY: u32 = 4096;
/// Maximum number of concurrent children at one depth: each is a process with memory of its own.
const MAX_CHILDREN: u32 = 8;

/// A run's connections to the outside.
pub struct Parts {
    /// The root's model.
    pub model: Arc<dyn Model>,
    /// The model of sub-calls.
    pub sub_model: Arc<dyn Model>,
    /// The documents.
    pub corpus: Arc<dyn Corpus>,
    /// Starts REPLs.
    pub launcher: Arc<dyn ReplLauncher>,
    /// Answers queries over tables.
    pub tables: Arc<dyn Tables>,
    /// Finds passages by their meaning. Without it, passages are found by their words alone.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Money shared by all runs.
    pub allowance: Arc<dyn Allowance>,
    /// A budget shared by several runs, beside each run's own limits.
    pub shared_budget: Option<Arc<Budget>>,
    /// The run's record.
    pub journal: Arc<dyn Journal>,
    /// Sees the run as it happens.
    pub watcher: Arc<dyn Watcher>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A question to ask.
pub struct Question {
    /// The question, in the user's words.
    pub question: String,
    /// Paths of files and folders to ask about, absolute.
    pub sources: Vec<String>,
    /// The models, the mode and the limits.
    pub options: RunOptions,
}

/// Runs a question to its end. Everything that happens is in its record.
///
/// # Errors
/// Only when the record cannot be written.
pub async fn start(parts: Parts, asked: Question, stop: CancellationToken) -> Result<(), Fault> {
    let overview = parts.corpus.overview().await;
    let log = Log::new(parts.journal.clone(), parts.watcher.clone(), parts.clock.clone(), 0);
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

/// Continues a run from its events. `options` are the recorded ones, with the user's changes.
///
/// # Errors
/// Only when the record cannot be written.
pub async fn resume(parts: Parts, events: &[Event], options: RunOptions, stop: CancellationToken) -> Result<(), Fault> {
    let record = Record::of(events);
    let log = Log::new(parts.journal.clone(), parts.watcher.clone(), parts.clock.clone(), record.next_seq);
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
    let mode = options.mode;
    let run = assemble(parts, log, record, &before, options, &stop);
    let timer = tokio::spawn(time_limit(run.halt.clone(), run.limits.timeout_s, before.elapsed_ms));
    let start = run.clock.monotonic();
    let end = answer(&run, &before, mode, overview).await;
    let finished = conclude(&run, end, before.elapsed_ms, start).await;
    timer.abort();
    finished
}

/// Puts a run together, with the state that its record left.
pub(crate) fn assemble(
    parts: Parts,
    log: Log,
    record: Record,
    before: &Totals,
    options: RunOptions,
    stop: &CancellationToken,
) -> Arc<Run> {
    let RunOptions { limits, seed, .. } = options;
    let (log, halt, clock) = (Arc::new(log), Arc::new(Halt::new(stop)), parts.clock);
    let concurrency = limits.concurrency.min(parts.sub_model.profile().concurrency.unwrap_or(u32::MAX)).clamp(1, MAX_CONCURRENCY);
    let budgets = Budgets::new(Budget::new(limits.clone(), before.cost, before.usage, before.calls), parts.shared_budget);
    let shared = (log.clone(), halt.clone(), clock.clone());
    let calls = Calls::new(shared, (budgets, parts.allowance), concurrency as usize, seed, record.next_call);
    let child_slot = |_| Semaphore::new(concurrency.min(MAX_CHILDREN) as usize);
    Arc::new(Run {
        root_model: parts.model,
        sub_model: parts.sub_model,
        corpus: parts.corpus,
        launcher: parts.launcher,
        tables: parts.tables,
        embedder: parts.embedder,
        clock,
        log,
        halt,
        calls,
        child_slots: (0..limits.max_depth.min(MAX_DEPTH)).map(child_slot).collect(),
        limits,
        seed,
        handed_bytes: AtomicU64::default(),
        records: Mutex::new(record.nodes),
        children: record.children,
        next_node: AtomicU32::new(record.next_node.max(1)),
        given: Given::default(),
    })
}

/// Stops the run at its time limit.
async fn time_limit(halt: Arc<Halt>, seconds: u64, before_ms: u64) {
    // A run that goes on after its time limit gets the same time again.
    let before = if before_ms / 1000 >= seconds { 0 } else { before_ms };
    tokio::time::sleep(Duration::from_secs(seconds).saturating_sub(Duration::from_millis(before))).await;
    halt.at_limit(fault!(Code::LimitTime, "The time limit of {seconds} s is reached.", seconds = seconds));
}

async fn answer(run: &Arc<Run>, before: &Totals, choice: ModeChoice, overview: Overview) -> NodeEnd {
    let failed = |stop: Stop| NodeEnd { answer: String::new(), stop: Some(stop), elapsed_ms: 0 };
    if let Some(fault) = refusal(run, &overview).await {
        return failed(fault.into());
    }
    let context = match run.corpus.files(None, 2).await.unwrap_or_default().into_iter().next() {
        Some(only) if overview.single => Context::Document { path: only.path },
        _ => Context::Folder { documents: overview.documents },
    };
    let profile = run.root_model.profile();
    let mut routed = match before.mode {
        Some(mode) => Ok(mode),
        None => chosen(run, route(choice, &overview, profile)).await,
    };
    loop {
        let mode = match routed {
            Ok(mode) => mode,
            Err(fault) => return failed(fault.into()),
        };
        let spec = NodeSpec {
            node: NodeId(0),
            parent: None,
            depth: 0,
            question: before.first_question().to_owned(),
            context: context.clone(),
            context_head: None,
            mode,
            model: run.root_model.clone(),
        };
        let end = turns::run(run, spec).await;
        let rerouted = match &end.stop {
            Some(Stop::Fault(fault)) => reroute(mode, choice, fault, profile),
            _ => None,
        };
        match rerouted {
            Some(way) => routed = chosen(run, way).await,
            None => return end,
        }
    }
}

/// Records a choice of mode.
async fn chosen(run: &Run, (mode, reason): (Mode, String)) -> Result<Mode, Fault> {
    run.log.append(NodeId(0), EventKind::Routed { mode, reason }).await.map(|()| mode)
}

/// The reason that the run cannot be begun at all.
async fn refusal(run: &Run, overview: &Overview) -> Option<Fault> {
    if let Some(fault) = run.calls.refusal([&run.root_model, &run.sub_model]).await {
        return Some(fault);
    }
    if overview.documents == 0 {
        if overview.skipped == 0 {
            return Some(fault!(
                Code::EmptyFolder,
                "“{name}” is empty, so there is nothing to ask about. Choose a folder with documents in it.",
                name = &overview.name
            ));
        }
        return Some(no_readable_text(overview.skipped));
    }
    if overview.documents <= MAX_CHECKED as u64 {
        for path in run.askable(MAX_CHECKED).await {
            match run.corpus.has_text(&path).await {
                Ok(()) => return None,
                Err(fault) if fault.code == Code::DiskFull => return Some(fault),
                Err(_) => {}
            }
        }
        return Some(no_readable_text(overview.documents + overview.skipped));
    }
    None
}

/// Resolves the answer's citations and writes the last event.
async fn conclude(run: &Run, end: NodeEnd, before_ms: u64, start: Duration) -> Result<(), Fault> {
    let (status, error) = match end.stop {
        None => (RunStatus::Answered, None),
        Some(Stop::Limit(fault)) => (RunStatus::Limit, Some(fault)),
        Some(Stop::Fault(fault)) => (RunStatus::Failed, Some(fault)),
        Some(Stop::ByUser) => {
            let fault = fault!(Code::Stopped, "You stopped this run. Continue it to pick up where it left off.");
            (RunStatus::Stopped, Some(fault))
        }
    };
    for citation in citations::resolve(&end.answer, run.corpus.as_ref()).await {
        run.log.append(NodeId(0), EventKind::Cited(citation)).await?;
    }
    let elapsed_ms = before_ms + run.clock.elapsed_ms(start);
    run.log.append(NodeId(0), EventKind::Finished { status, answer: end.answer, error, elapsed_ms }).await
}
