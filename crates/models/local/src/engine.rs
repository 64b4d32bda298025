//! The model at work: all replies under way advance by one step at a time, in one batch. Reading the model's weights is most of the cost of a
//! token, and a batch reads them once for all replies.

use crate::attention::Attention;
use crate::prompt::{self, Prompt};
use crate::prompt_cache::PromptCache;
use crate::score::{Choices, log_likelihoods};
use crate::slots::{Memory, Slot, common, plan, stale};
use crate::stop::Tail;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::context::session::LlamaStateSeqFlags;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use plumb_llama_protocol::{FailureKind, Finish, FromLlama, Job, SLOTS, Usage};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Instant;

/// Prompt tokens read in one step. Cancellations are handled, and other replies advance, between two steps.
const CHUNK_TOKENS: usize = 256;
/// Number of tokens shared with a prompt being read that are worth waiting for.
const WORTH_WAITING_TOKENS: usize = 32;
/// Initial size of the context, in tokens. Filling the memory for its full size takes a quarter of a second, and most questions need little.
const INITIAL_CELLS: u32 = 4_096;
/// A sequence outside the slots, in which instructions are separated from their conversation.
const SPARE_SEQUENCE: i32 = SLOTS as i32;

/// The size of a model's context.
pub struct Size {
    /// Input and output tokens of one call that fit together.
    pub window: u32,
    /// Tokens of all conversations together that fit in memory.
    pub cells: u32,
    /// Memory is plenty: the context grows when needed, which takes more memory for a moment.
    pub grows: bool,
    /// Threads at work.
    pub threads: u32,
}

/// The model and the conversations in its memory.
pub struct Engine {
    backend: LlamaBackend,
    model: &'static LlamaModel,
    context: LlamaContext<'static>,
    memory: Memory,
    prompt_cache: PromptCache,
    slots: Vec<Slot<LlamaToken>>,
    waiting: VecDeque<Waiting>,
    replies: Vec<Reply>,
    attention: Attention,
    batch: LlamaBatch<'static>,
    clock: u64,
    size: Size,
    /// Current size of the context, in tokens of all conversations together.
    cells: usize,
}

/// A job for which there is no room yet.
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
    /// Text that it begins with, until that is shown.
    prefill: Option<String>,
    /// Maximum number of its tokens.
    room: u64,
    sampler: LlamaSampler,
    /// Continuations to score instead of a reply.
    choices: Option<Choices>,
    tail: Tail,
    /// The token that is chosen and that the model has not read yet.
    next: Option<LlamaToken>,
    usage: Usage,
    since: Instant,
    prompt_ms: u64,
}

impl Engine {
    /// A model with an empty context.
    pub fn new(backend: LlamaBackend, model: LlamaModel, size: Size, prompt_cache: PromptCache) -> Result<Self, String> {
        // The process lives for this one model, and the context borrows it for as long.
        let model: &'static LlamaModel = Box::leak(Box::new(model));
        let cells = if size.grows { size.cells.min(INITIAL_CELLS) } else { size.cells };
        let context = context(&backend, model, &size, cells)?;
        let memory = if model.is_recurrent() || model.is_hybrid() { Memory::Whole } else { Memory::Parts };
        let slots = vec![Slot::new(); SLOTS as usize];
        Ok(Engine {
            backend,
            model,
            context,
            memory,
            prompt_cache,
            slots,
            waiting: VecDeque::new(),
            replies: Vec::new(),
            attention: Attention::new(model, size.threads, size.window),
            batch: LlamaBatch::new(BATCH_TOKENS, 1),
            clock: 0,
            size,
            cells: cells as usize,
        })
    }

