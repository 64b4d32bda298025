//! The process `plumb-llama`, and its frames.

use super::graphics;
use super::prompt_cache::PromptCache;
use plumb_frames::HEAD_BYTES;
use plumb_llama_protocol::{FailureKind, FileFacts, FromLlama, Graphics, MAX_FRAME_BYTES, ToLlama};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// A process that has loaded its model. Dropping it kills the process.
pub struct Loaded {
    _child: Child,
    /// Takes orders.
    pub input: Input,
    /// Yields events.
    pub output: Output,
    /// The prompt cache for later processes.
    pub prompt_cache: PromptCache,
    /// Whether the model is in a graphics card's memory.
    pub graphics: Graphics,
}

/// Time for a graphics card's driver to open the card, and then to report each step of loading.
const DRIVER_TIMEOUT: Duration = Duration::from_secs(60);
/// llama.cpp's own variable that names the cards it may use.
const VISIBLE_CARDS: &str = "GGML_VK_VISIBLE_DEVICES";

/// A process's standard input.
pub struct Input(ChildStdin);

/// A process's standard output.
pub struct Output {
    pipe: BufReader<ChildStdout>,
    /// The frame that is arriving. It survives a call of `next` that is dropped halfway.
    bytes: Vec<u8>,
}

/// Held while a model loads: two at the same time would each take the same free memory for their own.
static LOADING: Mutex<()> = Mutex::const_new(());

/// Starts a process and loads `file` in it, into a graphics card where `cards` may be used and one works. `on_part` gets the part in memory, 0 to 1.
/// `models_dir` holds the prompt cache and the record of failed cards.
pub async fn load(
    file: &Path,
    window: u32,
    models_dir: &Path,
    cards: bool,
    on_part: &(dyn Fn(f32) + Send + Sync),
) -> Result<Loaded, Fault> {
    let _one = LOADING.lock().await;
    if cards && graphics::may_be_tried(models_dir) {
        let mut card = None;
        match try_load(file, window, models_dir, true, &mut card, on_part).await {
            // These are failures of the file or the computer, not of a driver.
            Err(fault) if card.is_none() || matches!(fault.code, Code::WrongFile | Code::TooLarge) => return Err(fault),
            Err(fault) => graphics::record_failure(models_dir, &card.unwrap_or_default(), &fault.message),
            Ok(loaded) => return Ok(loaded),
        }
    }
    try_load(file, window, models_dir, false, &mut None, on_part).await
}

/// Loads once. `card` is set while a failure can be a graphics card's driver's.
async fn try_load(
    file: &Path,
    window: u32,
    models_dir: &Path,
    graphics: bool,
    card: &mut Option<String>,
    on_part: &(dyn Fn(f32) + Send + Sync),
) -> Result<Loaded, Fault> {
    let program = find_program().map_err(|error| not_started(&error))?;
    let prompt_cache = PromptCache::of(&models_dir.join("prompt-cache"), [file, &program]);
    let (model, kept) = (file.to_owned(), prompt_cache.files());
    let order = ToLlama::Load { model, window, prompt_cache: kept, graphics };
    let (child, input, mut output) = spawn(&program, &order).await?;
    loop {
        // A driver may hang.
        let limit = if card.is_some() { DRIVER_TIMEOUT } else { Duration::MAX };
        let Ok(event) = timeout(limit, output.next()).await else {
            return Err(driver_hangs());
        };
        match event {
            Ok(FromLlama::Opening) => *card = Some("the graphics card".into()),
            Ok(FromLlama::Opened { card: opened }) => *card = opened,
            Ok(FromLlama::Loading { part }) => on_part(part),
            Ok(FromLlama::Loaded { window, threads, cpu, sealed, open, graphics }) => {
                tracing::info!(window, threads, cpu, ?sealed, ?open, ?graphics, "the local model is loaded");
                return Ok(Loaded { _child: child, input, output, prompt_cache, graphics });
            }
            Ok(FromLlama::Failed { kind, message, .. }) => return Err(failure(kind, message)),
            Ok(_) => return Err(not_started(&io::ErrorKind::InvalidData.into())),
            Err(_) if card.is_some() => return Err(driver_ended()),
            Err(_) => {
                let message = "The model could not be loaded, perhaps because memory ran out. Close other programs, or choose a smaller model.";
                return Err(Fault::new(Code::LocalModel, message));
            }
        }
    }
}

// The words of these two follow a card's name and a colon.

fn driver_ended() -> Fault {
    Fault::new(Code::Graphics, "its driver ended the model's process")
}

fn driver_hangs() -> Fault {
    fault!(Code::Graphics, "its driver did not answer for {seconds} s", seconds = DRIVER_TIMEOUT.as_secs())
}

