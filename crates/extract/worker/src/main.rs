//! The child that parses one document: it maps its standard input, seals itself, then answers over the socket that is its standard output
//! until that ends.

mod ocr;

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

const MEMORY: u64 = 1 << 30;
/// The parent has a limit for each request; this one ends a child that hangs after its parent was killed.
const CPU_SECONDS: u64 = 600;
/// For objects that are nested deeply.
const STACK: usize = 64 << 20;

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|mode| mode == "ocr") {
        eprintln!("{}", ocr::become_tesseract(std::env::args().nth(2)));
        return ExitCode::FAILURE;
    }
    let family: Option<Family> = std::env::args().nth(1).and_then(|family| serde_json::from_str(&family).ok());
    let isolated = isolate();
    // SAFETY: the parent has put the socket there; nothing else here uses this descriptor.
    let socket = unsafe { File::from_raw_fd(1) };
    let prepared = prepare(family).and_then(|()| document().map_err(|e| format!("the document cannot be mapped: {e}")));
    let sealed = seal(
        &Policy { memory_bytes: MEMORY, cpu_seconds: Some(CPU_SECONDS), threads: true, joins: true, graphics: false },
        isolated,
    );
    let prepared = prepared.and_then(|document| sealed.map(|_| document).map_err(|e| e.to_string()));
    let ready: Ready = prepared.as_ref().map(drop).map_err(Clone::clone);
    let (Ok(()), Ok(document), Some(family)) = (protocol::write_json(&mut &socket, &ready), prepared, family) else {
        return ExitCode::FAILURE;
    };
    // Panics are answered, not printed.
    std::panic::set_hook(Box::new(|_| {}));
    let serve = move || serve(family, document, &socket);
    let served = std::thread::Builder::new().stack_size(STACK).spawn(serve).map(std::thread::JoinHandle::join);
    if matches!(served, Ok(Ok(Ok(())))) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What has to be loaded while files can still be opened.
fn prepare(family: Option<Family>) -> Result<(), String> {
    match family {
        Some(Family::Pdf) => worker::load_pdfium(),
        // There may be a PDF in any other document. Where the library is missing, that one says so.
        Some(_) => {
            let _ = worker::load_pdfium();
            Ok(())
        }
        None => Err("it was not told what it should read".to_owned()),
    }
}

/// The whole document, mapped: it may be larger than the memory that this process may use. Where its file is cut short meanwhile this process
/// dies of it, which is what it is for.
fn document() -> io::Result<&'static [u8]> {
    let input = io::stdin();
    // SAFETY: borrowed from the handle of the standard input, which is never closed.
    let length = unsafe { std::mem::ManuallyDrop::new(File::from_raw_fd(input.as_raw_fd())) }.metadata()?.len();
    let length = usize::try_from(length).map_err(io::Error::other)?;
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: a new private map of the standard input that is never unmapped.
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
            Request::Read => answer_text(socket, guarded(|| worker::read(family, document)))?,
            Request::Draw { page, width } => match guarded(|| worker::draw(document, page, width)) {
                Ok(mut drawn) => {
                    let png = std::mem::take(&mut drawn.png);
                    protocol::write_json(&mut socket, &Answer::Drawn(drawn))?;
                    content(socket, &png)?;
                }
                Err(failure) => protocol::write_json(&mut socket, &Answer::Failed(failure))?,
            },
            Request::ReadMember(index, name) => {
                let read = opened(&mut container, family, document).and_then(|mut opened| {
                    let read = guarded(|| worker::read_member(opened.as_mut(), index, &name));
                    // What is too large stopped in the middle: it is opened anew for the next one, as after a failure.
                    if matches!(read, Ok(Some(_))) {
                        container = Some(opened);
                    }
                    read
                });
                match read.transpose() {
                    None => protocol::write_json(&mut socket, &Answer::TooLarge)?,
                    Some(read) => answer_text(socket, read)?,
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

/// The one that is open, or one that is opened now.
fn opened(container: &mut Option<Open>, family: Family, document: &'static [u8]) -> Result<Open, Failure> {
    container.take().map_or_else(|| guarded(|| worker::open(family, document)), Ok)
}

fn answer_text(mut socket: &File, read: worker::Outcome) -> io::Result<()> {
    let read = read.and_then(|parsed| match parsed.text.len() as u64 {
        0..=MAX_TEXT => Ok(parsed),
        _ => Err(Failure::failed(format!("its text is larger than {} MB", MAX_TEXT >> 20))),
    });
    match read {
        Ok(mut parsed) => {
            let text = std::mem::take(&mut parsed.text);
            protocol::write_json(&mut socket, &Answer::Read(parsed))?;
            content(socket, text.as_bytes())
        }
        Err(failure) => protocol::write_json(&mut socket, &Answer::Failed(failure)),
    }
}

fn content(socket: &File, bytes: &[u8]) -> io::Result<()> {
    let mut pieces = Pieces::new(socket);
    pieces.write_all(bytes)?;
    pieces.end()
}

fn guarded<T>(parse: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let parsed = catch_unwind(AssertUnwindSafe(parse));
    parsed.unwrap_or_else(|_| Err(Failure::failed("damaged in a way that the reader could not cope with")))
}
