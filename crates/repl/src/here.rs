//! Workers on this computer, and the only code of this crate that depends on the operating system. Only Linux can seal a worker; on other systems
//! a command can still start one on another machine.

mod started;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{Forked, Zygote, empty_file, fork, read_exact_at, shell};

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub use other::{Forked, Zygote, empty_file, fork, read_exact_at, shell};

pub use started::Vitals;
