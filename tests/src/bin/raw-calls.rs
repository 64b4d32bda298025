//! Makes system calls as an attacker who runs machine code already: `raw-calls sealed|open` reads a JSON array of calls from standard input and
//! prints what became of each. `sealed` seals each child as the Python worker is sealed.

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
    /// Through the door of 32-bit programs.
    #[serde(default)]
    old_door: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Argument {
    Number(i64),
    Text(String),
    /// Zeros to read from and write to.
    Buffer {
        buffer: usize,
    },
    /// Numbers of 32 bits in memory.
    Words {
        words: Vec<u32>,
    },
}

#[derive(Serialize)]
struct Outcome {
    name: String,
    /// What the kernel returned; negative: an error's number.
    returned: Option<i64>,
    /// The signal that ended the process instead.
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
    // SAFETY: this process has one thread; the child leaves without unwinding.
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

/// Makes the call. A process that it made leaves at once.
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
        return through_the_old_door(call.number);
    }
    // SAFETY: not safe at all: that is what is tried. Its process is thrown away.
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

/// `int 0x80`: calls are numbered differently there, so that a filter which forgets it can be walked around.
#[cfg(target_arch = "x86_64")]
fn through_the_old_door(number: i64) -> i64 {
    let returned: i64;
    // SAFETY: as in `make`.
    unsafe {
        std::arch::asm!("int 0x80", inlateout("rax") number => returned, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    returned as i32 as i64
}

#[cfg(not(target_arch = "x86_64"))]
fn through_the_old_door(_number: i64) -> i64 {
    -i64::from(libc::ENOSYS)
}
