//! The fuzz target's session (`fuzz/`): cells in a worker whose frames are arbitrary bytes.

use crate::{frames::Incoming, process::Process, texts::Texts, worker::Worker};
use async_trait::async_trait;
use plumb_rlm::traits::repl::{CellEnding, CellLimits, HostCall, HostError, HostReply, Repl, ReplHost};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const LIMITS: CellLimits = CellLimits { compute: Duration::from_secs(3600), output_chars: 100 };

struct Echo;

#[async_trait]
impl ReplHost for Echo {
    async fn answer(&self, call: HostCall) -> Result<HostReply, HostError> {
        match call {
            HostCall::Llm { prompts, .. } | HostCall::Rlm { prompts, .. } => Ok(HostReply::Texts(prompts)),
            HostCall::Files { .. } => Ok(HostReply::Paths(Vec::new())),
            _ => Err(HostError { kind: "ValueError", message: "no".to_owned() }),
        }
    }
}

/// Reads `bytes` as frames, and again as what a worker sends while it runs cells. Panics when a promise does not hold.
#[allow(clippy::expect_used, clippy::panic, reason = "a fuzz target reports by panicking")]
pub fn session(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut frames = Incoming::new(bytes);
        while let Ok(Some(_)) = frames.next().await {}
        let output = std::io::Cursor::new(bytes.to_vec());
        let mut worker = Worker::new(Process::None, Box::new(tokio::io::sink()), Box::new(output), Texts::InSnapshot, u64::MAX);
        let stop = CancellationToken::new();
        // The bytes end, so at last a cell is killed, and no other runs after it.
        for _ in 0..=bytes.len() {
            match worker.run("1", LIMITS, &Echo, &stop).await {
                Ok(outcome) => {
                    assert!(outcome.output.chars().count() <= LIMITS.output_chars + 100);
                    if outcome.ending == CellEnding::Killed {
                        assert!(worker.run("1", LIMITS, &Echo, &stop).await.is_err());
                        return;
                    }
                }
                Err(_) => panic!("a worker that was not killed refuses a cell"),
            }
        }
        panic!("frames went on after the bytes had ended");
    });
}
