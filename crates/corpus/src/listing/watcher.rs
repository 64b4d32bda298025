//! The system's reports about changes in folders. Only changes are asked for, so that reading the folders causes no reports.

use crate::system;
use notify::{Config, ErrorKind, Event, EventKindMask, PathOp, RecommendedWatcher, Watcher as _};
use parking_lot::{Condvar, Mutex};
use std::{
    collections::{BTreeSet, HashMap},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Time for which changes are gathered before they are passed on.
const GATHERING: Duration = Duration::from_millis(300);
/// Rest after passing on changes, as a multiple of the time that took.
const REST_FACTOR: u32 = 5;

/// Watches folders. Watching ends when this is dropped.
pub struct Watcher {
    system: RecommendedWatcher,
    shared: Arc<Shared>,
    /// Watched folders, each with its path without links: the system tells changes by one path only.
    followed: HashMap<PathBuf, PathBuf>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes the thread that passes changes on.
    wake: Condvar,
}

#[derive(Default)]
struct State {
    /// Paths that changed and were not passed on yet.
    changed: BTreeSet<PathBuf>,
    /// More changed than these paths.
    is_lost: bool,
    is_passing_on: bool,
    has_ended: bool,
    /// Watched folders by their paths without links, each with the paths that the listing has for it.
    folders: HashMap<PathBuf, Vec<PathBuf>>,
    /// Watched folders that changed themselves. Where they were moved or deleted, their watch ended.
    moved: BTreeSet<PathBuf>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.state.lock().has_ended = true;
        self.shared.wake.notify_all();
    }
}

impl Watcher {
    /// Starts a watcher that watches no folder yet. `changed` receives paths that changed, and whether more changed than these.
    ///
    /// # Errors
    /// Why watching is impossible, in plain words.
    pub fn start(changed: impl FnMut(BTreeSet<PathBuf>, bool) + Send + 'static) -> Result<Self, String> {
        let shared: Arc<Shared> = Arc::default();
        let told = shared.clone();
        let config = Config::default().with_event_kinds(EventKindMask::CORE | EventKindMask::ACCESS_CLOSE);
        let system = RecommendedWatcher::new(move |event| told.take(event), config).map_err(|error| reason(&error))?;
        let waiting = shared.clone();
        std::thread::Builder::new()
            .name("changes".to_owned())
            .spawn(move || waiting.pass_on(changed))
            .map_err(|error| reason(&error.into()))?;
        Ok(Watcher { system, shared, followed: HashMap::new() })
    }

    /// Watches exactly these folders from now on. Changes in newly watched folders before this call are passed on too.
    ///
    /// # Errors
    /// The system lets no more folders be watched.
    pub fn follow(&mut self, wanted: BTreeSet<PathBuf>) -> Result<(), String> {
        let moved = std::mem::take(&mut self.shared.state.lock().moved);
        let is_moved = |real: &Path| real.ancestors().any(|above| moved.contains(above));
        let before = std::mem::take(&mut self.followed);
        let is_first = before.is_empty();
        let (mut gone, mut new) = (BTreeSet::new(), Vec::new());
        for (folder, real) in before {
            if wanted.contains(&folder) && !is_moved(&real) {
                self.followed.insert(folder, real);
            } else {
                gone.insert(real);
            }
        }
        for folder in wanted {
            // Where it is gone, the change is on its way here.
            if !self.followed.contains_key(&folder)
                && let Ok(real) = folder.canonicalize()
            {
                self.followed.insert(folder.clone(), real.clone());
                new.push((folder, real));
            }
        }
        for real in self.followed.values() {
            gone.remove(real);
        }
        // A folder that was moved is watched anew, because the watch went along with it.
        let again: BTreeSet<PathBuf> = new.iter().map(|(_, real)| real).filter(|real| is_moved(real)).cloned().collect();
        let ends = gone.into_iter().chain(again).map(PathOp::unwatch);
        let operations: Vec<PathOp> = ends.chain(new.iter().map(|(_, real)| PathOp::watch_non_recursive(real))).collect();
        let mut folders: HashMap<PathBuf, Vec<PathBuf>> = HashMap::new();
        for (folder, real) in &self.followed {
            folders.entry(real.clone()).or_default().push(folder.clone());
        }
        self.shared.state.lock().folders = folders;
        self.update(operations)?;
        // They were listed before they were watched.
        if !new.is_empty() {
            let mut state = self.shared.state.lock();
            if is_first {
                state.is_lost = true;
            } else {
                // A path inside stands for a change of the folder's entries.
                state.changed.extend(new.iter().map(|(folder, _)| folder.join("*")));
            }
            self.shared.wake.notify_all();
        }
        Ok(())
    }

