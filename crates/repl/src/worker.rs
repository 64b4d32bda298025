//! A running worker: sends it cells, answers its calls, and ends it when it goes past a limit.

use crate::{
    calls,
    frames::{self, Incoming},
    process::{Process, Watch, ended},
    texts::Texts,
};
use async_trait::async_trait;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use plumb_python_protocol::{self as protocol, CallOutcome, Cell, FromWorker, MAX_TO_WORKER_BYTES, Start, ToWorker};
use plumb_rlm::{
    fault::{Code, Fault},
    prompts::{context, render},
    traits::{
        repl::{CellEnding, CellLimits, CellOutcome, HostError, HostReply, Repl, ReplHost},
        sending::{Destination, Sending},
    },
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Time for code to react to an interrupt before its process is killed.
const INTERRUPT_GRACE: Duration = Duration::from_secs(1);

/// Maximum number of a worker's calls under way at once. A batch is one call, so this counts threads.
const MAX_CALLS_AT_ONCE: usize = 256;

/// Maximum length of the calls under way together, in bytes.
const MAX_CALL_BYTES: usize = 256 << 20;

/// Maximum number of calls of one cell. It ends a loop that asks for ever, although that uses hardly any computing time.
const MAX_CALLS_PER_CELL: u32 = 200_000;

/// Time between two looks at the processor time of a cell's threads while others wait.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// Time after which sending to a worker fails when nothing moves.
const STALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Upper bound for waiting on the host, which has time limits of its own.
const HOST_WAIT: Duration = Duration::from_secs(3600);

/// Characters that a worker may add to a cell's output to say that it left some out.
const OMISSION_NOTE_CHARS: usize = 100;

/// Maximum length of an error from a worker, in characters.
const MAX_ERROR_CHARS: usize = 20_000;

/// Maximum length of the reason for which a worker gave up, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Maximum length of an answer, in characters; the worker refuses longer ones (`LONGEST_ANSWER` in its prelude).
const MAX_ANSWER_CHARS: usize = 2_000_000;

/// A worker process. Dropping it kills the process.
pub struct Worker {
    process: Process,
    watch: Watch,
    input: Box<dyn AsyncWrite + Send + Unpin>,
    frames: Incoming<Box<dyn AsyncRead + Send + Unpin>>,
    texts: Texts,
    /// The place that its frames go to and the record of them, where that is not this computer.
    elsewhere: Option<(Destination, Arc<dyn Sending>)>,
    last_call: u64,
    alive: bool,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.kill();
    }
}

/// The id of a call, its length in bytes, and the host's answer.
type Answer<'a> = BoxFuture<'a, (u64, usize, Result<HostReply, HostError>)>;

/// The result of a call.
#[derive(Serialize)]
#[serde(untagged)]
enum Reply {
    /// The host's answer.
    Host(HostReply),
    /// The text itself, for a worker that cannot find it in a snapshot.
    Carried { text: String },
}

/// Why a cell is being interrupted.
#[derive(Clone, Copy, PartialEq)]
enum Interrupted {
    ByTime,
    ByUser,
}

impl Worker {
    pub(crate) fn new(
        process: Process,
        input: Box<dyn AsyncWrite + Send + Unpin>,
        output: Box<dyn AsyncRead + Send + Unpin>,
        texts: Texts,
        memory_bytes: u64,
    ) -> Self {
        let watch = Watch::new(&process, memory_bytes);
        Worker { process, watch, input, frames: Incoming::new(output), texts, elsewhere: None, last_call: 0, alive: true }
    }

    /// Has each frame recorded before it goes to that place.
    pub(crate) fn recorded(mut self, to: Destination, sending: Option<Arc<dyn Sending>>) -> Self {
        self.elsewhere = sending.map(|sending| (to, sending));
        self
    }

