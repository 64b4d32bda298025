//! How long a call waits for what.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the first sign of a reply.
    pub first: Duration,
    /// Between two signs of life within a reply.
    pub silence: Duration,
    /// Before the second try; doubled before each further one.
    pub retry: Duration,
    /// The longest wait that a server may ask for.
    pub longest_retry: Duration,
    /// For a turn, in all, at a server that takes fewer calls than come.
    pub turn: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(10),
            first: Duration::from_secs(120),
            silence: Duration::from_secs(60),
            retry: Duration::from_millis(500),
            longest_retry: Duration::from_secs(60),
            turn: Duration::from_secs(900),
        }
    }
}

/// Between half and all of a wait, so that many calls that failed together do not come back together.
pub fn jittered(wait: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64;
    wait.mul_f64(0.5 + random / 2.0)
}
