//! How long a call waits for what.

use crate::providers;
use reqwest::Url;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A long prompt is read within this time by whatever can be used at all.
const READING: Duration = Duration::from_secs(900);

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the first sign of a reply.
    pub first: Duration,
    /// Between two signs of life within a reply.
    pub silence: Duration,
    /// For something that says anything, from a server that gives other signs of life.
    pub pings: Duration,
    /// How often a call is tried.
    pub tries: u32,
    /// Before the second try; doubled before each further one.
    pub retry: Duration,
    /// But never longer than this.
    pub longest_own: Duration,
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
            pings: Duration::from_secs(600),
            // Together they wait for about half a minute: as long as a server takes to start again.
            tries: 6,
            retry: Duration::from_secs(1),
            longest_own: Duration::from_secs(15),
            longest_retry: Duration::from_secs(60),
            turn: Duration::from_secs(900),
        }
    }
}

impl Patience {
    /// With the server at an address. One on this computer or beside it may compute on a processor: it loads its model first, and reads a long prompt for
    /// minutes before it says the first word.
    pub fn with(url: &Url) -> Self {
        let patience = Self::default();
        if providers::is_near(url) {
            // While it reads the prompt of another call, a reply under way may stand still.
            Patience { first: READING, pings: READING, silence: READING / 3, ..patience }
        } else {
            patience
        }
    }

    /// The longest wait after so many failed tries.
    pub fn before_try(&self, failed: u32) -> Duration {
        self.retry.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1))).min(self.longest_own)
    }
}

/// Between half and all of a wait, so that many calls that failed together do not come back together.
pub fn jittered(wait: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64;
    wait.mul_f64(0.5 + random / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_of_a_call_alone_span_half_a_minute_at_most_and_a_quarter_at_least() {
        let patience = Patience::default();
        let waits: Vec<u64> = (1..patience.tries).map(|failed| patience.before_try(failed).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 15]);
        assert_eq!(patience.before_try(100), patience.longest_own);
    }

    #[test]
    fn a_server_of_ones_own_may_read_for_minutes_before_its_first_word() {
        let with = |url: &str| {
            let patience = Patience::with(&Url::parse(url).unwrap());
            (patience.first.as_secs(), patience.silence.as_secs())
        };
        for near in ["http://localhost:11434/v1", "http://192.168.1.7:8080/v1"] {
            assert_eq!(with(near), (900, 300), "{near}");
        }
        assert_eq!(with("https://api.openai.com/v1"), (120, 60));
    }
}
