//! The process behind a worker, and the watch over it.

use crate::here::{Forked, Vitals};
use parking_lot::Mutex;
use plumb_rlm::prompts::{context, render};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{process::Child, task::JoinHandle};

/// Time between two looks at a worker.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// Maximum number of threads of a worker. Its own library starts fewer; only code that got past it can have more.
const MAX_THREADS: u64 = 256;

/// Processor time that a worker may use between cells.
const MAX_CPU_BETWEEN_CELLS: Duration = Duration::from_secs(1);

/// Memory that the worker's own limit does not count, such as page tables and thread stacks, in bytes.
const MEMORY_SLACK_BYTES: u64 = 128 << 20;

/// The process to end with a worker.
pub enum Process {
    /// A worker on this computer.
    Forked(Forked),
    /// The command that pipes to a worker; dropping it kills it.
    Command(Child),
    /// No process: both ends of the pipes are ours.
    #[cfg(fuzzing)]
    None,
}

impl Process {
    /// Ends it at once.
    pub fn kill(&mut self) {
        match self {
            Process::Forked(process) => process.kill(),
            Process::Command(process) => drop(process.start_kill()),
            #[cfg(fuzzing)]
            Process::None => {}
        }
    }

    /// Resources that it uses; zeros where it is not on this computer.
    pub fn vitals(&self) -> Vitals {
        match self {
            Process::Forked(process) => process.vitals(),
            _ => Vitals::default(),
        }
    }
}

/// Why a worker was ended, in words for the model: a reason that `prompts/worker_ended.md` knows, and the limit that it names.
pub fn ended(reason: &str, limit: u64) -> String {
    render("worker_ended", context! { reason, limit })
}

/// Watches a worker on this computer for as long as it lives, and ends it when it goes past a limit that it could not hold itself.
pub struct Watch {
    in_cell: Arc<AtomicBool>,
    why: Arc<Mutex<Option<String>>>,
    task: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Watch {
    /// Watches a worker that may hold `memory_bytes`. A worker elsewhere cannot be watched.
    pub fn new(process: &Process, memory_bytes: u64) -> Self {
        let (in_cell, why) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
        let task = match process {
            Process::Forked(process) => {
                let (process, in_cell, why) = (process.watcher(), in_cell.clone(), why.clone());
                Some(tokio::spawn(async move {
                    let reason = violation(&process, memory_bytes, &in_cell).await;
                    *why.lock() = Some(reason);
                    process.kill();
                }))
            }
            _ => None,
        };
        Watch { in_cell, why, task }
    }

    /// A cell runs for as long as the guard lives.
    pub fn cell(&self) -> InCell {
        self.in_cell.store(true, Ordering::Relaxed);
        InCell(self.in_cell.clone())
    }

    /// The reason why the watch ended the worker.
    pub fn why(&self) -> Option<String> {
        self.why.lock().clone()
    }
}

/// Guard of a running cell.
pub struct InCell(Arc<AtomicBool>);

impl Drop for InCell {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Waits until the worker goes past a limit, and returns which.
async fn violation(process: &Forked, memory_bytes: u64, in_cell: &AtomicBool) -> String {
    let mut ticks = tokio::time::interval(WATCH_INTERVAL);
    let mut cpu_in_cells = Duration::MAX;
    loop {
        ticks.tick().await;
        let vitals = process.vitals();
        if in_cell.load(Ordering::Relaxed) || vitals.cpu < cpu_in_cells {
            cpu_in_cells = vitals.cpu;
        }
        if vitals.threads > MAX_THREADS {
            return ended("threads", MAX_THREADS);
        }
        if vitals.cpu - cpu_in_cells > MAX_CPU_BETWEEN_CELLS {
            return ended("computing", 0);
        }
        if vitals.memory_bytes > memory_bytes + MEMORY_SLACK_BYTES {
            return ended("memory", memory_bytes >> 20);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_words_of_its_own() {
        let source = include_str!("../../../prompts/worker_ended.md");
        let reasons: Vec<&str> = source.split("reason == \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut all = std::collections::HashSet::new();
        for reason in reasons.iter().copied().filter(|reason| *reason != "reported").chain(["unknown"]) {
            let words = ended(reason, 7);
            assert!(words.starts_with("The Python process was ended: it") || words.contains("one step"), "{words}");
            assert!(words.contains(". Variables are rebuilt") && all.insert(words), "{reason}");
        }
        assert!(all.len() > 9);
    }
}
