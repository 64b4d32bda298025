//! Systems that cannot seal a worker: each start of one fails, and says so.

use super::started::{Started, Vitals};
use std::{convert::Infallible, ffi::OsString, fs::File, io, sync::Arc};
use tokio::process::Command;

/// Stands in for the zygote of Linux.
pub struct Zygote;

impl Zygote {
    /// A zygote that forks nothing.
    pub fn new(_command: Vec<OsString>) -> Self {
        Zygote
    }
}

/// A worker on this computer; there is none.
#[derive(Clone)]
pub struct Forked(Infallible);

impl Forked {
    /// The process id.
    pub fn id(&self) -> u32 {
        match self.0 {}
    }

    /// Ends the process at once.
    pub fn kill(&self) {
        match self.0 {}
    }

    /// A handle that does not keep the zygote running.
    pub fn watcher(&self) -> Self {
        match self.0 {}
    }

    /// Resources that the process uses.
    pub fn vitals(&self) -> Vitals {
        match self.0 {}
    }
}

/// Fails.
///
/// # Errors
/// Always `Unsupported`.
pub async fn fork(_zygote: &Arc<Zygote>, _snapshot: &File) -> io::Result<Started<Forked>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux can seal a worker"))
}

/// A command line for the user's shell.
pub fn shell(command: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut process = Command::new(shell);
    process.args([option, command]);
    process
}

/// A file without content.
pub fn empty_file() -> io::Result<File> {
    File::open(if cfg!(windows) { "NUL" } else { "/dev/null" })
}

/// Fills `bytes` from the place `offset` of a file, whatever others who share it read.
pub fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset);
    #[cfg(windows)]
    {
        let mut filled = 0;
        while filled < bytes.len() {
            match std::os::windows::fs::FileExt::seek_read(file, &mut bytes[filled..], offset + filled as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        Ok(())
    }
}
