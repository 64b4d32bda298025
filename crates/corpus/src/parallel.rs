//! Work on many things, over all processors.

use crate::cancelled;
use plumb_rlm::fault::Fault;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// Gives every item with its index to one of the workers, of which each processor has one. The first error ends all soon, and so does `stop`.
///
/// # Errors
/// The first one of the workers; `cancelled` when `stop` is set.
pub fn each<T: Sync, W: FnMut(usize, &T) -> Result<(), Fault>>(
    items: &[T],
    stop: &AtomicBool,
    worker: impl Fn() -> W + Sync,
) -> Result<(), Fault> {
    let next = AtomicUsize::new(0);
    let trouble: Mutex<Option<Fault>> = Mutex::default();
    let failed = AtomicBool::new(false);
    let work = || {
        let mut worker = worker();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return };
            if stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = worker(index, item) {
                trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
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
    match trouble.into_inner().unwrap_or_else(PoisonError::into_inner) {
        _ if stop.load(Ordering::Relaxed) => Err(cancelled()),
        Some(error) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::fault::Code;

    #[test]
    fn every_item_is_worked_on_once_and_an_error_or_a_stop_is_told() {
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
