//! Seals the process it is called in, and measures that it is sealed.
//!
//! Three layers. The first is mandatory: resource limits, `no_new_privs` and a system call filter that can open, stat and connect to nothing and
//! start no process; where it cannot be reached, [`seal`] fails and the caller must not run foreign code or parse foreign bytes.
//! Landlock and namespaces lie on top where the kernel offers them. What [`seal`] returns was tried after sealing, not read from a configuration.
//!
//! Order in a process: [`isolate`] first of all, while there is one thread; then load what must be loaded; then [`seal`].

mod filter;
mod layers;
mod limits;
mod measure;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod program;

pub use layers::isolate;
pub use measure::Attempt;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use program::seal_program;

use serde::{Deserialize, Serialize};

/// What the sealed process may use. What it may reach is not a choice: nothing.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Private writable memory, in bytes. Maps of files do not count.
    pub memory_bytes: u64,
    /// Processor time of the whole process, in seconds; then the kernel ends it.
    pub cpu_seconds: Option<u64>,
    /// It may start threads.
    pub threads: bool,
    /// It waits for threads to end, by a call that can also reach others who map the same file. Not for foreign code.
    pub joins: bool,
    /// It drives a graphics card that was opened before. Its driver is let through to the card's own devices, where Landlock keeps it from all
    /// other files, and may use memory that is shared or executable.
    pub graphics: bool,
}

/// How a process was sealed, and what was tried after that.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seal {
    /// The layers that hold, in words.
    pub layers: Vec<String>,
    /// What each layer but the last refused while no other stood before it.
    pub alone: Vec<String>,
    /// Layers this kernel does not offer, or that did not hold, with the reason.
    pub missing: Vec<String>,
    /// What the sealed process tried, and what happened.
    pub attempts: Vec<Attempt>,
}

/// The mandatory layer could not be reached, or did not hold when it was tried.
#[derive(Debug, thiserror::Error)]
#[error("this computer cannot seal Plumb's worker process: {0}")]
pub struct SealError(String);

/// Seals the calling process, for good. `isolated` is what [`isolate`] returned.
///
/// # Errors
/// When a mandatory part is refused by the kernel, or when something that must fail succeeded after sealing.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn seal(policy: &Policy, isolated: Result<String, String>) -> Result<Seal, SealError> {
    limits::apply(policy).map_err(|e| SealError(format!("resource limits: {e}")))?;
    let mut layers = vec!["resource limits".to_owned(), "system call filter".to_owned()];
    let (mut alone, mut missing) = (Vec::new(), Vec::new());
    // A layer counts when it was seen to refuse something, before the next one hides whether it does.
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
    filter::apply(policy, confined).map_err(SealError)?;

    let attempts = measure::attempts(!policy.graphics);
    let open: Vec<_> = attempts.iter().filter(|a| !a.refused).map(|a| a.what.as_str()).collect();
    if !open.is_empty() {
        return Err(SealError(format!("after sealing it could still {}", open.join(", "))));
    }
    Ok(Seal { layers, alone, missing, attempts })
}

/// There is no seal for this system yet, so nothing runs.
///
/// # Errors
/// Always.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub fn seal(_policy: &Policy, _isolated: Result<String, String>) -> Result<Seal, SealError> {
    Err(SealError("only Linux on x86-64 and ARM64 is supported so far".to_owned()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Runs `check` in a forked child, so that the test process itself stays open. The child says how it went by its exit status.
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
    fn a_sealed_process_is_refused_everything_that_is_tried() {
        in_a_child(|| {
            seal(&POLICY, isolate()).is_ok_and(|seal| seal.attempts.len() >= 9 && seal.attempts.iter().all(|a| a.refused))
        });
    }

    #[test]
    fn the_mandatory_layer_holds_without_the_others() {
        in_a_child(|| {
            limits::apply(&POLICY).unwrap();
            filter::apply(&Policy { joins: false, ..POLICY }, false).unwrap();
            measure::attempts(true).iter().all(|attempt| attempt.refused)
        });
    }

    #[test]
    fn a_sealed_process_can_still_start_threads_and_allocate_up_to_its_limit() {
        in_a_child(|| {
            seal(&POLICY, isolate()).unwrap();
            let sum = std::thread::spawn(|| vec![1u8; 64 << 20].iter().map(|&b| u64::from(b)).sum::<u64>());
            let mut too_much = Vec::<u8>::new();
            sum.join().unwrap() == 64 << 20 && too_much.try_reserve_exact(512 << 20).is_err()
        });
    }

    #[test]
    fn a_process_that_drives_a_graphics_card_is_refused_all_but_what_its_driver_needs() {
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
    fn typing_into_a_terminal_is_refused_by_the_filter_and_not_by_the_terminal() {
        in_a_child(|| {
            seal(&GRAPHICS, isolate()).unwrap();
            // SAFETY: the pointer is to a static byte.
            let (typed, of_a_card) = unsafe {
                let typed = libc::ioctl(0, libc::TIOCSTI, c"x".as_ptr());
                let typed = (typed, std::io::Error::last_os_error().raw_os_error());
                // DRM's first call, on what is no card: the kernel is asked, and says so.
                let of_a_card = libc::ioctl(0, 0xc040_6400, c"x".as_ptr());
                (typed, (of_a_card, std::io::Error::last_os_error().raw_os_error()))
            };
            typed == (-1, Some(libc::EPERM)) && of_a_card.0 == -1 && of_a_card.1 != Some(libc::EPERM)
        });
    }

    #[test]
    fn a_path_beside_the_empty_path_flag_is_no_way_to_look_up_files() {
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
