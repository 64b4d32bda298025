//! The handle of the zygote: a process that has started Python and forks a worker in a few milliseconds. The other side is in
//! `worker/src/zygote.rs`. The zygote ends when its socket closes, and its workers end with it, however this program ends.

use parking_lot::Mutex;
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
    sync::Arc,
};

/// A forked worker, before the runtime takes its pipes.
pub struct Forked {
    /// A descriptor of the process.
    pub process: OwnedFd,
    /// The process id.
    pub id: u32,
    /// Its standard input.
    pub input: PipeWriter,
    /// Its standard output.
    pub output: PipeReader,
    /// The worker ends with it.
    pub zygote: Arc<Running>,
}

/// Starts the zygote for the first worker, and again when it is gone.
pub struct Zygote {
    command: Vec<OsString>,
    running: Mutex<Option<Arc<Running>>>,
}

/// A running zygote. Dropping it ends it and the workers that it forked.
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
    /// A zygote of this program with its arguments; it starts with the first worker.
    pub fn new(command: Vec<OsString>) -> Self {
        Zygote { command, running: Mutex::new(None) }
    }

    /// Forks a worker that maps `snapshot`. Blocks for some milliseconds; the first time, until Python has started.
    ///
    /// # Errors
    /// When the program cannot be started, or ends before it answers.
    pub fn fork(&self, snapshot: &File) -> io::Result<Forked> {
        let mut running = self.running.lock();
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
                // Something outside Plumb may have ended the old one.
                running.insert(Arc::new(self.start()?)).fork(snapshot)
            }
        }
    }

    fn start(&self) -> io::Result<Running> {
        let (control, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        let (program, arguments) = self.command.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        // Plumb's environment may hold keys, and the zygote needs none of it.
        command.args(arguments).arg("--zygote").env_clear().stdin(theirs).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: between fork and exec only an async-signal-safe call is made.
        unsafe {
            command.pre_exec(|| {
                // Keeps descriptors that others opened without close-on-exec out of the zygote. Old kernels lack the call; Rust's own close anyway.
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
        let id = id_of(&process)?;
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

/// The id of a process, which no other process has while this one lives.
fn id_of(process: &OwnedFd) -> io::Result<u32> {
    let known = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", process.as_raw_fd()))?;
    let number = known.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok());
    number.ok_or_else(|| io::ErrorKind::NotFound.into())
}
