//! Systems that Plumb does not run on yet: portable where the standard library is, and a clear error where it is not.

use std::{
    fs::{self, File, Metadata},
    io,
    ops::Range,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "Plumb cannot keep texts on this operating system yet")
}

/// Opens a file for reading.
pub fn open_without_waiting(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Reads at an offset, at most as much as `buffer` holds.
pub fn read_at(mut file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    use io::{Read, Seek};
    let before = file.stream_position()?;
    file.seek(io::SeekFrom::Start(offset))?;
    let read = file.read(buffer);
    file.seek(io::SeekFrom::Start(before))?;
    read
}

/// Writes all bytes at an offset. Unsupported.
pub fn write_all_at(_: &File, _: &[u8], _: u64) -> io::Result<()> {
    Err(unsupported())
}

/// Opens a file once more, so that it can only be read. Unsupported.
pub fn reopen_read_only(_: &File) -> io::Result<File> {
    Err(unsupported())
}

/// Gives the disk's space of these bytes back. Does nothing.
pub fn discard(_: &File, _: Range<u64>) {}

/// Free space on the disk that holds a file. Unsupported.
pub fn free_space_of(_: &File) -> io::Result<u64> {
    Err(unsupported())
}

/// Free space on the disk that holds a folder. Unsupported.
pub fn free_space(_: &Path) -> io::Result<u64> {
    Err(unsupported())
}

/// A file mapped for reading. There is none on this system.
#[derive(Debug)]
pub enum Map {}

impl Map {
    /// Maps a file. Unsupported.
    pub fn new(_: &File, _: usize) -> io::Result<Self> {
        Err(unsupported())
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match *self {}
    }

    /// Bytes of the map.
    pub fn bytes(&self, _: Range<usize>) -> &[u8] {
        match *self {}
    }

    /// Gives the memory of these bytes back.
    pub fn release(&self, _: Range<usize>) {
        match *self {}
    }
}

/// Time of a file's last write, in nanoseconds since 1970.
pub fn modified_ns(metadata: &Metadata) -> i64 {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or_default()
}

/// Numbers that change when a file is written to: its size and time.
pub fn identity(metadata: &Metadata) -> Vec<u64> {
    vec![metadata.len(), modified_ns(metadata) as u64]
}

/// A file's number. `None`: this system's standard library does not tell it.
pub fn number(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// The part of a path below a folder.
pub fn below<'a>(folder: &Path, path: &'a Path) -> &'a Path {
    path.strip_prefix(folder).unwrap_or(path)
}

/// Looks up sizes and times of files.
#[derive(Default)]
pub struct FileStats;

impl FileStats {
    /// A file's size in bytes, and the time of its last write in nanoseconds since 1970. Follows links.
    pub fn of(&mut self, path: &Path) -> Option<(u64, i64)> {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.len(), modified_ns(&metadata)))
    }
}

/// Mount points of other computers' drives. None are known on this system.
pub fn remote_mounts(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}

/// Whether the error means that the process may open no more files. Always false on this system.
pub fn is_too_many_files(_: &io::Error) -> bool {
    false
}

/// Gives this thread the lowest priority. Does nothing.
pub fn lower_priority() {}
