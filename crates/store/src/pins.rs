//! Pins: the text that runs cite, as they saw it, because sources change or disappear.

use crate::{fault::of_sql, store::Store};
use plumb_rlm::{
    fault::Fault,
    ids::{BlobId, RunId},
};
use sqlx::FromRow;

/// A part of a document's text, around what a run cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Path of the document.
    pub path: String,
    /// Number of the first line in `blob`, from 1.
    pub first_line: u64,
    /// Number of lines of the document.
    pub total_lines: u64,
    /// BLAKE3 of the document's whole text.
    pub digest: String,
    /// The text of the lines, stored by the run's journal.
    pub blob: BlobId,
    /// Places of the lines in the original document, as JSON.
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
    /// Stores a pin of a run, replacing one for the same lines.
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
