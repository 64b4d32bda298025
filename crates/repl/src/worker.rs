//! A running worker: sends it cells, answers its calls, ends it when it must be ended.

use crate::frames::{self, FromWorker, ReplyOutcome, ToWorker};
use async_trait::async_trait;
use futures_util::{StreamExt, stream::FuturesUnordered};
use plumb_rlm::repl::{CellEnding, CellLimits, CellOutcome, HostCall, HostError, HostReply, Repl, ReplError, ReplHost};
use std::{future::Future, io, pin::Pin, time::Duration};
use tokio::{
    process::{Child, ChildStdin, ChildStdout},
    sync::mpsc,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// How long code may take to react to an interrupt before its process is killed.
const GRACE: Duration = Duration::from_secs(2);

/// The most calls of one worker under way at once: its threads, not its batches, which are one call each.
const MOST_CALLS: usize = 256;

/// How long a worker may leave a reply unread in its pipe.
const STALLED: Duration = Duration::from_secs(20);

/// A worker process. Dropping it kills the process.
pub struct Worker {
    child: Child,
    input: ChildStdin,
    frames: mpsc::Receiver<io::Result<FromWorker>>,
    last_cell: u64,
    last_call: u64,
    alive: bool,
}

type Answer<'a> = Pin<Box<dyn Future<Output = (u64, Result<HostReply, HostError>)> + Send + 'a>>;

/// Why a cell is being interrupted.
#[derive(Clone, Copy, PartialEq)]
enum Interrupted {
    ByTime,
    ByUser,
}

impl Worker {
    pub(crate) fn new(child: Child, input: ChildStdin, mut output: ChildStdout) -> Self {
        let (sender, frames) = mpsc::channel(64);
        // Reading is a task of its own, because a half-read frame must not be lost when something else happens first.
        tokio::spawn(async move {
            while let Some(frame) = frames::read(&mut output).await.transpose() {
                let broken = frame.is_err();
                if sender.send(frame).await.is_err() || broken {
                    break;
                }
            }
        });
        Worker { child, input, frames, last_cell: 0, last_call: 0, alive: true }
    }

    fn interrupt(&self) {
        if let Some(pid) = self.child.id() {
            // SAFETY: the child has not been waited for, so the id is still its own.
            unsafe { libc::kill(pid as i32, libc::SIGINT) };
        }
    }

    async fn killed(&mut self, why: String) -> CellOutcome {
        self.alive = false;
        let _ = self.child.kill().await;
        CellOutcome { output: String::new(), omitted_chars: 0, error: Some(why), ending: CellEnding::Killed, answer: None }
    }

    async fn send(&mut self, frame: ToWorker<'_>) -> bool {
        matches!(tokio::time::timeout(STALLED, frames::write(&mut self.input, &frame)).await, Ok(Ok(())))
    }

    /// A call of the worker's, checked: ids only grow, and there are not too many.
    fn admit(&mut self, id: u64, under_way: usize) -> Result<(), String> {
        if id <= self.last_call {
            return Err("it reused the number of a call".to_owned());
        }
        if under_way >= MOST_CALLS {
            return Err(format!("it made more than {MOST_CALLS} calls at the same time from threads"));
        }
        self.last_call = id;
        Ok(())
    }
}

#[async_trait]
impl Repl for Worker {
    async fn run(
        &mut self,
        code: &str,
        limits: CellLimits,
        host: &dyn ReplHost,
        stop: &CancellationToken,
    ) -> Result<CellOutcome, ReplError> {
        if !self.alive {
            return Err(ReplError { code: "worker_died", message: "The Python worker is gone.".to_owned() });
        }
        self.last_cell += 1;
        let cell = self.last_cell;
        if !self.send(ToWorker::Run { id: cell, code, output_chars: limits.output_chars }).await {
            return Ok(self.killed("The Python process had ended before the code ran. Its variables are lost.".to_owned()).await);
        }
        let mut answers: FuturesUnordered<Answer<'_>> = FuturesUnordered::new();
        let mut compute_left = limits.compute;
        let mut interrupted: Option<(Interrupted, Instant)> = None;
        loop {
            let since = Instant::now();
            // The clock of the cell stands still while it waits for us.
            let computing = answers.is_empty();
            let deadline = match interrupted {
                Some((_, at)) => at + GRACE,
                None if computing => since + compute_left,
                None => since + Duration::from_secs(3600),
            };
            tokio::select! {
                frame = self.frames.recv() => match frame {
                    Some(Ok(FromWorker::Done { id, outcome })) if id == cell => {
                        return Ok(finish(outcome, limits, interrupted.map(|(why, _)| why)));
                    }
                    // A cell that was given up can still say how it ended; nobody waits for that any more.
                    Some(Ok(FromWorker::Done { id, .. })) if id < cell => {}
                    Some(Ok(FromWorker::Call { id, body })) => {
                        if let Err(why) = self.admit(id, answers.len()) {
                            return Ok(self.killed(format!("The Python process was ended: {why}.")).await);
                        }
                        answers.push(Box::pin(async move { (id, answer(host, body).await) }));
                    }
                    Some(_) => return Ok(self.killed("The Python process was ended: it sent something Plumb does not understand.".to_owned()).await),
                    None => return Ok(self.killed(died().to_owned()).await),
                },
                Some((id, outcome)) = answers.next(), if !answers.is_empty() => {
                    let outcome = match outcome {
                        Ok(reply) => ReplyOutcome::Ok(reply),
                        Err(error) => ReplyOutcome::Error(error),
                    };
                    if !self.send(ToWorker::Reply { id, outcome }).await {
                        return Ok(self.killed(died().to_owned()).await);
                    }
                }
                () = stop.cancelled(), if interrupted.is_none() => {
                    interrupted = Some((Interrupted::ByUser, Instant::now()));
                    self.interrupt();
                }
                () = tokio::time::sleep_until(deadline) => match interrupted {
                    None if computing => {
                        interrupted = Some((Interrupted::ByTime, Instant::now()));
                        self.interrupt();
                    }
                    None => {}
                    Some(_) => {
                        let seconds = limits.compute.as_secs();
                        return Ok(self.killed(format!(
                            "The code ran for more than {seconds} s and did not react to an interrupt, so its process was ended. Variables are rebuilt \
                             from the earlier steps. Work on smaller pieces, or use grep() and search()."
                        )).await);
                    }
                },
            }
            if computing {
                compute_left = compute_left.saturating_sub(since.elapsed());
            }
        }
    }
}

async fn answer(host: &dyn ReplHost, body: serde_json::Value) -> Result<HostReply, HostError> {
    match serde_json::from_value::<HostCall>(body) {
        Ok(call) => host.answer(call).await,
        Err(e) => Err(HostError { kind: "ValueError", message: format!("this call is not understood: {e}") }),
    }
}

fn died() -> &'static str {
    "The Python process ended in the middle of the code, most likely because it used too much memory. Variables are rebuilt from the earlier \
     steps. Work on smaller pieces, or use grep() and search()."
}

/// The outcome, with the reason of an interrupt in words, and no more output than asked for whatever the worker claims.
fn finish(mut outcome: CellOutcome, limits: CellLimits, interrupted: Option<Interrupted>) -> CellOutcome {
    let most = limits.output_chars + 100;
    if let Some((end, _)) = outcome.output.char_indices().nth(most) {
        outcome.omitted_chars += outcome.output[end..].chars().count() as u64;
        outcome.output.truncate(end);
    }
    if outcome.ending == CellEnding::Killed {
        outcome.ending = CellEnding::Raised;
    }
    if outcome.ending == CellEnding::Interrupted {
        outcome.error = Some(match interrupted {
            Some(Interrupted::ByTime) => {
                let seconds = limits.compute.as_secs();
                format!(
                    "The code was stopped after {seconds} s of computing. Variables are kept. Work on smaller pieces, or use grep() and search()."
                )
            }
            _ => "The code was stopped by the user.".to_owned(),
        });
    }
    outcome
}
