//! Drives that lie on other computers, and may stop answering: whoever asks them waits for ever.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

/// A drive that has not answered after this time is given up.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Does work that may never come back. What hangs keeps its thread, not the caller.
pub fn within<T: Send + 'static>(time: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody waits any more when it took too long.
        let _ = done.send(work());
    });
    result.recv_timeout(time).ok()
}

/// The places where other computers' drives are mounted, as far as they lie below `folder` or hold it. Asks no drive.
pub fn mounts(folder: &Path) -> Vec<PathBuf> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let remote = table.lines().filter_map(remote_mount);
    remote.filter(|mount| mount.starts_with(folder) || folder.starts_with(mount)).collect()
}

/// Of a line of the table: where it is mounted, if it is another computer's.
fn remote_mount(line: &str) -> Option<PathBuf> {
    let (before, after) = line.split_once(" - ")?;
    let kind = after.split(' ').next()?;
    let remote = ["nfs", "cifs", "smb", "fuse", "9p", "afs", "ceph", "ncp", "davfs", "virtiofs", "vboxsf"];
    if !remote.iter().any(|name| kind.starts_with(name)) {
        return None;
    }
    Some(PathBuf::from(OsString::from_vec(unescaped(before.split(' ').nth(4)?))))
}

/// The table writes spaces and the like as `\040`.
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

/// Whether a drive answers.
pub fn answers(mount: &Path) -> bool {
    let mount = mount.to_owned();
    within(PATIENCE, move || std::fs::read_dir(mount).map(|mut entries| drop(entries.next()))).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_of_other_computers_are_known_by_their_kind() {
        let nfs = "36 35 0:42 / /mnt/our\\040papers rw,relatime shared:1 - nfs4 server:/papers rw";
        assert_eq!(remote_mount(nfs), Some(PathBuf::from("/mnt/our papers")));
        assert_eq!(remote_mount("25 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw"), None);
    }

    #[test]
    fn what_hangs_is_given_up() {
        assert_eq!(within(Duration::from_millis(20), || std::thread::sleep(Duration::from_secs(1))), None);
        assert_eq!(within(Duration::from_secs(5), || 3), Some(3));
    }
}
