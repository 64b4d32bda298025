//! How closely the model attends, from a question, to passages that it has read before it: some of a model's attention heads find what a later
//! text is about (in-context re-ranking, arXiv 2410.02642; query-focused retrieval heads, 2506.09944). All passages are read at once and only up to
//! the last layer that counts, so this is faster than to ask about each of them, and it tells them apart better.

use crate::prompt::{self, Passages};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as llama;
use plumb_llama_protocol::{FailureKind, Finish, FromLlama, Job, Usage};
use std::collections::VecDeque;
use std::ffi::{CStr, c_void};
use std::ops::Range;
use std::ptr::NonNull;
use std::time::Instant;

/// Tokens read in one step.
const STEP_TOKENS: usize = 256;
/// The context's size is a multiple of this number of tokens.
const CELLS: usize = 1_024;
/// A question that asks for nothing. The attention that it pays is taken off: models attend to some places whatever is asked.
const NO_QUESTION: &str = "N/A";
/// llama.cpp's name of the tensor with the attention of a layer, whose number follows.
const ATTENTION: &[u8] = b"kq_soft_max-";

/// A shape of models (architecture, layers, heads of a layer) with its heads that find what a question is about, as layer and head.
type Known = (&'static str, u32, u32, &'static [(u32, u32)]);
/// Measured over questions of our own (`docs/decisions/attention.md`).
const HEADS: [Known; 1] = [("qwen2", 28, 12, &[(16, 4)])];

/// Heads that are looked at, the model's last layer that counts, and what they were seen to attend to.
struct Seen {
    heads: Vec<(u32, u32)>,
    last: u32,
    /// Places of the passages in the context; none while they are being read.
    passages: Vec<Range<usize>>,
    /// For each passage the part of its attention that a token of the question pays to it, added over the heads.
    scores: Vec<f64>,
    /// One layer's attention.
    values: Vec<f32>,
}

/// A context in which attention can be seen.
struct Context {
    raw: NonNull<llama::llama_context>,
    cells: usize,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: nothing else uses the context.
        unsafe { llama::llama_free(self.raw.as_ptr()) }
    }
}

/// Passages whose attention is asked for.
struct Asked {
    id: u64,
    tokens: Vec<LlamaToken>,
    passages: Vec<Range<usize>>,
    question: Vec<LlamaToken>,
    since: Instant,
    cached: Option<usize>,
}

/// The attention of a model, and the passages that it read last.
pub struct Attention {
    model: &'static LlamaModel,
    threads: u32,
    window: usize,
    seen: Box<Seen>,
    context: Option<Context>,
    read: Vec<LlamaToken>,
    /// The attention that no question pays to the passages that were read last.
    unasked: Option<Vec<f64>>,
    asked: VecDeque<Asked>,
}

impl Attention {
    /// Of a model that works on `threads` threads with a window of `window` tokens.
    pub fn new(model: &'static LlamaModel, threads: u32, window: u32) -> Self {
        let (heads, last) = heads(model);
        let seen = Box::new(Seen { heads, last, passages: Vec::new(), scores: Vec::new(), values: Vec::new() });
        let window = window as usize;
        Attention { model, threads, window, seen, context: None, read: Vec::new(), unasked: None, asked: VecDeque::new() }
    }

    /// Whether nothing is asked for.
    pub fn is_idle(&self) -> bool {
        self.asked.is_empty()
    }

    /// Takes in a job with passages.
    pub fn add(&mut self, id: u64, job: &Job, say: &mut dyn FnMut(FromLlama)) {
        let since = Instant::now();
        let failed = |kind, message| FromLlama::Failed { id: Some(id), kind, message };
        let Passages { tokens, places, mut question } = match prompt::passages(self.model, job) {
            Ok(passages) => passages,
            Err(message) => return say(failed(FailureKind::Internal, message)),
        };
        let (has, window) = (tokens.len() + question.len(), self.window);
        if has + STEP_TOKENS > window {
            let message = format!("The passages have {has} tokens; the model can take {window}.");
            return say(failed(FailureKind::TooLong, message));
        }
        question.truncate(STEP_TOKENS);
        self.asked.push_back(Asked { id, tokens, passages: places, question, since, cached: None });
    }

    /// Ends a job. Returns whether it was one of these.
    pub fn cancel(&mut self, id: u64, say: &mut dyn FnMut(FromLlama)) -> bool {
        let Some(at) = self.asked.iter().position(|asked| asked.id == id) else { return false };
        self.asked.remove(at);
        say(FromLlama::Done { id, finish: Finish::Stop, usage: Usage::default(), prompt_ms: 0, reply_ms: 0 });
        true
    }

