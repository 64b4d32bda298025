//! Seals a process that is about to become a foreign program.
//!
//! Such a program must open its own files, so it cannot run under the filter of [`seal`](crate::seal). Landlock takes the filter's place and is
//! mandatory here. The program can read and run the files that the system installed, and can open nothing else.

use super::{
    filter::{self, Rules},
    layers, limits,
};
use crate::{Policy, SealError};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope,
};
use seccompiler::{SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition, SeccompRule};

/// Paths of installed programs, libraries and their data. `/lib` and `/lib64` are links into `/usr` on most systems.
const INSTALLED_PATHS: [&str; 4] = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache"];

/// Calls that reach other processes, kernel internals or more rights, and calls that start a second process.
const REFUSED_CALLS: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_kcmp,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_inotify_init1,
    libc::SYS_personality,
    libc::SYS_syslog,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_mq_open,
    libc::SYS_memfd_create,
    libc::SYS_setrlimit,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// Seals the calling process, for good, so that the program it becomes by `exec` is sealed too. `isolated` is the result of
/// [`isolate`](crate::isolate). The policy's fields about threads do not matter here: threads are allowed.
///
/// # Errors
/// The kernel refuses a part, or something that must fail succeeded after sealing.
pub fn seal_program(policy: &Policy, isolated: Result<String, String>) -> Result<Vec<String>, SealError> {
    limits::apply(policy).map_err(|e| SealError(format!("resource limits: {e}")))?;
    let mut holding = vec!["resource limits".to_owned()];
    if let Ok(layer) = isolated.and_then(|layer| layers::try_network().map(|_| layer)) {
        holding.push(layer);
    }
    landlock().map_err(SealError)?;
    holding.push("Landlock".to_owned());
    refuse_calls().map_err(|e| SealError(format!("system call filter: {e}")))?;
    holding.push("system call filter".to_owned());
    for (what, returned) in attempts() {
        if returned >= 0 {
            return Err(SealError(format!("after sealing it could still {what}")));
        }
    }
    Ok(holding)
}

fn landlock() -> Result<(), String> {
    let newest = ABI::V6;
    let read = AccessFs::from_read(newest);
    let restrict = || {
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(newest))?
            .handle_access(AccessNet::from_all(newest))?
            .scope(Scope::from_all(newest))?
            .create()?;
        for path in INSTALLED_PATHS {
            // No system has to have all of them.
            let Ok(opened) = PathFd::new(path) else { continue };
            let access = if path.ends_with(".cache") { read & AccessFs::from_file(newest) } else { read };
            ruleset = ruleset.add_rule(PathBeneath::new(opened, access))?;
        }
        ruleset.restrict_self()
    };
    let status = restrict().map_err(|e| format!("Landlock: {e}"))?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("Landlock: this kernel does not support it".to_owned()),
        _ => Ok(()),
    }
}

fn refuse_calls() -> Result<(), String> {
    let when = |argument, op, value| {
        SeccompCondition::new(argument, Len::Dword, op, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(|e| e.to_string())
    };
    let mut rules: Rules = REFUSED_CALLS.iter().map(|&call| (call, vec![])).collect();
    // Threads, but no processes.
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![when(0, Op::MaskedEq(thread), 0)?]);
    // Signals and limits of its own only. Its process id stays the same when it becomes the program.
    let own = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, vec![when(0, Op::Ne, own)?]);
    rules.insert(libc::SYS_prlimit64, vec![when(0, Op::Ne, 0)?]);
    // These two push input into a terminal.
    rules.insert(libc::SYS_ioctl, vec![when(1, Op::Eq, libc::TIOCSTI)?, when(1, Op::Eq, libc::TIOCLINUX)?]);
    filter::install(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32))
}

/// The attempts that must fail, with the value each call returned.
fn attempts() -> [(&'static str, libc::c_long); 4] {
    // SAFETY: raw system calls with static paths. If a process starts after all, it exits at once.
    unsafe {
        let flags = libc::O_RDONLY | libc::O_CLOEXEC;
        [
            ("open a file", libc::syscall(libc::SYS_openat, libc::AT_FDCWD, c"/etc/passwd".as_ptr(), flags)),
            ("list the root folder", libc::syscall(libc::SYS_openat, libc::AT_FDCWD, c"/".as_ptr(), flags | libc::O_DIRECTORY)),
            ("open a socket", libc::syscall(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0)),
            ("start a process", {
                let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
                if pid == 0 {
                    libc::_exit(0);
                }
                pid
            }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io,
        os::unix::process::CommandExt,
        process::{Command, Output},
    };

    const POLICY: Policy = Policy { memory_bytes: 512 << 20, cpu_seconds: Some(60), threads: true, joins: true, graphics: false };

    fn run(sealed: bool, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).env_clear();
        if sealed {
            // SAFETY: the child has one thread and only seals itself before it becomes the program.
            unsafe {
                command.pre_exec(|| seal_program(&POLICY, crate::isolate()).map(drop).map_err(io::Error::other));
            }
        }
        command.output().unwrap()
    }

    /// Asserts that a command works unsealed and fails sealed.
    fn only_unsealed(program: &str, arguments: &[&str]) {
        let open = run(false, program, arguments);
        assert!(open.status.success(), "{}", String::from_utf8_lossy(&open.stderr));
        let sealed = run(true, program, arguments);
        assert!(!sealed.status.success(), "{program} {arguments:?} worked");
    }

    #[test]
    fn a_sealed_program_runs() {
        let output = run(
            true,
            "/usr/bin/python3",
            &["-c", "import threading; t = threading.Thread(target=print, args=('here',)); t.start(); t.join()"],
        );
        assert_eq!(
            (output.stdout.as_slice(), output.status.success()),
            (b"here\n".as_slice(), true),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    #[test]
    fn a_sealed_program_opens_only_installed_files() {
        only_unsealed("/usr/bin/cat", &["/etc/passwd"]);
        only_unsealed("/usr/bin/cat", &["/proc/self/status"]);
        only_unsealed("/usr/bin/ls", &["/"]);
        only_unsealed("/usr/bin/python3", &["-c", "open('/tmp/plumb-sealed-program', 'w')"]);
        let _ = std::fs::remove_file("/tmp/plumb-sealed-program");
    }

    #[test]
    fn a_sealed_program_has_no_sockets_processes_or_signals() {
        only_unsealed("/usr/bin/python3", &["-c", "import socket; socket.socket()"]);
        only_unsealed("/usr/bin/python3", &["-c", "import socket; socket.socketpair()"]);
        only_unsealed("/usr/bin/python3", &["-c", "import os; os.fork() or os._exit(0)"]);
        only_unsealed("/usr/bin/python3", &["-c", "import subprocess; subprocess.run(['/usr/bin/true'], check=True)"]);
        only_unsealed("/usr/bin/python3", &["-c", "import os; os.kill(os.getppid(), 0)"]);
    }
}
