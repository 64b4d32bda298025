//! A worker on this computer, whichever system that is.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// A forked worker, with its standard input and output.
pub struct Started<Process> {
    /// The process.
    pub process: Process,
    /// Its standard input.
    pub input: Box<dyn AsyncWrite + Send + Unpin>,
    /// Its standard output.
    pub output: Box<dyn AsyncRead + Send + Unpin>,
}

/// Resources that a process uses; zeros once it is gone.
#[derive(Default)]
pub struct Vitals {
    /// Number of threads.
    pub threads: u64,
    /// Processor time used.
    pub cpu: Duration,
    /// Private memory, in bytes.
    pub memory_bytes: u64,
}