    /// Goes on with the oldest job: reads some of its passages, or its question.
    pub fn step(&mut self, say: &mut dyn FnMut(FromLlama)) {
        let Some(mut asked) = self.asked.pop_front() else { return };
        match self.advance(&mut asked) {
            Ok(None) => self.asked.push_front(asked),
            Ok(Some(scores)) => {
                let lines: Vec<String> =
                    (1..).zip(scores).map(|(number, score): (usize, f64)| format!("{score:.6} {number}")).collect();
                say(FromLlama::Text { id: asked.id, text: lines.join("\n") });
                let usage = Usage {
                    input_tokens: (asked.tokens.len() + asked.question.len()) as u64,
                    cached_input_tokens: asked.cached.unwrap_or_default() as u64,
                    // A number for each.
                    output_tokens: asked.passages.len() as u64,
                };
                let prompt_ms = asked.since.elapsed().as_millis() as u64;
                say(FromLlama::Done { id: asked.id, finish: Finish::Stop, usage, prompt_ms, reply_ms: 0 });
            }
            Err(message) => {
                self.read.clear();
                self.context = None;
                say(FromLlama::Failed { id: Some(asked.id), kind: FailureKind::Internal, message });
            }
        }
    }

    /// The scores of a job's passages, once they are read.
    fn advance(&mut self, asked: &mut Asked) -> Result<Option<Vec<f64>>, String> {
        if asked.cached.is_none() {
            asked.cached = Some(self.begin(&asked.tokens)?);
        }
        let end = asked.tokens.len().min(self.read.len() + STEP_TOKENS);
        if self.read.len() < end {
            self.seen.passages.clear();
            self.decode(&asked.tokens[self.read.len()..end])?;
            self.read.extend_from_slice(&asked.tokens[self.read.len()..end]);
            return Ok(None);
        }
        let mut scores = self.attention(&asked.passages, &asked.question)?;
        if self.unasked.as_ref().is_none_or(|unasked| unasked.len() != scores.len()) {
            let none = self.model.vocab().tokenize(NO_QUESTION.as_bytes(), false, false);
            self.unasked = Some(self.attention(&asked.passages, &none)?);
        }
        for (score, unasked) in scores.iter_mut().zip(self.unasked.iter().flatten()) {
            *score -= unasked;
        }
        Ok(Some(scores))
    }

    /// Makes room for passages. Returns the number of their tokens that were read before.
    fn begin(&mut self, tokens: &[LlamaToken]) -> Result<usize, String> {
        let need = (tokens.len() + STEP_TOKENS).next_multiple_of(CELLS);
        if self.context.as_ref().is_none_or(|context| context.cells < need) {
            self.read.clear();
            // The old one's memory is free before the new one's is taken.
            self.context = None;
            self.context = Some(self.open(need)?);
        }
        let keep = self.read.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        if keep < self.read.len() || keep < tokens.len() {
            self.unasked = None;
        }
        self.forget(keep);
        Ok(keep)
    }

    fn open(&mut self, cells: usize) -> Result<Context, String> {
        // SAFETY: the model lives as long as the process, and so does what is seen, in its box. `LlamaModel` is a transparent wrapper of its pointer.
        let raw = unsafe {
            let mut params = llama::llama_context_default_params();
            params.n_ctx = cells as u32;
            params.n_batch = STEP_TOKENS as u32;
            params.n_ubatch = STEP_TOKENS as u32;
            params.n_threads = self.threads as i32;
            params.n_threads_batch = self.threads as i32;
            params.no_perf = true;
            // Flash attention never has all of a layer's attention in memory.
            params.flash_attn_type = llama::LLAMA_FLASH_ATTN_TYPE_DISABLED;
            params.cb_eval = Some(on_tensor);
            params.cb_eval_user_data = (&raw mut *self.seen).cast();
            let model = *std::ptr::from_ref(self.model).cast::<*mut llama::llama_model>();
            llama::llama_init_from_model(model, params)
        };
        let raw = NonNull::new(raw).ok_or("there is not enough memory for the passages")?;
        Ok(Context { raw, cells })
    }

    /// The attention that a text pays to passages that were read.
    fn attention(&mut self, passages: &[Range<usize>], text: &[LlamaToken]) -> Result<Vec<f64>, String> {
        self.seen.passages = passages.to_vec();
        self.seen.scores = vec![0.0; passages.len()];
        self.decode(text)?;
        self.forget(self.read.len());
        Ok(std::mem::take(&mut self.seen.scores))
    }

