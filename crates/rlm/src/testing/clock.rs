//! A clock that tests set.

use crate::traits::clock::Clock;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// A clock that stands still until it is set forward.
#[derive(Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Sets the clock forward.
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}
