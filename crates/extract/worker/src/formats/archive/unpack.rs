//! Unpacking within bounds.

use plumb_extract::{Failure, protocol::MAX_MEMBER};
use std::{
    cell::Cell,
    fmt,
    io::{self, ErrorKind, Read, Write},
    rc::Rc,
};

/// More documents than that are not listed.
pub const MEMBERS: usize = 100_000;
/// What is listed of larger ones, in plain words.
pub const MORE_MEMBERS: &str = "there are more than 100000 files in it: the rest was left out";
/// Below that size nothing is taken for a bomb.
const HARMLESS: u64 = 20 << 20;
/// No honest document is that much larger than it is packed.
const RATIO: u64 = 1000;

/// It unpacks to far more than its size.
#[derive(Debug)]
struct Bomb;

impl fmt::Display for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unpacks to far more than it should: a bomb?")
    }
}

impl std::error::Error for Bomb {}

/// Whether so much may come of so little.
fn is_bomb(unpacked: u64, packed: u64) -> bool {
    unpacked > HARMLESS && unpacked / RATIO > packed
}

/// What went wrong, in plain words.
pub fn failure(error: &io::Error) -> Failure {
    if error.get_ref().is_some_and(|inner| inner.is::<Bomb>()) {
        return Failure::failed(Bomb.to_string());
    }
    match error.kind() {
        ErrorKind::UnexpectedEof => Failure::failed("damaged: it is cut short"),
        _ => Failure::failed("damaged: it cannot be unpacked"),
    }
}

/// Copies a member out, as long as it stays within bounds; `packed` is its size in the archive.
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
            return Err(Failure::failed(format!("larger than {} GB", MAX_MEMBER >> 30)));
        }
        to.write_all(&buffer[..read]).map_err(|_| Failure::failed("it could not be handed on"))?;
    }
}

/// Packed bytes that say how many of them were taken.
pub struct Packed<'a> {
    rest: &'a [u8],
    taken: Rc<Cell<u64>>,
}

impl<'a> Packed<'a> {
    /// Nothing is taken yet.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, taken: Rc::default() }
    }

    /// How many bytes are taken, as it goes on.
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

/// A stream that ends in an error where it becomes a bomb.
pub struct Guarded<R> {
    from: R,
    taken: Rc<Cell<u64>>,
    unpacked: u64,
}

impl<R: Read> Guarded<R> {
    /// `taken` says how much of the packed bytes `from` has taken.
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
