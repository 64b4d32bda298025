//! Workers on Linux: a zygote forks them, a process descriptor ends them, and `/proc` shows what they use.

mod zygote;

pub use zygote::Zygote;

use super::started::{Started, Vitals};
use rustix::process::{Signal, pidfd_send_signal};
use std::{fs::File, io, os::fd::OwnedFd, os::unix::fs::FileExt, sync::Arc, time::Duration};
use tokio::{net::unix::pipe, process::Command};
use zygote::Running;

/// A worker that the zygote forked.
#[derive(Clone)]
pub struct Forked {
    /// Refers to this process for as long as it is open, and never to another.
    descriptor: Arc<OwnedFd>,
    id: u32,
    /// The zygote must outlive its workers. A handle that only watches does not hold it.
    _zygote: Option<Arc<Running>>,
}

impl Forked {
    /// The process id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Ends the process at once.
    pub fn kill(&self) {
        // A process that is gone already cannot be killed again.
        let _ = pidfd_send_signal(&self.descriptor, Signal::KILL);
    }

    /// A handle that does not keep the zygote running.
    pub fn watcher(&self) -> Self {
        Forked { descriptor: self.descriptor.clone(), id: self.id, _zygote: None }
    }

    /// Resources that the process uses.
    pub fn vitals(&self) -> Vitals {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id)).unwrap_or_default();
        // Counts fields after the name, which can hold anything.
        let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ').collect();
        let number = |field: usize| fields.get(field).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        // The kernel counts in hundredths of a second.
        let cpu = Duration::from_millis((number(11) + number(12)) * 10);
        Vitals { threads: number(17), cpu, memory_bytes: self.memory_bytes() }
    }

    /// Memory that the process holds and no other: the part that its limit counts, and the part that machine code can hide from it.
    fn memory_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id)).unwrap_or_default();
        let kilobytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0)
        };
        (kilobytes("RssAnon") + kilobytes("VmSwap") + kilobytes("VmPTE")) << 10
    }
}

/// Forks a worker that maps `snapshot`.
///
/// # Errors
/// When the program cannot be started, or ends before it answers.
pub async fn fork(zygote: &Arc<Zygote>, snapshot: &File) -> io::Result<Started<Forked>> {
    let (zygote, snapshot) = (zygote.clone(), snapshot.try_clone()?);
    let forked = tokio::task::spawn_blocking(move || zygote.fork(&snapshot)).await;
    let forked = forked.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into()))?;
    Ok(Started {
        process: Forked { descriptor: Arc::new(forked.process), id: forked.id, _zygote: Some(forked.zygote) },
        input: Box::new(pipe::Sender::from_owned_fd(forked.input.into())?),
        output: Box::new(pipe::Receiver::from_owned_fd(forked.output.into())?),
    })
}

/// A command line for the user's shell, in a process group of its own.
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("exec {command}")]).process_group(0);
    shell
}

/// A file without content.
pub fn empty_file() -> io::Result<File> {
    File::open("/dev/null")
}

/// Fills `bytes` from the place `offset` of a file, whatever others who share it read.
pub fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(bytes, offset)
}
