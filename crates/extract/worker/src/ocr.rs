//! This program as one that reads pictures: sealed, it becomes `tesseract`, with a PNG on its standard input and a table of words on its output.

use plumb_sandbox::{Policy, isolate, seal_program};
use std::{os::unix::process::CommandExt, process::Command};

const PROGRAM: &str = "/usr/bin/tesseract";
/// A page of 600 dots per inch in colour needs a quarter of it.
const MEMORY: u64 = 2 << 30;
const CPU_SECONDS: u64 = 300;

/// Becomes tesseract, for these languages: "deu+eng".
pub fn become_tesseract(languages: Option<String>) -> String {
    let isolated = isolate();
    // They are names of files.
    let Some(languages) = languages.filter(|names| names.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+".contains(&b))) else {
        return "it was not told which languages to read".to_owned();
    };
    let policy = Policy { memory_bytes: MEMORY, cpu_seconds: Some(CPU_SECONDS), threads: true, joins: true, graphics: false };
    if let Err(error) = seal_program(&policy, isolated) {
        return error.to_string();
    }
    // More threads make it slower, says its own manual.
    let error = Command::new(PROGRAM)
        .args(["stdin", "stdout", "-l", &languages, "tsv"])
        .env_clear()
        .envs([("OMP_THREAD_LIMIT", "1"), ("LC_ALL", "C.UTF-8")])
        .exec();
    format!("{PROGRAM} could not be started: {error}")
}
