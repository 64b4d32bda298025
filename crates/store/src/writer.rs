//! One task writes: everything that waits goes into one transaction, and is acknowledged after the commit. A thousand appends at once
//! cost a few commits, and none of them returns before it is on disk.

use crate::fault;
use crate::{record::Write, statements::Statements};
use plumb_rlm::fault::{Code, Fault};
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

/// The most that one transaction takes.
const BATCH: usize = 1024;

struct Job {
    write: Write,
    done: oneshot::Sender<Result<(), Fault>>,
}

/// The way to the writing task, which ends when the last of these is dropped and the queue is empty.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    #[cfg(test)]
    pub(crate) commits: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Writer {
    pub(crate) fn start(connection: SqliteConnection) -> Self {
        let (jobs, queue) = mpsc::channel(BATCH);
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

    /// Returns after the commit. Once begun, the write happens even when the caller stops waiting.
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
    let mut jobs = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut jobs, BATCH).await > 0 {
        let result = transaction(&mut connection, &jobs).await;
        #[cfg(test)]
        commits.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match result {
            // One bad write must not take the others with it: each gets a transaction and a result of its own. Not when the database is
            // locked: each would wait as long again.
            Err(error) if jobs.len() > 1 && error.code != Code::Locked => {
                for job in jobs.drain(..) {
                    let result = transaction(&mut connection, std::slice::from_ref(&job)).await;
                    let _ = job.done.send(result);
                }
            }
            result => {
                for job in jobs.drain(..) {
                    // Nobody waits any more when a run was stopped; the write is done all the same.
                    let _ = job.done.send(result.clone());
                }
            }
        }
    }
}

/// All or nothing.
async fn transaction(connection: &mut SqliteConnection, jobs: &[Job]) -> Result<(), Fault> {
    let result = write_together(connection, jobs).await;
    if result.is_err() {
        // It fails where SQLite has rolled back already, which is as well.
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    result
}

async fn write_together(connection: &mut SqliteConnection, jobs: &[Job]) -> Result<(), Fault> {
    // Plain statements: SQLite itself rolls back when the disk is full, which sqlx's own count of open transactions would not notice.
    let mut statements = Statements::default();
    statements.add("BEGIN IMMEDIATE");
    for job in jobs {
        if let Write::Reservation(reservation) = &job.write {
            std::mem::take(&mut statements).run(connection).await?;
            reservation.apply(connection).await?;
            continue;
        }
        job.write.state(&mut statements)?;
        if jobs.len() > 1 {
            // The words for one kind of write are always the same, and so stay prepared: that makes up for more than the way costs.
            std::mem::take(&mut statements).run(connection).await?;
        }
    }
    statements.add("COMMIT");
    statements.run(connection).await
}
