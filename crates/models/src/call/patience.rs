//! Timeouts and retries of a call.

use crate::facts::providers;
use reqwest::Url;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Upper bound for reading a long prompt on any usable server.
const MAX_PROMPT_READING: Duration = Duration::from_secs(900);

/// Timeouts and retries of a call.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Timeout for a connection.
    pub connect: Duration,
    /// Timeout for the first byte of a reply.
    pub first_byte: Duration,
    /// Timeout between two bytes within a reply.
    pub idle: Duration,
    /// Timeout for an event with content, from a server that sends only keep-alives.
    pub keep_alive: Duration,
    /// Maximum number of tries.
    pub max_tries: u32,
    /// Wait before the second try; doubles before each further one.
    pub first_backoff: Duration,
    /// Maximum wait between tries.
    pub max_backoff: Duration,
    /// Maximum wait that a server may ask for.
    pub max_retry_after: Duration,
    /// Timeout for a turn, in all, at a server that takes fewer calls than come.
    pub turn: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(120),
            idle: Duration::from_secs(60),
            keep_alive: Duration::from_secs(600),
            // Together the tries wait for about half a minute, which a server takes to restart.
            max_tries: 6,
            first_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(15),
            max_retry_after: Duration::from_secs(60),
            turn: Duration::from_secs(900),
        }
    }
}

impl Patience {
    /// The patience for the server at an address. One in the private network may compute on a processor: it loads its model first, and reads a long
    /// prompt for minutes before its first word.
    pub fn with(url: &Url) -> Self {
        let patience = Self::default();
        if providers::is_private(url) {
            // A reply under way may pause while the server reads another call's prompt.
            let (first_byte, keep_alive, idle) = (MAX_PROMPT_READING, MAX_PROMPT_READING, MAX_PROMPT_READING / 3);
            Patience { first_byte, keep_alive, idle, ..patience }
        } else {
            patience
        }
    }

    /// Wait after a number of failed tries.
    pub fn backoff(&self, failed: u32) -> Duration {
        self.first_backoff.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1))).min(self.max_backoff)
    }
}

/// A random wait between half of `wait` and all of it, so that calls that failed together do not come back together.
pub fn jittered(wait: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64;
    wait.mul_f64(0.5 + random / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tries_of_a_call_span_half_a_minute() {
        let patience = Patience::default();
        let waits: Vec<u64> = (1..patience.max_tries).map(|failed| patience.backoff(failed).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 15]);
        assert_eq!(patience.backoff(100), patience.max_backoff);
    }

    #[test]
    fn a_private_server_may_read_for_minutes() {
        let with = |url: &str| {
            let patience = Patience::with(&Url::parse(url).unwrap());
            (patience.first_byte.as_secs(), patience.idle.as_secs())
        };
        for near in ["http://localhost:11434/v1", "http://192.168.1.7:8080/v1"] {
            assert_eq!(with(near), (900, 300), "{near}");
        }
        assert_eq!(with("https://api.openai.com/v1"), (120, 60));
    }
}
