//! Runs a program as if the kernel lacked Landlock or refused namespaces, or as another user:
//! `kernel-without [landlock] [namespaces] [user=UID] -- PROGRAM ARGUMENTS`. The program itself needs no change.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use rustix::process::{Gid, Uid};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    apply_filter,
};
use std::{collections::BTreeMap, ffi::CString, fs::File, os::fd::AsRawFd};

fn refuse(calls: &[i64], rules: &[SeccompRule], errno: i32) {
    let arch = if cfg!(target_arch = "x86_64") { TargetArch::x86_64 } else { TargetArch::aarch64 };
    let rules: BTreeMap<i64, Vec<SeccompRule>> = calls.iter().map(|&call| (call, rules.to_vec())).collect();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno as u32), arch).unwrap();
    apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut lacks = Vec::new();
    let mut user = None;
    for word in arguments.by_ref().take_while(|word| word != "--") {
        match (word.as_str(), word.strip_prefix("user=")) {
            (_, Some(id)) => user = Some(id.parse::<u32>().unwrap()),
            ("landlock" | "namespaces", _) => lacks.push(word),
            _ => panic!("unknown: {word}"),
        }
    }
    let command: Vec<CString> = arguments.map(|word| CString::new(word).unwrap()).collect();
    // Opened before the user changes: the other user may have no access to its folder.
    let program = File::open(command[0].to_str().unwrap()).unwrap();
    if let Some(user) = user {
        rustix::thread::set_thread_groups(&[]).unwrap();
        rustix::thread::set_thread_gid(Gid::from_raw(user)).unwrap();
        rustix::thread::set_thread_uid(Uid::from_raw(user)).unwrap();
    }
    // Kernels without these features return the same errors.
    if lacks.iter().any(|lack| lack == "landlock") {
        let calls = [libc::SYS_landlock_create_ruleset, libc::SYS_landlock_add_rule, libc::SYS_landlock_restrict_self];
        refuse(&calls, &[], libc::ENOSYS);
    }
    if lacks.iter().any(|lack| lack == "namespaces") {
        let user = libc::CLONE_NEWUSER as u64;
        let new_user = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(user), user).unwrap();
        refuse(&[libc::SYS_unshare], &[SeccompRule::new(vec![new_user]).unwrap()], libc::EPERM);
    }
    let mut pointers: Vec<_> = command.iter().map(|word| word.as_ptr()).collect();
    pointers.push(std::ptr::null());
    let none = [std::ptr::null::<libc::c_char>()];
    // SAFETY: the arrays end with null pointers and outlive the call, which returns only if it fails.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            c"".as_ptr(),
            pointers.as_ptr(),
            none.as_ptr(),
            libc::AT_EMPTY_PATH,
        );
    }
    panic!("{:?} could not be started: {}", command[0], std::io::Error::last_os_error());
}
