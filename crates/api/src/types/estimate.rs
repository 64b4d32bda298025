//! What a question may cost, said before it is asked.

use plumb_rlm::options::Mode;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a question would cost, as far as that can be said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cost {
    /// Nothing: no call is paid for.
    Free,
    /// About so much, in US dollars.
    Between {
        /// As little as this, when it goes well.
        low_usd: f64,
        /// As much as this, when it does not.
        high_usd: f64,
    },
    /// A model's price is unknown.
    Unknown,
}

/// What a question would cost, and why that is thought.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Estimate {
    /// How much.
    pub cost: Cost,
    /// Why that is thought, or what to do: "12 runs like this one".
    pub reason: String,
    /// The way that would be taken.
    pub mode: Mode,
    /// Why.
    pub mode_reason: String,
}
