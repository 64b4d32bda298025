//! Counting the files and folders that are opened, as the kernel sees them.

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use std::{mem::MaybeUninit, os::fd::OwnedFd, path::Path};

/// Opened files and folders.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Opened {
    pub files: usize,
    pub folders: usize,
}

/// Counts openings in some folders. The kernel merges repeated openings of one file, with nothing else between them.
pub struct Opens(OwnedFd);

impl Opens {
    pub fn in_folders<P: AsRef<Path>>(folders: impl IntoIterator<Item = P>) -> Self {
        let reports = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        for folder in folders {
            inotify::add_watch(&reports, folder.as_ref(), WatchFlags::OPEN | WatchFlags::ONLYDIR).unwrap();
        }
        Opens(reports)
    }

    /// Counts the openings since the last call.
    pub fn take(&self) -> Opened {
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut reports = Reader::new(&self.0, &mut buffer);
        let mut opened = Opened::default();
        loop {
            match reports.next() {
                Ok(report) => {
                    assert!(!report.events().contains(ReadFlags::QUEUE_OVERFLOW), "too much was opened to be counted");
                    let is_folder = report.events().contains(ReadFlags::ISDIR);
                    // A folder in a watched folder is reported twice: by its name, and as itself.
                    opened.folders += usize::from(is_folder && report.file_name().is_none());
                    opened.files += usize::from(!is_folder);
                }
                Err(rustix::io::Errno::WOULDBLOCK) => return opened,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
