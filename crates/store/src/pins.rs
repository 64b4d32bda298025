//! Text that kept runs cite, as it was when they saw it: the source may change, or go away.

use crate::Store;
use crate::fault::of_sql;
use plumb_rlm::{
    fault::Fault,
    ids::{BlobId, RunId},
};
use sqlx::FromRow;

/// A part of a document's text, around what a run cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The document.
    pub path: String,
    /// The number of the first line of `blob`, from 1.
    pub first_line: u64,
    /// Lines of the whole document.
    pub total_lines: u64,
    /// BLAKE3 of the document's whole text.
    pub digest: String,
    /// The lines, kept by the run's journal.
    pub blob: BlobId,
    /// Places of the lines in the original, as JSON.
    pub places: String,
}

#[derive(FromRow)]
struct StoredPin {
    path: String,
    first_line: i64,
    total_lines: i64,
    digest: String,
    blob: String,
    places: String,
}

impl Store {
    /// Keeps a pin for a run. The same one twice is one.
    ///
    /// # Errors
    /// The database could not be written.
    pub async fn put_pin(&self, run_id: &RunId, pin: &Pin) -> Result<(), Fault> {
        sqlx::query(
            "INSERT OR REPLACE INTO pins (run_id, path, first_line, total_lines, digest, blob, places) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(run_id.0.as_str())
        .bind(&pin.path)
        .bind(pin.first_line.cast_signed())
        .bind(pin.total_lines.cast_signed())
        .bind(&pin.digest)
        .bind(&pin.blob.0)
        .bind(&pin.places)
        .execute(self.pool())
        .await.map_err(of_sql)?;
        Ok(())
    }

    /// The pins of a run, by path and line.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn pins(&self, run_id: &RunId) -> Result<Vec<Pin>, Fault> {
        let stored: Vec<StoredPin> = sqlx::query_as("SELECT * FROM pins WHERE run_id = ? ORDER BY path, first_line")
            .bind(run_id.0.as_str())
            .fetch_all(self.pool())
            .await
            .map_err(of_sql)?;
        let pin = |stored: StoredPin| Pin {
            path: stored.path,
            first_line: stored.first_line.cast_unsigned(),
            total_lines: stored.total_lines.cast_unsigned(),
            digest: stored.digest,
            blob: BlobId(stored.blob),
            places: stored.places,
        };
        Ok(stored.into_iter().map(pin).collect())
    }
}
