//! The file that holds frozen texts: sparse, append-only, without a name, mapped once by Plumb and once by every worker.

use crate::system::{self, Map};
use parking_lot::Mutex;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    traits::corpus::Placement,
};
use std::{fs::File, io, ops::Range, path::Path};

/// Sizes of the map, in bytes. Address space and a sparse file are free; the first size that the system allows is taken.
const MAP_BYTES: [usize; 4] = [1 << 40, 1 << 37, 1 << 34, 1 << 31];

/// Size, in bytes, of the large pages that processors map where they can.
const LARGE_PAGE_BYTES: u64 = 2 << 20;

/// Bytes written at once. The page cache keeps such pieces in large pages.
const PIECE_BYTES: usize = 4 << 20;

/// Bytes after each text: one NUL character of any kind.
const NUL_BYTES: u64 = 4;

/// The snapshot of a run. Written texts never move or change. Bytes beyond the end are zero.
#[derive(Debug)]
pub struct Snapshot {
    file: File,
    map: Map,
    end: Mutex<u64>,
}

/// The fault for an error of writing the snapshot.
pub fn write_fault(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Fault::new(
            Code::DiskFull,
            "The disk has no room left for the text that Plumb keeps during a run. Free some space and ask again.",
        ),
        _ => fault!(
            Code::Unreadable,
            "Plumb could not write to its cache folder: {error}. Check its permissions, or set PLUMB_HOME to another folder.",
            error = error,
        ),
    }
}

impl Snapshot {
    /// Makes an empty snapshot in this folder.
    ///
    /// # Errors
    /// `disk_full`, `unreadable`.
    pub fn new(folder: &Path) -> Result<Self, Fault> {
        std::fs::create_dir_all(folder).map_err(|e| write_fault(&e))?;
        let file = tempfile::tempfile_in(folder).map_err(|e| write_fault(&e))?;
        let mut refused = io::Error::from(io::ErrorKind::FileTooLarge);
        for bytes in MAP_BYTES {
            match file.set_len(bytes as u64).and_then(|()| Map::new(&file, bytes)) {
                Ok(map) => return Ok(Snapshot { file, map, end: Mutex::new(0) }),
                Err(error) => refused = error,
            }
        }
        Err(write_fault(&refused))
    }

    /// A descriptor that can be mapped, but not written.
    pub fn read_only(&self) -> io::Result<File> {
        system::reopen_read_only(&self.file)
    }

    /// Bytes taken by texts so far.
    #[cfg(test)]
    pub fn taken(&self) -> u64 {
        *self.end.lock()
    }

    /// Reserves room for `length` bytes and the NUL character after them, and returns where it begins.
    ///
    /// # Errors
    /// `StorageFull`, `FileTooLarge`.
    pub fn reserve(&self, length: u64) -> io::Result<u64> {
        let mut end = self.end.lock();
        // A large text begins where a large page does, so that it can be mapped in large pages.
        let offset = if length >= LARGE_PAGE_BYTES { end.next_multiple_of(LARGE_PAGE_BYTES) } else { *end };
        let next = (offset + length + NUL_BYTES).next_multiple_of(NUL_BYTES);
        if next > self.map.len() as u64 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // The disk is not filled to its last byte only to find out that a large text does not fit.
        if length >= LARGE_PAGE_BYTES && system::free_space_of(&self.file).is_ok_and(|free| free < length) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *end = next;
        Ok(offset)
    }

    /// Gives the memory of written bytes back. The file keeps them.
    pub fn release(&self, bytes: Range<u64>) {
        self.map.release(in_memory(bytes.start)..in_memory(bytes.end));
    }

    /// Writes into reserved room.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        system::write_all_at(&self.file, bytes, offset)
    }

    /// Gives the disk's space of bytes back that belong to no text. Where the file system cannot, they stay.
    pub fn discard(&self, offset: u64, length: u64) {
        system::discard(&self.file, offset..offset.saturating_add(length));
    }

    /// Ends a text. Its NUL is written, not left to the sparse file: where a disk is full, reading a hole can kill.
    pub fn close(&self, end: u64) -> io::Result<()> {
        self.write(end, &[0; NUL_BYTES as usize])
    }

    /// Written bytes.
    pub fn bytes(&self, offset: u64, length: usize) -> &[u8] {
        let start = in_memory(offset);
        self.map.bytes(start..start.saturating_add(length))
    }

    /// Writes a text in the form of PEP 393. `shape` is the shape of `text`.
    pub fn place(&self, text: &str, shape: Shape) -> io::Result<Placement> {
        let kind = shape.kind();
        let offset = self.reserve(shape.chars * u64::from(kind))?;
        let mut at = offset;
        let mut buffer = Vec::with_capacity(PIECE_BYTES + 4);
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
            if buffer.len() >= PIECE_BYTES {
                flush(&mut buffer)?;
            }
        }
        flush(&mut buffer)?;
        self.close(at)?;
        Ok(Placement { offset, chars: shape.chars, kind, ascii: shape.is_ascii() })
    }
}

/// The properties of a text that decide its form in the snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Number of characters.
    pub chars: u64,
    /// Largest code point; any below 0x80 counts as 0.
    pub widest: u32,
}

impl Shape {
    /// Adds the next piece of a text.
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

    /// Its UTF-8 bytes are the form that Python uses.
    pub fn is_ascii(self) -> bool {
        self.widest < 0x80
    }
}

fn in_memory(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
