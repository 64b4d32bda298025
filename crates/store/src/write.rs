//! Writes: an event, a fork, a reservation, a stored text, or a part of a reply.

pub(crate) mod blob;
pub(crate) mod books;
pub(crate) mod columns;
pub(crate) mod event;
pub(crate) mod fork;
pub(crate) mod packing;
pub(crate) mod reservation;
pub(crate) mod statements;

use blob::Blob;
use columns::call_column;
use event::EventWrite;
use fork::Fork;
use plumb_rlm::{
    fault::Fault,
    ids::{CallId, NodeId},
};
use reservation::Reservation;
use statements::Statements;
use std::sync::Arc;

/// One write.
pub(crate) enum Write {
    Event(Box<EventWrite>),
    Fork(Box<Fork>),
    Reservation(Arc<Reservation>),
    Blob { run_id: String, blob: Blob },
    Partial { run_id: String, node: NodeId, call: Option<CallId>, packed: Vec<u8>, at_ms: i64 },
}

impl Write {
    /// Adds the statements. [`Write::Reservation`] has none, because it reads before it writes.
    pub(crate) fn add_to(&self, statements: &mut Statements) -> Result<(), Fault> {
        match self {
            Write::Event(event) => event.add_to(statements)?,
            Write::Fork(fork) => fork.add_to(statements)?,
            Write::Reservation(_) => {}
            Write::Blob { run_id, blob } => blob.add_to(statements, run_id)?,
            Write::Partial { run_id, node, call, packed, at_ms } => {
                statements
                    .add("INSERT OR REPLACE INTO partials (run_id, node, call, text, at_ms) VALUES (?, ?, ?, ?, ?)")
                    .bind(run_id)?
                    .bind(i64::from(node.0))?
                    .bind(call_column(*call))?
                    .bind(packed)?
                    .bind(at_ms)?;
            }
        }
        Ok(())
    }
}