    /// Reads tokens after those that were read.
    fn decode(&mut self, tokens: &[LlamaToken]) -> Result<(), String> {
        let Some(context) = &self.context else { return Err("there is no context".to_owned()) };
        let count = tokens.len();
        let mut ids: Vec<llama::llama_token> = tokens.iter().map(|token| token.0).collect();
        let mut places: Vec<llama::llama_pos> = (self.read.len()..).take(count).map(|place| place as llama::llama_pos).collect();
        let (mut sequences, mut outputs) = (vec![1; count], vec![0; count]);
        let mut zero: llama::llama_seq_id = 0;
        let mut of = vec![&raw mut zero; count];
        // SAFETY: all lists have as many entries as the batch says, and outlive the call.
        let status = unsafe {
            let batch = llama::llama_batch {
                n_tokens: count as i32,
                token: ids.as_mut_ptr(),
                embd: std::ptr::null_mut(),
                pos: places.as_mut_ptr(),
                n_seq_id: sequences.as_mut_ptr(),
                seq_id: of.as_mut_ptr(),
                logits: outputs.as_mut_ptr(),
            };
            llama::llama_decode(context.raw.as_ptr(), batch)
        };
        if status == 0 { Ok(()) } else { Err(format!("the model could not read the passages (code {status})")) }
    }

    /// Forgets all tokens from `keep` on.
    fn forget(&mut self, keep: usize) {
        if let Some(context) = &self.context {
            // SAFETY: the context is whole, and sequence 0 is its only one.
            unsafe { llama::llama_memory_seq_rm(llama::llama_get_memory(context.raw.as_ptr()), 0, keep as i32, -1) };
        }
        self.read.truncate(keep);
    }
}

/// The heads of a model that count, and the last layer with one. All of them where nothing is known of its kind.
fn heads(model: &LlamaModel) -> (Vec<(u32, u32)>, u32) {
    let architecture = model.meta_val_str("general.architecture").unwrap_or_default();
    let (layers, heads) = (model.n_layer(), model.n_head());
    let known = HEADS.iter().find(|known| (known.0, known.1, known.2) == (architecture.as_str(), layers, heads));
    let all = || (0..layers).flat_map(|layer| (0..heads).map(move |head| (layer, head))).collect();
    let heads: Vec<(u32, u32)> = known.map_or_else(all, |known| known.3.to_vec());
    let last = heads.iter().map(|(layer, _)| *layer).max().unwrap_or_default();
    (heads, last)
}

/// Sees the attention of each layer that counts, and ends the computation with the last one.
unsafe extern "C" fn on_tensor(tensor: *mut llama::ggml_tensor, ask: bool, seen: *mut c_void) -> bool {
    // SAFETY: the pointer is to the box of the `Attention` whose context calls this, on the thread that decodes.
    let seen = unsafe { &mut *seen.cast::<Seen>() };
    // SAFETY: llama.cpp hands in a tensor, whose name ends with a zero.
    let name = unsafe { CStr::from_ptr(llama::ggml_get_name(tensor)) }.to_bytes();
    let layer = name
        .strip_prefix(ATTENTION)
        .and_then(|layer| std::str::from_utf8(layer).ok())
        .and_then(|layer| layer.parse::<u32>().ok());
    let Some(layer) = layer else { return !ask };
    let counts = !seen.passages.is_empty() && seen.heads.iter().any(|(of, _)| *of == layer);
    if ask {
        return counts || layer >= seen.last;
    }
    if counts {
        // SAFETY: the tensor was computed.
        unsafe { look(tensor, layer, seen) };
    }
    layer < seen.last
}

/// Adds a layer's attention to the scores.
///
/// # Safety
/// The tensor is whole.
unsafe fn look(tensor: *mut llama::ggml_tensor, layer: u32, seen: &mut Seen) {
    // SAFETY: by the caller. The list has the size of the tensor's 32-bit numbers.
    let [cells, rows, heads, _] = unsafe {
        let sizes = (*tensor).ne.map(|size| usize::try_from(size).unwrap_or_default());
        seen.values.resize(sizes.iter().product(), 0.0);
        if llama::ggml_nbytes(tensor) != seen.values.len() * size_of::<f32>() {
            return;
        }
        llama::ggml_backend_tensor_get(tensor, seen.values.as_mut_ptr().cast(), 0, llama::ggml_nbytes(tensor));
        sizes
    };
    for &(_, head) in seen.heads.iter().filter(|(of, head)| *of == layer && (*head as usize) < heads) {
        let of_head = &seen.values[head as usize * rows * cells..][..rows * cells];
        for (score, passage) in seen.scores.iter_mut().zip(&seen.passages) {
            let paid: f32 = of_head.chunks(cells).filter_map(|row| row.get(passage.clone())).flatten().sum();
            *score += f64::from(paid) / rows as f64;
        }
    }
}
