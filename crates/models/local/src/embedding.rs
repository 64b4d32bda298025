//! A model for search by meaning at work: it turns texts into vectors, which are close where their meanings are.

use llama_cpp_2::{
    context::{
        LlamaContext,
        params::{LlamaContextParams, LlamaPoolingType},
    },
    llama_backend::LlamaBackend,
    llama_batch::LlamaBatch,
    model::LlamaModel,
    token::LlamaToken,
};
use std::num::NonZeroU32;

/// Maximum number of tokens of a text that are read, and of all texts of one step: each of a step's tokens is compared with all others, so larger
/// steps are slower.
const STEP_TOKENS: usize = 256;
/// Maximum number of texts of one step.
const STEP_TEXTS: usize = 16;

/// A model that makes vectors.
pub struct Embedding {
    _backend: LlamaBackend,
    model: &'static LlamaModel,
    context: LlamaContext<'static>,
    batch: LlamaBatch<'static>,
}

impl Embedding {
    /// The architecture of models that make vectors, as llama.cpp names it.
    pub const ARCHITECTURE: &'static str = "bert";

    /// Prepares a model for work on `threads` threads.
    pub fn new(backend: LlamaBackend, model: LlamaModel, threads: u32) -> Result<Self, String> {
        let model: &'static LlamaModel = Box::leak(Box::new(model));
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(STEP_TOKENS as u32))
            .with_n_batch(STEP_TOKENS as u32)
            .with_n_ubatch(STEP_TOKENS as u32)
            .with_n_seq_max(STEP_TEXTS as u32)
            .with_kv_unified(true)
            .with_embeddings(true)
            .with_pooling_type(LlamaPoolingType::Mean)
            .with_n_threads(threads as i32)
            .with_n_threads_batch(threads as i32)
            .with_no_perf(true);
        let context = model.new_context(&backend, params).map_err(|error| error.to_string())?;
        Ok(Embedding { _backend: backend, model, context, batch: LlamaBatch::new(STEP_TOKENS, 1) })
    }

    /// A vector of length 1 for each text. Of a longer text only the beginning is read.
    pub fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let mut vectors = Vec::with_capacity(texts.len());
        let mut step: Vec<Vec<LlamaToken>> = Vec::new();
        for text in texts {
            let mut tokens = self.model.vocab().tokenize(text.as_bytes(), true, false);
            // The last token says that the text ends.
            if let (true, Some(end)) = (tokens.len() > STEP_TOKENS, tokens.last().copied()) {
                tokens.truncate(STEP_TOKENS - 1);
                tokens.push(end);
            }
            let taken: usize = step.iter().map(Vec::len).sum();
            if step.len() == STEP_TEXTS || taken + tokens.len() > STEP_TOKENS {
                self.take(&mut step, &mut vectors)?;
            }
            step.push(tokens);
        }
        self.take(&mut step, &mut vectors)?;
        Ok(vectors)
    }

    /// Adds the vectors of one step's texts.
    fn take(&mut self, step: &mut Vec<Vec<LlamaToken>>, vectors: &mut Vec<Vec<f32>>) -> Result<(), String> {
        if step.is_empty() {
            return Ok(());
        }
        self.batch.clear();
        for (sequence, tokens) in (0..).zip(step.iter()) {
            for (place, token) in (0..).zip(tokens) {
                self.batch.add(*token, place, &[sequence], true).map_err(|error| error.to_string())?;
            }
        }
        self.context.encode(&mut self.batch).map_err(|error| error.to_string())?;
        for sequence in (0..).take(step.len()) {
            let vector = self.context.embeddings_seq_ith(sequence).map_err(|error| error.to_string())?;
            let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            vectors.push(vector.iter().map(|part| part / length).collect());
        }
        step.clear();
        Ok(())
    }
}
