//! `plumb-python`: the sealed Python worker. It runs the cells that a model writes, one node's variables in one process.
//!
//! The start goes in this order: namespaces, Python, then (with `--zygote`) a fork for each worker, the parent's first frame, the map of the
//! snapshot, the seal, the measured seal in the ready frame; only then the first cell. Without the seal the worker runs nothing.

mod environment;
mod output;
mod parent;
mod python;
mod search;
mod stdlib;
mod text;
mod zygote;

use plumb_python_protocol::{FromWorker, MAX_TO_WORKER_BYTES, Start, ToWorker};
use plumb_sandbox::Policy;
use pyo3::{prelude::*, types::PyModule};
use serde_json::value::{RawValue, to_raw_value};
use std::{borrow::Cow, io};

/// The snapshot's file descriptor, which the parent hands over.
const SNAPSHOT_DESCRIPTOR: i32 = 3;

fn main() {
    environment::forget();
    let isolated = plumb_sandbox::isolate();
    let _ = std::env::set_current_dir("/");
    python::initialize();
    Python::attach(|py| {
        let loaded = python::load(py).map_err(|e| format!("Python could not be started: {e}"));
        if std::env::args().nth(1).is_some_and(|argument| argument == "--zygote") && !zygote::serve(py) {
            return;
        }
        // From here on this process is a worker: forked, or the only one.
        let first = plumb_frames::read::<ToWorker<'_, Box<RawValue>>>(&mut io::stdin().lock(), MAX_TO_WORKER_BYTES);
        let Ok(Some(ToWorker::Start(start))) = first else { return };
        if let Err(message) = loaded.and_then(|prelude| work(py, &prelude, &start, isolated)) {
            parent::send(&FromWorker::Failed { message: message.into() });
        }
    });
}

fn work(
    py: Python<'_>,
    prelude: &Bound<'_, PyModule>,
    start: &Start<'_>,
    isolated: Result<String, String>,
) -> Result<(), String> {
    if start.snapshot {
        let mapped = text::map(py, SNAPSHOT_DESCRIPTOR, start.zero_copy);
        mapped.map_err(|e| format!("the snapshot could not be mapped: {e}"))?;
    }
    let policy = Policy { memory_bytes: start.memory_bytes, cpu_seconds: None, threads: true, joins: false, graphics: false };
    let seal = plumb_sandbox::seal(&policy, isolated).map_err(|e| e.to_string())?;
    let cells = parent::listen();
    let interpreter = python::Interpreter::new(py, prelude, start).map_err(|e| e.to_string())?;
    let seal = Cow::Owned(to_raw_value(&seal).map_err(|e| e.to_string())?);
    let python = Python::version_str().split_whitespace().next().unwrap_or_default().into();
    parent::send(&FromWorker::Ready { seal, python });
    loop {
        let cell = parent::next(&cells);
        let (outcome, sound) = parent::in_cell(py, cell.id, || {
            let outcome = interpreter.run(py, &cell.code, cell.output_chars);
            (outcome, interpreter.is_sound(py))
        });
        if !sound {
            let message = include_str!("../../../../prompts/interpreter_changed.md").trim_end().into();
            parent::send(&FromWorker::Failed { message });
            parent::leave();
        }
        parent::send(&FromWorker::Done { id: cell.id, outcome });
    }
}
