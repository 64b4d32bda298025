//! The system call filter: an allow-list without any call that opens, stats, connects or starts something.

use crate::Policy;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter_all_threads,
};
use std::collections::BTreeMap;

/// Rules by system call. A call without rules matches with any arguments.
pub type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Calls allowed with any arguments.
const ALWAYS_ALLOWED: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_lseek,
    libc::SYS_munmap,
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_getrandom,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_sched_yield,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getcwd,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getrusage,
    libc::SYS_times,
    libc::SYS_restart_syscall,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_membarrier,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];

/// Maximum size of memory that can be made inaccessible, in bytes: enough for the guard of a stack.
const MAX_GUARD_BYTES: u64 = 64 << 10;

/// Types of `ioctl` that graphics drivers use, by the letter in the second byte: DRM, NVIDIA, fences, shared buffers, the card of Windows; and
/// NVIDIA's other device, which numbers its calls without a letter. Terminals use none of them.
const GRAPHICS_IOCTL_TYPES: [u8; 6] = [b'd', b'F', b'>', b'b', b'G', 0];

/// Installs the filter on all threads. `confined`: another layer already keeps the process from all files but its devices.
pub fn apply(policy: &Policy, confined: bool) -> Result<(), String> {
    let rules = allowed(policy, confined).map_err(|e| e.to_string())?;
    install(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

/// Installs a filter with these rules on all threads. Before it, another filter makes `clone3` look unsupported.
pub fn install(rules: Rules, otherwise: SeccompAction, matched: SeccompAction) -> Result<(), String> {
    // glibc falls back from clone3 to clone only on ENOSYS. A filter can see clone's flags, but not clone3's.
    let clone3 = compile([(libc::SYS_clone3, vec![])].into(), SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))?;
    let main = compile(rules, otherwise, matched)?;
    // The main filter may forbid installing filters, so it comes last.
    for filter in [clone3, main] {
        apply_filter_all_threads(&filter).map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn compile(rules: Rules, otherwise: SeccompAction, matched: SeccompAction) -> Result<BpfProgram, String> {
    let arch = if cfg!(target_arch = "x86_64") { TargetArch::x86_64 } else { TargetArch::aarch64 };
    SeccompFilter::new(rules, otherwise, matched, arch).and_then(BpfProgram::try_from).map_err(|e| e.to_string())
}

fn allowed(policy: &Policy, confined: bool) -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = ALWAYS_ALLOWED.iter().map(|&call| (call, vec![])).collect();
    // New memory is never executable, so the only code is the code loaded before sealing. It is also private and does not grow by itself,
    // because the memory limit counts no other kind.
    let exec = libc::PROT_EXEC as u64;
    let kind = (libc::MAP_SHARED | libc::MAP_PRIVATE | libc::MAP_GROWSDOWN) as u64;
    // Nor does the limit count read-only memory, whose page tables could fill the machine.
    let write = libc::PROT_WRITE as u64;
    let counted = || SeccompCondition::new(3, Len::Dword, Op::MaskedEq(kind), libc::MAP_PRIVATE as u64);
    let writable = || SeccompCondition::new(2, Len::Dword, Op::MaskedEq(exec | write), write);
    let closed = || SeccompCondition::new(2, Len::Dword, Op::Eq, libc::PROT_NONE as u64);
    rules.insert(
        libc::SYS_mmap,
        vec![SeccompRule::new(vec![writable()?, counted()?])?, SeccompRule::new(vec![closed()?, counted()?])?],
    );
    // Inaccessible memory keeps its contents and is not counted, so only small pieces may be inaccessible: guards of stacks.
    let small = SeccompCondition::new(1, Len::Qword, Op::Le, MAX_GUARD_BYTES)?;
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![writable()?])?, SeccompRule::new(vec![closed()?, small])?]);
    // Waiting on shared memory could reach other processes, but joining a thread has no other way.
    let private = libc::FUTEX_PRIVATE_FLAG as u64;
    rules.insert(libc::SYS_futex, if policy.joins { vec![] } else { vec![when(1, Op::MaskedEq(private), private)?] });
    // The system's clocks and the process's own, which have small numbers. Negative numbers are the clocks of other processes.
    for call in [libc::SYS_clock_gettime, libc::SYS_clock_getres, libc::SYS_clock_nanosleep] {
        rules.insert(call, vec![when(0, Op::Le, libc::CLOCK_TAI as u64)?]);
    }
    // A thread may stop sharing its descriptors.
    rules.insert(libc::SYS_unshare, vec![when(0, Op::Eq, libc::CLONE_FILES as u64)?]);
    // F_SETOWN and F_SETSIG are missing: they can signal other processes.
    let fcntl = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL];
    rules.insert(libc::SYS_fcntl, fcntl.iter().map(|&command| when(1, Op::Eq, command as u64)).collect::<Result<_, _>>()?);
    // Signals to its own threads only, and none that stops them: a stopped process would not notice that its parent is gone.
    let own = || SeccompCondition::new(0, Len::Dword, Op::Eq, u64::from(std::process::id()));
    let signal = |signal: i32| SeccompRule::new(vec![own()?, SeccompCondition::new(2, Len::Dword, Op::Eq, signal as u64)?]);
    rules.insert(libc::SYS_tgkill, [libc::SIGINT, libc::SIGABRT].into_iter().map(signal).collect::<Result<_, _>>()?);
    // Its own affinity only, so that it learns nothing of other processes.
    rules.insert(libc::SYS_sched_getaffinity, vec![when(0, Op::Eq, 0)?]);
    // Its limits can be read, but not set.
    let own = SeccompCondition::new(0, Len::Dword, Op::Eq, 0)?;
    let read_only = SeccompCondition::new(2, Len::Qword, Op::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![own, read_only])?]);
    if policy.threads {
        let thread = (libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND | libc::CLONE_FILES) as u64;
        let namespaces = 0x7e02_0000; // every CLONE_NEW* flag
        rules.insert(libc::SYS_clone, vec![when(0, Op::MaskedEq(thread | namespaces), thread)?]);
        rules.insert(libc::SYS_clone3, vec![]); // answered ENOSYS by the filter before this one
    }
    if policy.graphics {
        allow_graphics(&mut rules, confined)?;
    }
    Ok(rules)
}

/// Allows the calls of a graphics driver, which maps the card's shared memory and may generate code at run time.
fn allow_graphics(rules: &mut Rules, confined: bool) -> Result<(), seccompiler::BackendError> {
    for call in [libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_eventfd2, libc::SYS_dup] {
        rules.insert(call, vec![]);
    }
    let of = |kind: &u8| when(1, Op::MaskedEq(0xff00), u64::from(*kind) << 8);
    rules.insert(libc::SYS_ioctl, GRAPHICS_IOCTL_TYPES.iter().map(of).collect::<Result<_, _>>()?);
    rules.entry(libc::SYS_fcntl).or_default().push(when(1, Op::Eq, libc::F_DUPFD_CLOEXEC as u64)?);
    if confined {
        // NVIDIA's driver keeps reopening its devices.
        rules.insert(libc::SYS_openat, vec![]);
    }
    Ok(())
}

fn when(argument: u8, op: Op, value: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, Len::Dword, op, value)?])
}
