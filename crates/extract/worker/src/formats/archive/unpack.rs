//! Unpacks within limits.

use plumb_extract::{Failure, protocol::MAX_MEMBER};
use std::{
    cell::Cell,
    fmt,
    io::{self, ErrorKind, Read, Write},
    rc::Rc,
};

/// Maximum number of members to list.
pub const MAX_MEMBERS: usize = 100_000;
/// The doubt about an archive with more than [`MAX_MEMBERS`] members.
pub const MORE_MEMBERS: &str = "it holds more than 100,000 files; the rest were left out";
/// Nothing up to this size counts as a zip bomb.
const HARMLESS_BYTES: u64 = 20 << 20;
/// Maximum compression ratio of an honest document.
const MAX_RATIO: u64 = 1000;

/// The error of a stream that unpacks to far more than its size.
#[derive(Debug)]
struct Bomb;

impl fmt::Display for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it unpacks to far more than its size: probably a zip bomb")
    }
}

impl std::error::Error for Bomb {}

/// Whether this ratio of sizes, in bytes, reveals a zip bomb.
fn is_bomb(unpacked: u64, packed: u64) -> bool {
    unpacked > HARMLESS_BYTES && unpacked / MAX_RATIO > packed
}

/// Explains an error of unpacking, in plain words.
pub fn failure(error: &io::Error) -> Failure {
    if error.get_ref().is_some_and(|inner| inner.is::<Bomb>()) {
        return Failure::failed(Bomb.to_string());
    }
    match error.kind() {
        ErrorKind::UnexpectedEof => Failure::failed("damaged: it is cut short"),
        _ => Failure::failed("damaged: it cannot be unpacked"),
    }
}

/// The doubt about `count` entries that are not read: "2 links to other files were left out".
pub fn left_out(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one} was left out") } else { format!("{count} {many} were left out") }
}

/// Copies a member to `to` within the limits; `packed` is its compressed size, in bytes.
pub fn copy(from: &mut dyn Read, packed: u64, to: &mut dyn Write) -> Result<(), Failure> {
    let mut buffer = vec![0; 64 << 10];
    let mut unpacked = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(failure(&e)),
        };
        unpacked += read as u64;
        if is_bomb(unpacked, packed) {
            return Err(Failure::failed(Bomb.to_string()));
        }
        if unpacked > MAX_MEMBER {
            return Err(Failure::failed(format!("it is larger than {} GB", MAX_MEMBER >> 30)));
        }
        to.write_all(&buffer[..read]).map_err(|_| Failure::failed("its contents could not be passed on"))?;
    }
}

/// Packed bytes that count how many of them were read.
pub struct Packed<'a> {
    rest: &'a [u8],
    taken: Rc<Cell<u64>>,
}

impl<'a> Packed<'a> {
    /// Begins at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, taken: Rc::default() }
    }

    /// A live counter of the bytes read.
    pub fn taken(&self) -> Rc<Cell<u64>> {
        self.taken.clone()
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(to)?;
        self.taken.set(self.taken.get() + read as u64);
        Ok(read)
    }
}

/// A stream that fails once it proves to be a zip bomb.
pub struct Guarded<R> {
    from: R,
    taken: Rc<Cell<u64>>,
    unpacked: u64,
}

impl<R: Read> Guarded<R> {
    /// `taken` counts the packed bytes that `from` has read.
    pub fn new(from: R, taken: Rc<Cell<u64>>) -> Self {
        Self { from, taken, unpacked: 0 }
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.unpacked += read as u64;
        if is_bomb(self.unpacked, self.taken.get()) { Err(io::Error::other(Bomb)) } else { Ok(read) }
    }
}
