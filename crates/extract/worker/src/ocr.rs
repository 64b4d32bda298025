//! Reads a picture: the process seals itself and becomes `tesseract`, with a PNG as its input and a table of words as its output.

use plumb_sandbox::{Policy, isolate, seal_program};
use std::{os::unix::process::CommandExt, process::Command};

const TESSERACT: &str = "/usr/bin/tesseract";
/// Private memory of tesseract. A page in colour at 600 dots per inch needs a quarter of it.
const MEMORY_LIMIT_BYTES: u64 = 2 << 30;
const CPU_LIMIT_SECONDS: u64 = 300;

/// Becomes tesseract, for languages such as "deu+eng". Returns only if that fails, with the reason.
pub fn become_tesseract(languages: Option<String>) -> String {
    let isolated = isolate();
    // Tesseract uses the names as file names.
    let Some(languages) = languages.filter(|names| names.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+".contains(&b))) else {
        return "the picture reader was not told the languages".to_owned();
    };
    let policy = Policy {
        memory_bytes: MEMORY_LIMIT_BYTES,
        cpu_seconds: Some(CPU_LIMIT_SECONDS),
        threads: true,
        joins: true,
        graphics: false,
    };
    if let Err(error) = seal_program(&policy, isolated) {
        return error.to_string();
    }
    // More threads make it slower, as its manual says.
    let error = Command::new(TESSERACT)
        .args(["stdin", "stdout", "-l", &languages, "tsv"])
        .env_clear()
        .envs([("OMP_THREAD_LIMIT", "1"), ("LC_ALL", "C.UTF-8")])
        .exec();
    format!("{TESSERACT} could not be started: {error}")
}
