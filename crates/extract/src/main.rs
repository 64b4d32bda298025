//! The child that parses documents: it seals itself, then reads documents from standard input and writes their texts to standard output
//! until the input ends.

mod lines;
mod pdf;
mod word;

use plumb_extract::{
    Failure, FailureState, Format,
    protocol::{self, Answer, MAX_DOCUMENT, MAX_TEXT, Ready, Request},
};
use plumb_sandbox::{Policy, isolate, seal};
use std::{
    io::{self, stdin, stdout},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

const MEMORY: u64 = 1 << 30;
/// The parent has a limit for each document; this one ends a child that hangs after its parent was killed.
const CPU_SECONDS: u64 = 600;
/// For objects that are nested deeply.
const STACK: usize = 64 << 20;

/// A document's text, and the first line of each page with its name.
type Parsed = Result<(String, Vec<(u64, String)>), Failure>;

fn main() -> ExitCode {
    let isolated = isolate();
    let sealed = seal(&Policy { memory_bytes: MEMORY, cpu_seconds: Some(CPU_SECONDS), threads: true, joins: true }, isolated);
    let ready: Ready = sealed.as_ref().map(drop).map_err(ToString::to_string);
    if protocol::write_json(&mut stdout(), &ready).is_err() || ready.is_err() {
        return ExitCode::FAILURE;
    }
    // Panics are answered, not printed.
    std::panic::set_hook(Box::new(|_| {}));
    let served = std::thread::Builder::new().stack_size(STACK).spawn(serve).map(std::thread::JoinHandle::join);
    if matches!(served, Ok(Ok(Ok(())))) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn serve() -> io::Result<()> {
    let (mut input, mut output) = (stdin().lock(), stdout().lock());
    loop {
        let request: Request = match protocol::read_json(&mut input) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            request => request?,
        };
        match parse(request.format, protocol::read(&mut input, MAX_DOCUMENT)?) {
            Ok((text, places)) => {
                protocol::write_json(&mut output, &Answer::Read { places })?;
                protocol::write(&mut output, text.as_bytes())?;
            }
            Err(failure) => protocol::write_json(&mut output, &Answer::Failed(failure))?,
        }
    }
}

fn parse(format: Format, bytes: Vec<u8>) -> Parsed {
    let parsed = catch_unwind(AssertUnwindSafe(|| match format {
        Format::Pdf => pdf::text(bytes),
        Format::Docx => word::text(bytes),
    }));
    match parsed {
        Ok(Ok((text, _))) if text.len() > MAX_TEXT as usize => {
            Err(failed(format!("its text is larger than {} MB", MAX_TEXT >> 20)))
        }
        Ok(parsed) => parsed,
        Err(_) => Err(failed("damaged in a way that the reader could not cope with")),
    }
}

fn failed(reason: impl Into<String>) -> Failure {
    Failure::new(FailureState::Failed, reason)
}

fn no_text(reason: &str) -> Failure {
    Failure::new(FailureState::NoText, reason)
}
