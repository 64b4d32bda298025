//! `plumb-extract`, the sealed child that parses one document or, as `plumb-extract ocr`, becomes tesseract. It runs on Linux only so far.

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod ocr;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    child::run()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("plumb-extract cannot seal itself on this system; use Linux.");
    ExitCode::FAILURE
}
