//! Resource limits, and what a process may become.

use crate::Policy;
use std::io;

/// The main thread's stack, in bytes. Other threads' lie in counted memory.
const STACK: u64 = 16 << 20;

/// Sets them. They hold for the process and cannot be raised again by an ordinary user; the filter takes `setrlimit` away from everyone.
pub fn apply(policy: &Policy) -> io::Result<()> {
    // SAFETY: plain calls with integer arguments.
    unsafe {
        check(libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0))?;
        check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
    }
    drop_capabilities()?;
    // RLIMIT_DATA and not RLIMIT_AS: a snapshot of a gigabyte is mapped, but costs no memory.
    set(libc::RLIMIT_DATA, policy.memory_bytes)?;
    // Stacks that grow are not counted there.
    set(libc::RLIMIT_STACK, STACK)?;
    set(libc::RLIMIT_CORE, 0)?;
    set(libc::RLIMIT_FSIZE, 0)?;
    set(libc::RLIMIT_NOFILE, if policy.graphics { 512 } else { 64 })?;
    set(libc::RLIMIT_MEMLOCK, 0)?;
    set(libc::RLIMIT_MSGQUEUE, 0)?;
    if let Some(seconds) = policy.cpu_seconds {
        set(libc::RLIMIT_CPU, seconds)?;
    }
    Ok(())
}

/// Root gives up what makes it more than an ordinary user.
fn drop_capabilities() -> io::Result<()> {
    // Linux's `cap_user_header_t` of version 3, for the calling thread, and two empty `cap_user_data_t`.
    let header = [0x2008_0522u32, 0];
    let none = [0u32; 6];
    // SAFETY: both arrays have the size that this version of the call reads.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) } as libc::c_int)
}

fn set(resource: libc::__rlimit_resource_t, value: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: value, rlim_max: value };
    // SAFETY: `limit` outlives the call.
    check(unsafe { libc::setrlimit(resource, &limit) })
}

fn check(returned: libc::c_int) -> io::Result<()> {
    if returned == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
