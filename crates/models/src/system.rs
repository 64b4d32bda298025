//! The only code of this crate that depends on the operating system.

use std::path::Path;
use tokio::process::Command;

/// Keeps a crash of this program from writing its memory, which holds keys, to the disk.
pub fn forbid_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // With a limit of 0, Linux still pipes the image to a program that asks for it; with 1 it does not. Neither writes a file.
        let limit = Rlimit { current: Some(1), maximum: Some(1) };
        if let Err(error) = setrlimit(Resource::Core, limit) {
            tracing::warn!("a crash of this program could leave its memory on the disk: {error}");
        }
    }
}

/// Free space on the disk of a folder, in bytes; `None` where it is unknown.
pub fn free_disk_bytes(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    return rustix::fs::statvfs(folder).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// A command line for the user's shell.
pub fn shell(command: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut process = Command::new(shell);
    process.args([option, command]);
    process
}
