//! Tests what a sealed process can still do, by trying it.

use crate::Attempt;
use std::io;

/// Tries everything that must fail, and executable memory if `no_new_code`. In an ordinary process each attempt succeeds, as the test proves, so a
/// failure shows that the seal holds.
pub fn attempts(no_new_code: bool) -> Vec<Attempt> {
    // SAFETY: raw system calls whose pointers are to static, NUL-terminated strings or null where the kernel allows it. If a fork
    // succeeds after all, its child exits at once.
    unsafe {
        let root = c"/".as_ptr();
        let mut attempts = vec![
            attempt("open a file", libc::syscall(libc::SYS_openat, libc::AT_FDCWD, root, libc::O_RDONLY | libc::O_CLOEXEC)),
            attempt("look up a file", {
                let mut stat = std::mem::zeroed::<libc::stat>();
                libc::syscall(libc::SYS_newfstatat, libc::AT_FDCWD, root, &raw mut stat, 0)
            }),
            attempt("read /proc", libc::syscall(libc::SYS_openat, libc::AT_FDCWD, c"/proc/self/status".as_ptr(), libc::O_RDONLY)),
            attempt("open a network connection", libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0)),
            attempt("open a local socket", libc::syscall(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0)),
            attempt("start a process", {
                let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
                if pid == 0 {
                    libc::_exit(0);
                }
                pid
            }),
            attempt("signal another process", libc::syscall(libc::SYS_kill, libc::getppid(), 0)),
            attempt("make an anonymous file", libc::syscall(libc::SYS_memfd_create, c"x".as_ptr(), 0)),
        ];
        if no_new_code {
            attempts.push(attempt("make memory executable", {
                let prot = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
                libc::syscall(libc::SYS_mmap, 0, 4096, prot, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
            }));
        }
        attempts
    }
}

fn attempt(what: &str, returned: libc::c_long) -> Attempt {
    let error = io::Error::last_os_error();
    let refused = returned < 0;
    Attempt { what: what.to_owned(), refused, answer: if refused { error.to_string() } else { "it worked".to_owned() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_succeeds_in_an_unsealed_process() {
        for attempt in attempts(true) {
            assert!(!attempt.refused, "{}: {}", attempt.what, attempt.answer);
        }
    }
}
