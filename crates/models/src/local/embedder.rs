//! Search by meaning: the vectors of texts, from a small model that lies beside the programs.

use super::{
    child,
    process::{Process, Work},
};
use async_trait::async_trait;
use parking_lot::Mutex;
use plumb_llama_protocol::FromLlama;
use plumb_rlm::{
    fault::{Code, Fault},
    traits::embedder::Embedder as EmbedderTrait,
};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, LazyLock},
};

/// The model's file (`scripts/meaning.sh`).
const FILE: &str = "plumb-meaning.gguf";
/// Its longest text, in tokens.
const WINDOW_TOKENS: u32 = 512;
/// Texts of one frame.
const FRAME_TEXTS: usize = 64;
/// Vectors that are kept, 1.5 KB each.
const MAX_KEPT: usize = 20_000;

/// Vectors by text: the next question is about the same documents.
static KEPT: LazyLock<Mutex<HashMap<String, Vec<f32>>>> = LazyLock::new(Mutex::default);

/// A handle on the model, whose process all runs share.
pub struct Embedder {
    process: Arc<Process>,
}

impl Embedder {
    /// The model beside the programs; `None` where it is missing. `models_dir` holds the record of failed graphics cards.
    pub fn beside_programs(models_dir: &Path) -> Option<Self> {
        let file = child::beside_programs(FILE)?;
        Some(Embedder { process: Process::shared(&file, WINDOW_TOKENS, models_dir) })
    }

    async fn ask(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Fault> {
        let mut events = self.process.send(Work::Embed(texts));
        while let Some(event) = events.recv().await {
            match event? {
                FromLlama::Embedded { vectors, .. } => return Ok(vectors),
                FromLlama::Failed { kind, message, .. } => return Err(child::failure(kind, message)),
                _ => {}
            }
        }
        Err(Fault::new(Code::LocalModel, "The search by meaning stopped unexpectedly. Ask again to restart it."))
    }
}

#[async_trait]
impl EmbedderTrait for Embedder {
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Fault> {
        let mut found: HashMap<String, Vec<f32>> = {
            let kept = KEPT.lock();
            texts.iter().filter_map(|text| Some((text.clone(), kept.get(text)?.clone()))).collect()
        };
        let new: Vec<String> = texts.iter().filter(|text| !found.contains_key(*text)).cloned().collect();
        for piece in new.chunks(FRAME_TEXTS) {
            let vectors = self.ask(piece.to_vec()).await?;
            found.extend(piece.iter().cloned().zip(vectors));
        }
        let vectors = texts.iter().map(|text| found.get(text).cloned().unwrap_or_default()).collect();
        let mut kept = KEPT.lock();
        if kept.len() + new.len() > MAX_KEPT {
            kept.clear();
        }
        kept.extend(found);
        Ok(vectors)
    }
}
