//! Runs a program with a drive that never answers mounted on a folder: `stalled-mount FOLDER -- PROGRAM ARGUMENTS`.
//! The drive is a FUSE file system without a server. Only the program sees the mount.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{ffi::CString, fs::File, os::fd::AsRawFd, process::Command};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = CString::new(arguments.next().unwrap()).unwrap();
    assert_eq!(arguments.next().as_deref(), Some("--"));
    // SAFETY: plain calls; the strings outlive them.
    unsafe {
        if libc::unshare(libc::CLONE_NEWNS) != 0 {
            let (user, group) = (libc::getuid(), libc::getgid());
            check(libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS), "unshare");
            std::fs::write("/proc/self/setgroups", "deny").unwrap();
            std::fs::write("/proc/self/uid_map", format!("0 {user} 1")).unwrap();
            std::fs::write("/proc/self/gid_map", format!("0 {group} 1")).unwrap();
        }
        let all = c"/".as_ptr();
        check(libc::mount(c"none".as_ptr(), all, std::ptr::null(), libc::MS_REC | libc::MS_PRIVATE, std::ptr::null()), "private");
    }
    let device = File::options().read(true).write(true).open("/dev/fuse").unwrap();
    let options = CString::new(format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd())).unwrap();
    // SAFETY: as above.
    unsafe {
        let mounted = libc::mount(c"stalled".as_ptr(), folder.as_ptr(), c"fuse".as_ptr(), 0, options.as_ptr().cast());
        check(mounted, "mount");
    }
    let status = Command::new(arguments.next().unwrap()).args(arguments).status().unwrap();
    // Closing the device removes the drive and releases everything that waits for it.
    drop(device);
    std::process::exit(status.code().unwrap_or(1));
}

fn check(returned: libc::c_int, what: &str) {
    assert!(returned == 0, "{what}: {}", std::io::Error::last_os_error());
}
