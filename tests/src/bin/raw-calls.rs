//! Makes system calls as an attacker who already runs machine code would: `raw-calls sealed|open` reads a JSON array of calls
//! from standard input and prints each outcome. With `sealed`, each child is sealed like the Python worker.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use plumb_sandbox::{Policy, isolate, seal};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, pipe};

const POLICY: Policy = Policy { memory_bytes: 256 << 20, cpu_seconds: Some(10), threads: true, joins: false, graphics: false };

#[derive(Deserialize)]
struct Call {
    name: String,
    number: i64,
    #[serde(default)]
    arguments: Vec<Argument>,
    /// Whether to call through `int 0x80`, the entry for 32-bit programs.
    #[serde(default)]
    old_door: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Argument {
    Number(i64),
    Text(String),
    /// A zeroed buffer of this many bytes, for reading and writing.
    Buffer {
        buffer: usize,
    },
    /// An array of 32-bit numbers.
    Words {
        words: Vec<u32>,
    },
}

#[derive(Serialize)]
struct Outcome {
    name: String,
    /// Return value of the kernel; negative values are error numbers.
    returned: Option<i64>,
    /// The signal that killed the process, if any.
    signal: Option<i32>,
}

fn main() {
    let sealed = match std::env::args().nth(1).as_deref() {
        Some("sealed") => true,
        Some("open") => false,
        other => panic!("sealed or open, not {other:?}"),
    };
    let calls: Vec<Call> = serde_json::from_reader(io::stdin()).unwrap();
    let outcomes: Vec<Outcome> = calls.into_iter().map(|call| in_a_child(call, sealed)).collect();
    serde_json::to_writer(io::stdout(), &outcomes).unwrap();
}

fn in_a_child(mut call: Call, sealed: bool) -> Outcome {
    let (mut from, mut to) = pipe().unwrap();
    // SAFETY: this process has one thread; the child exits without unwinding.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        drop(from);
        if sealed && seal(&POLICY, isolate()).is_err() {
            // SAFETY: ends the child.
            unsafe { libc::_exit(2) }
        }
        let returned = make(&mut call);
        io::Write::write_all(&mut to, &returned.to_le_bytes()).unwrap();
        // SAFETY: as above.
        unsafe { libc::_exit(0) }
    }
    drop(to);
    let mut bytes = [0; 8];
    let returned = from.read_exact(&mut bytes).ok().map(|()| i64::from_le_bytes(bytes));
    let mut status = 0;
    // SAFETY: `pid` is our child.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    assert!(!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 2), "{} could not be sealed", call.name);
    Outcome { name: call.name, returned, signal: libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)) }
}

/// Makes the call. A process that it creates exits at once.
fn make(call: &mut Call) -> i64 {
    let mut texts = Vec::new();
    let mut values = [0i64; 6];
    for (value, argument) in values.iter_mut().zip(&mut call.arguments) {
        *value = match argument {
            Argument::Number(number) => *number,
            Argument::Text(text) => {
                texts.push(std::ffi::CString::new(text.as_str()).unwrap());
                texts.last().unwrap().as_ptr() as i64
            }
            Argument::Buffer { buffer } => vec![0u64; buffer.div_ceil(8)].leak().as_mut_ptr() as i64,
            Argument::Words { words } => words.as_mut_ptr() as i64,
        };
    }
    let [a, b, c, d, e, f] = values;
    if call.old_door {
        return call_int80(call.number);
    }
    // SAFETY: deliberately unsafe: this call is the attack under test. Its process is discarded.
    let returned = unsafe { libc::syscall(call.number, a, b, c, d, e, f) };
    let creates = [libc::SYS_clone, libc::SYS_clone3, FORK];
    if returned == 0 && creates.contains(&call.number) {
        // SAFETY: ends the new process.
        unsafe { libc::_exit(0) }
    }
    if returned < 0 { -i64::from(io::Error::last_os_error().raw_os_error().unwrap_or(0)) } else { returned }
}

#[cfg(target_arch = "x86_64")]
const FORK: i64 = libc::SYS_fork;
#[cfg(not(target_arch = "x86_64"))]
const FORK: i64 = libc::SYS_clone;

/// Calls through `int 0x80`. Calls have other numbers there, so a filter that forgets this entry can be bypassed.
#[cfg(target_arch = "x86_64")]
fn call_int80(number: i64) -> i64 {
    let returned: i64;
    // SAFETY: as in `make`.
    unsafe {
        std::arch::asm!("int 0x80", inlateout("rax") number => returned, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    returned as i32 as i64
}

#[cfg(not(target_arch = "x86_64"))]
fn call_int80(_number: i64) -> i64 {
    -i64::from(libc::ENOSYS)
}
