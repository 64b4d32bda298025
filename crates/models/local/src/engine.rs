//! The model in memory, and the loop that makes a reply.

use crate::prompt;
use crate::slots::{Slot, plan};
use crate::stop::Tail;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::{LlamaBackend, load_backends_from_path};
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use plumb_models::frame::{Finish, Job, Usage};
use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};

/// Conversations kept in memory: that of a node and its parents', and the sub-calls' common beginning.
const SLOTS: usize = 4;
/// Prompt tokens read between two looks at whether the caller still wants the reply.
const CHUNK: usize = 128;

/// Why a job failed: a code and words.
pub type Fault = (&'static str, String);

/// A finished reply.
pub struct Done {
    pub finish: Finish,
    pub usage: Usage,
    pub prompt_time: Duration,
    pub reply_time: Duration,
}

/// The model and what it remembers.
pub struct Engine {
    model: &'static LlamaModel,
    context: LlamaContext<'static>,
    slots: Vec<Slot<LlamaToken>>,
    batch: LlamaBatch<'static>,
    clock: u64,
    threads: u32,
}

impl Engine {
    /// Loads the arithmetic from `libraries` and the model from `file`.
    pub fn load(libraries: &Path, file: &Path, n_ctx: u32) -> Result<Self, String> {
        load_backends_from_path(libraries);
        let backend = LlamaBackend::init().map_err(|error| error.to_string())?;
        let model = LlamaModel::load_from_file(&backend, file, &LlamaModelParams::default())
            .map_err(|_| format!("{} is not a model that can be loaded. Fetch it again.", file.display()))?;
        // The process lives for this one model; the context borrows it for as long.
        let model: &'static LlamaModel = Box::leak(Box::new(model));
        let threads = physical_cores();
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(n_ctx.min(model.n_ctx_train())))
            .with_n_batch(CHUNK as u32)
            .with_n_ubatch(CHUNK as u32)
            .with_n_seq_max(SLOTS as u32)
            .with_kv_unified(true)
            .with_n_threads(threads as i32)
            .with_n_threads_batch(threads as i32)
            .with_no_perf(true);
        let context = model.new_context(&backend, params).map_err(|error| {
            format!("There is not enough memory for the model with {n_ctx} tokens of text ({error}). Close other programs, or set a smaller window.")
        })?;
        let slots = vec![Slot { tokens: Vec::new(), used: 0 }; SLOTS];
        Ok(Engine { model, context, slots, batch: LlamaBatch::new(CHUNK, 1), clock: 0, threads })
    }

    /// Input and output tokens that fit together.
    pub fn n_ctx(&self) -> u32 {
        self.context.n_ctx()
    }

    /// Threads at work.
    pub fn threads(&self) -> u32 {
        self.threads
    }

    /// Tokens of a text.
    pub fn count(&self, text: &str) -> u64 {
        self.model.vocab().tokenize(text.as_bytes(), false, false).len() as u64
    }

    /// Answers a job. `wanted` turns false when the caller has gone; what was read and written until then stays in memory.
    pub fn complete(&mut self, job: &Job, wanted: &dyn Fn() -> bool, emit: &mut dyn FnMut(&str)) -> Result<Done, Fault> {
        let began = Instant::now();
        let prompt = prompt::tokens(self.model, job).map_err(local)?;
        let capacity = self.n_ctx() as usize;
        if prompt.len() + 1 >= capacity {
            return Err((
                "too_long",
                format!("The prompt has {} tokens; the built-in model can take {capacity}, its reply included.", prompt.len()),
            ));
        }
        let room = (capacity - prompt.len()).min(job.max_output_tokens as usize);
        let (slot, cached) = self.make_room(&prompt, room)?;
        let mut done = Done {
            finish: Finish::Stop,
            usage: Usage { input_tokens: prompt.len() as u64, cached_input_tokens: cached as u64, ..Usage::default() },
            prompt_time: Duration::ZERO,
            reply_time: Duration::ZERO,
        };
        for chunk in prompt[cached..].chunks(CHUNK) {
            if !wanted() {
                return Ok(done);
            }
            self.read(slot, chunk)?;
        }
        done.prompt_time = began.elapsed();
        if let Some(prefill) = &job.prefill {
            emit(prefill);
        }
        let mut tail = Tail::new(&job.stop);
        let mut sampler = sampler(job);
        done.finish = loop {
            if done.usage.output_tokens as usize >= room {
                break Finish::Length;
            }
            if !wanted() {
                break Finish::Stop;
            }
            let token = sampler.sample(&self.context, -1);
            done.usage.output_tokens += 1;
            if self.model.vocab().is_eog(token) {
                break Finish::Stop;
            }
            let step = tail.push(&self.model.vocab().token_to_piece(token, false, None));
            if !step.text.is_empty() {
                emit(&step.text);
            }
            if step.stopped {
                done.reply_time = began.elapsed() - done.prompt_time;
                return Ok(done);
            }
            self.read(slot, &[token])?;
        };
        let rest = tail.finish();
        if !rest.is_empty() {
            emit(&rest);
        }
        done.reply_time = began.elapsed() - done.prompt_time;
        Ok(done)
    }

    /// Chooses the slot for a prompt and leaves in it what need not be read again.
    fn make_room(&mut self, prompt: &[LlamaToken], room: usize) -> Result<(usize, usize), Fault> {
        let plan = plan(&self.slots, prompt, prompt.len() + room, self.n_ctx() as usize);
        self.clock += 1;
        if let Some(from) = plan.share_from {
            self.cut(plan.slot, 0)?;
            let all = self.context.copy_kv_cache_seq(from as i32, plan.slot as i32, Some(0), u32::try_from(plan.keep).ok());
            all.map_err(local)?;
            self.slots[plan.slot].tokens = prompt[..plan.keep].to_vec();
        } else {
            self.cut(plan.slot, plan.keep)?;
        }
        self.slots[plan.slot].used = self.clock;
        for slot in plan.empty {
            self.cut(slot, 0)?;
        }
        Ok((plan.slot, plan.keep))
    }

    /// Forgets a slot's tokens from `keep` on.
    fn cut(&mut self, slot: usize, keep: usize) -> Result<(), Fault> {
        let from = u32::try_from(keep).map_err(local)?;
        self.context.kv_cache_seq_rm(slot as i32, Some(from), None).map_err(local)?;
        self.slots[slot].tokens.truncate(keep);
        Ok(())
    }

    /// Reads tokens at the end of a slot; the model is then ready to say what comes next.
    fn read(&mut self, slot: usize, tokens: &[LlamaToken]) -> Result<(), Fault> {
        self.batch.clear();
        let start = self.slots[slot].tokens.len();
        for (index, token) in tokens.iter().enumerate() {
            let last = index + 1 == tokens.len();
            self.batch.add(*token, (start + index) as i32, &[slot as i32], last).map_err(local)?;
        }
        if let Err(error) = self.context.decode(&mut self.batch) {
            // Half of a batch may be in memory: what the slot holds is no longer known.
            self.cut(slot, 0)?;
            return Err(local(format!("The built-in model could not go on ({error}).")));
        }
        self.slots[slot].tokens.extend_from_slice(tokens);
        Ok(())
    }
}

fn local(error: impl ToString) -> Fault {
    ("local_model", error.to_string())
}

fn sampler(job: &Job) -> LlamaSampler {
    if job.temperature <= 0.0 {
        return LlamaSampler::greedy();
    }
    LlamaSampler::chain_simple([
        LlamaSampler::top_k(job.top_k),
        LlamaSampler::top_p(job.top_p, 1),
        LlamaSampler::temp(job.temperature),
        LlamaSampler::dist(job.seed),
    ])
}

/// Two threads on one core only get in each other's way.
fn physical_cores() -> u32 {
    let siblings = (0..)
        .map_while(|cpu| std::fs::read_to_string(format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")).ok());
    let cores = siblings.collect::<std::collections::HashSet<_>>().len();
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    (if cores == 0 { allowed } else { cores.min(allowed) }) as u32
}
