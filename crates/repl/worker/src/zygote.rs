//! Forks workers from one process that has started Python and loaded its library, so that a worker is ready in milliseconds. The zygote never
//! sees a text or a model's code. It has one thread: a fork of several could inherit locks that nobody releases.

use pyo3::{ffi, prelude::*};
use rustix::{
    io::{self, Errno},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg,
        sendmsg,
    },
    process::{Pid, PidfdFlags, pidfd_open},
};
use std::{
    io::{IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

/// A worker's descriptors: standard input, standard output and the snapshot.
type Handed = [OwnedFd; 3];

/// Serves requests on the socket that is standard input: each brings three descriptors, and gets the worker's process as a descriptor. Returns
/// true in each worker, and false when the parent is gone.
pub fn serve(py: Python<'_>) -> bool {
    // Leaves the terminal's process group: an interrupt typed there is for the program.
    let _ = rustix::process::setsid();
    // SAFETY: a plain call. The kernel reaps ended workers by itself.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    // A garbage collection in a worker must not touch, and so copy, the objects that exist now.
    let _ = py.import("gc").and_then(|gc| gc.call_method0("freeze"));
    let zygote = rustix::process::getpid();
    loop {
        let Some(handed) = receive() else { return false };
        // SAFETY: Python's own steps around a fork, with its lock held and no other thread.
        let pid = unsafe {
            ffi::PyOS_BeforeFork();
            let pid = libc::fork();
            if pid == 0 {
                ffi::PyOS_AfterFork_Child()
            } else {
                ffi::PyOS_AfterFork_Parent()
            }
            pid
        };
        if pid == 0 {
            return arrange(handed, zygote).is_ok();
        }
        let process = match Pid::from_raw(pid.max(0)) {
            Some(pid) => pidfd_open(pid, PidfdFlags::empty()),
            None => Err(Errno::AGAIN),
        };
        if answer(process).is_err() {
            return false;
        }
    }
}

fn control() -> BorrowedFd<'static> {
    // SAFETY: standard input is never closed in the zygote.
    unsafe { BorrowedFd::borrow_raw(0) }
}

fn receive() -> Option<Handed> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let received = loop {
        match recvmsg(control(), &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => {}
            other => break other.ok()?,
        }
    };
    if received.bytes == 0 {
        return None;
    }
    let handed = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors.collect::<Vec<_>>()),
        _ => None,
    });
    handed?.try_into().ok()
}

fn answer(process: Result<OwnedFd, Errno>) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = process.as_ref().map(|process| [process.as_fd()]);
    if let Ok(descriptors) = &descriptors {
        ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    // One byte: 0, or why there is no worker.
    let byte = [process.as_ref().err().map_or(0, |error| error.raw_os_error() as u8)];
    sendmsg(control(), &[IoSlice::new(&byte)], &mut ancillary, SendFlags::empty()).map(drop)
}

/// Puts the worker's descriptors in their places and closes all others. The worker dies with the zygote, which dies with the program.
fn arrange(handed: Handed, zygote: Pid) -> Result<(), Errno> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    if rustix::process::getppid() != Some(zygote) {
        return Err(Errno::SRCH);
    }
    // SAFETY: plain calls with integer arguments.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    for (descriptor, place) in handed.iter().zip([0, 1, super::SNAPSHOT_DESCRIPTOR]) {
        // Received descriptors lie above 3: 0 to 2 were open, and the first of them may be 3 itself.
        if descriptor.as_raw_fd() != place {
            // SAFETY: as above.
            check(unsafe { libc::dup2(descriptor.as_raw_fd(), place) })?;
        }
    }
    handed.into_iter().for_each(std::mem::forget);
    // SAFETY: as above; no descriptor above the snapshot is in use.
    check(unsafe { libc::syscall(libc::SYS_close_range, 4, u32::MAX, 0) as i32 })
}

fn check(returned: i32) -> io::Result<()> {
    if returned < 0 { Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)) } else { Ok(()) }
}
