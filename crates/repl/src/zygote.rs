//! The handle of the zygote: the process with Python started, which forks a worker in a few milliseconds. Its own side is in
//! `worker/src/zygote.rs`. It ends when its socket does, and its workers with it, however this program ends.

use rustix::{
    io::Errno,
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
        SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
    },
};
use std::{
    ffi::OsString,
    fs::File,
    io::{self, IoSlice, IoSliceMut, PipeReader, PipeWriter, pipe},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

/// A forked worker.
pub struct Forked {
    /// The process: it can be ended by this, and no other can be taken for it.
    pub process: OwnedFd,
    /// Its number.
    pub id: u32,
    /// Its standard input.
    pub input: PipeWriter,
    /// Its standard output.
    pub output: PipeReader,
    /// What it ends with.
    pub zygote: Arc<Running>,
}

/// Starts the zygote when the first worker is wanted, and anew when it is gone.
pub struct Zygote {
    command: Vec<OsString>,
    running: Mutex<Option<Arc<Running>>>,
}

/// A running zygote. Dropping it ends it, and the workers that it forked.
pub struct Running {
    process: Child,
    control: OwnedFd,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Zygote {
    /// Of this program, with its arguments.
    pub fn new(command: Vec<OsString>) -> Self {
        Zygote { command, running: Mutex::new(None) }
    }

    /// A new worker that maps `snapshot`. Blocks for some milliseconds; the first time, until Python has started.
    ///
    /// # Errors
    /// When the program cannot be started, or ends before it answers.
    pub fn fork(&self, snapshot: &File) -> io::Result<Forked> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = running.is_none();
        let zygote = match &mut *running {
            Some(zygote) => zygote,
            empty => empty.insert(Arc::new(self.start()?)),
        };
        match zygote.fork(snapshot) {
            Ok(forked) => Ok(forked),
            Err(error) => {
                *running = None;
                if fresh {
                    return Err(error);
                }
                // The old one may have been ended from outside.
                running.insert(Arc::new(self.start()?)).fork(snapshot)
            }
        }
    }

    fn start(&self) -> io::Result<Running> {
        let (control, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        let (program, arguments) = self.command.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        // It needs nothing of our environment, which may hold keys.
        command.args(arguments).arg("--zygote").env_clear().stdin(theirs).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: between fork and exec only an async-signal-safe call is made.
        unsafe {
            command.pre_exec(|| {
                // What others opened without close-on-exec stays here. Old kernels lack the call; what Rust opens is closed anyway.
                libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
                Ok(())
            });
        }
        Ok(Running { process: command.spawn()?, control })
    }
}

impl Running {
    fn fork(self: &Arc<Self>, snapshot: &File) -> io::Result<Forked> {
        let (their_input, input) = pipe()?;
        let (output, their_output) = pipe()?;
        let handed = [their_input.as_fd(), their_output.as_fd(), snapshot.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&handed));
        sendmsg(&self.control, &[IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)?;
        let process = self.receive()?;
        let id = number(&process)?;
        Ok(Forked { process, id, input, output, zygote: self.clone() })
    }

    fn receive(&self) -> io::Result<OwnedFd> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let received = loop {
            match recvmsg(&self.control, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Err(Errno::INTR) => {}
                other => break other?,
            }
        };
        if received.bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let process = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        process.ok_or_else(|| io::Error::from_raw_os_error(i32::from(byte[0])))
    }
}

/// The number of a process, which stays its own at least as long as it lives.
fn number(process: &OwnedFd) -> io::Result<u32> {
    let known = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", process.as_raw_fd()))?;
    let number = known.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok());
    number.ok_or_else(|| io::ErrorKind::NotFound.into())
}
