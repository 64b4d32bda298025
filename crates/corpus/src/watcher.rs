//! The system's word about changes in folders (inotify). Only changes are asked for: a program that reads its own folders must not be woken by that,
//! which is why this is not `notify`, whose watcher asks for every opening of a file.

use inotify::{EventMask, Inotify, WatchDescriptor, WatchMask, Watches};
use std::{
    collections::{BTreeSet, HashMap},
    io,
    os::fd::AsRawFd,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Changes are gathered for this long before they are told.
const GATHERED: Duration = Duration::from_millis(300);
/// Where taking in changes takes long, they are told so rarely that it takes at most one part in this many of the time.
const SHARE: u32 = 5;
/// How often the thread looks whether anybody still listens.
const LOOK: Duration = Duration::from_secs(2);

/// Watched folders. Watching ends when this is dropped.
pub struct Watcher {
    watches: Watches,
    folders: Arc<Mutex<Folders>>,
}

#[derive(Default)]
struct Folders {
    paths: HashMap<WatchDescriptor, PathBuf>,
    descriptors: HashMap<PathBuf, WatchDescriptor>,
    ended: bool,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        locked(&self.folders).ended = true;
    }
}

impl Watcher {
    /// Watches nothing yet. `changed` gets the paths that changed, and whether more changed than could be told.
    pub fn start(mut changed: impl FnMut(BTreeSet<PathBuf>, bool) + Send + 'static) -> io::Result<Self> {
        let mut inotify = Inotify::init()?;
        let watches = inotify.watches();
        let folders: Arc<Mutex<Folders>> = Arc::default();
        let known = folders.clone();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            while !locked(&known).ended {
                if !ready(&inotify, LOOK) {
                    continue;
                }
                std::thread::sleep(GATHERED);
                let (mut paths, mut lost) = (BTreeSet::new(), false);
                while let Ok(events) = inotify.read_events(&mut buffer) {
                    let mut known = locked(&known);
                    for event in events {
                        lost |= event.mask.contains(EventMask::Q_OVERFLOW);
                        if let Some(folder) = known.paths.get(&event.wd) {
                            paths.insert(event.name.map_or_else(|| folder.clone(), |name| folder.join(name)));
                        }
                        if event.mask.contains(EventMask::IGNORED)
                            && let Some(gone) = known.paths.remove(&event.wd)
                        {
                            known.descriptors.remove(&gone);
                        }
                    }
                }
                if locked(&known).ended {
                    return;
                }
                if lost || !paths.is_empty() {
                    let begun = Instant::now();
                    changed(paths, lost);
                    std::thread::sleep(begun.elapsed() * SHARE);
                }
            }
        });
        Ok(Watcher { watches, folders })
    }

    /// Watches exactly these folders from now on.
    ///
    /// # Errors
    /// The system lets no more folders be watched; what it let be watched stays so.
    pub fn follow(&mut self, wanted: BTreeSet<PathBuf>) -> io::Result<()> {
        let mut folders = locked(&self.folders);
        let gone: Vec<PathBuf> = folders.descriptors.keys().filter(|folder| !wanted.contains(*folder)).cloned().collect();
        for folder in gone {
            if let Some(descriptor) = folders.descriptors.remove(&folder) {
                folders.paths.remove(&descriptor);
                // It is gone itself, most likely.
                let _ = self.watches.remove(descriptor);
            }
        }
        for folder in wanted {
            if folders.descriptors.contains_key(&folder) {
                continue;
            }
            match self.watches.add(&folder, mask()) {
                Ok(descriptor) => {
                    folders.paths.insert(descriptor.clone(), folder.clone());
                    folders.descriptors.insert(folder, descriptor);
                }
                // It went away in between, or may not be read.
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn mask() -> WatchMask {
    let inside =
        WatchMask::CREATE | WatchMask::DELETE | WatchMask::MOVE | WatchMask::CLOSE_WRITE | WatchMask::MODIFY | WatchMask::ATTRIB;
    inside | WatchMask::DELETE_SELF | WatchMask::MOVE_SELF | WatchMask::ONLYDIR
}

/// Waits until there is something to read, at most this long.
fn ready(inotify: &Inotify, time: Duration) -> bool {
    let mut asked = libc::pollfd { fd: inotify.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one descriptor, which outlives the call.
    unsafe { libc::poll(&raw mut asked, 1, libc::c_int::try_from(time.as_millis()).unwrap_or(libc::c_int::MAX)) > 0 }
}

fn locked(folders: &Mutex<Folders>) -> MutexGuard<'_, Folders> {
    folders.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why watching is not possible, in plain words.
pub fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EMFILE) => "the system lets no more folders be watched".to_owned(),
        _ => format!("the system cannot watch it: {error}"),
    }
}
