//! Linux: sparse files, maps, `/proc`, and file stamps.

use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags, StatVfs};
use std::{
    ffi::{OsStr, OsString},
    fs::{File, Metadata},
    io,
    ops::Range,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{
            ffi::{OsStrExt, OsStringExt},
            fs::{FileExt, MetadataExt, OpenOptionsExt},
        },
    },
    path::{Path, PathBuf},
    ptr,
};

/// A multiple of the page size, in bytes, of every processor.
const PAGE_BYTES: usize = 64 << 10;

/// Opens a file for reading. A pipe in its place is opened without waiting for its writer.
pub fn open_without_waiting(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// Reads at an offset, at most as much as `buffer` holds.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Writes all bytes at an offset.
pub fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

/// Opens a file that may have no name once more, so that it can only be read.
pub fn reopen_read_only(file: &File) -> io::Result<File> {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Gives the disk's space of these bytes back. Where the file system cannot, they stay.
pub fn discard(file: &File, bytes: Range<u64>) {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let _ = rustix::fs::fallocate(file, flags, bytes.start, bytes.end.saturating_sub(bytes.start));
}

/// Free space, in bytes, on the disk that holds a file.
pub fn free_space_of(file: &File) -> io::Result<u64> {
    Ok(free_bytes(&rustix::fs::fstatvfs(file)?))
}

/// Free space, in bytes, on the disk that holds a folder.
pub fn free_space(folder: &Path) -> io::Result<u64> {
    Ok(free_bytes(&rustix::fs::statvfs(folder)?))
}

fn free_bytes(disk: &StatVfs) -> u64 {
    disk.f_bavail.saturating_mul(disk.f_frsize)
}

/// A file mapped for reading.
#[derive(Debug)]
pub struct Map {
    start: *const u8,
    bytes: usize,
}

// SAFETY: the map is read-only memory that no thread owns.
unsafe impl Send for Map {}
// SAFETY: as above.
unsafe impl Sync for Map {}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the map of `new`, which nothing outlives: slices borrow it.
        unsafe { libc::munmap(self.start.cast_mut().cast(), self.bytes) };
    }
}

impl Map {
    /// Maps this many bytes of a file that only this process writes and that never shrinks.
    pub fn new(file: &File, bytes: usize) -> io::Result<Self> {
        // SAFETY: a new map at an address that the kernel chooses.
        let map = unsafe {
            libc::mmap(ptr::null_mut(), bytes, libc::PROT_READ, libc::MAP_SHARED | libc::MAP_NORESERVE, file.as_raw_fd(), 0)
        };
        if map == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Map { start: map.cast_const().cast(), bytes })
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Bytes of the map. They must have been written, and must not be written again.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        let start = range.start.min(self.bytes);
        let end = range.end.clamp(start, self.bytes);
        // SAFETY: inside the map, which lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start.add(start), end - start) }
    }

    /// Gives the memory of these bytes back. The file still has them: they are mapped again when needed.
    pub fn release(&self, range: Range<usize>) {
        let start = range.start.min(self.bytes) / PAGE_BYTES * PAGE_BYTES;
        let end = range.end.min(self.bytes);
        // SAFETY: inside the map. It is shared, so nothing in it is lost; where the kernel refuses, nothing happens.
        unsafe { libc::madvise(self.start.add(start).cast_mut().cast(), end.saturating_sub(start), libc::MADV_DONTNEED) };
    }
}

/// Time of a file's last write, in nanoseconds since 1970.
pub fn modified_ns(metadata: &Metadata) -> i64 {
    nanoseconds(metadata.mtime(), metadata.mtime_nsec())
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

/// Numbers that change when a file is replaced or written to: device, inode, size, and both of its times.
pub fn identity(metadata: &Metadata) -> Vec<u64> {
    vec![
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        metadata.mtime() as u64,
        metadata.mtime_nsec() as u64,
        metadata.ctime() as u64,
        metadata.ctime_nsec() as u64,
    ]
}

/// The device and number of a file, which stay the same while it is renamed.
pub fn number(metadata: &Metadata) -> Option<(u64, u64)> {
    Some((metadata.dev(), metadata.ino()))
}

/// The part of a path below a folder. A walk asks this for every file, so it compares bytes and not parts of paths.
pub fn below<'a>(folder: &Path, path: &'a Path) -> &'a Path {
    match path.as_os_str().as_bytes().strip_prefix(folder.as_os_str().as_bytes()) {
        Some([b'/', below @ ..]) => Path::new(OsStr::from_bytes(below)),
        Some([]) => Path::new(""),
        // The root of the file system ends with a slash itself.
        _ => path.strip_prefix(folder).unwrap_or(path),
    }
}

/// Looks up sizes and times of files. It keeps the last folder open, because walks look at neighbours.
#[derive(Default)]
pub struct FileStats {
    open: Option<(PathBuf, OwnedFd)>,
}

impl FileStats {
    /// A file's size in bytes, and the time of its last write in nanoseconds since 1970. Follows links.
    pub fn of(&mut self, path: &Path) -> Option<(u64, i64)> {
        let bytes = path.as_os_str().as_bytes();
        let slash = memchr::memrchr(b'/', bytes)?;
        let (parent, name) = (Path::new(OsStr::from_bytes(&bytes[..slash.max(1)])), OsStr::from_bytes(&bytes[slash + 1..]));
        if self.open.as_ref().is_none_or(|(open, _)| open.as_os_str() != parent.as_os_str()) {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            self.open = Some((parent.to_owned(), rustix::fs::open(parent, flags, Mode::empty()).ok()?));
        }
        let (_, folder) = self.open.as_ref()?;
        let found = rustix::fs::statat(folder, name, AtFlags::empty()).ok()?;
        Some((found.st_size as u64, nanoseconds(found.st_mtime, found.st_mtime_nsec as i64)))
    }
}

/// Mount points of other computers' drives below `folder` or above it. Asks no drive.
pub fn remote_mounts(folder: &Path) -> Vec<PathBuf> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let remote = table.lines().filter_map(remote_mount);
    remote.filter(|mount| mount.starts_with(folder) || folder.starts_with(mount)).collect()
}

/// The mount point in a line of the table, if the drive is another computer's.
fn remote_mount(line: &str) -> Option<PathBuf> {
    let (before, after) = line.split_once(" - ")?;
    let kind = after.split(' ').next()?;
    let remote = ["nfs", "cifs", "smb", "fuse", "9p", "afs", "ceph", "ncp", "davfs", "virtiofs", "vboxsf"];
    if !remote.iter().any(|name| kind.starts_with(name)) {
        return None;
    }
    Some(PathBuf::from(OsString::from_vec(unescaped(before.split(' ').nth(4)?))))
}

/// Undoes the table's escapes: a space is written as `\040`.
fn unescaped(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let octal = after.get(..3).and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        match octal.filter(|_| byte == b'\\') {
            Some(byte) => {
                out.push(byte);
                rest = &after[3..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

/// The process has no more room for open files or watchers.
pub fn is_too_many_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENOSPC))
}

/// Gives this thread, and those that it starts, the lowest priority.
pub fn lower_priority() {
    // SAFETY: a number for this thread.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 19) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_drives_are_recognised_by_their_file_system() {
        let nfs = "36 35 0:42 / /mnt/our\\040papers rw,relatime shared:1 - nfs4 server:/papers rw";
        assert_eq!(remote_mount(nfs), Some(PathBuf::from("/mnt/our papers")));
        assert_eq!(remote_mount("25 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw"), None);
    }
}
