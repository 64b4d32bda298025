//! A text to store, once for all runs that hold it.

use crate::write::{packing::pack, statements::Statements};
use plumb_rlm::{fault::Fault, ids::BlobId};

/// A text to store under the hash of its content.
pub(crate) struct Blob {
    pub(crate) id: BlobId,
    packed: Vec<u8>,
}

impl Blob {
    pub(crate) fn of(text: &str) -> Self {
        Blob { id: BlobId::of(text), packed: pack(text) }
    }

    pub(crate) fn add_to(&self, statements: &mut Statements, run_id: &str) -> Result<(), Fault> {
        statements.add("INSERT OR IGNORE INTO blobs (digest, text) VALUES (?, ?)").bind(&self.id.0)?.bind(&self.packed)?;
        statements.add("INSERT OR IGNORE INTO run_blobs (digest, run_id) VALUES (?, ?)").bind(&self.id.0)?.bind(run_id)?;
        Ok(())
    }
}
