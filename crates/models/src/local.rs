//! Models on this computer: handles on the process `plumb-llama`, which starts when first needed and serves all callers.

mod child;
mod embedder;
mod fetch;
mod graphics;
mod own_file;
mod process;
mod prompt_cache;

use async_trait::async_trait;
pub use embedder::Embedder;
pub use fetch::{Progress as FetchProgress, Source, fetch};
pub use own_file::{file_facts, is_file};
use plumb_llama_protocol as protocol;
use plumb_llama_protocol::{FromLlama, Job};
use plumb_rlm::{
    fault::{Code, Fault},
    traits::model::{Message, Model, ModelProfile, ModelReply, ModelRequest, OnProgress, Progress, Role},
    usage::{Finish, Usage},
};
use process::{Process, Work};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

// The built-in models' own settings for sampling.
const TOP_K: i32 = 20;
const TOP_P: f32 = 0.8;

/// The hardware that models on this computer run on.
pub struct RunsOn {
    /// Threads at work.
    pub threads: u32,
    /// The build of llama.cpp's arithmetic chosen for the processor.
    pub cpu: String,
    /// The graphics card that models can use.
    pub card: Option<String>,
    /// The card that failed and the reason; it is not used for a day.
    pub failure: Option<String>,
}

/// Examines the hardware for models in `models_dir`. Starts a process for it, which then ends.
///
/// # Errors
/// `local_model` where the process does not start.
pub async fn runs_on(models_dir: &Path) -> Result<RunsOn, Fault> {
    let graphics = graphics::may_be_tried(models_dir);
    let examined = match child::examine(graphics).await {
        Err(fault) if graphics => {
            graphics::record_failure(models_dir, "the graphics card", &fault.message);
            child::examine(false).await
        }
        examined => examined,
    };
    let child::Examined { threads, cpu, card } = examined?;
    Ok(RunsOn { threads, cpu, card, failure: graphics::failure(models_dir) })
}

/// One caller's handle on a model on this computer.
pub struct Local {
    profile: ModelProfile,
    process: Arc<Process>,
    /// The conversations of this handle form one group.
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
    /// Loads the model in the background, because a call is about to come.
    pub fn warm(&self) {
        self.process.warm();
    }

    /// The model in `file`. All handles of a file share one process. The prompt cache is in `models_dir`.
    pub fn new(profile: ModelProfile, file: &Path, models_dir: &Path) -> Self {
        let process = Process::shared(file, profile.window_tokens, models_dir);
        Self::of(process, profile)
    }

    fn of(process: Arc<Process>, profile: ModelProfile) -> Self {
        Local { profile, process, group: NEXT_GROUP.fetch_add(1, Ordering::Relaxed) }
    }
}

#[async_trait]
impl Model for Local {
    fn profile(&self) -> &ModelProfile {
        &self.profile
    }

    fn count_tokens(&self, text: &str) -> u64 {
        // Asking the process would wait for its work. Words have 3 to 4 bytes a token, other scripts at least 2, and a digit or a sign is often a token
        // of its own. Where this estimate is too low, the process reports `too_long`.
        let count = |of: fn(&u8) -> bool| text.as_bytes().iter().filter(|byte| of(byte)).count();
        let signs = count(|byte| byte.is_ascii_digit() || byte.is_ascii_punctuation());
        let foreign = count(|byte| !byte.is_ascii());
        let words = text.len() - signs - foreign;
        (signs + foreign.div_ceil(2) + words.div_ceil(3)) as u64
    }

    async fn complete(&self, request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, Fault> {
        let job = Job {
            messages: request.messages.into_iter().map(message).collect(),
            prefill: request.prefill,
            max_output_tokens: request.max_output_tokens.min(self.profile.max_output_tokens),
            temperature: request.temperature,
            top_k: TOP_K,
            top_p: TOP_P,
            seed: request.seed as u32,
            stop: request.stop,
            choices: request.choices,
            passages: request.passages,
            grows: request.grows,
            group: self.group,
        };
        let mut events = self.process.send(Work::Complete(job));
        let mut text = String::new();
        while let Some(event) = events.recv().await {
            match event? {
                FromLlama::Text { text: piece, .. } => {
                    on_progress(Progress::Text(&piece));
                    text.push_str(&piece);
                }
                FromLlama::Done { finish, usage, prompt_ms, reply_ms, .. } => {
                    tracing::debug!(?usage, prompt_ms, reply_ms, "local reply");
                    return Ok(reply(text, finish, usage));
                }
                FromLlama::Failed { kind, message, .. } => return Err(child::failure(kind, message)),
                FromLlama::Loading { part } => {
                    if !text.is_empty() {
                        // The process ended, and another one answers from the beginning.
                        text.clear();
                        on_progress(Progress::Again);
                    }
                    on_progress(Progress::Loading(part));
                }
                FromLlama::Loaded { .. }
                | FromLlama::Described { .. }
                | FromLlama::Examined { .. }
                | FromLlama::Embedded { .. }
                | FromLlama::Opening
                | FromLlama::Opened { .. }
                | FromLlama::Kept { .. } => {}
            }
        }
        let message = "The model on this computer stopped unexpectedly, perhaps because memory ran out. Ask again to restart it.";
        Err(Fault::new(Code::LocalModel, message))
    }
}

fn message(Message { role, content, .. }: Message) -> protocol::Message {
    let role = match role {
        Role::System => protocol::Role::System,
        Role::User => protocol::Role::User,
        Role::Assistant => protocol::Role::Assistant,
    };
    protocol::Message { role, content }
}

fn reply(text: String, finish: protocol::Finish, usage: protocol::Usage) -> ModelReply {
    let protocol::Usage { input_tokens, cached_input_tokens, output_tokens } = usage;
    let finish = match finish {
        protocol::Finish::Stop => Finish::Stop,
        protocol::Finish::Length => Finish::Length,
    };
    let usage = Usage { input_tokens, cached_input_tokens, cache_write_tokens: 0, output_tokens };
    ModelReply { text, usage: usage.into(), cost: None, finish }
}

#[cfg(test)]
mod tests;
