//! Seals the process that calls it, and tests that the seal holds.
//!
//! The seal has three layers. The first is mandatory: resource limits, `no_new_privs`, and a system call filter. Under the filter the process can open,
//! stat and connect to nothing and start no process. Where it cannot be applied, [`seal`] fails, and the caller must not run foreign code or parse foreign bytes.
//! Landlock and namespaces lie on top where the kernel offers them. The [`Seal`] reports attempts made after sealing, not a configuration.
//!
//! Order in a process: [`isolate`] before anything else, while there is one thread; then load whatever must be loaded; then [`seal`].
//!
//! Only Linux on x86-64 and ARM64 has a seal so far. Elsewhere these functions fail, so nothing runs unsealed.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod linux;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod unsupported;

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use linux::{isolate, seal, seal_program};
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub use unsupported::{isolate, seal, seal_program};

use serde::{Deserialize, Serialize};

/// The resources a sealed process may use. It can never reach files, the network or other processes.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Private writable memory, in bytes. Mapped files do not count.
    pub memory_bytes: u64,
    /// Processor time of the whole process, in seconds; after that the kernel ends it.
    pub cpu_seconds: Option<u64>,
    /// The process may start threads.
    pub threads: bool,
    /// The process joins threads, through a call that can also reach other processes that map the same file. Not for foreign code.
    pub joins: bool,
    /// The process drives a graphics card that was opened before sealing. The card's driver may reach the card's own devices, while Landlock keeps it
    /// from all other files, and may use shared or executable memory.
    pub graphics: bool,
}

/// How a process was sealed, and the attempts that tested it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seal {
    /// The layers that hold, in words.
    pub layers: Vec<String>,
    /// For each layer but the last, an attempt that it refused before any other layer stood in front of it.
    pub alone: Vec<String>,
    /// Layers that this kernel does not offer, or that did not hold, with the reason.
    pub missing: Vec<String>,
    /// The attempts of the sealed process, with their outcomes.
    pub attempts: Vec<Attempt>,
}

/// An attempt made after sealing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// In words that follow "could still": "open a file".
    pub what: String,
    /// The attempt failed, as it must.
    pub refused: bool,
    /// The kernel's answer.
    pub answer: String,
}

/// The mandatory layer could not be applied, or did not hold when tested.
#[derive(Debug, thiserror::Error)]
#[error("this computer cannot seal Plumb's worker process: {0}")]
pub struct SealError(String);
