//! Drives of other computers, which may stop answering. A thread that asks such a drive may never come back.

use std::{path::Path, sync::mpsc, time::Duration};

/// Time after which a drive that has not answered is given up.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// The reason given for a drive that does not answer.
pub const SILENT: &str = "its drive does not answer; is it connected?";

/// Does work that may never end, in a thread of its own. `None`: it took longer than `time`, and keeps its thread.
pub fn within<T: Send + 'static>(time: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || {
        // The caller has given up where it took too long.
        let _ = done.send(work());
    });
    result.recv_timeout(time).ok()
}

/// Whether the drive at this mount point answers.
pub fn answers(mount: &Path) -> bool {
    let mount = mount.to_owned();
    within(PATIENCE, move || std::fs::read_dir(mount).map(|mut entries| drop(entries.next()))).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_hangs_is_given_up() {
        let (_never, hangs) = mpsc::channel::<()>();
        assert_eq!(within(Duration::from_millis(20), move || hangs.recv().is_ok()), None);
        assert_eq!(within(Duration::from_secs(60), || 3), Some(3));
    }
}
