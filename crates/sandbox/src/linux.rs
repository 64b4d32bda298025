//! The seal on Linux, on x86-64 and ARM64: three layers, each tested before the next one hides whether it holds.

mod filter;
mod layers;
mod limits;
mod measure;
mod program;

pub use layers::isolate;
pub use program::seal_program;

use crate::{Policy, Seal, SealError};

/// Seals the calling process, for good. `isolated` is the result of [`isolate`].
///
/// # Errors
/// The kernel refuses a mandatory part, or something that must fail succeeded after sealing.
pub fn seal(policy: &Policy, isolated: Result<String, String>) -> Result<Seal, SealError> {
    limits::apply(policy).map_err(|e| SealError(format!("resource limits: {e}")))?;
    let mut layers = vec!["resource limits".to_owned(), "system call filter".to_owned()];
    let (mut alone, mut missing) = (Vec::new(), Vec::new());
    // A layer counts once it was seen to refuse something, before the next layer hides whether it does.
    let mut holds = |applied: Result<String, String>, tried: fn() -> Result<String, String>| match applied
        .and_then(|layer| Ok((layer, tried()?)))
    {
        Ok((layer, refusal)) => {
            alone.push(format!("{layer}: {refusal}"));
            layers.push(layer);
            true
        }
        Err(reason) => {
            missing.push(reason);
            false
        }
    };
    holds(isolated, layers::try_network);
    let devices = if policy.graphics { layers::graphics_devices() } else { Vec::new() };
    let confined = holds(layers::landlock(&devices), layers::try_open);
    if policy.graphics {
        missing.push("memory that is shared or executable, and the graphics card's devices: its driver needs them".to_owned());
    }
    filter::apply(policy, confined).map_err(|e| SealError(format!("system call filter: {e}")))?;

    let attempts = measure::attempts(!policy.graphics);
    let open: Vec<_> = attempts.iter().filter(|a| !a.refused).map(|a| a.what.as_str()).collect();
    if !open.is_empty() {
        return Err(SealError(format!("after sealing it could still {}", open.join(", "))));
    }
    Ok(Seal { layers, alone, missing, attempts })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `check` in a forked child, so that the test process itself stays unsealed. The child reports through its exit status.
    fn in_a_child(check: impl FnOnce() -> bool) {
        // SAFETY: the child only runs `check` and leaves without unwinding into the test harness.
        unsafe {
            let pid = libc::fork();
            if pid == 0 {
                let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).unwrap_or(false);
                libc::_exit(i32::from(!held));
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(pid, &mut status, 0), pid);
            assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "wait status {status:#x}");
        }
    }

    const POLICY: Policy = Policy { memory_bytes: 256 << 20, cpu_seconds: Some(60), threads: true, joins: true, graphics: false };
    const GRAPHICS: Policy = Policy { graphics: true, ..POLICY };

    #[test]
    fn a_sealed_process_is_refused_every_attempt() {
        in_a_child(|| {
            seal(&POLICY, isolate()).is_ok_and(|seal| seal.attempts.len() >= 9 && seal.attempts.iter().all(|a| a.refused))
        });
    }

    #[test]
    fn the_mandatory_layer_holds_alone() {
        in_a_child(|| {
            limits::apply(&POLICY).unwrap();
            filter::apply(&Policy { joins: false, ..POLICY }, false).unwrap();
            measure::attempts(true).iter().all(|attempt| attempt.refused)
        });
    }

    #[test]
    fn a_sealed_process_can_use_threads_and_memory_up_to_its_limit() {
        in_a_child(|| {
            seal(&POLICY, isolate()).unwrap();
            let sum = std::thread::spawn(|| vec![1u8; 64 << 20].iter().map(|&b| u64::from(b)).sum::<u64>());
            let mut too_much = Vec::<u8>::new();
            sum.join().unwrap() == 64 << 20 && too_much.try_reserve_exact(512 << 20).is_err()
        });
    }

    #[test]
    fn a_graphics_process_gets_only_what_its_driver_needs() {
        in_a_child(|| {
            let seal = seal(&GRAPHICS, isolate()).unwrap();
            // SAFETY: a static path, and calls that change nothing here.
            let (opened, shared) = unsafe {
                let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
                (
                    libc::open(c"/etc/passwd".as_ptr(), libc::O_RDONLY),
                    libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, flags, -1, 0),
                )
            };
            let all_refused = seal.attempts.len() >= 8 && seal.attempts.iter().all(|attempt| attempt.refused);
            all_refused && opened == -1 && shared != libc::MAP_FAILED
        });
    }

    #[test]
    fn the_filter_itself_refuses_typing_into_a_terminal() {
        in_a_child(|| {
            seal(&GRAPHICS, isolate()).unwrap();
            // SAFETY: the pointer is to a static byte.
            let (typed, of_a_card) = unsafe {
                let typed = libc::ioctl(0, libc::TIOCSTI, c"x".as_ptr());
                let typed = (typed, std::io::Error::last_os_error().raw_os_error());
                // DRM's first call, on a descriptor that is no card: the filter lets it through, and the kernel refuses it.
                let of_a_card = libc::ioctl(0, 0xc040_6400, c"x".as_ptr());
                (typed, (of_a_card, std::io::Error::last_os_error().raw_os_error()))
            };
            typed == (-1, Some(libc::EPERM)) && of_a_card.0 == -1 && of_a_card.1 != Some(libc::EPERM)
        });
    }

    #[test]
    fn the_empty_path_flag_does_not_let_a_path_through() {
        in_a_child(|| {
            seal(&POLICY, isolate()).unwrap();
            // SAFETY: a raw call with a static path and a buffer that outlives it.
            unsafe {
                let mut stat = std::mem::zeroed::<libc::stat>();
                libc::syscall(libc::SYS_newfstatat, libc::AT_FDCWD, c"/etc/passwd".as_ptr(), &raw mut stat, libc::AT_EMPTY_PATH)
                    == -1
            }
        });
    }
}
