//! `plumb-python`: the sealed Python worker. It runs the cells that a model writes, one node's variables in one process.
//!
//! Order of the start: namespaces, Python, then (with `--zygote`) a fork for each worker, the first frame from the parent, the map of the
//! snapshot, the seal, the measured facts in the ready frame; only then the first cell. Without the seal it refuses to go on.

mod environment;
mod frames;
mod output;
mod parent;
mod python;
mod search;
mod stdlib;
mod text;
mod zygote;

use plumb_sandbox::Policy;
use pyo3::prelude::*;
use serde_json::{Value, json};
use std::io;

/// The descriptor of the snapshot, handed over by the parent.
const SNAPSHOT: i32 = 3;

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
        // From here on this is a worker: forked, or the only one.
        let Ok(Some(start)) = frames::read::<Value>(&mut io::stdin().lock()) else { return };
        if let Err(message) = loaded.and_then(|prelude| work(py, &prelude, &start["start"], isolated)) {
            parent::send(&json!({"failed": {"message": message}}));
        }
    });
}

fn work(
    py: Python<'_>,
    prelude: &Bound<'_, pyo3::types::PyModule>,
    start: &Value,
    isolated: Result<String, String>,
) -> Result<(), String> {
    if start["snapshot"].as_bool().unwrap_or(false) {
        let zero_copy = start["zero_copy"].as_bool().unwrap_or(true);
        text::map(py, SNAPSHOT, zero_copy).map_err(|e| format!("the snapshot could not be mapped: {e}"))?;
    }
    let policy = Policy {
        memory_bytes: start["memory_bytes"].as_u64().unwrap_or(1 << 30),
        cpu_seconds: None,
        threads: true,
        joins: false,
        graphics: false,
    };
    let seal = plumb_sandbox::seal(&policy, isolated).map_err(|e| e.to_string())?;
    let cells = parent::listen();
    let interpreter = python::Interpreter::new(py, prelude, start).map_err(|e| e.to_string())?;
    parent::send(&json!({"ready": {"seal": seal, "python": Python::version_str().split_whitespace().next()}}));
    loop {
        let run = parent::next(&cells);
        let (outcome, sound) = parent::in_cell(py, run.id, || {
            let outcome = interpreter.run(py, &run.code, run.output_chars);
            (outcome, interpreter.is_sound(py))
        });
        if !sound {
            let message = "the code changed what runs it, so that no further code would run as it is written";
            parent::send(&json!({"failed": {"message": message}}));
            parent::leave();
        }
        parent::send(&json!({"done": {"id": run.id, "outcome": outcome}}));
    }
}
