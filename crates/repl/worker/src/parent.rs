//! The pipes to the parent: cells come in, calls go out, and ids match replies to calls, so that several threads of a cell can call at once.

use parking_lot::{Condvar, Mutex};
use plumb_python_protocol::{Cell, FromWorker, MAX_TO_WORKER_BYTES, ToWorker};
use pyo3::{
    exceptions::{PyKeyboardInterrupt, PyRuntimeError},
    prelude::*,
};
use serde_json::value::RawValue;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufReader},
    os::fd::FromRawFd,
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

/// An interrupt can come between looking for it and falling asleep: after this long a waiting thread looks again.
const INTERRUPT_POLL: Duration = Duration::from_millis(20);

/// Calls under way. A call's entry is empty until its outcome is there, which goes to Python as it came.
static WAITING: Mutex<BTreeMap<u64, Option<Box<RawValue>>>> = Mutex::new(BTreeMap::new());
static ARRIVED: Condvar = Condvar::new();
/// The number of the last call. Held while a call is sent, so that calls of several threads leave in the order of their numbers.
static LAST_CALL: Mutex<u64> = Mutex::new(0);
/// The cell that runs; 0 between cells.
static CELL: AtomicU64 = AtomicU64::new(0);
/// The interrupted cell. The calls of all its threads end, because a waiting thread would keep the cell from ending.
static INTERRUPTED: AtomicU64 = AtomicU64::new(u64::MAX);

/// Sends one frame. Ends the worker when the parent is gone.
pub fn send(frame: &FromWorker<'_>) {
    // The parent refuses a frame that is too long, and says so.
    if plumb_frames::write(&mut io::stdout().lock(), frame, u32::MAX).is_err() {
        leave();
    }
}

/// Ends the process at once, whatever other threads are doing.
pub fn leave() -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(0) }
}

/// Reads the parent's frames on a thread that needs no lock of Python's. So the worker ends with the parent, even in the middle of a loop that
/// never yields, and hears an interrupt at once. Cells arrive at the receiver.
pub fn listen() -> mpsc::Receiver<Cell<'static>> {
    let (sender, receiver) = mpsc::channel();
    // SAFETY: asks for the calling thread's own id.
    let main = unsafe { libc::pthread_self() };
    let (alone, is_alone) = mpsc::channel();
    std::thread::spawn(move || {
        // With a descriptor table of its own, this thread is the only one that can read replies: the code of cells cannot.
        // SAFETY: a plain call; and standard input is this thread's alone from here on.
        let mut input = unsafe {
            let _ = alone.send(libc::unshare(libc::CLONE_FILES) == 0);
            BufReader::with_capacity(64 << 10, std::fs::File::from_raw_fd(0))
        };
        while let Ok(Some(frame)) = plumb_frames::read::<ToWorker<'_, Box<RawValue>>>(&mut input, MAX_TO_WORKER_BYTES) {
            match frame {
                ToWorker::Reply { id, outcome } => {
                    // An interrupted call has no entry any more.
                    if let Some(slot) = WAITING.lock().get_mut(&id) {
                        *slot = Some(outcome);
                    }
                    ARRIVED.notify_all();
                }
                // An interrupt that comes after its cell has ended is dropped.
                ToWorker::Interrupt { id } if CELL.load(Ordering::SeqCst) == id => {
                    INTERRUPTED.store(id, Ordering::SeqCst);
                    // SAFETY: the main thread lives as long as the process.
                    unsafe { libc::pthread_kill(main, libc::SIGINT) };
                    drop(WAITING.lock());
                    ARRIVED.notify_all();
                }
                ToWorker::Interrupt { .. } => {}
                ToWorker::Run(cell) => {
                    if sender.send(cell).is_err() {
                        break;
                    }
                }
                // It comes once, before this thread starts.
                ToWorker::Start(_) => break,
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

/// Waits for the next cell. Keeps Python's lock meanwhile, so that threads which a cell left behind rest between cells.
pub fn next(cells: &mpsc::Receiver<Cell<'static>>) -> Cell<'static> {
    cells.recv().unwrap_or_else(|_| leave())
}

/// Runs a cell. An interrupt reaches it while it runs and at no other time.
pub fn in_cell<T>(py: Python<'_>, id: u64, run: impl FnOnce() -> T) -> T {
    CELL.store(id, Ordering::SeqCst);
    let result = run();
    CELL.store(0, Ordering::SeqCst);
    // Drops an interrupt that came at the last moment.
    let _ = py.check_signals();
    result
}

/// Sends a call and waits for its reply, both as JSON.
#[pyfunction]
pub fn call(py: Python<'_>, request: &str) -> PyResult<String> {
    let body: &RawValue = serde_json::from_str(request).map_err(|e| PyRuntimeError::new_err(e.to_string()))?;
    let id = py.detach(|| {
        let mut last = LAST_CALL.lock();
        *last += 1;
        WAITING.lock().insert(*last, None);
        send(&FromWorker::Call { id: *last, body: Cow::Borrowed(body) });
        *last
    });
    loop {
        let reply = py.detach(|| {
            let mut calls = WAITING.lock();
            if calls.get(&id).is_some_and(Option::is_none) {
                ARRIVED.wait_for(&mut calls, INTERRUPT_POLL);
            }
            if calls.get(&id).is_some_and(Option::is_some) { calls.remove(&id).flatten() } else { None }
        });
        if let Some(reply) = reply {
            return Ok(String::from(<Box<RawValue> as Into<Box<str>>>::into(reply)));
        }
        let interrupted = INTERRUPTED.load(Ordering::SeqCst) == CELL.load(Ordering::SeqCst);
        let interrupt = py.check_signals().err().or_else(|| interrupted.then(|| PyKeyboardInterrupt::new_err(())));
        if let Some(interrupt) = interrupt {
            WAITING.lock().remove(&id);
            return Err(interrupt);
        }
    }
}
