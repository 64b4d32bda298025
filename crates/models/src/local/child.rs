//! The process `plumb-llama`, and its frames.

use super::graphics;
use super::prompt_cache::PromptCache;
use crate::frame::{self, Facts, FromLlama, Graphics, MAX_FRAME, ToLlama};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Why there is no model: a code and words.
pub type Failure = (String, String);

/// A process that has loaded its model. Dropped, it is killed.
pub struct Loaded {
    _child: Child,
    /// Orders go in here.
    pub input: Input,
    /// And events come out here.
    pub output: Output,
    /// What is kept for the processes after it.
    pub prompt_cache: PromptCache,
    /// Whether it is in a graphics card's memory.
    pub graphics: Graphics,
}

/// How long a graphics card's driver may take to open it, and then to say how far it is with the model.
const OPENING: Duration = Duration::from_secs(60);
/// llama.cpp's own way to say which cards it may use.
const CHOSEN_CARDS: &str = "GGML_VK_VISIBLE_DEVICES";

/// What a process hears.
pub struct Input(ChildStdin);

/// What a process says.
pub struct Output {
    pipe: BufReader<ChildStdout>,
    /// A frame on its way in. It is kept between calls of `next`, which may be dropped at any point without losing a byte.
    bytes: Vec<u8>,
}

/// Two that load at once would each take the same free memory for its own.
static LOADING: Mutex<()> = Mutex::const_new(());

/// Starts a process and loads `file` in it, into a graphics card where `cards` may be used and that works. `on_part` hears how much of it is in memory, 0 to 1. What is
/// remembered beyond the process lies in `models_dir`.
pub async fn load(
    file: &Path,
    window: u32,
    models_dir: &Path,
    cards: bool,
    on_part: &(dyn Fn(f32) + Send + Sync),
) -> Result<Loaded, Failure> {
    let _one = LOADING.lock().await;
    if cards && graphics::may_be_tried(models_dir) {
        let mut card = None;
        match try_load(file, window, models_dir, true, &mut card, on_part).await {
            // These are the file's faults, or the computer's, and no driver's.
            Err((code, message)) if card.is_none() || matches!(code.as_str(), "wrong_file" | "too_large") => {
                return Err((code, message));
            }
            Err((_, message)) => graphics::failed(models_dir, &card.unwrap_or_default(), &message),
            Ok(loaded) => return Ok(loaded),
        }
    }
    try_load(file, window, models_dir, false, &mut None, on_part).await
}

/// Loads once. `card` is set while a graphics card's driver can be what fails.
async fn try_load(
    file: &Path,
    window: u32,
    models_dir: &Path,
    graphics: bool,
    card: &mut Option<String>,
    on_part: &(dyn Fn(f32) + Send + Sync),
) -> Result<Loaded, Failure> {
    let program = find_program().map_err(|error| failed(&error))?;
    let prompt_cache = PromptCache::of(&models_dir.join("prompt-cache"), [file, &program]);
    let (model, kept) = (file.to_owned(), prompt_cache.files());
    let order = ToLlama::Load { model, window, prompt_cache: kept, graphics };
    let (child, input, mut output) = spawn(&program, &order).await?;
    loop {
        // A driver may hang.
        let patience = if card.is_some() { OPENING } else { Duration::MAX };
        let Ok(event) = timeout(patience, output.next()).await else {
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
            Ok(FromLlama::Failed { code, message, .. }) => return Err((code, message)),
            Ok(_) => return Err(failed(&io::ErrorKind::InvalidData.into())),
            Err(_) if card.is_some() => return Err(driver_ended()),
            Err(_) => {
                let message = "The model could not be loaded; perhaps there is not enough memory. Close other programs, or choose a smaller model.";
                return Err(("local_model".into(), message.into()));
            }
        }
    }
}

fn driver_ended() -> Failure {
    ("graphics".into(), "its driver ended the model's process".into())
}

fn driver_hangs() -> Failure {
    ("graphics".into(), format!("its driver did not answer for {} s", OPENING.as_secs()))
}

/// What this computer would run a model on: threads, the build of the arithmetic, and, where it is looked for, the graphics card that llama.cpp
/// can use.
pub async fn examine(graphics: bool) -> Result<(u32, String, Option<String>), Failure> {
    let program = find_program().map_err(|error| failed(&error))?;
    let (_child, _input, mut output) = spawn(&program, &ToLlama::Examine { graphics }).await?;
    match timeout(OPENING, output.next()).await {
        Ok(Ok(FromLlama::Examined { threads, cpu, card })) => Ok((threads, cpu, card)),
        Ok(Ok(FromLlama::Failed { code, message, .. })) => Err((code, message)),
        Ok(Ok(_)) => Err(failed(&io::ErrorKind::InvalidData.into())),
        Ok(Err(_)) if graphics => Err(driver_ended()),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(driver_hangs()),
    }
}

/// What `file` says of its model. It is read in a sealed process, which then ends.
pub async fn describe(file: &Path) -> Result<Facts, Failure> {
    let program = find_program().map_err(|error| failed(&error))?;
    let (_child, _input, mut output) = spawn(&program, &ToLlama::Describe { model: file.to_owned() }).await?;
    match output.next().await {
        Ok(FromLlama::Described { facts }) => Ok(facts),
        Ok(FromLlama::Failed { code, message, .. }) => Err((code, message)),
        Ok(_) => Err(failed(&io::ErrorKind::InvalidData.into())),
        Err(_) => Err((
            "wrong_file".into(),
            format!("{} cannot be read as a model. Fetch it again, or choose another one.", file.display()),
        )),
    }
}

async fn spawn(program: &Path, first: &ToLlama) -> Result<(Child, Input, Output), Failure> {
    let started = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env_clear()
        .envs(std::env::var_os(CHOSEN_CARDS).map(|cards| (CHOSEN_CARDS, cards)))
        .kill_on_drop(true)
        .spawn();
    let mut child = started.map_err(|error| failed(&error))?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed(&io::ErrorKind::BrokenPipe.into()));
    };
    let mut input = Input(input);
    input.send(first).await.map_err(|error| failed(&error))?;
    Ok((child, input, Output { pipe: BufReader::new(output), bytes: Vec::new() }))
}

fn failed(error: &io::Error) -> Failure {
    ("local_model".into(), format!("The built-in model did not start ({error}). Install Plumb again."))
}

impl Input {
    /// Sends an order.
    pub async fn send(&mut self, order: &ToLlama) -> io::Result<()> {
        self.0.write_all(&frame::encode(order)?).await?;
        self.0.flush().await
    }
}

impl Output {
    /// The next event.
    pub async fn next(&mut self) -> io::Result<FromLlama> {
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
            if (&mut self.pipe).take(missing as u64).read_buf(&mut self.bytes).await? == 0 {
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