    fn update(&mut self, mut operations: Vec<PathOp>) -> Result<(), String> {
        while let Err(error) = self.system.update_paths(operations) {
            let is_watch = matches!(error.origin, Some(PathOp::Watch(..)));
            let may_pass = match &error.source.kind {
                // It went away in between, or may not be read.
                ErrorKind::PathNotFound | ErrorKind::WatchNotFound => true,
                ErrorKind::Io(cause) => matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied),
                _ => false,
            };
            if error.origin.is_none() || is_watch && !may_pass {
                return Err(reason(&error.source));
            }
            operations = error.remaining;
        }
        Ok(())
    }

    /// The watch of a folder may have ended, so that [`Watcher::follow`] has to be called again.
    pub fn has_moved(&self) -> bool {
        !self.shared.state.lock().moved.is_empty()
    }

    /// Every change that the system reported was passed on.
    pub fn is_settled(&self) -> bool {
        let state = self.shared.state.lock();
        !state.is_passing_on && state.is_idle()
    }
}

impl Shared {
    fn take(&self, event: notify::Result<Event>) {
        let mut state = self.state.lock();
        let was_idle = state.is_idle();
        match event {
            Ok(event) => {
                state.is_lost |= event.need_rescan();
                event.paths.into_iter().for_each(|path| state.add(path));
            }
            Err(_) => state.is_lost = true,
        }
        if was_idle && !state.is_idle() {
            self.wake.notify_all();
        }
    }

    /// Passes changes on until the watcher ends.
    fn pass_on(&self, mut changed: impl FnMut(BTreeSet<PathBuf>, bool)) {
        let mut state = self.state.lock();
        while !state.has_ended {
            if state.is_idle() {
                self.wake.wait(&mut state);
                continue;
            }
            self.rest(&mut state, GATHERING);
            if state.has_ended {
                return;
            }
            let (paths, is_lost) = (std::mem::take(&mut state.changed), std::mem::take(&mut state.is_lost));
            state.is_passing_on = true;
            drop(state);
            let begun = Instant::now();
            changed(paths, is_lost);
            let took = begun.elapsed();
            state = self.state.lock();
            state.is_passing_on = false;
            // Where listing takes long, changes are passed on so rarely that it takes little of the time.
            self.rest(&mut state, took * REST_FACTOR);
        }
    }

    /// Waits for this time, or until the watcher ends.
    fn rest(&self, state: &mut parking_lot::MutexGuard<'_, State>, time: Duration) {
        let until = Instant::now() + time;
        while !state.has_ended && !self.wake.wait_until(state, until).timed_out() {}
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.changed.is_empty() && !self.is_lost
    }

    /// Adds a path that the system reported, under the listing's paths for it.
    fn add(&mut self, path: PathBuf) {
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name())
            && let Some(folders) = self.folders.get(folder)
        {
            self.changed.extend(folders.iter().map(|folder| folder.join(name)));
        }
        if let Some(folders) = self.folders.get(&path) {
            self.changed.extend(folders.iter().cloned());
            self.moved.insert(path);
        }
    }
}

/// Why watching is impossible, in plain words.
fn reason(error: &notify::Error) -> String {
    const TOO_MANY: &str = "the system lets no more folders be watched";
    match &error.kind {
        ErrorKind::MaxFilesWatch => TOO_MANY.to_owned(),
        // The system lets no more watchers be made.
        ErrorKind::Io(cause) if system::is_too_many_files(cause) => TOO_MANY.to_owned(),
        _ => format!("the system cannot watch it: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::{EventKind, event::Flag};
    use std::{fs, sync::mpsc};

    type Passed = mpsc::Receiver<(BTreeSet<PathBuf>, bool)>;

    fn started() -> (Watcher, Passed) {
        let (send, passed) = mpsc::channel();
        let watcher = Watcher::start(move |paths, is_lost| send.send((paths, is_lost)).unwrap()).unwrap();
        (watcher, passed)
    }

    #[test]
    fn reading_a_watched_folder_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        fs::write(path.join("a.txt"), "a").unwrap();
        let (mut watcher, passed) = started();
        watcher.follow(BTreeSet::from([path.clone()])).unwrap();
        // Changes before the first call could not be reported.
        assert_eq!(passed.recv().unwrap(), (BTreeSet::new(), true));
        fs::read(path.join("a.txt")).unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        fs::write(path.join("b.txt"), "b").unwrap();
        // Reports come in order, so those about the reading would be here.
        assert_eq!(passed.recv().unwrap(), (BTreeSet::from([path.join("b.txt")]), false));
    }

    #[test]
    fn lost_reports_are_passed_on_as_lost() {
        let (watcher, passed) = started();
        assert!(watcher.is_settled());
        watcher.shared.take(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        assert!(!watcher.is_settled());
        assert_eq!(passed.recv().unwrap(), (BTreeSet::new(), true));
        watcher.shared.take(Err(notify::Error::generic("the queue broke")));
        assert_eq!(passed.recv().unwrap(), (BTreeSet::new(), true));
    }

    #[test]
    fn the_limit_of_watches_is_named() {
        let limit = "the system lets no more folders be watched";
        assert_eq!(reason(&notify::Error::new(ErrorKind::MaxFilesWatch)), limit);
        assert_eq!(reason(&io::Error::from_raw_os_error(libc::EMFILE).into()), limit);
        assert_ne!(reason(&notify::Error::path_not_found()), limit);
    }
}
