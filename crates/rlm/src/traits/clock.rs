//! The time, as the engine reads it.

use std::time::Duration;

/// A clock.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;

    /// Time since a fixed moment, never decreasing: for durations.
    fn monotonic(&self) -> Duration;

    /// Milliseconds since `start`, which [`Clock::monotonic`] returned earlier.
    fn elapsed_ms(&self, start: Duration) -> u64 {
        self.monotonic().saturating_sub(start).as_millis() as u64
    }
}
