//! Resource limits, and the privileges that a process gives up.

use crate::Policy;
use std::io;

/// Maximum size of the main thread's stack. Other threads' stacks lie in memory that is counted.
const MAIN_STACK_BYTES: u64 = 16 << 20;

/// Sets the limits of the process. An ordinary user cannot raise them again; the filter takes `setrlimit` away from everyone.
pub fn apply(policy: &Policy) -> io::Result<()> {
    // SAFETY: plain calls with integer arguments.
    unsafe {
        check(libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0))?;
        check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
    }
    drop_capabilities()?;
    // RLIMIT_DATA rather than RLIMIT_AS: a mapped snapshot of a gigabyte costs no memory.
    set(libc::RLIMIT_DATA, policy.memory_bytes)?;
    // RLIMIT_DATA does not count stacks that grow.
    set(libc::RLIMIT_STACK, MAIN_STACK_BYTES)?;
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

/// Drops all capabilities, so that root has the rights of an ordinary user.
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