    /// The id of its process, where that is on this computer.
    pub fn id(&self) -> Option<u32> {
        match &self.process {
            Process::Forked(process) => Some(process.id()),
            _ => None,
        }
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Sends the first frame, and waits for the worker's first.
    pub(crate) async fn first(&mut self, start: Start<'_>) -> io::Result<Option<FromWorker<'static>>> {
        // The caller has a timeout of its own; elsewhere a machine may have to start before it reads anything.
        self.write(&ToWorker::Start(start), Duration::MAX).await?;
        self.frames.next().await
    }

    /// The first bytes that arrived and were no frame, as text.
    pub(crate) fn refused(&self) -> &str {
        self.frames.refused()
    }

    /// Interrupts a cell by a frame, which reaches a worker anywhere. One that does not even read is killed after the grace.
    async fn interrupt(&mut self, cell: u64) {
        let _ = self.write(&ToWorker::Interrupt { id: cell }, INTERRUPT_GRACE).await;
    }

    /// The outcome of a call for the worker, with the text itself where the worker cannot find it in a snapshot.
    fn outcome(&self, answer: Result<HostReply, HostError>) -> CallOutcome<Reply> {
        match (answer, &self.texts) {
            (Ok(HostReply::Placement(placement)), Texts::Carried(_)) => match self.texts.read(placement) {
                Ok(text) => CallOutcome::Ok(Reply::Carried { text }),
                Err(error) => CallOutcome::Error { kind: "RuntimeError", message: error.to_string() },
            },
            (Ok(reply), _) => CallOutcome::Ok(Reply::Host(reply)),
            (Err(HostError { kind, message }), _) => CallOutcome::Error { kind, message },
        }
    }

    /// Ends the process. The outcome tells the model why.
    fn killed(&mut self, why: String) -> CellOutcome {
        self.alive = false;
        self.process.kill();
        CellOutcome { error: Some(why), ..CellOutcome::ended(CellEnding::Killed) }
    }

    /// The outcome of a cell whose process is gone.
    fn died(&mut self) -> CellOutcome {
        let why = self.watch.why().unwrap_or_else(|| ended("unknown", 0));
        self.killed(why)
    }

    async fn send(&mut self, frame: ToWorker<'_, CallOutcome<Reply>>) -> bool {
        self.write(&frame, STALL_TIMEOUT).await.is_ok()
    }

    async fn write(&mut self, frame: &ToWorker<'_, CallOutcome<Reply>>, stall_timeout: Duration) -> io::Result<()> {
        let bytes = plumb_frames::encode(frame, MAX_TO_WORKER_BYTES)?;
        if let Some((to, sending)) = &self.elsewhere {
            sending.sending(to, bytes.len() as u64).await.map_err(io::Error::other)?;
        }
        frames::write(&mut self.input, &bytes, stall_timeout).await
    }

    /// Checks a call of the worker's: ids only grow, and there are not too many.
    fn admit(&mut self, id: u64, at_once: usize, bytes: usize, calls: u32) -> Result<(), String> {
        if id <= self.last_call {
            return Err(ended("number_reused", 0));
        }
        if at_once >= MAX_CALLS_AT_ONCE {
            return Err(ended("calls_at_once", MAX_CALLS_AT_ONCE as u64));
        }
        if bytes > MAX_CALL_BYTES {
            return Err(ended("bytes_at_once", (MAX_CALL_BYTES >> 20) as u64));
        }
        if calls > MAX_CALLS_PER_CELL {
            return Err(ended("calls", MAX_CALLS_PER_CELL.into()));
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
    ) -> Result<CellOutcome, Fault> {
        if !self.alive {
            return Err(Fault::new(Code::WorkerDied, "The Python worker is gone."));
        }
        // The code of a cell cannot know this number, so it cannot forge the frame that ends the cell.
        let _in_cell = self.watch.cell();
        let cell = if cfg!(fuzzing) { 1 } else { uuid::Uuid::new_v4().as_u64_pair().0 };
        if !self.send(ToWorker::Run(Cell { id: cell, code: Cow::Borrowed(code), output_chars: limits.output_chars })).await {
            return Ok(self.died());
        }
        let mut answers: FuturesUnordered<Answer<'_>> = FuturesUnordered::new();
        let mut calls = 0;
        let mut under_way = 0;
        let cpu_at_start = self.process.vitals().cpu;
        let mut compute_left = limits.compute;
        let mut interrupted: Option<(Interrupted, Instant)> = None;
        let mut watch = tokio::time::interval_at(Instant::now() + WATCH_INTERVAL, WATCH_INTERVAL);
        loop {
            let since = Instant::now();
            // The clock of the cell stands still while the cell waits for the host.
            let computing = answers.is_empty();
            let deadline = match interrupted {
                Some((_, at)) => at + INTERRUPT_GRACE,
                None if computing => since + compute_left,
                None => since + HOST_WAIT,
            };
            tokio::select! {
                frame = self.frames.next() => match frame {
                    Ok(Some(FromWorker::Done { id, outcome })) if id == cell => {
                        return Ok(finish(outcome, limits, interrupted.map(|(why, _)| why)));
                    }
                    Ok(Some(FromWorker::Call { id, body })) => {
                        calls += 1;
                        let size = body.get().len();
                        under_way += size;
                        if let Err(why) = self.admit(id, answers.len(), under_way, calls) {
                            return Ok(self.killed(why));
                        }
                        answers.push(Box::pin(async move { (id, size, answer(host, body).await) }));
                    }
                    Ok(Some(FromWorker::Failed { message })) => {
                        let message: String = message.chars().take(MAX_REASON_CHARS).collect();
                        return Ok(self.killed(render("worker_ended", context! { reason => "reported", message })));
                    }
                    Ok(None) => return Ok(self.died()),
                    _ => return Ok(self.killed(ended("malformed", 0))),
                },
                Some((id, size, answer)) = answers.next(), if !answers.is_empty() => {
                    under_way -= size;
                    let outcome = self.outcome(answer);
                    if !self.send(ToWorker::Reply { id, outcome }).await {
                        return Ok(self.died());
                    }
                }
                _ = watch.tick() => {
                    // A thread that waits for the host does not give the others time without end.
                    let cpu = || self.process.vitals().cpu.saturating_sub(cpu_at_start);
                    if interrupted.is_none() && !computing && cpu() > limits.compute {
                        interrupted = Some((Interrupted::ByTime, Instant::now()));
                        self.interrupt(cell).await;
                    }
                }
                () = stop.cancelled(), if interrupted.is_none() => {
                    interrupted = Some((Interrupted::ByUser, Instant::now()));
                    self.interrupt(cell).await;
                }
                () = tokio::time::sleep_until(deadline) => match interrupted {
                    None if computing => {
                        interrupted = Some((Interrupted::ByTime, Instant::now()));
                        self.interrupt(cell).await;
                    }
                    None => {}
                    Some(_) => {
                        return Ok(self.killed(ended("stuck", limits.compute.as_secs())));
                    }
                },
            }
            if computing {
                compute_left = compute_left.saturating_sub(since.elapsed());
            }
        }
    }
}

async fn answer(host: &dyn ReplHost, body: Cow<'static, RawValue>) -> Result<HostReply, HostError> {
    match calls::parse(body.get()) {
        Ok(call) => host.answer(call).await,
        Err(error) => Err(error),
    }
}

/// The outcome of a cell that the worker reports, with the reason of an interrupt in words. Whatever the worker claims, each text keeps within its
/// limit, and an interrupt that was not sent does not count.
fn finish(reported: protocol::CellOutcome, limits: CellLimits, interrupted: Option<Interrupted>) -> CellOutcome {
    let protocol::CellOutcome { mut output, mut omitted_chars, mut error, ending, mut answer } = reported;
    omitted_chars = omitted_chars.saturating_add(truncate(&mut output, limits.output_chars + OMISSION_NOTE_CHARS));
    if let Some(error) = &mut error {
        truncate(error, MAX_ERROR_CHARS);
    }
    if let Some(answer) = &mut answer {
        truncate(answer, MAX_ANSWER_CHARS);
    }
    let ending = match (ending, interrupted) {
        (protocol::CellEnding::Done, _) => CellEnding::Done,
        (protocol::CellEnding::Raised, _) | (protocol::CellEnding::Interrupted, None) => CellEnding::Raised,
        (protocol::CellEnding::Interrupted, Some(reason)) => {
            let seconds = (reason == Interrupted::ByTime).then_some(limits.compute.as_secs());
            error = Some(render("code_stopped", context! { seconds }));
            CellEnding::Interrupted
        }
    };
    CellOutcome { output, omitted_chars, error, answer, ..CellOutcome::ended(ending) }
}

/// Cuts a text after `max_chars` characters, and returns the number of characters cut off.
fn truncate(text: &mut String, max_chars: usize) -> u64 {
    let Some((end, _)) = text.char_indices().nth(max_chars) else { return 0 };
    let cut = text[end..].chars().count() as u64;
    text.truncate(end);
    cut
}
