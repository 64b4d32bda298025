//! A token bucket, as providers limit calls: <https://platform.openai.com/docs/guides/rate-limits>.

use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How many calls the server takes. What it refuses gets status 429, and counts for no rule and no reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Calls per second, in the long run.
    pub rate: f64,
    /// Calls at once, after a silence.
    pub burst: f64,
    /// A refusal says how long to wait, in whole seconds.
    #[serde(default)]
    pub retry_after: bool,
}

/// How much is in the bucket, and when that was so.
#[derive(Default)]
pub(super) struct Level(Option<(f64, Instant)>);

impl Level {
    /// Takes one call out. Otherwise: how long it takes until there is one.
    pub(super) fn take(&mut self, bucket: &Bucket) -> Result<(), Duration> {
        let now = Instant::now();
        let (before, at) = self.0.unwrap_or((bucket.burst, now));
        let level = (before + bucket.rate * now.duration_since(at).as_secs_f64()).min(bucket.burst);
        let taken = level >= 1.0;
        self.0 = Some((if taken { level - 1.0 } else { level }, now));
        if taken { Ok(()) } else { Err(Duration::from_secs_f64((1.0 - level) / bucket.rate)) }
    }
}
