//! The file that holds the frozen texts: sparse, append-only, without a name, mapped once by us and once by every worker.

use plumb_rlm::{
    fault::{Code, Fault},
    traits::corpus::Placement,
};
use rustix::fs::{FallocateFlags, StatVfs};
use std::{
    fs::File,
    io,
    ops::Range,
    os::{fd::AsRawFd, unix::fs::FileExt},
    path::Path,
    ptr,
    sync::{Mutex, PoisonError},
};

/// Address space and sparse file are free; the first size that file system and limits allow is taken.
const SIZES: [usize; 4] = [1 << 40, 1 << 37, 1 << 34, 1 << 31];

/// What processors map at once where they can.
const LARGE_PAGE: u64 = 2 << 20;

/// The smallest page of any processor that has larger ones too: what begins here begins a page.
const PAGE: usize = 64 << 10;

/// Written texts never move or change. Bytes beyond the end are zero.
#[derive(Debug)]
pub struct Snapshot {
    file: File,
    map: *const u8,
    size: usize,
    end: Mutex<u64>,
}

// SAFETY: the map is read-only, and the file is only ever written where no text has been handed out yet.
unsafe impl Send for Snapshot {}
// SAFETY: as above.
unsafe impl Sync for Snapshot {}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // SAFETY: the map of `new`, which nothing outlives: texts hold the snapshot.
        unsafe { libc::munmap(self.map.cast_mut().cast(), self.size) };
    }
}

pub(crate) fn write_error(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Fault::new(
            Code::DiskFull,
            "There is no room left on the disk for the text that Plumb has to keep during a run. Free some space and ask again.",
        ),
        _ => Fault::new(
            Code::Unreadable,
            format!(
                "Plumb could not write to its cache folder: {error}. Look at its permissions, or set PLUMB_HOME to another folder."
            ),
        ),
    }
}

/// What a disk has left for us, in bytes.
pub fn room(disk: &StatVfs) -> u64 {
    disk.f_bavail.saturating_mul(disk.f_frsize)
}

impl Snapshot {
    /// A new, empty one in this folder.
    pub fn new(folder: &Path) -> Result<Self, Fault> {
        std::fs::create_dir_all(folder).map_err(|e| write_error(&e))?;
        let file = tempfile::tempfile_in(folder).map_err(|e| write_error(&e))?;
        let mut refused = io::Error::from(io::ErrorKind::FileTooLarge);
        for size in SIZES {
            match file.set_len(size as u64).and_then(|()| map(&file, size)) {
                Ok(map) => return Ok(Snapshot { file, map, size, end: Mutex::new(0) }),
                Err(error) => refused = error,
            }
        }
        Err(write_error(&refused))
    }

    /// A descriptor that can be mapped, not written.
    pub fn read_only(&self) -> io::Result<File> {
        File::open(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }

    /// Room for `length` bytes and the NUL character after them.
    pub fn reserve(&self, length: u64) -> io::Result<u64> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        // A large text begins where a large page does, so that it can be mapped in large pages.
        let offset = if length >= LARGE_PAGE { end.next_multiple_of(LARGE_PAGE) } else { *end };
        let next = (offset + length + 4).next_multiple_of(4);
        if next > self.size as u64 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // A disk is not filled to its last byte only to find out that a large text does not fit.
        if length >= LARGE_PAGE && rustix::fs::fstatvfs(&self.file).is_ok_and(|disk| room(&disk) < length) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *end = next;
        Ok(offset)
    }

    /// Gives the memory of written bytes back, which the file still has: they are mapped again when they are looked at.
    pub fn let_go(&self, bytes: Range<u64>) {
        let start = usize::try_from(bytes.start).unwrap_or(usize::MAX).min(self.size) / PAGE * PAGE;
        let end = usize::try_from(bytes.end).unwrap_or(usize::MAX).min(self.size);
        // SAFETY: a part of the map of `new`. It is shared, so nothing in it is lost; where the kernel refuses, nothing happens.
        unsafe { libc::madvise(self.map.add(start).cast_mut().cast(), end.saturating_sub(start), libc::MADV_DONTNEED) };
    }

    /// Writes into reserved room.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    /// Gives back the disk's room of bytes that no text has. Where the file system cannot, they stay.
    pub fn discard(&self, offset: u64, length: u64) {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = rustix::fs::fallocate(&self.file, flags, offset, length);
    }

    /// Ends a text. Its NUL is written and not left to the sparse file: where a disk is full, reading a hole can kill.
    pub fn close(&self, end: u64) -> io::Result<()> {
        self.write(end, &[0; 4])
    }

    /// Written bytes.
    pub fn bytes(&self, offset: u64, length: usize) -> &[u8] {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.size);
        let length = length.min(self.size - start);
        // SAFETY: inside the map, which lives as long as `self`; written bytes do not change.
        unsafe { std::slice::from_raw_parts(self.map.add(start), length) }
    }

    /// Lays a text down in the form of PEP 393. `shape` is that of `text`.
    pub fn place(&self, text: &str, shape: Shape) -> io::Result<Placement> {
        let kind = shape.kind();
        let offset = self.reserve(shape.chars * u64::from(kind))?;
        let mut at = offset;
        let mut buffer = Vec::with_capacity(BUFFER + 4);
        let mut flush = |buffer: &mut Vec<u8>| {
            self.write(at, buffer)?;
            at += buffer.len() as u64;
            buffer.clear();
            Ok::<(), io::Error>(())
        };
        for character in text.chars() {
            let code = u32::from(character);
            match kind {
                1 => buffer.push(code as u8),
                2 => buffer.extend_from_slice(&(code as u16).to_ne_bytes()),
                _ => buffer.extend_from_slice(&code.to_ne_bytes()),
            }
            if buffer.len() >= BUFFER {
                flush(&mut buffer)?;
            }
        }
        flush(&mut buffer)?;
        self.close(at)?;
        Ok(Placement { offset, chars: shape.chars, kind, ascii: shape.is_ascii() })
    }
}

const BUFFER: usize = 4 << 20;

/// What decides how a text is laid down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Its characters.
    pub chars: u64,
    /// Its largest code point.
    pub widest: u32,
}

impl Shape {
    /// Takes in the next piece of a text.
    pub fn add(&mut self, piece: &str) {
        if piece.is_ascii() {
            self.chars += piece.len() as u64;
            // The exact code point matters only from 0x80 on.
            return;
        }
        for character in piece.chars() {
            self.chars += 1;
            self.widest = self.widest.max(u32::from(character));
        }
    }

    fn kind(self) -> u8 {
        match self.widest {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            _ => 4,
        }
    }

    /// The UTF-8 bytes are the form that Python uses.
    pub fn is_ascii(self) -> bool {
        self.widest < 0x80
    }
}

fn map(file: &File, size: usize) -> io::Result<*const u8> {
    // SAFETY: a new read-only map of a file that only this process writes, and never shortens.
    let map = unsafe {
        libc::mmap(ptr::null_mut(), size, libc::PROT_READ, libc::MAP_SHARED | libc::MAP_NORESERVE, file.as_raw_fd(), 0)
    };
    if map == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(map.cast_const().cast()) }
}
