//! A running worker: sends it cells, answers its calls, ends it when it must be ended.

use crate::{
    calls,
    frames::{self, FromWorker, Incoming, ReplyOutcome, ToWorker},
    process::{Process, Watch, vitals},
    texts::Texts,
};
use async_trait::async_trait;
use futures_util::{StreamExt, stream::FuturesUnordered};
use plumb_rlm::{
    fault::{Code, Fault},
    sending::{Destination, Sending},
    traits::repl::{CellEnding, CellLimits, CellOutcome, HostError, HostReply, Repl, ReplHost},
};
use serde_json::value::RawValue;
use std::{future::Future, io, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// How long code may take to react to an interrupt before its process is killed.
const GRACE: Duration = Duration::from_secs(1);

/// The most calls of one worker under way at once: its threads, not its batches, which are one call each.
const MOST_CALLS: usize = 256;

/// Their texts together, in bytes.
const MOST_CALL_BYTES: usize = 256 << 20;

/// The most calls of one cell: a loop that asks for ever ends, although its own computing time hardly passes.
const MOST_CALLS_OF_A_CELL: u32 = 200_000;

/// How often the time is looked at that a cell's threads use while others wait.
const WATCH: Duration = Duration::from_millis(100);

/// How long nothing may move of what is sent to a worker.
const STALLED: Duration = Duration::from_secs(5);

/// The longest error text taken from a worker, in characters.
const MOST_ERROR_CHARS: usize = 20_000;

/// The longest answer, in characters; the worker refuses longer ones (`LONGEST_ANSWER` in its prelude).
const MOST_ANSWER_CHARS: usize = 2_000_000;

/// A worker process. Dropping it kills the process.
pub struct Worker {
    process: Process,
    watch: Watch,
    input: Box<dyn AsyncWrite + Send + Unpin>,
    frames: Incoming<Box<dyn AsyncRead + Send + Unpin>>,
    texts: Texts,
    /// Where its frames go and who writes that down, if that is not on this computer.
    elsewhere: Option<(Destination, Arc<dyn Sending>)>,
    last_call: u64,
    alive: bool,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.kill();
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = (u64, usize, Result<HostReply, HostError>)> + Send + 'a>>;

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

    /// Its frames are written down before they go to that place.
    pub(crate) fn noting(mut self, to: Destination, sending: Option<Arc<dyn Sending>>) -> Self {
        self.elsewhere = sending.map(|sending| (to, sending));
        self
    }

    /// The number of its process, where that is on this machine.
    pub fn id(&self) -> Option<u32> {
        match self.process {
            Process::Forked { id, .. } => Some(id),
            _ => None,
        }
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Sends the first frame, and waits for the worker's first.
    pub(crate) async fn first(&mut self, start: &ToWorker<'_>) -> io::Result<Option<FromWorker>> {
        // Whoever waits has a limit of its own; elsewhere a machine may have to be started before anything is read.
        self.write(start, Duration::MAX).await?;
        self.frames.next().await
    }

    /// What arrived and was no frame: the beginning, as text.
    pub(crate) fn said(&self) -> String {
        self.frames.said()
    }

    /// In-band, so that it reaches a worker anywhere. One that does not even read is killed when its grace is over.
    async fn interrupt(&mut self, cell: u64) {
        let _ = self.write(&ToWorker::Interrupt { id: cell }, GRACE).await;
    }

    /// What the worker is sent: a text itself, where it cannot find it in a snapshot.
    fn reply(&self, outcome: Result<HostReply, HostError>) -> ReplyOutcome {
        match (outcome, &self.texts) {
            (Ok(HostReply::Placement(placement)), Texts::Carried(_)) => match self.texts.read(placement) {
                Ok(text) => ReplyOutcome::Carried { text },
                Err(error) => ReplyOutcome::Error(HostError { kind: "RuntimeError", message: error.to_string() }),
            },
            (Ok(reply), _) => ReplyOutcome::Ok(reply),
            (Err(error), _) => ReplyOutcome::Error(error),
        }
    }

    fn killed(&mut self, why: String) -> CellOutcome {
        self.alive = false;
        self.process.kill();
        CellOutcome { error: Some(why), ..CellOutcome::ended(CellEnding::Killed) }
    }

    /// Why it is gone.
    fn died(&self) -> String {
        let rest = "Variables are rebuilt from the earlier steps. Work on smaller pieces, or use grep() and search().";
        match self.watch.why() {
            Some(why) => format!("The Python process was ended: {why}. {rest}"),
            None => {
                format!("The Python process ended in the middle of the code, most likely because it used too much memory. {rest}")
            }
        }
    }

    async fn send(&mut self, frame: ToWorker<'_>) -> bool {
        self.write(&frame, STALLED).await.is_ok()
    }

    async fn write(&mut self, frame: &ToWorker<'_>, patience: Duration) -> io::Result<()> {
        let bytes = frame.bytes()?;
        if let Some((to, sending)) = &self.elsewhere {
            sending.sending(to, bytes.len() as u64).await.map_err(io::Error::other)?;
        }
        frames::write(&mut self.input, &bytes, patience).await
    }

    /// A call of the worker's, checked: ids only grow, and there are not too many.
    fn admit(&mut self, id: u64, at_once: usize, bytes: usize, calls: u32) -> Result<(), String> {
        if id <= self.last_call {
            return Err("it reused the number of a call".to_owned());
        }
        if at_once >= MOST_CALLS || bytes > MOST_CALL_BYTES {
            let megabytes = MOST_CALL_BYTES >> 20;
            return Err(format!(
                "it made more than {MOST_CALLS} calls, or calls with more than {megabytes} MB, at the same time from threads"
            ));
        }
        if calls > MOST_CALLS_OF_A_CELL {
            return Err(format!("one step made more than {MOST_CALLS_OF_A_CELL} calls. Ask for more with each call"));
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
        // The code of a cell cannot know its number, so it cannot say in the worker's name how it ended.
        let _in_cell = self.watch.cell();
        let cell = if cfg!(fuzzing) { 1 } else { uuid::Uuid::new_v4().as_u64_pair().0 };
        if !self.send(ToWorker::Run { id: cell, code, output_chars: limits.output_chars }).await {
            return Ok(self.killed(self.died()));
        }
        let mut answers: FuturesUnordered<Answer<'_>> = FuturesUnordered::new();
        let mut calls = 0;
        let mut under_way = 0;
        let at_start = vitals(&self.process).cpu;
        let mut compute_left = limits.compute;
        let mut interrupted: Option<(Interrupted, Instant)> = None;
        let mut watch = tokio::time::interval_at(Instant::now() + WATCH, WATCH);
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
                frame = self.frames.next() => match frame {
                    Ok(Some(FromWorker::Done { id, outcome })) if id == cell => {
                        return Ok(finish(outcome, limits, interrupted.map(|(why, _)| why)));
                    }
                    Ok(Some(FromWorker::Call { id, body })) => {
                        calls += 1;
                        let size = body.get().len();
                        under_way += size;
                        if let Err(why) = self.admit(id, answers.len(), under_way, calls) {
                            return Ok(self.killed(format!("The Python process was ended: {why}.")));
                        }
                        answers.push(Box::pin(async move { (id, size, answer(host, body).await) }));
                    }
                    Ok(Some(FromWorker::Failed { message })) => {
                        let message: String = message.chars().take(500).collect();
                        return Ok(self.killed(format!(
                            "The Python process was ended: {message}. Variables are rebuilt from the steps before this one."
                        )));
                    }
                    Ok(None) => return Ok(self.killed(self.died())),
                    _ => return Ok(self.killed("The Python process was ended: it sent something Plumb does not understand.".to_owned())),
                },
                Some((id, size, outcome)) = answers.next(), if !answers.is_empty() => {
                    under_way -= size;
                    let outcome = self.reply(outcome);
                    if !self.send(ToWorker::Reply { id, outcome }).await {
                        return Ok(self.killed(self.died()));
                    }
                }
                _ = watch.tick() => {
                    // One thread that waits for us does not give the others time without end.
                    if interrupted.is_none() && !computing && vitals(&self.process).cpu.saturating_sub(at_start) > limits.compute {
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
                        let seconds = limits.compute.as_secs();
                        return Ok(self.killed(format!(
                            "The code ran for more than {seconds} s and did not react to an interrupt, so its process was ended. Variables are rebuilt \
                             from the earlier steps. Work on smaller pieces, or use grep() and search()."
                        )));
                    }
                },
            }
            if computing {
                compute_left = compute_left.saturating_sub(since.elapsed());
            }
        }
    }
}

async fn answer(host: &dyn ReplHost, body: Box<RawValue>) -> Result<HostReply, HostError> {
    match calls::read(body.get()) {
        Ok(call) => host.answer(call).await,
        Err(error) => Err(error),
    }
}

/// The outcome, with the reason of an interrupt in words, and no more output than asked for whatever the worker claims.
fn finish(mut outcome: CellOutcome, limits: CellLimits, interrupted: Option<Interrupted>) -> CellOutcome {
    let most = limits.output_chars + 100;
    if let Some((end, _)) = outcome.output.char_indices().nth(most) {
        outcome.omitted_chars = outcome.omitted_chars.saturating_add(outcome.output[end..].chars().count() as u64);
        outcome.output.truncate(end);
    }
    if let Some(error) = &mut outcome.error
        && let Some((end, _)) = error.char_indices().nth(MOST_ERROR_CHARS)
    {
        error.truncate(end);
    }
    if let Some(answer) = &mut outcome.answer
        && let Some((end, _)) = answer.char_indices().nth(MOST_ANSWER_CHARS)
    {
        answer.truncate(end);
    }
    // Only we kill and interrupt.
    if outcome.ending == CellEnding::Killed || (outcome.ending == CellEnding::Interrupted && interrupted.is_none()) {
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
