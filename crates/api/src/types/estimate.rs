//! The estimated cost of a question before it is asked.

use plumb_rlm::options::Mode;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The estimated cost of a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cost {
    /// No call costs anything.
    Free,
    /// A range in US dollars.
    Between {
        /// Cost in the best usual case.
        low_usd: f64,
        /// Cost in the worst usual case.
        high_usd: f64,
    },
    /// A model's price is unknown.
    Unknown,
}

/// An estimate and its reasons.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Estimate {
    /// The cost.
    pub cost: Cost,
    /// Basis of the estimate, or the next step: "12 similar runs".
    pub reason: String,
    /// The mode the question would run in.
    pub mode: Mode,
    /// Why that mode.
    pub mode_reason: String,
}
