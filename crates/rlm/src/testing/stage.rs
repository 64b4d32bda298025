//! A run with all its parts scripted.

use crate::{
    calls::budget::Budget,
    fault::Fault,
    options::{KeySource, Limits, ModeChoice, ModelChoice, RunOptions},
    record::event::{Event, EventKind, RunStatus},
    run::{self, Parts, Question},
    testing::{
        clock::ManualClock,
        corpus::MemoryCorpus,
        journal::{MemoryAllowance, MemoryJournal, Unwatched},
        model::ScriptedModel,
        repl::ScriptedLauncher,
        tables::CountedTables,
    },
    traits::embedder::Embedder,
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A run's parts. Tests change what they are about, then [`ask`](Stage::ask).
pub struct Stage {
    /// The root's model.
    pub model: Arc<ScriptedModel>,
    /// The model of sub-calls and children.
    pub sub_model: Arc<ScriptedModel>,
    /// The documents.
    pub corpus: Arc<MemoryCorpus>,
    /// Starts REPLs.
    pub launcher: Arc<ScriptedLauncher>,
    /// Shared with other runs.
    pub allowance: Arc<MemoryAllowance>,
    /// The way and the limits.
    pub options: RunOptions,
    /// Stops the run.
    pub stop: CancellationToken,
    /// A budget shared with other stages.
    pub shared_budget: Option<Arc<Budget>>,
    /// Finds passages by their meaning.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// The time.
    pub clock: Arc<ManualClock>,
    /// The journal fails after so many events.
    pub journal_capacity: Option<usize>,
}

impl Stage {
    /// A stage with one document, `a.md`, and one model for everything.
    pub fn new(mode: ModeChoice, model: ScriptedModel) -> Self {
        let model = Arc::new(model);
        let choice =
            ModelChoice { provider: "scripted".into(), name: "model".into(), base_url: None, key: KeySource::None, price: None };
        let options = RunOptions {
            mode,
            model: choice,
            sub_model: None,
            limits: Limits::default(),
            repl_command: None,
            include: crate::documents::Include::default(),
            seed: 7,
        };
        Stage {
            sub_model: model.clone(),
            model,
            corpus: Arc::new(MemoryCorpus::new([("a.md", "The fee is 40 pounds.\nIt is due on 1 May.\n")])),
            launcher: Arc::default(),
            allowance: Arc::default(),
            options,
            shared_budget: None,
            embedder: None,
            clock: Arc::default(),
            stop: CancellationToken::new(),
            journal_capacity: None,
        }
    }

    /// The same stage with another sub-model.
    #[must_use]
    pub fn with_sub_model(mut self, sub_model: ScriptedModel) -> Self {
        self.sub_model = Arc::new(sub_model);
        self
    }

    /// The same stage with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// The same stage with other documents.
    #[must_use]
    pub fn with_corpus(mut self, corpus: MemoryCorpus) -> Self {
        self.corpus = Arc::new(corpus);
        self
    }

    /// The run's parts over `journal`.
    pub fn parts(&self, journal: Arc<MemoryJournal>) -> Parts {
        Parts {
            model: self.model.clone(),
            sub_model: self.sub_model.clone(),
            corpus: self.corpus.clone(),
            launcher: self.launcher.clone(),
            tables: Arc::new(CountedTables),
            embedder: self.embedder.clone(),
            allowance: self.allowance.clone(),
            journal,
            watcher: Arc::new(Unwatched),
            shared_budget: self.shared_budget.clone(),
            clock: self.clock.clone(),
        }
    }

    /// The same stage with another model for the root.
    #[must_use]
    pub fn with_model(mut self, model: Arc<ScriptedModel>) -> Self {
        self.model = model;
        self
    }

    /// Asks a question and returns the run's events, together with the fault of a journal that failed.
    pub async fn ask(&self, question: &str) -> (Vec<Event>, Result<(), Fault>) {
        let journal = Arc::new(MemoryJournal::with_events(Vec::new(), self.journal_capacity));
        let question = Question { question: question.to_owned(), sources: Vec::new(), options: self.options.clone() };
        let ended = run::start(self.parts(journal.clone()), question, self.stop.child_token()).await;
        (journal.events(), ended)
    }

    /// Continues a run from its events and returns all events.
    pub async fn resume(&self, events: &[Event]) -> (Vec<Event>, Result<(), Fault>) {
        let journal = Arc::new(MemoryJournal::with_events(events.to_vec(), self.journal_capacity));
        let ended = run::resume(self.parts(journal.clone()), events, self.options.clone(), self.stop.child_token()).await;
        (journal.events(), ended)
    }
}

/// How a run ended: its status, answer and fault.
pub fn end(events: &[Event]) -> Option<(RunStatus, String, Option<Fault>)> {
    events.iter().rev().find_map(|event| match &event.kind {
        EventKind::Finished { status, answer, error, .. } => Some((*status, answer.clone(), error.clone())),
        _ => None,
    })
}
