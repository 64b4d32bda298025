//! A model on this computer: a handle on the process `plumb-llama`, which is started when first needed and shared by all who ask.

mod child;
mod graphics;
mod own_file;
mod process;
mod prompt_cache;

use crate::frame::{FromLlama, Job, SLOTS};
use async_trait::async_trait;
pub use own_file::{facts, is_file};
use plumb_rlm::{
    fault::{Code, Fault},
    money::Price,
    traits::model::{Model, ModelProfile, ModelReply, ModelRequest, OnProgress, Progress, Strength},
};
use process::Process;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What fits by default: more would take memory that most laptops do not have to spare.
pub const DEFAULT_WINDOW: u32 = 16_384;
/// The smallest that is of any use.
pub const LEAST_WINDOW: u32 = 512;
const MAX_OUTPUT: u32 = 4_096;
/// Of the model's own settings for sampling.
const TOP_K: i32 = 20;
const TOP_P: f32 = 0.8;

/// What a model on this computer runs on.
pub struct RunsOn {
    /// Threads at work.
    pub threads: u32,
    /// Which build of llama.cpp's arithmetic was chosen for the processor.
    pub cpu: String,
    /// The graphics card that they can use.
    pub card: Option<String>,
    /// The one that failed, and how: it is not used for a day.
    pub failure: Option<String>,
}

/// What models would run on. A process is started for it, which then ends.
///
/// # Errors
/// `local_model` where it does not start.
pub async fn runs_on(models_dir: &Path) -> Result<RunsOn, Fault> {
    let graphics = graphics::may_be_tried(models_dir);
    let examined = match child::examine(graphics).await {
        Err((_, why)) if graphics => {
            graphics::failed(models_dir, "the graphics card", &why);
            child::examine(false).await
        }
        examined => examined,
    };
    let (threads, cpu, card) = examined.map_err(|(code, message)| refusal(&code, message))?;
    Ok(RunsOn { threads, cpu, card, failure: graphics::failure(models_dir) })
}

/// A model on this computer, as one of its users sees it.
pub struct Local {
    profile: ModelProfile,
    process: Arc<Process>,
    /// What is asked through this handle is one group of conversations.
    group: u64,
}

/// The group of the next handle.
static NEXT_GROUP: AtomicU64 = AtomicU64::new(1);

impl Drop for Local {
    fn drop(&mut self) {
        self.process.forget(self.group);
    }
}

impl Local {
    /// Has it loaded in the background: a call is about to come.
    pub fn warm(&self) {
        self.process.warm();
    }

    /// The model `name` in `file`. All who ask for the same file share one process. What it remembers of instructions is kept beside the models,
    /// in `models_dir`.
    pub fn new(name: &str, file: &Path, window: u32, strength: Strength, models_dir: &Path) -> Self {
        Self::of(Process::shared(file, window, models_dir), name, strength)
    }

    fn of(process: Arc<Process>, name: &str, strength: Strength) -> Self {
        let profile = ModelProfile {
            name: format!("local:{name}"),
            window_tokens: process.window,
            max_output_tokens: MAX_OUTPUT.min(process.window / 4),
            strength,
            price: Some(Price { input: 0.0, cached_input: None, cache_write: None, output: 0.0 }),
            local: true,
            prefill: true,
            concurrency: Some(SLOTS),
        };
        Local { profile, process, group: NEXT_GROUP.fetch_add(1, Ordering::Relaxed) }
    }
}

#[async_trait]
impl Model for Local {
    fn profile(&self) -> &ModelProfile {
        &self.profile
    }

    fn count_tokens(&self, text: &str) -> u64 {
        // Asking the process would wait for its work. Words have 3 to 4 bytes a token, other scripts 2 and more; a digit or a sign is often a token
        // of its own. What this leaves out the process itself tells: `too_long`.
        let count = |of: fn(&u8) -> bool| text.as_bytes().iter().filter(|byte| of(byte)).count();
        let signs = count(|byte| byte.is_ascii_digit() || byte.is_ascii_punctuation());
        let foreign = count(|byte| !byte.is_ascii());
        let words = text.len() - signs - foreign;
        (signs + foreign.div_ceil(2) + words.div_ceil(3)) as u64
    }

    async fn complete(&self, request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, Fault> {
        let job = Job {
            messages: request.messages,
            prefill: request.prefill,
            max_output_tokens: request.max_output_tokens.min(self.profile.max_output_tokens),
            temperature: request.temperature,
            top_k: TOP_K,
            top_p: TOP_P,
            seed: request.seed as u32,
            stop: request.stop,
            grows: request.grows,
            group: self.group,
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
                    return Ok(ModelReply { text, usage: usage.into(), cost: None, finish });
                }
                FromLlama::Failed { code, message, .. } => {
                    return Err(refusal(&code, message));
                }
                FromLlama::Loading { part } => {
                    if !text.is_empty() {
                        // Its process has ended, and another one answers from the beginning.
                        text.clear();
                        on_progress(Progress::Again);
                    }
                    on_progress(Progress::Loading(part));
                }
                FromLlama::Loaded { .. }
                | FromLlama::Described { .. }
                | FromLlama::Examined { .. }
                | FromLlama::Opening
                | FromLlama::Opened { .. }
                | FromLlama::Kept { .. } => {}
            }
        }
        let message = "The built-in model stopped unexpectedly, perhaps because memory ran out. Ask again; it starts anew.";
        Err(Fault::new(Code::LocalModel, message))
    }
}

/// An error of the process, with the code that stands for it here.
fn refusal(code: &str, message: String) -> Fault {
    let code = match code {
        "too_long" => Code::TooLong,
        "too_large" => Code::TooLarge,
        "wrong_file" => Code::WrongFile,
        _ => Code::LocalModel,
    };
    Fault::new(code, message)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
