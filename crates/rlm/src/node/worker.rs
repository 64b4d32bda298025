//! A node's worker, and its rebuilding from recorded cells.

use crate::{
    fault,
    fault::{Code, Fault},
    node::{
        host::CellHost,
        spec::{Found, NodeSpec, Ran},
    },
    record::{
        event::EventKind,
        outgoing::Outgoing,
        replay::{CellRecord, NodeRecord},
    },
    run::state::Run,
    stop::Stop,
    traits::repl::{CellEnding, CellLimits, CellOutcome, Repl, ReplSpec},
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};

/// Maximum computing time of the worker in one cell.
const MAX_CELL_COMPUTE: Duration = Duration::from_secs(30);

/// Runs the cells of one node, in a worker that is started when it is needed.
pub struct Worker<'a> {
    run: &'a Arc<Run>,
    spec: &'a NodeSpec,
    limits: CellLimits,
    /// Recorded cells run again for the results of their searches, which are not on record.
    needs_findings: bool,
    repl: Option<Box<dyn Repl>>,
    /// Number of the last cell whose variables the REPL holds.
    fed: u32,
    /// Number of cells that ran or were taken from the record.
    cells: u32,
}

impl<'a> Worker<'a> {
    /// For the node `spec`, with at most `output_chars` characters of output for each cell.
    pub fn new(run: &'a Arc<Run>, spec: &'a NodeSpec, output_chars: usize, needs_findings: bool) -> Self {
        let limits = CellLimits { compute: MAX_CELL_COMPUTE, output_chars };
        Worker { run, spec, limits, needs_findings, repl: None, fed: 0, cells: 0 }
    }

    /// Runs the node's next cell, or takes its outcome from the record.
    pub async fn cell(&mut self, record: &Mutex<NodeRecord>, turn: u32, code: &str) -> Result<Ran, Stop> {
        self.cells += 1;
        let (run, node, cell, limits) = (self.run, self.spec.node, self.cells, self.limits);
        let known = record.lock().cells.get(&cell).cloned();
        if let Some(outcome) = known.as_ref().and_then(|known| known.outcome.clone()) {
            let found = if self.needs_findings { self.ready(record, cell).await?.1 } else { Found::Unknown };
            return Ok(Ran { outcome, found });
        }
        if known.is_none() {
            run.log.append(node, EventKind::CellStarted { turn, cell, code: code.to_owned() }).await?;
            record.lock().cells.insert(cell, CellRecord { turn, code: code.to_owned(), ..CellRecord::default() });
        }
        let start = run.clock.monotonic();
        let host = CellHost::new(run, self.spec, cell, record, false);
        let (repl, _) = self.ready(record, cell - 1).await?;
        let outcome = repl.run(code, limits, &host, run.halt.token()).await.unwrap_or_else(killed);
        self.fed = cell;
        let (found, stop) = host.into_parts();
        if outcome.ending == CellEnding::Killed {
            self.repl = None;
        }
        // A cell that the user stopped has no outcome: on resume it runs again, and its sub-calls are answered from the record.
        if run.halt.is_set() {
            return Err(run.halt.reason());
        }
        let elapsed_ms = run.clock.elapsed_ms(start);
        run.log.append(node, EventKind::CellFinished { turn, cell, outcome: outcome.clone(), elapsed_ms }).await?;
        record.lock().cells.entry(cell).or_default().outcome = Some(outcome.clone());
        let found = if is_repeatable(&outcome) { found } else { Found::Unknown };
        stop.map_or(Ok(Ran { outcome, found }), Err)
    }

    /// A REPL that holds the variables of all recorded cells up to `last`: the running one or a fresh one, which runs the cells that it lacks.
    /// With the results of the searches of cell `last`, if that ran now.
    async fn ready(&mut self, record: &Mutex<NodeRecord>, last: u32) -> Result<(&mut Box<dyn Repl>, Found), Fault> {
        let (run, spec, limits) = (self.run, self.spec, self.limits);
        let mut repl = match self.repl.take() {
            Some(repl) => repl,
            None => {
                self.fed = 0;
                self.launch().await?
            }
        };
        let lacking: Vec<(u32, CellRecord)> = {
            let record = record.lock();
            record.cells.range(self.fed + 1..last.max(self.fed) + 1).map(|(n, c)| (*n, c.clone())).collect()
        };
        let mut found = Found::Unknown;
        for (number, recorded) in lacking {
            found = Found::Unknown;
            // A cell that was killed or interrupted is never run again; the model was told.
            let Some(outcome) = recorded.outcome.filter(is_repeatable) else { continue };
            let host = CellHost::new(run, spec, number, record, true);
            let again = repl.run(&recorded.code, limits, &host, run.halt.token()).await?;
            if again.ending != outcome.ending && !run.halt.is_set() {
                let fault = fault!(
                    Code::ReplayDiffers,
                    "When step {number} was rebuilt it ended differently than before; the variables after it may differ.",
                    number = number
                );
                run.log.append(spec.node, EventKind::Notice(fault)).await?;
                if again.ending == CellEnding::Killed {
                    // It would be killed in every rebuilding: this node goes on without the variables.
                    repl = self.launch().await?;
                }
                break;
            }
            found = host.into_parts().0;
        }
        self.fed = last.max(self.fed);
        Ok((self.repl.insert(repl), found))
    }

    async fn launch(&mut self) -> Result<Box<dyn Repl>, Fault> {
        let Worker { run, spec, .. } = self;
        let sending = Some(Outgoing::of_code(&run.log, spec.node));
        let snapshot = run.corpus.snapshot()?;
        run.launcher.launch(ReplSpec { snapshot, context: spec.context.clone(), seed: run.seed, sending }).await
    }
}

/// The cell ran to its own end, and so can run again.
fn is_repeatable(outcome: &CellOutcome) -> bool {
    matches!(outcome.ending, CellEnding::Done | CellEnding::Raised)
}

/// The outcome of a cell whose worker was gone.
fn killed(gone: Fault) -> CellOutcome {
    CellOutcome { error: Some(gone.message), ..CellOutcome::ended(CellEnding::Killed) }
}
