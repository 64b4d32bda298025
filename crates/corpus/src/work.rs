//! Blocking work: beside the runtime, and on all processors.

use parking_lot::Mutex;
use plumb_rlm::fault::{Code, Fault};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use tokio::sync::Semaphore;

/// Pieces of blocking work at the same time. They may wait for the extractor, which needs some of the runtime's blocking threads itself.
const MAX_BLOCKING: usize = 32;
static TURNS: Semaphore = Semaphore::const_new(MAX_BLOCKING);

/// Runs `work` beside the runtime. When the caller goes away, the flag that `work` looks at is set.
///
/// # Errors
/// That of `work`.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&AtomicBool) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    struct StopOnDrop(Arc<AtomicBool>);
    impl Drop for StopOnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = StopOnDrop(Arc::default());
    let seen = stop.0.clone();
    let turn = TURNS.acquire().await;
    let work = move || {
        let _turn = turn;
        work(&seen)
    };
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|_| Err(cancelled()))
}

/// The fault of work that was stopped.
pub fn cancelled() -> Fault {
    Fault::new(Code::Cancelled, "The search was stopped.")
}

/// Gives every item with its index to a worker. There is one worker for each processor. The first error ends all soon, and so does `stop`.
///
/// # Errors
/// The first error of a worker; `cancelled` when `stop` is set.
pub fn each<T: Sync, W: FnMut(usize, &T) -> Result<(), Fault>>(
    items: &[T],
    stop: &AtomicBool,
    worker: impl Fn() -> W + Sync,
) -> Result<(), Fault> {
    let next = AtomicUsize::new(0);
    let first_fault: Mutex<Option<Fault>> = Mutex::default();
    let failed = AtomicBool::new(false);
    let work = || {
        let mut worker = worker();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return };
            if stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed) {
                return;
            }
            if let Err(fault) = worker(index, item) {
                first_fault.lock().get_or_insert(fault);
                failed.store(true, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..std::thread::available_parallelism().map_or(1, usize::from).min(items.len()) {
            scope.spawn(work);
        }
        work();
    });
    match first_fault.into_inner() {
        _ if stop.load(Ordering::Relaxed) => Err(cancelled()),
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_worked_on_once_and_faults_are_returned() {
        let items: Vec<usize> = (0..1000).collect();
        let done: Vec<AtomicUsize> = items.iter().map(|_| AtomicUsize::new(0)).collect();
        let stop = AtomicBool::new(false);
        let count = || {
            |index: usize, item: &usize| {
                assert_eq!(index, *item);
                done[index].fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        };
        assert_eq!(each(&items, &stop, count), Ok(()));
        assert!(done.iter().all(|times| times.load(Ordering::Relaxed) == 1));
        let full = Fault::new(Code::DiskFull, String::new());
        let failing = || |index: usize, _: &usize| if index == 3 { Err(full.clone()) } else { Ok(()) };
        assert_eq!(each(&items, &stop, failing), Err(full.clone()));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(each(&items, &stop, failing), Err(cancelled()));
    }
}
