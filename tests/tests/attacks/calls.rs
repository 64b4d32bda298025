//! System calls in machine code (kernel.toml), made by `raw-calls`: the seal refuses all of them, and each works without it.

use crate::{
    data::{self, Call},
    way::{Way, program},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// The kernel's number of a call. Some exist only on this processor family.
#[cfg(target_arch = "x86_64")]
fn number(call: &str) -> i64 {
    match call {
        "access" => libc::SYS_access,
        "add_key" => libc::SYS_add_key,
        "bpf" => libc::SYS_bpf,
        "capset" => libc::SYS_capset,
        "chdir" => libc::SYS_chdir,
        "chmod" => libc::SYS_chmod,
        "chown" => libc::SYS_chown,
        "chroot" => libc::SYS_chroot,
        "clock_gettime" => libc::SYS_clock_gettime,
        "clock_settime" => libc::SYS_clock_settime,
        "clone" => libc::SYS_clone,
        "clone3" => libc::SYS_clone3,
        "copy_file_range" => libc::SYS_copy_file_range,
        "creat" => libc::SYS_creat,
        "delete_module" => libc::SYS_delete_module,
        "dup" => libc::SYS_dup,
        "epoll_create1" => libc::SYS_epoll_create1,
        "eventfd2" => libc::SYS_eventfd2,
        "execve" => libc::SYS_execve,
        "execveat" => libc::SYS_execveat,
        "faccessat" => libc::SYS_faccessat,
        "faccessat2" => libc::SYS_faccessat2,
        "fanotify_init" => libc::SYS_fanotify_init,
        "fcntl" => libc::SYS_fcntl,
        "fork" => libc::SYS_fork,
        "fsopen" => libc::SYS_fsopen,
        "futex" => libc::SYS_futex,
        "getpid" => libc::SYS_getpid,
        "getxattr" => libc::SYS_getxattr,
        "init_module" => libc::SYS_init_module,
        "inotify_init1" => libc::SYS_inotify_init1,
        "io_uring_setup" => libc::SYS_io_uring_setup,
        "ioctl" => libc::SYS_ioctl,
        "ioperm" => libc::SYS_ioperm,
        "iopl" => libc::SYS_iopl,
        "ioprio_set" => libc::SYS_ioprio_set,
        "kcmp" => libc::SYS_kcmp,
        "keyctl" => libc::SYS_keyctl,
        "kill" => libc::SYS_kill,
        "link" => libc::SYS_link,
        "lstat" => libc::SYS_lstat,
        "memfd_create" => libc::SYS_memfd_create,
        "mkdir" => libc::SYS_mkdir,
        "mknod" => libc::SYS_mknod,
        "mlockall" => libc::SYS_mlockall,
        "mmap" => libc::SYS_mmap,
        "modify_ldt" => libc::SYS_modify_ldt,
        "mount" => libc::SYS_mount,
        "mprotect" => libc::SYS_mprotect,
        "mq_open" => libc::SYS_mq_open,
        "mremap" => libc::SYS_mremap,
        "msgget" => libc::SYS_msgget,
        "name_to_handle_at" => libc::SYS_name_to_handle_at,
        "newfstatat" => libc::SYS_newfstatat,
        "open" => libc::SYS_open,
        "open_by_handle_at" => libc::SYS_open_by_handle_at,
        "open_tree" => libc::SYS_open_tree,
        "openat" => libc::SYS_openat,
        "openat2" => libc::SYS_openat2,
        "perf_event_open" => libc::SYS_perf_event_open,
        "personality" => libc::SYS_personality,
        "pidfd_getfd" => libc::SYS_pidfd_getfd,
        "pidfd_open" => libc::SYS_pidfd_open,
        "pidfd_send_signal" => libc::SYS_pidfd_send_signal,
        "pipe2" => libc::SYS_pipe2,
        "pivot_root" => libc::SYS_pivot_root,
        "pkey_mprotect" => libc::SYS_pkey_mprotect,
        "prctl" => libc::SYS_prctl,
        "prlimit64" => libc::SYS_prlimit64,
        "process_madvise" => libc::SYS_process_madvise,
        "process_vm_readv" => libc::SYS_process_vm_readv,
        "process_vm_writev" => libc::SYS_process_vm_writev,
        "ptrace" => libc::SYS_ptrace,
        "readlink" => libc::SYS_readlink,
        "readlinkat" => libc::SYS_readlinkat,
        "remap_file_pages" => libc::SYS_remap_file_pages,
        "rename" => libc::SYS_rename,
        "request_key" => libc::SYS_request_key,
        "rt_sigqueueinfo" => libc::SYS_rt_sigqueueinfo,
        "sched_setaffinity" => libc::SYS_sched_setaffinity,
        "sched_setscheduler" => libc::SYS_sched_setscheduler,
        "seccomp" => libc::SYS_seccomp,
        "semget" => libc::SYS_semget,
        "sendfile" => libc::SYS_sendfile,
        "setgroups" => libc::SYS_setgroups,
        "sethostname" => libc::SYS_sethostname,
        "setitimer" => libc::SYS_setitimer,
        "setns" => libc::SYS_setns,
        "setpgid" => libc::SYS_setpgid,
        "setpriority" => libc::SYS_setpriority,
        "setrlimit" => libc::SYS_setrlimit,
        "setsid" => libc::SYS_setsid,
        "setuid" => libc::SYS_setuid,
        "shmget" => libc::SYS_shmget,
        "signalfd4" => libc::SYS_signalfd4,
        "socket" => libc::SYS_socket,
        "socketpair" => libc::SYS_socketpair,
        "splice" => libc::SYS_splice,
        "stat" => libc::SYS_stat,
        "statfs" => libc::SYS_statfs,
        "statx" => libc::SYS_statx,
        "symlink" => libc::SYS_symlink,
        "syslog" => libc::SYS_syslog,
        "tgkill" => libc::SYS_tgkill,
        "timer_create" => libc::SYS_timer_create,
        "timerfd_create" => libc::SYS_timerfd_create,
        "tkill" => libc::SYS_tkill,
        "truncate" => libc::SYS_truncate,
        "umount2" => libc::SYS_umount2,
        "unlink" => libc::SYS_unlink,
        "unshare" => libc::SYS_unshare,
        "userfaultfd" => libc::SYS_userfaultfd,
        "utimensat" => libc::SYS_utimensat,
        "vmsplice" => libc::SYS_vmsplice,
        other => panic!("{other} has no number in this table"),
    }
}

#[derive(Debug, Deserialize)]
struct Outcome {
    name: String,
    returned: Option<i64>,
    signal: Option<i32>,
}

fn make(calls: &[Call], sealed: &str, way: Way) -> Vec<Outcome> {
    let argument = |value: &toml::Value| serde_json::to_value(value).unwrap();
    let request: Vec<Value> = calls
        .iter()
        .map(|call| {
            let number = match call.door.as_deref() {
                Some("x32") => number(&call.call) | 0x4000_0000,
                Some("none") => 100_000,
                // getpid of 32-bit programs.
                Some("old") => 20,
                _ => number(&call.call),
            };
            let arguments: Vec<Value> = call.arguments.iter().map(argument).collect();
            json!({"name": call.name, "number": number, "arguments": arguments, "old_door": call.door.as_deref() == Some("old")})
        })
        .collect();
    let mut command = Command::new(program("kernel-without"));
    command.args(way.words()).arg("--").arg(program("raw-calls")).arg(sealed).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(&request).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sealed(way: Way) {
    let Some(way) = way.possible() else { return };
    let refused = [-i64::from(libc::EPERM), -i64::from(libc::ENOSYS)];
    let made = make(&data::calls(), "sealed", way);
    // The filter kills a process that enters the kernel by a door of other kinds of programs. A killed process has reached nothing.
    let held = |outcome: &&Outcome| match outcome.returned {
        Some(returned) => !refused.contains(&returned) || (returned == refused[1] && outcome.name != "raw_clone3"),
        None => outcome.signal != Some(libc::SIGSYS),
    };
    let open: Vec<_> = made.iter().filter(held).collect();
    assert!(open.is_empty(), "{open:#?}");
}

#[test]
fn no_system_call_gets_through_any_combination_of_layers() {
    for way in [Way::default(), Way::default().without("landlock"), Way::default().without("namespaces")] {
        sealed(way);
        sealed(way.user());
    }
    sealed(Way::default().without("landlock").without("namespaces"));
    sealed(Way::default().without("landlock").without("namespaces").user());
}

fn open(way: Way) {
    let Some(way) = way.possible() else { return };
    let calls: Vec<Call> = data::calls().into_iter().filter(|call| !call.needs_root_outside || way.is_root()).collect();
    let made = make(&calls, "open", way);
    let mut failed = Vec::new();
    for (call, outcome) in calls.iter().zip(&made) {
        let answers = call.outside.as_deref().unwrap_or("works").split('|');
        let wanted = answers.into_iter().any(|answer| match answer {
            "works" => outcome.returned.is_some_and(|returned| returned >= 0),
            error => outcome.returned == Some(-errno(error)),
        });
        if !wanted {
            failed.push(format!("{outcome:?}, wanted {:?}", call.outside));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_system_call_reaches_the_kernel_outside() {
    open(Way::default());
}

#[test]
fn every_system_call_of_a_user_reaches_the_kernel_outside() {
    open(Way::default().user());
}

fn errno(name: &str) -> i64 {
    i64::from(match name {
        "ENODATA" => libc::ENODATA,
        "ENOENT" => libc::ENOENT,
        "EOVERFLOW" => libc::EOVERFLOW,
        "EINVAL" => libc::EINVAL,
        "EAFNOSUPPORT" => libc::EAFNOSUPPORT,
        "ESRCH" => libc::ESRCH,
        "EBADF" => libc::EBADF,
        "EFAULT" => libc::EFAULT,
        "ENOKEY" => libc::ENOKEY,
        "ENOEXEC" => libc::ENOEXEC,
        "ENOMEM" => libc::ENOMEM,
        "ENOSYS" => libc::ENOSYS,
        other => panic!("{other} has no number in this table"),
    })
}
