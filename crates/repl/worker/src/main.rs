//! `plumb-python`: the sealed Python worker. It runs the cells that a model writes, one node's variables in one process.
//!
//! Order of the start: namespaces, Python, the first frame from the parent, the map of the snapshot, the seal, the measured facts in the ready
//! frame; only then the first cell. Without the seal it refuses to go on.

mod frames;
mod output;
mod parent;
mod python;
mod text;

use plumb_sandbox::Policy;
use pyo3::prelude::*;
use serde_json::{Value, json};
use std::io;

/// The descriptor of the snapshot, handed over by the parent.
const SNAPSHOT: i32 = 3;

fn main() {
    let isolated = plumb_sandbox::isolate();
    let _ = std::env::set_current_dir("/");
    let Ok(Some(start)) = frames::read(&mut io::stdin().lock()) else { return };
    if let Err(message) = work(&start["start"], isolated) {
        parent::send(&json!({"failed": {"message": message}}));
    }
}

fn work(start: &Value, isolated: Result<String, String>) -> Result<(), String> {
    python::initialize(start["seed"].as_u64().unwrap_or(0));
    Python::attach(|py| {
        let words = |e: PyErr| e.to_string();
        let prelude = python::load(py).map_err(words)?;
        let zero_copy = start["zero_copy"].as_bool().unwrap_or(true);
        text::map(py, SNAPSHOT, zero_copy).map_err(|e| format!("the snapshot could not be mapped: {e}"))?;
        let policy = Policy { memory_bytes: start["memory_bytes"].as_u64().unwrap_or(1 << 30), cpu_seconds: None, threads: true };
        let seal = plumb_sandbox::seal(&policy, isolated).map_err(|e| e.to_string())?;
        let cells = parent::listen();
        let interpreter = python::Interpreter::new(py, &prelude, start).map_err(words)?;
        parent::send(&json!({"ready": {"seal": seal, "python": Python::version_str().split_whitespace().next()}}));
        loop {
            let frame = parent::next(py, &cells);
            let run = &frame["run"];
            let Some(code) = run["code"].as_str() else { continue };
            let outcome = interpreter.run(py, code, run["output_chars"].as_u64().unwrap_or(20_000) as usize);
            parent::send(&json!({"done": {"id": run["id"], "outcome": outcome}}));
        }
    })
}