/// The hardware that a model on this computer would run on.
pub struct Examined {
    /// Threads at work.
    pub threads: u32,
    /// The build of the arithmetic chosen for the processor.
    pub cpu: String,
    /// The graphics card that llama.cpp can use, where one was looked for.
    pub card: Option<String>,
}

/// Examines the hardware; looks for a graphics card where `graphics` allows it.
pub async fn examine(graphics: bool) -> Result<Examined, Fault> {
    let program = find_program().map_err(|error| not_started(&error))?;
    let (_child, _input, mut output) = spawn(&program, &ToLlama::Examine { graphics }).await?;
    match timeout(DRIVER_TIMEOUT, output.next()).await {
        Ok(Ok(FromLlama::Examined { threads, cpu, card })) => Ok(Examined { threads, cpu, card }),
        Ok(Ok(FromLlama::Failed { kind, message, .. })) => Err(failure(kind, message)),
        Ok(Ok(_)) => Err(not_started(&io::ErrorKind::InvalidData.into())),
        Ok(Err(_)) if graphics => Err(driver_ended()),
        Ok(Err(error)) => Err(not_started(&error)),
        Err(_) => Err(driver_hangs()),
    }
}

/// Reads the metadata of `file` in a sealed process, which then ends.
pub async fn describe(file: &Path) -> Result<FileFacts, Fault> {
    let program = find_program().map_err(|error| not_started(&error))?;
    let (_child, _input, mut output) = spawn(&program, &ToLlama::Describe { model: file.to_owned() }).await?;
    match output.next().await {
        Ok(FromLlama::Described { facts }) => Ok(facts),
        Ok(FromLlama::Failed { kind, message, .. }) => Err(failure(kind, message)),
        Ok(_) => Err(not_started(&io::ErrorKind::InvalidData.into())),
        Err(_) => Err(fault!(
            Code::WrongFile,
            "{file} cannot be read as a model. Download it again, or choose another one.",
            file = file.display(),
        )),
    }
}

async fn spawn(program: &Path, first: &ToLlama) -> Result<(Child, Input, Output), Fault> {
    let started = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env_clear()
        .envs(std::env::var_os(VISIBLE_CARDS).map(|cards| (VISIBLE_CARDS, cards)))
        .kill_on_drop(true)
        .spawn();
    let mut child = started.map_err(|error| not_started(&error))?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(not_started(&io::ErrorKind::BrokenPipe.into()));
    };
    let mut input = Input(input);
    input.send(first).await.map_err(|error| not_started(&error))?;
    Ok((child, input, Output { pipe: BufReader::new(output), bytes: Vec::new() }))
}

fn not_started(error: &io::Error) -> Fault {
    fault!(
        Code::LocalModel,
        "The program for models on this computer did not start ({error}). Install Plumb again.",
        error = error,
    )
}

/// The fault of a failure that the process reports.
pub fn failure(kind: FailureKind, message: String) -> Fault {
    let code = match kind {
        FailureKind::TooLong => Code::TooLong,
        FailureKind::TooLarge => Code::TooLarge,
        FailureKind::WrongFile => Code::WrongFile,
        FailureKind::Graphics => Code::Graphics,
        FailureKind::Internal => Code::LocalModel,
    };
    Fault::new(code, message)
}

impl Input {
    /// Sends an order.
    pub async fn send(&mut self, order: &ToLlama) -> io::Result<()> {
        self.0.write_all(&plumb_frames::encode(order, MAX_FRAME_BYTES)?).await?;
        self.0.flush().await
    }
}

impl Output {
    /// The next event.
    pub async fn next(&mut self) -> io::Result<FromLlama> {
        loop {
            let wanted = match self.bytes.first_chunk::<HEAD_BYTES>() {
                Some(head) => HEAD_BYTES + plumb_frames::length(*head, MAX_FRAME_BYTES)?,
                None => HEAD_BYTES,
            };
            if wanted > HEAD_BYTES && self.bytes.len() == wanted {
                let event = serde_json::from_slice(&self.bytes[HEAD_BYTES..])?;
                self.bytes.clear();
                return Ok(event);
            }
            let missing = wanted - self.bytes.len();
            if (&mut self.pipe).take(missing as u64).read_buf(&mut self.bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn find_program() -> io::Result<PathBuf> {
    let name = format!("plumb-llama{}", std::env::consts::EXE_SUFFIX);
    beside_programs(&name).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{name} is missing")))
}

/// A file in the folder of this program, or, for a test's program, in the folder above.
pub fn beside_programs(name: &str) -> Option<PathBuf> {
    let this = std::env::current_exe().ok()?;
    this.ancestors().skip(1).take(2).map(|dir| dir.join(name)).find(|path| path.is_file())
}
