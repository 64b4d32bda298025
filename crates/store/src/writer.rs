//! The writer: one task that puts all waiting writes into one transaction and acknowledges them after the commit. A thousand appends at once cost a
//! few commits, and none returns before it is on disk.

use crate::{
    fault,
    write::{Write, statements::Statements},
};
use plumb_rlm::fault::{Code, Fault};
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

/// Maximum number of writes in a transaction.
const MAX_BATCH: usize = 1024;

struct Job {
    write: Write,
    done: oneshot::Sender<Result<(), Fault>>,
}

/// A handle of the writing task, which ends when the last handle is dropped and the queue is empty.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    #[cfg(test)]
    pub(crate) commits: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Writer {
    pub(crate) fn start(connection: SqliteConnection) -> Self {
        let (jobs, queue) = mpsc::channel(MAX_BATCH);
        let writer = Writer {
            jobs,
            #[cfg(test)]
            commits: Default::default(),
        };
        #[cfg(test)]
        let commits = writer.commits.clone();
        tokio::spawn(write_all(
            connection,
            queue,
            #[cfg(test)]
            commits,
        ));
        writer
    }

    /// Writes, and returns after the commit. Once queued, the write happens even if the caller stops waiting.
    pub(crate) async fn write(&self, write: Write) -> Result<(), Fault> {
        let (done, result) = oneshot::channel();
        self.jobs.send(Job { write, done }).await.map_err(|_| fault::closed())?;
        result.await.map_err(|_| fault::closed())?
    }
}

async fn write_all(
    mut connection: SqliteConnection,
    mut queue: mpsc::Receiver<Job>,
    #[cfg(test)] commits: std::sync::Arc<std::sync::atomic::AtomicU64>,
) {
    let mut jobs = Vec::with_capacity(MAX_BATCH);
    while queue.recv_many(&mut jobs, MAX_BATCH).await > 0 {
        let result = transaction(&mut connection, &jobs).await;
        #[cfg(test)]
        commits.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match result {
            // One bad write must not fail the others, so each gets its own transaction and result. If the database is locked, each would wait
            // as long again.
            Err(error) if jobs.len() > 1 && error.code != Code::Locked => {
                for job in jobs.drain(..) {
                    let result = transaction(&mut connection, std::slice::from_ref(&job)).await;
                    let _ = job.done.send(result);
                }
            }
            result => {
                for job in jobs.drain(..) {
                    // The caller is gone if its run was stopped. The write happened anyway.
                    let _ = job.done.send(result.clone());
                }
            }
        }
    }
}

/// Runs all writes in one transaction, or none.
async fn transaction(connection: &mut SqliteConnection, jobs: &[Job]) -> Result<(), Fault> {
    let result = write_together(connection, jobs).await;
    if result.is_err() {
        // This fails if SQLite has already rolled back, which is fine.
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    result
}

async fn write_together(connection: &mut SqliteConnection, jobs: &[Job]) -> Result<(), Fault> {
    // Plain statements, because SQLite rolls back by itself when the disk is full, and sqlx's count of open transactions would not notice.
    let mut statements = Statements::default();
    statements.add("BEGIN IMMEDIATE");
    for job in jobs {
        if let Write::Reservation(reservation) = &job.write {
            std::mem::take(&mut statements).run(connection).await?;
            reservation.apply(connection).await?;
            continue;
        }
        job.write.add_to(&mut statements)?;
        if jobs.len() > 1 {
            // The SQL of one kind of write is always the same, so it stays prepared. That saves more than the round trip costs.
            std::mem::take(&mut statements).run(connection).await?;
        }
    }
    statements.add("COMMIT");
    statements.run(connection).await
}
