//! A fork to write.

use crate::write::{event::EventWrite, statements::Statements};
use plumb_rlm::fault::Fault;

/// A copy of a run's events up to one of them, and the event that says so.
pub(crate) struct Fork {
    pub(crate) from: String,
    pub(crate) up_to: i64,
    pub(crate) run_id: String,
    pub(crate) at_ms: i64,
    pub(crate) forked: EventWrite,
}

impl Fork {
    /// Adds the statements. No spending is booked: [`EventKind::Forked`] is the only event that is written as new.
    pub(crate) fn add_to(&self, statements: &mut Statements) -> Result<(), Fault> {
        // Without its size the fork is in no estimate: what it costs from here on says nothing of a whole run.
        statements
            .add(
                "INSERT INTO runs (run_id, question, name, sources, model, sub_model, mode, library_id, started_at_ms, status)
                 SELECT ?, question, name, sources, model, sub_model, mode, library_id, ?, 'running' FROM runs WHERE run_id = ?",
            )
            .bind(&self.run_id)?
            .bind(self.at_ms)?
            .bind(&self.from)?;
        statements
            .add(
                "INSERT INTO events (run_id, seq, version, at_ms, node, kind, body)
                 SELECT ?, seq, version, at_ms, node, kind, body FROM events WHERE run_id = ? AND seq <= ?",
            )
            .bind(&self.run_id)?
            .bind(&self.from)?
            .bind(self.up_to)?;
        statements
            .add("INSERT INTO run_blobs (digest, run_id) SELECT digest, ? FROM run_blobs WHERE run_id = ?")
            .bind(&self.run_id)?
            .bind(&self.from)?;
        statements
            .add(
                "INSERT INTO pins (run_id, path, first_line, total_lines, digest, blob, places)
                 SELECT ?, path, first_line, total_lines, digest, blob, places FROM pins WHERE run_id = ?",
            )
            .bind(&self.run_id)?
            .bind(&self.from)?;
        self.forked.add_to(statements)
    }
}