    /// Whether no job waits or is under way.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.replies.is_empty() && self.attention.is_idle()
    }

    /// Takes in a job.
    pub fn add(&mut self, id: u64, job: Job, say: &mut dyn FnMut(FromLlama)) {
        if !job.passages.is_empty() {
            self.attention.add(id, &job, say);
            return;
        }
        let failed = |kind, message| FromLlama::Failed { id: Some(id), kind, message };
        match prompt::tokens(self.model, &job) {
            Err(message) => say(failed(FailureKind::Internal, message)),
            Ok(prompt) if prompt.tokens.len() + 1 >= self.size.window as usize => {
                let (has, window) = (prompt.tokens.len(), self.size.window);
                let message = format!("The prompt has {has} tokens; the model can take {window}, its reply included.");
                say(failed(FailureKind::TooLong, message));
            }
            Ok(prompt) => self.waiting.push_back(Waiting { id, job, prompt, since: Instant::now() }),
        }
    }

    /// Ends a job. Its tokens stay in memory.
    pub fn cancel(&mut self, id: u64, say: &mut dyn FnMut(FromLlama)) {
        if let Some(at) = self.replies.iter().position(|reply| reply.id == id) {
            self.end(at, Finish::Stop, say);
        } else if let Some(at) = self.waiting.iter().position(|waiting| waiting.id == id) {
            self.waiting.remove(at);
            say(FromLlama::Done { id, finish: Finish::Stop, usage: Usage::default(), prompt_ms: 0, reply_ms: 0 });
        } else {
            self.attention.cancel(id, say);
        }
    }

    /// Drops the conversations of a group, which do not continue. Keeps their instructions, with which later ones begin.
    pub fn forget(&mut self, group: u64) {
        for slot in 0..self.slots.len() {
            let Slot { promised, instructions, tokens, group: of, .. } = &self.slots[slot];
            if *of == group && promised.is_none() {
                let keep = self.memory.cut(&self.slots[slot], (*instructions).min(tokens.len()));
                // A failure shows when the slot is next used.
                let _ = self.cut(slot, keep);
            }
        }
    }

    /// Advances all jobs: replies by a token, or by a piece of their prompts.
    pub fn step(&mut self, say: &mut dyn FnMut(FromLlama)) {
        while let Some(waiting) = self.waiting.pop_front() {
            match self.admit(&waiting) {
                Ok(true) => {}
                Ok(false) => {
                    self.waiting.push_front(waiting);
                    break;
                }
                Err(message) => say(FromLlama::Failed { id: Some(waiting.id), kind: FailureKind::Internal, message }),
            }
        }
        self.attention.step(say);
        if self.replies.is_empty() {
            return;
        }
        match self.read() {
            Ok(spoken) => self.write(&spoken, say),
            Err(message) => {
                // Part of the batch may be in memory, so the content of the slots is unknown.
                for reply in std::mem::take(&mut self.replies) {
                    let _ = self.cut(reply.slot, 0);
                    self.slots[reply.slot].promised = None;
                    say(FromLlama::Failed { id: Some(reply.id), kind: FailureKind::Internal, message: message.clone() });
                }
            }
        }
    }

    /// Begins the reply to a job, if there is room.
    fn admit(&mut self, waiting: &Waiting) -> Result<bool, String> {
        let Waiting { id, job, prompt: Prompt { tokens: prompt, instructions }, since } = waiting;
        let choices = (!job.choices.is_empty()).then(|| Choices::new(self.model, &job.choices));
        let wanted = choices.as_ref().map_or(job.max_output_tokens.max(1) as usize, Choices::tokens);
        let room = (self.size.window as usize - prompt.len()).min(wanted);
        if choices.is_some() && (wanted > room || wanted > BATCH_TOKENS) {
            return Err(format!("The choices have {wanted} tokens together, too many to compare at once."));
        }
        self.make_room(prompt.len() + room)?;
        let kept = self.prompt_cache.longest(prompt);
        let Some(plan) = plan(&self.slots, prompt, prompt.len() + room, self.cells, self.memory) else { return Ok(false) };
        let being_read = |reply: &Reply| {
            let shared = common(&reply.prompt, prompt).min(prompt.len() - 1);
            let known = plan.keep.max(kept.map_or(0, |(_, length)| length));
            shared > self.slots[reply.slot].tokens.len() && shared >= known + WORTH_WAITING_TOKENS
        };
        // Calls that come together often begin alike: one of them reads the beginning, and the others share it.
        if self.memory == Memory::Parts && self.replies.iter().any(being_read) {
            return Ok(false);
        }
        for (slot, keep) in stale(&self.slots, prompt, self.memory) {
            // The slot keeps at least the tokens that the plan reuses.
            self.cut(slot, keep)?;
        }
        let slot = plan.slot;
        let keep = match kept.filter(|&(_, length)| length >= plan.keep + WORTH_WAITING_TOKENS) {
            Some((kept, _)) => self.load_cached(slot, kept, prompt)?,
            None => {
                self.cut(slot, if plan.share_from.is_some() { 0 } else { plan.keep })?;
                if let Some(from) = plan.share_from {
                    self.share(from as i32, slot as i32, plan.keep)?;
                    self.slots[slot].tokens = prompt[..plan.keep].to_vec();
                }
                plan.keep
            }
        };
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
            choices,
            tail: Tail::new(&job.stop),
            next: None,
            usage,
            since: *since,
            prompt_ms: 0,
        });
        Ok(true)
    }

    /// Has the model read the next tokens of each reply. Returns the replies whose next token it can now choose, by their places in the list and
    /// the batch.
    fn read(&mut self) -> Result<Vec<(usize, i32)>, String> {
        self.batch.clear();
        let mut left = CHUNK_TOKENS;
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

    /// Chooses the next token of each reply that has one, and sends the text that it adds.
    fn write(&mut self, spoken: &[(usize, i32)], say: &mut dyn FnMut(FromLlama)) {
        // Before anything else is read, because that replaces the logits.
        for &(at, place) in spoken {
            if let Some(choices) = &mut self.replies[at].choices {
                choices.begin(self.context.get_logits_ith(place));
            }
        }
        // Goes backwards, because a reply that ends leaves the list.
        for &(at, place) in spoken.iter().rev() {
            let reply = &mut self.replies[at];
            if reply.choices.is_some() {
                continue;
            }
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
        for at in (0..self.replies.len()).rev() {
            if self.replies[at].choices.as_ref().is_some_and(Choices::has_begun) {
                self.score(at, say);
            }
        }
    }

    /// Ends a job that scores choices: reads the rest of each after the prompt, which memory holds once.
    fn score(&mut self, at: usize, say: &mut dyn FnMut(FromLlama)) {
        let reply = &mut self.replies[at];
        let (id, slot) = (reply.id, reply.slot);
        let Some(mut choices) = reply.choices.take() else { return };
        reply.prompt_ms = reply.since.elapsed().as_millis() as u64;
        reply.usage.output_tokens = choices.tokens() as u64;
        match self.read_choices(slot, &mut choices) {
            Ok(()) => {
                say(FromLlama::Text { id, text: choices.lines() });
                self.end(at, Finish::Stop, say);
            }
            Err(message) => {
                self.replies.remove(at);
                self.slots[slot].promised = None;
                say(FromLlama::Failed { id: Some(id), kind: FailureKind::Internal, message });
            }
        }
    }

    fn read_choices(&mut self, slot: usize, choices: &mut Choices) -> Result<(), String> {
        let length = self.slots[slot].tokens.len();
        while let Some((choice, tokens)) = choices.next() {
            self.share(slot as i32, SPARE_SEQUENCE, length)?;
            self.batch.clear();
            for (index, token) in tokens[..tokens.len() - 1].iter().enumerate() {
                let added = self.batch.add(*token, (length + index) as i32, &[SPARE_SEQUENCE], true);
                added.map_err(|error| error.to_string())?;
            }
            let decoded = self.context.decode(&mut self.batch);
            let logits = |index: usize| log_likelihoods(self.context.get_logits_ith(index as i32), &[tokens[index + 1]])[0];
            let rest: f32 = match decoded {
                Ok(()) => (0..tokens.len() - 1).map(logits).sum(),
                Err(error) => return Err(format!("The built-in model could not go on ({error}). Ask again.")),
            };
            choices.add(choice, rest);
            self.context.kv_cache_seq_rm(SPARE_SEQUENCE, None, None).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn end(&mut self, at: usize, finish: Finish, say: &mut dyn FnMut(FromLlama)) {
        let Reply { id, slot, tail, usage, since, prompt_ms, .. } = self.replies.remove(at);
        self.slots[slot].promised = None;
        self.keep_instructions(slot, say);
        let rest = tail.finish();
        if !rest.is_empty() {
            say(FromLlama::Text { id, text: rest });
        }
        let reply_ms = (since.elapsed().as_millis() as u64).saturating_sub(prompt_ms);
        say(FromLlama::Done { id, finish, usage, prompt_ms, reply_ms });
    }

    /// Grows the context by `need` tokens beside the conversations in it, as far as memory allows. The conversations move along.
    fn make_room(&mut self, need: usize) -> Result<(), String> {
        let held: usize = self.slots.iter().map(|slot| slot.promised.unwrap_or(slot.tokens.len())).sum();
        let wanted = (held + need).next_power_of_two().min(self.size.cells as usize);
        if wanted <= self.cells || !self.size.grows {
            return Ok(());
        }
        let mut larger = match context(&self.backend, self.model, &self.size, wanted as u32) {
            Ok(larger) => larger,
            // Other programs took the memory since loading. The job fits alone, so it can wait until it is.
            Err(_) if need <= self.cells => {
                self.size.grows = false;
                return Ok(());
            }
            Err(message) => return Err(message),
        };
        for (slot, _) in self.slots.iter().enumerate().filter(|(_, slot)| !slot.tokens.is_empty()) {
            let state =
                self.context.state_seq_get(slot as i32, LlamaStateSeqFlags::empty()).map_err(|error| error.to_string())?;
            larger.state_seq_set(&state, slot as i32).map_err(|error| error.to_string())?;
        }
        self.context = larger;
        self.cells = wanted;
        Ok(())
    }

    /// Fills a slot from the prompt cache. Returns the number of the prompt's tokens that need not be read.
    fn load_cached(&mut self, slot: usize, kept: usize, prompt: &[LlamaToken]) -> Result<usize, String> {
        self.cut(slot, 0)?;
        let Some((length, state)) = self.prompt_cache.load(kept) else { return Ok(0) };
        // SAFETY: the digest shows that the bytes are whole, and llama.cpp checks that they fit this model.
        if !unsafe { self.context.state_seq_set_data_ext(&state, slot as i32, LlamaStateSeqFlags::empty()) } {
            self.prompt_cache.forget(kept);
            self.cut(slot, 0)?;
            return Ok(0);
        }
        self.slots[slot].tokens = prompt[..length].to_vec();
        Ok(length)
    }

    /// Sends the state after a slot's instructions for later processes, unless the prompt cache has it.
    fn keep_instructions(&mut self, slot: usize, say: &mut dyn FnMut(FromLlama)) {
        let Slot { tokens, instructions, .. } = &self.slots[slot];
        let read = tokens.get(..*instructions).filter(|_| self.memory == Memory::Parts);
        let Some(instructions) = read.filter(|tokens| self.prompt_cache.lacks(tokens)) else { return };
        let instructions = instructions.to_vec();
        // A failure only costs later processes time.
        if self.share(slot as i32, SPARE_SEQUENCE, instructions.len()).is_ok() {
            let size = self.context.state_seq_get_size_ext(SPARE_SEQUENCE, LlamaStateSeqFlags::empty());
            let mut state = vec![0; size];
            // SAFETY: the buffer has the size that llama.cpp asked for.
            let written =
                unsafe { self.context.state_seq_get_data_ext(state.as_mut_ptr(), SPARE_SEQUENCE, LlamaStateSeqFlags::empty()) };
            if written == size {
                self.prompt_cache.keep(&instructions, &state, say);
            }
            let _ = self.context.kv_cache_seq_rm(SPARE_SEQUENCE, None, None);
        }
    }

    /// Copies another sequence's first tokens to a sequence; memory holds them once.
    fn share(&mut self, from: i32, to: i32, tokens: usize) -> Result<(), String> {
        let end = u32::try_from(tokens).ok();
        self.context.copy_kv_cache_seq(from, to, Some(0), end).map_err(|error| error.to_string())
    }

    /// Forgets a slot's tokens from `keep` on.
    fn cut(&mut self, slot: usize, keep: usize) -> Result<(), String> {
        let from = u32::try_from(keep).map_err(|error| error.to_string())?;
        self.context.kv_cache_seq_rm(slot as i32, Some(from), None).map_err(|error| error.to_string())?;
        self.slots[slot].tokens.truncate(keep);
        Ok(())
    }
}

/// Maximum number of tokens of one step: a piece of a prompt, and one of each reply.
const BATCH_TOKENS: usize = CHUNK_TOKENS + SLOTS as usize;

/// A context of `cells` tokens.
fn context(backend: &LlamaBackend, model: &'static LlamaModel, size: &Size, cells: u32) -> Result<LlamaContext<'static>, String> {
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(cells))
        .with_n_batch(BATCH_TOKENS as u32)
        .with_n_ubatch(BATCH_TOKENS as u32)
        .with_n_seq_max(SLOTS + 1)
        .with_kv_unified(true)
        .with_n_threads(size.threads as i32)
        .with_n_threads_batch(size.threads as i32)
        .with_no_perf(true);
    model.new_context(backend, params).map_err(|error| {
        let window = size.window;
        format!("There is not enough memory for the model with {window} tokens of text ({error}). Close other programs, or set a smaller window.")
    })
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
