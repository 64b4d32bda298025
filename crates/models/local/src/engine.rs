//! The model at work: all replies under way go forward by one step at a time, in one batch. Reading the model's weights is most of what a
//! token costs, and a batch reads them once for all.

use crate::prompt::{self, Prompt};
use crate::slots::{Slot, common, plan, stale};
use crate::stop::Tail;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use plumb_models::frame::{Finish, FromLlama, Job, SLOTS, Usage};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Instant;

/// Prompt tokens read in one step. Between two steps a cancellation is heard, and the other replies go on.
const CHUNK: usize = 256;
/// So many tokens in common with a prompt that is being read are worth waiting for.
const WORTH_WAITING: usize = 32;

/// What a context for a model takes.
pub struct Size {
    /// Input and output tokens of one call that fit together.
    pub window: u32,
    /// Tokens of all conversations together that fit in memory.
    pub cells: u32,
    /// Threads at work.
    pub threads: u32,
}

/// The model and what it remembers.
pub struct Engine {
    model: &'static LlamaModel,
    context: LlamaContext<'static>,
    slots: Vec<Slot<LlamaToken>>,
    waiting: VecDeque<Waiting>,
    replies: Vec<Reply>,
    batch: LlamaBatch<'static>,
    clock: u64,
    window: usize,
    cells: usize,
}

/// A job for which there was no room yet.
struct Waiting {
    id: u64,
    job: Job,
    prompt: Prompt,
    since: Instant,
}

/// A reply under way.
struct Reply {
    id: u64,
    slot: usize,
    prompt: Vec<LlamaToken>,
    /// Text it begins with, until that is shown.
    prefill: Option<String>,
    /// The most tokens it may have.
    room: u64,
    sampler: LlamaSampler,
    tail: Tail,
    /// Chosen, but not read by the model yet.
    next: Option<LlamaToken>,
    usage: Usage,
    since: Instant,
    prompt_ms: u64,
}

