//! The pipe to the parent: cells come in, calls go out, replies are matched by id, so that several threads of a cell can call at once.

use crate::frames;
use pyo3::{exceptions::PyRuntimeError, prelude::*};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::{self, BufReader},
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    time::Duration,
};

/// How long a waiting thread sleeps before it looks for an interrupt.
const PATIENCE: Duration = Duration::from_millis(20);

static REPLIES: Mutex<Option<HashMap<u64, Value>>> = Mutex::new(None);
static ARRIVED: Condvar = Condvar::new();
/// The number of the last call. Held while a call is sent, so that calls of several threads leave in the order of their numbers.
static LAST: Mutex<u64> = Mutex::new(0);

fn replies() -> MutexGuard<'static, Option<HashMap<u64, Value>>> {
    REPLIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends one frame. A parent that is gone ends the worker.
pub fn send(frame: &Value) {
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
/// middle of a loop that never looks up. Everything that is not a reply arrives at the receiver.
pub fn listen() -> mpsc::Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Ok(Some(mut frame)) = frames::read(&mut input) {
            if let Some(reply) = frame.get_mut("reply").map(Value::take) {
                let id = reply["id"].as_u64().unwrap_or(0);
                // Only calls that still wait have an entry; an interrupted one has left.
                if let Some(slot) = replies().get_or_insert_default().get_mut(&id) {
                    *slot = reply;
                }
                ARRIVED.notify_all();
            } else if sender.send(frame).is_err() {
                break;
            }
        }
        leave();
    });
    receiver
}

/// Waits for the parent's next frame, looking for interrupts meanwhile: one that comes between two cells is forgotten.
pub fn next(py: Python<'_>, frames: &mpsc::Receiver<Value>) -> Value {
    // A Receiver is not Sync, but it stays on this thread: only Python's lock is let go.
    struct Here<'a>(&'a mpsc::Receiver<Value>);
    // SAFETY: `detach` runs its closure on this same thread.
    unsafe impl Send for Here<'_> {}
    loop {
        let here = Here(frames);
        let received = py.detach(move || {
            let here = here;
            here.0.recv_timeout(PATIENCE)
        });
        match received {
            Ok(frame) => return frame,
            Err(mpsc::RecvTimeoutError::Timeout) => drop(py.check_signals()),
            Err(mpsc::RecvTimeoutError::Disconnected) => leave(),
        }
    }
}

/// Sends a call and waits for its reply, both as JSON.
#[pyfunction]
pub fn call(py: Python<'_>, request: &str) -> PyResult<String> {
    let body: Value = serde_json::from_str(request).map_err(|e| PyRuntimeError::new_err(e.to_string()))?;
    let id = py.detach(|| {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        replies().get_or_insert_default().insert(*last, Value::Null);
        send(&json!({"call": {"id": *last, "body": body}}));
        *last
    });
    loop {
        let arrived = py.detach(|| {
            let (guard, _) = ARRIVED
                .wait_timeout_while(replies(), PATIENCE, |replies| {
                    replies.get_or_insert_default().get(&id).is_some_and(Value::is_null)
                })
                .unwrap_or_else(PoisonError::into_inner);
            guard.as_ref().and_then(|replies| replies.get(&id)).filter(|reply| !reply.is_null()).cloned()
        });
        if let Some(reply) = arrived {
            replies().get_or_insert_default().remove(&id);
            return Ok(reply.to_string());
        }
        if let Err(interrupt) = py.check_signals() {
            replies().get_or_insert_default().remove(&id);
            return Err(interrupt);
        }
    }
}
