//! A token bucket like those of providers: <https://platform.openai.com/docs/guides/rate-limits>.

use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The server's rate limit. Refused calls get status 429 and use up no reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Sustained rate, in calls per second.
    pub rate: f64,
    /// Most calls at once when the bucket is full.
    pub burst: f64,
    /// Whether a refusal carries `Retry-After`, in whole seconds.
    #[serde(default)]
    pub retry_after: bool,
}

/// The last known level of the bucket, with its time. `None` until the first call.
#[derive(Default)]
pub(super) struct Level(Option<(f64, Instant)>);

impl Level {
    /// Takes one call from the bucket, or returns the time until one is available.
    pub(super) fn take(&mut self, bucket: &Bucket) -> Result<(), Duration> {
        let now = Instant::now();
        let (before, at) = self.0.unwrap_or((bucket.burst, now));
        let level = (before + bucket.rate * now.duration_since(at).as_secs_f64()).min(bucket.burst);
        let taken = level >= 1.0;
        self.0 = Some((if taken { level - 1.0 } else { level }, now));
        if taken { Ok(()) } else { Err(Duration::from_secs_f64((1.0 - level) / bucket.rate)) }
    }
}