impl Engine {
    /// A model with room for conversations.
    pub fn new(backend: &LlamaBackend, model: LlamaModel, size: &Size) -> Result<Self, String> {
        // The process lives for this one model; the context borrows it for as long.
        let model: &'static LlamaModel = Box::leak(Box::new(model));
        let batch = CHUNK + SLOTS as usize;
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(size.cells))
            .with_n_batch(batch as u32)
            .with_n_ubatch(batch as u32)
            .with_n_seq_max(SLOTS)
            .with_kv_unified(true)
            .with_n_threads(size.threads as i32)
            .with_n_threads_batch(size.threads as i32)
            .with_no_perf(true);
        let context = model.new_context(backend, params).map_err(|error| {
            let window = size.window;
            format!("There is not enough memory for the model with {window} tokens of text ({error}). Close other programs, or set a smaller window.")
        })?;
        let slots = vec![Slot::new(); SLOTS as usize];
        Ok(Engine {
            model,
            context,
            slots,
            waiting: VecDeque::new(),
            replies: Vec::new(),
            batch: LlamaBatch::new(batch, 1),
            clock: 0,
            window: size.window as usize,
            cells: size.cells as usize,
        })
    }

    /// There is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.replies.is_empty()
    }

    /// Takes in a job.
    pub fn add(&mut self, id: u64, job: Job, say: &mut dyn FnMut(FromLlama)) {
        let failed = |code: &str, message| FromLlama::Failed { id: Some(id), code: code.into(), message };
        match prompt::tokens(self.model, &job) {
            Err(message) => say(failed("local_model", message)),
            Ok(prompt) if prompt.tokens.len() + 1 >= self.window => {
                let (has, most) = (prompt.tokens.len(), self.window);
                let message = format!("The prompt has {has} tokens; the model can take {most}, its reply included.");
                say(failed("too_long", message));
            }
            Ok(prompt) => self.waiting.push_back(Waiting { id, job, prompt, since: Instant::now() }),
        }
    }

    /// Ends a job. What was read and written for it stays in memory.
    pub fn cancel(&mut self, id: u64, say: &mut dyn FnMut(FromLlama)) {
        if let Some(at) = self.replies.iter().position(|reply| reply.id == id) {
            self.end(at, Finish::Stop, say);
        } else if let Some(at) = self.waiting.iter().position(|waiting| waiting.id == id) {
            self.waiting.remove(at);
            say(FromLlama::Done { id, finish: Finish::Stop, usage: Usage::default(), prompt_ms: 0, reply_ms: 0 });
        }
    }

    /// No conversation of this group goes on. Their instructions are kept: the next ones begin with them.
    pub fn forget(&mut self, group: u64) {
        for slot in 0..self.slots.len() {
            let Slot { promised, instructions, tokens, group: of, .. } = &self.slots[slot];
            if *of == group && promised.is_none() {
                // What cannot be cut is found out when the slot is next used.
                let _ = self.cut(slot, (*instructions).min(tokens.len()));
            }
        }
    }

    /// All replies go forward: by a token, or by a piece of their prompts.
    pub fn step(&mut self, say: &mut dyn FnMut(FromLlama)) {
        while let Some(waiting) = self.waiting.pop_front() {
            match self.admit(&waiting) {
                Ok(true) => {}
                Ok(false) => {
                    self.waiting.push_front(waiting);
                    break;
                }
                Err(message) => say(FromLlama::Failed { id: Some(waiting.id), code: "local_model".into(), message }),
            }
        }
        if self.replies.is_empty() {
            return;
        }
        match self.read() {
            Ok(spoken) => self.write(&spoken, say),
            Err(message) => {
                // Part of a batch may be in memory: what the slots hold is no longer known.
                for reply in std::mem::take(&mut self.replies) {
                    let _ = self.cut(reply.slot, 0);
                    self.slots[reply.slot].promised = None;
                    say(FromLlama::Failed { id: Some(reply.id), code: "local_model".into(), message: message.clone() });
                }
            }
        }
    }

    /// Begins the reply to a job, if there is room.
    fn admit(&mut self, waiting: &Waiting) -> Result<bool, String> {
        let Waiting { id, job, prompt: Prompt { tokens: prompt, instructions }, since } = waiting;
        let room = (self.window - prompt.len()).min(job.max_output_tokens.max(1) as usize);
        let Some(plan) = plan(&self.slots, prompt, prompt.len() + room, self.cells) else { return Ok(false) };
        let being_read = |reply: &Reply| {
            let shared = common(&reply.prompt, prompt).min(prompt.len() - 1);
            shared > self.slots[reply.slot].tokens.len() && shared >= plan.keep + WORTH_WAITING
        };
        // Calls that come together often begin alike: the beginning is read for one of them, and shared by the rest.
        if self.replies.iter().any(being_read) {
            return Ok(false);
        }
        for (slot, keep) in stale(&self.slots, prompt) {
            // It may hold what the plan takes up, but not less than that.
            self.cut(slot, keep)?;
        }
        let (slot, keep) = (plan.slot, plan.keep);
        self.cut(slot, if plan.share_from.is_some() { 0 } else { keep })?;
        if let Some(from) = plan.share_from {
            let all = self.context.copy_kv_cache_seq(from as i32, slot as i32, Some(0), u32::try_from(keep).ok());
            all.map_err(|error| error.to_string())?;
            self.slots[slot].tokens = prompt[..keep].to_vec();
        }
        for slot in plan.empty {
            self.cut(slot, 0)?;
        }
        self.clock += 1;
        let tokens = std::mem::take(&mut self.slots[slot].tokens);
        let promised = Some(prompt.len() + room);
        let (instructions, grows, group) = (*instructions, job.grows, job.group);
        self.slots[slot] = Slot { tokens, used: self.clock, promised, instructions, grows, group };
        let usage = Usage { input_tokens: prompt.len() as u64, cached_input_tokens: keep as u64, ..Usage::default() };
        self.replies.push(Reply {
            id: *id,
            slot,
            prompt: prompt.clone(),
            prefill: job.prefill.clone(),
            room: room as u64,
            sampler: sampler(job),
            tail: Tail::new(&job.stop),
            next: None,
            usage,
            since: *since,
            prompt_ms: 0,
        });
        Ok(true)
    }

    /// Has the model read what is next of each reply. Gives those that it can now say something for, by their places in the list and the batch.
    fn read(&mut self) -> Result<Vec<(usize, i32)>, String> {
        self.batch.clear();
        let mut left = CHUNK;
        let mut read: Vec<(usize, usize)> = Vec::new();
        let mut spoken = Vec::new();
        for (at, reply) in self.replies.iter().enumerate() {
            let have = self.slots[reply.slot].tokens.len();
            let next = match &reply.next {
                Some(token) => std::slice::from_ref(token),
                None => &reply.prompt[have..reply.prompt.len().min(have + left)],
            };
            left -= if reply.next.is_some() { 0 } else { next.len() };
            let whole = reply.next.is_some() || have + next.len() == reply.prompt.len();
            for (index, token) in next.iter().enumerate() {
                let last = whole && index + 1 == next.len();
                let added = self.batch.add(*token, (have + index) as i32, &[reply.slot as i32], last);
                added.map_err(|error| error.to_string())?;
            }
            if whole {
                spoken.push((at, self.batch.n_tokens() - 1));
            }
            read.push((reply.slot, next.len()));
        }
        let decoded = self.context.decode(&mut self.batch);
        decoded.map_err(|error| format!("The built-in model could not go on ({error}). Ask again."))?;
        for (reply, (slot, count)) in self.replies.iter().zip(read) {
            let tokens = &mut self.slots[slot].tokens;
            match reply.next {
                Some(token) => tokens.push(token),
                None => tokens.extend_from_slice(&reply.prompt[tokens.len()..tokens.len() + count]),
            }
        }
        Ok(spoken)
    }

    /// Chooses the next token of each reply that has one, and shows what it adds.
    fn write(&mut self, spoken: &[(usize, i32)], say: &mut dyn FnMut(FromLlama)) {
        // From the last one back: a reply that ends leaves the list.
        for &(at, place) in spoken.iter().rev() {
            let reply = &mut self.replies[at];
            if reply.usage.output_tokens == 0 {
                reply.prompt_ms = reply.since.elapsed().as_millis() as u64;
                if let Some(text) = reply.prefill.take() {
                    say(FromLlama::Text { id: reply.id, text });
                }
            }
            let token = reply.sampler.sample(&self.context, place);
            reply.usage.output_tokens += 1;
            if self.model.vocab().is_eog(token) {
                self.end(at, Finish::Stop, say);
                continue;
            }
            let step = reply.tail.push(&self.model.vocab().token_to_piece(token, false, None));
            if !step.text.is_empty() {
                say(FromLlama::Text { id: reply.id, text: step.text });
            }
            if step.stopped {
                reply.tail = Tail::new(&[]);
                self.end(at, Finish::Stop, say);
            } else if reply.usage.output_tokens >= reply.room {
                self.end(at, Finish::Length, say);
            } else {
                reply.next = Some(token);
            }
        }
    }

    fn end(&mut self, at: usize, finish: Finish, say: &mut dyn FnMut(FromLlama)) {
        let Reply { id, slot, tail, usage, since, prompt_ms, .. } = self.replies.remove(at);
        self.slots[slot].promised = None;
        let rest = tail.finish();
        if !rest.is_empty() {
            say(FromLlama::Text { id, text: rest });
        }
        let reply_ms = (since.elapsed().as_millis() as u64).saturating_sub(prompt_ms);
        say(FromLlama::Done { id, finish, usage, prompt_ms, reply_ms });
    }

    /// Forgets a slot's tokens from `keep` on.
    fn cut(&mut self, slot: usize, keep: usize) -> Result<(), String> {
        let from = u32::try_from(keep).map_err(|error| error.to_string())?;
        self.context.kv_cache_seq_rm(slot as i32, Some(from), None).map_err(|error| error.to_string())?;
        self.slots[slot].tokens.truncate(keep);
        Ok(())
    }
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
