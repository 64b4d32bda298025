//! The history: runs listed, reopened and deleted.

use crate::{
    plumb::{Plumb, locked},
    types::*,
};
use plumb_rlm::{
    fault::Fault,
    ids::BlobId,
    options::RunOptions,
    record::{
        event::{Event, EventKind},
        ledger::Ledger,
        story::Story,
        totals::Totals,
    },
};
use plumb_store::RunRow;

impl Plumb {
    /// The history, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn runs(&self, request: ListRuns) -> Result<Vec<RunSummary>, Fault> {
        let rows = match request.containing.filter(|words| !words.trim().is_empty()) {
            Some(words) => self.inner.store.runs_containing(&words, request.limit).await?,
            None => self.inner.store.runs(request.limit, None).await?,
        };
        Ok(rows.into_iter().map(summary).collect())
    }

    /// A run, whole.
    ///
    /// # Errors
    /// `no_such_run`.
    pub async fn run(&self, request: RunRef) -> Result<Run, Fault> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        let summary = summary(self.inner.store.run(&run_id).await?);
        // Asked for before the events, so that no reply is in neither.
        let live = locked(&self.inner.live).get(&run_id).map(|live| live.partials());
        let partials = match live {
            Some(partials) => partials,
            None => {
                let kept = self.inner.store.partials(&run_id).await?;
                kept.into_iter().map(|kept| Partial { node: kept.node, call: kept.call, text: kept.text }).collect()
            }
        };
        Ok(Run { summary, events: Story::tell_all(self.inner.store.events(&run_id).await?), partials })
    }

    /// A run's outcome.
    ///
    /// # Errors
    /// `no_such_run`.
    pub async fn answer(&self, request: RunRef) -> Result<Answer, Fault> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        let row = self.inner.store.run(&run_id).await?;
        let events = self.inner.store.events(&run_id).await?;
        let totals = Totals::of(&events);
        Ok(Answer {
            status: row.status,
            cost_usd: totals.known_cost().map(|cost| cost.dollars()),
            run_id,
            answer: totals.answer,
            citations: totals.citations,
            mode: totals.mode,
            mode_reason: totals.mode_reason,
            turns: totals.turns,
            calls: totals.calls,
            usage: totals.usage,
            sent: Ledger::of(&events),
            elapsed_ms: totals.elapsed_ms,
            error: totals.error,
        })
    }

    /// Deletes a run from the history.
    ///
    /// # Errors
    /// `no_such_run`, `run_is_active`.
    pub async fn delete_run(&self, request: RunRef) -> Result<Nothing, Fault> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        self.inner.store.delete_run(&run_id).await?;
        self.tell(Update::Runs);
        Ok(Nothing {})
    }

    /// The whole prompt of a sub-call.
    ///
    /// # Errors
    /// When it is not kept.
    pub async fn read_prompt(&self, request: ReadPrompt) -> Result<Text, Fault> {
        Ok(Text { text: self.inner.store.blob(&BlobId(request.prompt)).await? })
    }
}

/// The sources and options that a run began with.
pub(crate) fn started(event: &Event) -> Option<(Vec<String>, RunOptions)> {
    match &event.kind {
        EventKind::RunStarted { sources, options, .. } => Some((sources.clone(), options.clone())),
        _ => None,
    }
}

/// A line of the history.
pub(crate) fn summary(row: RunRow) -> RunSummary {
    RunSummary {
        run_id: row.run_id,
        question: row.question,
        name: row.name,
        library: row.library_id.map(|id| id.to_string()),
        status: row.status,
        started_at_ms: row.started_at_ms.max(0) as u64,
        cost_usd: row.cost_usd,
    }
}
