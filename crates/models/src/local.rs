//! The built-in model: a handle on the process `plumb-llama`, which is started when first needed and shared by all who ask.

use crate::frame::{self, FromLlama, Job, MAX_FRAME, ToLlama};
use async_trait::async_trait;
use plumb_rlm::model::{Model, ModelError, ModelProfile, ModelReply, ModelRequest, OnProgress, Progress, Strength};
use plumb_rlm::money::Price;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What fits by default: more would take memory that most laptops do not have to spare.
pub const DEFAULT_WINDOW: u32 = 16_384;
/// What the built-in models were trained for.
const LARGEST_WINDOW: u32 = 32_768;
const MAX_OUTPUT: u32 = 4_096;
/// The model takes 1.2 GB of memory, and as much again of the disk cache: after this long without work it is given back.
const IDLE: Duration = Duration::from_secs(600);
/// Of the model's own settings for sampling.
const TOP_K: i32 = 20;
const TOP_P: f32 = 0.8;

/// The built-in model, as one of its users sees it.
pub struct Local {
    profile: ModelProfile,
    process: Arc<Process>,
}

impl Local {
    /// The model `id` in `file`. All who ask for the same file share one process, with the window of the first.
    pub fn new(id: &str, file: PathBuf, window: Option<u32>) -> Self {
        let process = Process::shared(&file, window.unwrap_or(DEFAULT_WINDOW).clamp(512, LARGEST_WINDOW));
        let profile = ModelProfile {
            name: format!("local:{id}"),
            window_tokens: process.n_ctx,
            max_output_tokens: MAX_OUTPUT.min(process.n_ctx / 4),
            strength: Strength::Small,
            price: Some(Price { input: 0.0, cached_input: None, cache_write: None, output: 0.0 }),
            local: true,
            prefill: true,
            concurrency: 1,
        };
        Local { profile, process }
    }
}

#[async_trait]
impl Model for Local {
    fn profile(&self) -> &ModelProfile {
        &self.profile
    }

    fn count_tokens(&self, text: &str) -> u64 {
        // Asking the process would wait for its work. Its tokens have 3 to 4 bytes of text or code.
        text.len().div_ceil(3) as u64
    }

    async fn complete(&self, request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, ModelError> {
        let job = Job {
            messages: request.messages,
            prefill: request.prefill,
            max_output_tokens: request.max_output_tokens.min(self.profile.max_output_tokens),
            temperature: request.temperature,
            top_k: TOP_K,
            top_p: TOP_P,
            seed: request.seed as u32,
            stop: request.stop,
        };
        let mut events = self.process.send(job);
        let mut text = String::new();
        while let Some(event) = events.recv().await {
            match event {
                FromLlama::Text { text: piece, .. } => {
                    on_progress(Progress::Text(&piece));
                    text.push_str(&piece);
                }
                FromLlama::Done { finish, usage, prompt_ms, reply_ms, .. } => {
                    tracing::debug!(?usage, prompt_ms, reply_ms, "local reply");
                    return Ok(ModelReply { text, usage: Some(usage), cost: None, finish });
                }
                FromLlama::Failed { code, message, .. } => {
                    let code = if code == "too_long" { "too_long" } else { "local_model" };
                    return Err(ModelError { code, message, partial: text });
                }
                FromLlama::Loaded { .. } | FromLlama::Count { .. } => {}
            }
        }
        let message = "The built-in model stopped unexpectedly, perhaps because memory ran out. Ask again; it starts anew.";
        Err(ModelError { code: "local_model", message: message.into(), partial: text })
    }
}

/// A job and the one who waits for it. Whoever stops waiting ends the job.
struct Ticket {
    job: Job,
    events: UnboundedSender<FromLlama>,
}

/// The one process of a model file.
struct Process {
    file: PathBuf,
    n_ctx: u32,
    /// To the task that drives it; none while nothing runs.
    driver: Mutex<Option<UnboundedSender<Ticket>>>,
}

static PROCESSES: LazyLock<Mutex<HashMap<PathBuf, Arc<Process>>>> = LazyLock::new(Mutex::default);

impl Process {
    fn shared(file: &Path, n_ctx: u32) -> Arc<Self> {
        let mut all = lock(&PROCESSES);
        let new = || Arc::new(Process { file: file.to_owned(), n_ctx, driver: Mutex::new(None) });
        all.entry(file.to_owned()).or_insert_with(new).clone()
    }

