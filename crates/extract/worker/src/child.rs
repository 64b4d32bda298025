//! The child's process: maps its standard input, seals itself, then answers requests over the socket that is its standard output until it closes.

use super::ocr;
use plumb_extract::{
    Failure, Family,
    protocol::{self, Answer, MAX_TEXT, Pieces, Ready, Request},
};
use plumb_extract_worker as worker;
use plumb_sandbox::{Policy, isolate, seal};
use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsRawFd, FromRawFd},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

/// Private memory of the child.
const MEMORY_LIMIT_BYTES: u64 = 1 << 30;
/// The parent has a timeout for each request; this limit ends a child that hangs after its parent was killed.
const CPU_LIMIT_SECONDS: u64 = 600;
/// Stack of the thread that parses: documents may be nested deeply.
const PARSER_STACK_BYTES: usize = 64 << 20;

/// Runs the child until its parent closes the socket.
pub fn run() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|mode| mode == "ocr") {
        eprintln!("{}", ocr::become_tesseract(std::env::args().nth(2)));
        return ExitCode::FAILURE;
    }
    let family: Option<Family> = std::env::args().nth(1).and_then(|family| serde_json::from_str(&family).ok());
    let isolated = isolate();
    // SAFETY: the parent passed the socket as descriptor 1; nothing else here uses it.
    let socket = unsafe { File::from_raw_fd(1) };
    let prepared = prepare(family).and_then(|()| document().map_err(|e| format!("it could not be mapped into memory: {e}")));
    let sealed = seal(
        &Policy {
            memory_bytes: MEMORY_LIMIT_BYTES,
            cpu_seconds: Some(CPU_LIMIT_SECONDS),
            threads: true,
            joins: true,
            graphics: false,
        },
        isolated,
    );
    let prepared = prepared.and_then(|document| sealed.map(|_| document).map_err(|e| e.to_string()));
    let ready: Ready = prepared.as_ref().map(drop).map_err(Clone::clone);
    let (Ok(()), Ok(document), Some(family)) = (protocol::write_json(&mut &socket, &ready), prepared, family) else {
        return ExitCode::FAILURE;
    };
    // `guarded` reports panics as failures, so nothing is printed.
    std::panic::set_hook(Box::new(|_| {}));
    let serve = move || serve(family, document, &socket);
    let served = std::thread::Builder::new().stack_size(PARSER_STACK_BYTES).spawn(serve).map(std::thread::JoinHandle::join);
    if matches!(served, Ok(Ok(Ok(())))) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Loads pdfium while files can still be opened.
fn prepare(family: Option<Family>) -> Result<(), String> {
    keep_free_memory();
    match family {
        Some(Family::Pdf) => worker::load_pdfium(),
        // Any other document may hold a PDF. If pdfium is missing, only that PDF fails.
        Some(_) => {
            let _ = worker::load_pdfium();
            Ok(())
        }
        None => Err("the reader was not told its format".to_owned()),
    }
}

/// Keeps freed memory for the next page. Returning it to the system and requesting it again would cost a fifth of the time.
fn keep_free_memory() {
    // SAFETY: plain calls; where one of them is refused it is only slower.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 256 << 20);
        libc::mallopt(libc::M_TOP_PAD, 4 << 20);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 16 << 20);
    }
}

/// Maps the whole document, which may be larger than the memory limit. If the file shrinks meanwhile, only this process dies; it exists to contain
/// such faults.
fn document() -> io::Result<&'static [u8]> {
    let input = io::stdin();
    // SAFETY: borrows the descriptor of the standard input, which is never closed.
    let length = unsafe { std::mem::ManuallyDrop::new(File::from_raw_fd(input.as_raw_fd())) }.metadata()?.len();
    let length = usize::try_from(length).map_err(io::Error::other)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: a new private mapping of the standard input that is never unmapped.
    let map = unsafe { libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, 0, 0) };
    if map == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: mapped above, for good.
    Ok(unsafe { std::slice::from_raw_parts(map.cast(), length) })
}

fn serve(family: Family, document: &'static [u8], mut socket: &File) -> io::Result<()> {
    let mut container = None;
    loop {
        let request: Request = match protocol::read_json(&mut socket) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            request => request?,
        };
        match request {
            Request::Read => send_text(socket, guarded(|| worker::read(family, document)))?,
            Request::Draw { page, width } => match guarded(|| worker::draw(document, page, width)) {
                Ok(mut drawn) => {
                    let png = std::mem::take(&mut drawn.png);
                    protocol::write_json(&mut socket, &Answer::Drawn(drawn))?;
                    send_content(socket, &png)?;
                }
                Err(failure) => protocol::write_json(&mut socket, &Answer::Failed(failure))?,
            },
            Request::ReadMember(index, name) => {
                let read = opened(&mut container, family, document).and_then(|mut opened| {
                    let read = guarded(|| worker::read_member(opened.as_mut(), index, &name));
                    // A member that is too large stopped in the middle, so the next request reopens the container, as after a failure.
                    if matches!(read, Ok(Some(_))) {
                        container = Some(opened);
                    }
                    read
                });
                match read.transpose() {
                    None => protocol::write_json(&mut socket, &Answer::TooLarge)?,
                    Some(read) => send_text(socket, read)?,
                }
            }
            Request::Member(index) => match opened(&mut container, family, document) {
                Err(failure) => protocol::write_json(&mut socket, &Answer::Failed(failure))?,
                Ok(mut opened) => {
                    protocol::write_json(&mut socket, &Answer::Member)?;
                    let mut pieces = Pieces::new(socket);
                    match guarded(|| opened.member(index, &mut pieces)) {
                        Ok(()) => {
                            pieces.end()?;
                            container = Some(opened);
                        }
                        Err(failure) => pieces.broken(&failure)?,
                    }
                }
            },
        }
    }
}

type Open = Box<dyn worker::Container>;

/// Takes the open container, or opens the document.
fn opened(container: &mut Option<Open>, family: Family, document: &'static [u8]) -> Result<Open, Failure> {
    container.take().map_or_else(|| guarded(|| worker::open(family, document)), Ok)
}

fn send_text(mut socket: &File, read: worker::Outcome) -> io::Result<()> {
    let read = read.and_then(|parsed| match parsed.text.len() as u64 {
        0..=MAX_TEXT => Ok(parsed),
        _ => Err(Failure::failed(format!("its text is larger than {} MB", MAX_TEXT >> 20))),
    });
    match read {
        Ok(mut parsed) => {
            let text = std::mem::take(&mut parsed.text);
            protocol::write_json(&mut socket, &Answer::Read(parsed))?;
            send_content(socket, text.as_bytes())
        }
        Err(failure) => protocol::write_json(&mut socket, &Answer::Failed(failure)),
    }
}

fn send_content(socket: &File, bytes: &[u8]) -> io::Result<()> {
    let mut pieces = Pieces::new(socket);
    pieces.write_all(bytes)?;
    pieces.end()
}

/// Runs a parser and reports a panic as a failure of the document.
fn guarded<T>(parse: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let parsed = catch_unwind(AssertUnwindSafe(parse));
    parsed.unwrap_or_else(|_| Err(Failure::failed("the reader crashed on it; it may be damaged")))
}
