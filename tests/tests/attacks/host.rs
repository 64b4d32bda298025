//! A host that counts prompts and refuses the same calls as the real one.

use async_trait::async_trait;
use plumb_rlm::traits::{
    corpus::{GrepResult, Hit, Placement},
    repl::{HostCall, HostError, HostReply, ReplHost},
};
use std::sync::atomic::{AtomicU64, Ordering};

/// Price of one prompt, in cents.
pub const PRICE: u64 = 3;

#[derive(Default)]
pub struct Counting {
    pub prompts: AtomicU64,
    pub charged: AtomicU64,
}

fn refused(kind: &'static str, message: &str) -> HostError {
    HostError { kind, message: message.to_owned() }
}

#[async_trait]
impl ReplHost for Counting {
    async fn answer(&self, call: HostCall) -> Result<HostReply, HostError> {
        match call {
            HostCall::Llm { model: Some(_), .. } => Err(refused("ValueError", "only the run's own model can be asked")),
            HostCall::Llm { prompts, .. } | HostCall::Rlm { prompts, .. } => {
                self.prompts.fetch_add(prompts.len() as u64, Ordering::Relaxed);
                self.charged.fetch_add(prompts.len() as u64 * PRICE, Ordering::Relaxed);
                let reply = |prompt: String| format!("reply of the model to {}", prompt.chars().take(100).collect::<String>());
                Ok(HostReply::Texts(prompts.into_iter().map(reply).collect()))
            }
            HostCall::Text { path } if path == "a.txt" => {
                Ok(HostReply::Placement(Placement { offset: 0, chars: 12, kind: 1, ascii: true }))
            }
            HostCall::Lines { path, .. } if path == "a.txt" => Ok(HostReply::Text("first".to_owned())),
            HostCall::Text { .. } | HostCall::Lines { .. } => Err(refused("KeyError", "there is no such document")),
            HostCall::Files { .. } => Ok(HostReply::Paths(vec!["a.txt".to_owned()])),
            HostCall::Grep(query) => match regex::Regex::new(&query.pattern) {
                Ok(_) => {
                    let hit = Hit { path: "a.txt".to_owned(), line: 1, text: "first".to_owned() };
                    Ok(HostReply::Grep(GrepResult { hits: vec![hit; query.limit.min(1)], total: 1, documents: 1, failed: 0 }))
                }
                Err(error) => Err(refused("ValueError", &error.to_string())),
            },
            HostCall::Search { .. } => Ok(HostReply::Passages(Vec::new())),
        }
    }
}