    /// Hands a job in; jobs are done in the order they come. The events end without `Done` if the process dies.
    fn send(self: &Arc<Self>, job: Job) -> UnboundedReceiver<FromLlama> {
        let (events, received) = unbounded_channel();
        let ticket = Ticket { job, events };
        let mut driver = lock(&self.driver);
        let refused = match driver.as_ref() {
            Some(running) => running.send(ticket).err().map(|refused| refused.0),
            None => Some(ticket),
        };
        if let Some(ticket) = refused {
            let (tickets, queue) = unbounded_channel();
            let _ = tickets.send(ticket);
            *driver = Some(tickets);
            tokio::spawn(self.clone().drive(queue));
        }
        received
    }

    /// Runs the process for as long as there is work. When it dies, those who wait learn it and the next job starts it anew.
    async fn drive(self: Arc<Self>, mut queue: UnboundedReceiver<Ticket>) {
        let mut running: Option<Running> = None;
        let mut id = 0;
        loop {
            let ticket = match tokio::time::timeout(IDLE, queue.recv()).await {
                Ok(Some(ticket)) => ticket,
                Ok(None) => return,
                Err(_) => {
                    running = None;
                    match queue.recv().await {
                        Some(ticket) => ticket,
                        None => return,
                    }
                }
            };
            if ticket.events.is_closed() {
                continue;
            }
            if running.is_none() {
                match Running::start(&self.file, self.n_ctx).await {
                    Ok(started) => running = Some(started),
                    Err(message) => {
                        let _ = ticket.events.send(FromLlama::Failed { id: None, code: "local_model".into(), message });
                        continue;
                    }
                }
            }
            id += 1;
            if let Some(process) = &mut running
                && let Err(error) = process.work(id, ticket).await
            {
                tracing::warn!(%error, "the local model's process ended");
                running = None;
            }
        }
    }
}

/// A process that has loaded its model.
struct Running {
    // Dropped with this, which kills the process.
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Running {
    async fn start(file: &Path, n_ctx: u32) -> Result<Self, String> {
        let failed = |error: io::Error| format!("The built-in model did not start ({error}). Install Plumb again.");
        let program = find_program().map_err(failed)?;
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_clear()
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let mut running = Running { _child: child, input, output: BufReader::new(output) };
        running.send(&ToLlama::Load { model: file.to_owned(), n_ctx }).await.map_err(failed)?;
        match running.receive().await {
            Ok(FromLlama::Loaded { n_ctx, threads, cpu, sealed }) => {
                tracing::info!(n_ctx, threads, cpu, ?sealed, "the local model is loaded");
                Ok(running)
            }
            Ok(FromLlama::Failed { message, .. }) => Err(message),
            Ok(_) => Err(failed(io::ErrorKind::InvalidData.into())),
            Err(_) => {
                Err("The built-in model could not be loaded; perhaps there is not enough memory. Close other programs.".into())
            }
        }
    }

    /// Does one job to its end, or to its cancellation once nobody waits for it.
    async fn work(&mut self, id: u64, ticket: Ticket) -> io::Result<()> {
        self.send(&ToLlama::Complete { id, job: ticket.job }).await?;
        let mut cancelled = false;
        let mut frame = Incoming::default();
        loop {
            tokio::select! {
                () = ticket.events.closed(), if !cancelled => {
                    cancelled = true;
                    self.input.write_all(&frame::encode(&ToLlama::Cancel { id })?).await?;
                    self.input.flush().await?;
                }
                event = frame.next(&mut self.output) => {
                    let event = event?;
                    let over = matches!(event, FromLlama::Done { .. } | FromLlama::Failed { .. });
                    let _ = ticket.events.send(event);
                    if over {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn send(&mut self, frame: &ToLlama) -> io::Result<()> {
        self.input.write_all(&frame::encode(frame)?).await?;
        self.input.flush().await
    }

    async fn receive(&mut self) -> io::Result<FromLlama> {
        Incoming::default().next(&mut self.output).await
    }
}

/// A frame on its way in. It is kept between calls of `next`, which may be dropped at any point without losing a byte.
#[derive(Default)]
struct Incoming {
    bytes: Vec<u8>,
}

impl Incoming {
    async fn next(&mut self, from: &mut BufReader<ChildStdout>) -> io::Result<FromLlama> {
        loop {
            let want = match self.bytes.first_chunk::<4>() {
                Some(length) => 4 + frame::length_of(*length)?,
                None => 4,
            };
            if want > 4 && self.bytes.len() == want {
                let event = serde_json::from_slice(&self.bytes[4..])?;
                self.bytes.clear();
                return Ok(event);
            }
            let missing = want.min(4 + MAX_FRAME) - self.bytes.len();
            if from.take(missing as u64).read_buf(&mut self.bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// The program lies beside this one; a test's own program lies one folder deeper.
fn find_program() -> io::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let name = format!("plumb-llama{}", std::env::consts::EXE_SUFFIX);
    let found = this.ancestors().skip(1).take(2).map(|dir| dir.join(&name)).find(|path| path.is_file());
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{name} is missing")))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
