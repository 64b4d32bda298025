//! What is ended with a worker, and what the system says of it.

use crate::zygote::Running;
use rustix::process::{Signal, pidfd_send_signal};
use std::{
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{process::Child, task::JoinHandle};

/// How often a worker is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The most threads of a worker's process. Its own library starts fewer; only code that got past it can have more.
const MOST_THREADS: u64 = 256;

/// Processor time that a worker may use while no cell runs.
const BETWEEN_CELLS: Duration = Duration::from_secs(1);

/// Memory beside what the worker's limit counts: tables, stacks of threads, in bytes.
const SLACK: u64 = 128 << 20;

/// What is ended with the worker.
pub enum Process {
    /// A worker that the zygote forked, and the zygote, which must outlive it.
    Forked { process: OwnedFd, id: u32, _zygote: Arc<Running> },
    /// The command that pipes to a worker; it is killed when dropped.
    Command(Child),
    /// Nothing: both ends of the pipes are ours.
    #[cfg(fuzzing)]
    None,
}

impl Process {
    /// Ends it at once.
    pub fn kill(&mut self) {
        match self {
            // One that is gone already cannot be killed again.
            Process::Forked { process, .. } => drop(pidfd_send_signal(process, Signal::KILL)),
            Process::Command(process) => drop(process.start_kill()),
            #[cfg(fuzzing)]
            Process::None => {}
        }
    }
}

/// What the system says of a process.
#[derive(Default)]
pub struct Vitals {
    /// How many it has.
    pub threads: u64,
    /// Processor time used.
    pub cpu: Duration,
}

/// Of a process here; zeros of one that is gone, or elsewhere.
pub fn vitals(process: &Process) -> Vitals {
    match process {
        Process::Forked { id, .. } => vitals_of(*id),
        _ => Vitals::default(),
    }
}

fn vitals_of(id: u32) -> Vitals {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Counted from behind the name, which can hold anything.
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ').collect();
    let number = |field: usize| fields.get(field).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    // In hundredths of a second, on every Linux.
    Vitals { threads: number(17), cpu: Duration::from_millis((number(11) + number(12)) * 10) }
}

/// Bytes that a process holds and no other: what its limit counts, and what machine code can hide from it.
fn memory_of(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0)
    };
    (kilobytes("RssAnon") + kilobytes("VmSwap") + kilobytes("VmPTE")) << 10
}

/// Watches a worker on this machine for as long as it lives, in cells and between them: what its own limits do not hold ends it.
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
    /// Of a worker that may hold `memory_bytes`. Elsewhere there is nothing to see.
    pub fn new(process: &Process, memory_bytes: u64) -> Self {
        let (in_cell, why) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
        let task = match process {
            Process::Forked { process, id, .. } => process.try_clone().ok().map(|process| {
                let (id, in_cell, why) = (*id, in_cell.clone(), why.clone());
                tokio::spawn(async move {
                    let reason = trouble(id, memory_bytes, &in_cell).await;
                    *why.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                    let _ = pidfd_send_signal(&process, Signal::KILL);
                })
            }),
            _ => None,
        };
        Watch { in_cell, why, task }
    }

    /// A cell runs as long as this is held.
    pub fn cell(&self) -> InCell {
        self.in_cell.store(true, Ordering::Relaxed);
        InCell(self.in_cell.clone())
    }

    /// Why it ended the worker.
    pub fn why(&self) -> Option<String> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A cell that runs.
pub struct InCell(Arc<AtomicBool>);

impl Drop for InCell {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Returns when there is a reason to end the worker.
async fn trouble(id: u32, memory_bytes: u64, in_cell: &AtomicBool) -> String {
    let mut ticks = tokio::time::interval(LOOK);
    let mut cpu_in_cells = Duration::MAX;
    loop {
        ticks.tick().await;
        let vitals = vitals_of(id);
        if in_cell.load(Ordering::Relaxed) || vitals.cpu < cpu_in_cells {
            cpu_in_cells = vitals.cpu;
        }
        if vitals.threads > MOST_THREADS {
            return format!("it had more than {MOST_THREADS} threads");
        }
        if vitals.cpu - cpu_in_cells > BETWEEN_CELLS {
            return "it went on computing when its code had ended".to_owned();
        }
        if memory_of(id) > memory_bytes + SLACK {
            return format!("it held more than {} MB of memory", memory_bytes >> 20);
        }
    }
}
