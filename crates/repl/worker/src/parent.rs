//! The pipe to the parent: cells come in, calls go out, replies are matched by id, so that several threads of a cell can call at once.

use crate::frames;
use pyo3::{
    exceptions::{PyKeyboardInterrupt, PyRuntimeError},
    prelude::*,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    collections::HashMap,
    io::{self, BufReader},
    os::fd::FromRawFd,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

/// What the parent sends once the worker is ready. The handle's side is in `../../src/frames.rs`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FromParent {
    Run(Run),
    Reply(Reply),
    Interrupt { id: u64 },
}

/// One cell.
#[derive(Deserialize)]
pub struct Run {
    pub id: u64,
    pub code: String,
    pub output_chars: usize,
}

/// A call's answer; it goes to Python as it came.
#[derive(Deserialize)]
struct Reply {
    id: u64,
    outcome: Box<RawValue>,
}

/// An interrupt can come between looking for it and falling asleep: after this long a waiting thread looks again.
const PATIENCE: Duration = Duration::from_millis(20);

/// Calls under way: empty until their answer is there.
static WAITING: Mutex<Option<HashMap<u64, Option<Box<RawValue>>>>> = Mutex::new(None);
static ARRIVED: Condvar = Condvar::new();
/// The number of the last call. Held while a call is sent, so that calls of several threads leave in the order of their numbers.
static LAST: Mutex<u64> = Mutex::new(0);
/// The cell that runs; 0 between cells.
static CELL: AtomicU64 = AtomicU64::new(0);
/// The cell that was interrupted: calls of all its threads end, or those that wait would keep the cell from ending.
static INTERRUPTED: AtomicU64 = AtomicU64::new(u64::MAX);

fn waiting() -> MutexGuard<'static, Option<HashMap<u64, Option<Box<RawValue>>>>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends one frame. A parent that is gone ends the worker.
pub fn send(frame: &impl Serialize) {
    if frames::write(&mut io::stdout().lock(), frame).is_err() {
        leave();
    }
}

/// Ends the process at once, whatever other threads are doing.
pub fn leave() -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(0) }
}

/// Reads the parent's frames on a thread of its own, which needs no lock of Python's: when the parent goes, the worker goes, even in the
/// middle of a loop that never looks up; and an interrupt is heard at once. Cells arrive at the receiver.
pub fn listen() -> mpsc::Receiver<Run> {
    let (sender, receiver) = mpsc::channel();
    // SAFETY: asks for the calling thread's own id.
    let main = unsafe { libc::pthread_self() };
    let (alone, is_alone) = mpsc::channel();
    std::thread::spawn(move || {
        // A table of descriptors of its own: the code of cells cannot read what is meant for others.
        // SAFETY: a plain call; and standard input is this thread's alone from here on.
        let mut input = unsafe {
            let _ = alone.send(libc::unshare(libc::CLONE_FILES) == 0);
            BufReader::with_capacity(64 << 10, std::fs::File::from_raw_fd(0))
        };
        while let Ok(Some(frame)) = frames::read(&mut input) {
            match frame {
                FromParent::Reply(reply) => {
                    // Only calls that still wait have an entry; an interrupted one has left.
                    if let Some(slot) = waiting().get_or_insert_default().get_mut(&reply.id) {
                        *slot = Some(reply.outcome);
                    }
                    ARRIVED.notify_all();
                }
                // One that comes when its cell has ended is late.
                FromParent::Interrupt { id } if CELL.load(Ordering::SeqCst) == id => {
                    INTERRUPTED.store(id, Ordering::SeqCst);
                    // SAFETY: the main thread lives as long as the process.
                    unsafe { libc::pthread_kill(main, libc::SIGINT) };
                    drop(waiting());
                    ARRIVED.notify_all();
                }
                FromParent::Interrupt { .. } => {}
                FromParent::Run(run) => {
                    if sender.send(run).is_err() {
                        break;
                    }
                }
            }
        }
        leave();
    });
    if is_alone.recv().unwrap_or(false) {
        // SAFETY: the listening thread has its own.
        unsafe { libc::close(0) };
    }
    receiver
}

/// Waits for the next cell. Python's lock is kept meanwhile, so that threads which a cell has left behind rest between cells.
pub fn next(cells: &mpsc::Receiver<Run>) -> Run {
    cells.recv().unwrap_or_else(|_| leave())
}

/// Runs a cell, which can be interrupted while it runs and at no other time.
pub fn in_cell<T>(py: Python<'_>, id: u64, run: impl FnOnce() -> T) -> T {
    CELL.store(id, Ordering::SeqCst);
    let result = run();
    CELL.store(0, Ordering::SeqCst);
    // One that came at the last moment is forgotten.
    let _ = py.check_signals();
    result
}

/// Sends a call and waits for its reply, both as JSON.
#[pyfunction]
pub fn call(py: Python<'_>, request: &str) -> PyResult<String> {
    #[derive(Serialize)]
    struct Call<'a> {
        id: u64,
        body: &'a RawValue,
    }
    #[derive(Serialize)]
    struct Frame<'a> {
        call: Call<'a>,
    }
    let body: &RawValue = serde_json::from_str(request).map_err(|e| PyRuntimeError::new_err(e.to_string()))?;
    let id = py.detach(|| {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        waiting().get_or_insert_default().insert(*last, None);
        send(&Frame { call: Call { id: *last, body } });
        *last
    });
    loop {
        let reply = py.detach(|| {
            let mut calls = waiting();
            if calls.get_or_insert_default().get(&id).is_some_and(Option::is_none) {
                calls = ARRIVED.wait_timeout(calls, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
            }
            let calls = calls.get_or_insert_default();
            if calls.get(&id).is_some_and(Option::is_some) { calls.remove(&id).flatten() } else { None }
        });
        if let Some(reply) = reply {
            return Ok(String::from(<Box<RawValue> as Into<Box<str>>>::into(reply)));
        }
        let interrupted = INTERRUPTED.load(Ordering::SeqCst) == CELL.load(Ordering::SeqCst);
        let interrupt = py.check_signals().err().or_else(|| interrupted.then(|| PyKeyboardInterrupt::new_err(())));
        if let Some(interrupt) = interrupt {
            waiting().get_or_insert_default().remove(&id);
            return Err(interrupt);
        }
    }
}
