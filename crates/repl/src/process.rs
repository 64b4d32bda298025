//! What is ended with a worker, and what the system says of it.

use crate::zygote::Running;
use rustix::process::{Signal, pidfd_send_signal};
use std::{os::fd::OwnedFd, sync::Arc, time::Duration};
use tokio::process::Child;

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
    let Process::Forked { id, .. } = process else { return Vitals::default() };
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // Counted from behind the name, which can hold anything.
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ').collect();
    let number = |field: usize| fields.get(field).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    // In hundredths of a second, on every Linux.
    Vitals { threads: number(17), cpu: Duration::from_millis((number(11) + number(12)) * 10) }
}
