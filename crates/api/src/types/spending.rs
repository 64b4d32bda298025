//! What was spent.

use plumb_rlm::ids::RunId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks what was spent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct SpendingOf {
    /// `2026-11`; absent: this month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub month: Option<String>,
}

/// The most that may be spent in a month, all questions of all programs together.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MonthLimit {
    /// US dollars, above zero; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limit_usd: Option<f64>,
}

/// What some calls to models came to.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
pub struct Spent {
    /// US dollars; calls whose price is unknown are not in it.
    pub cost_usd: f64,
    /// How many calls.
    pub calls: u64,
    /// Of these, calls that cost nothing.
    pub free_calls: u64,
    /// Of these, calls whose price is unknown.
    pub unpriced_calls: u64,
    /// Tokens read, cached ones included.
    pub input_tokens: u64,
    /// Tokens written, reasoning included.
    pub output_tokens: u64,
}

/// What was spent on a day (`2026-11-22`), in a month (`2026-11`), with a provider (as people call it) or a model (`PROVIDER:NAME`).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NamedSpent {
    /// Which.
    pub name: String,
    /// What.
    #[serde(flatten)]
    pub spent: Spent,
}

/// What a run cost in the month that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RunSpent {
    /// Which.
    pub run_id: RunId,
    /// What it asked; absent where it was deleted: the money stays spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub question: Option<String>,
    /// What.
    #[serde(flatten)]
    pub spent: Spent,
}

/// A month's spending. Days are those of this computer's clock when a call ended.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Spending {
    /// `2026-11`.
    pub month: String,
    /// Today, `2026-11-22`.
    pub today: String,
    /// All of it.
    pub total: Spent,
    /// The most that may be spent in a month, in US dollars; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limit_usd: Option<f64>,
    /// So much of the limit is spent this month that the user should know.
    pub almost_spent: bool,
    /// By day, first day first; days without a call are left out.
    pub days: Vec<NamedSpent>,
    /// By provider, dearest first.
    pub providers: Vec<NamedSpent>,
    /// By model, dearest first.
    pub models: Vec<NamedSpent>,
    /// The dearest runs, dearest first.
    pub runs: Vec<RunSpent>,
    /// All months with a call, newest first.
    pub months: Vec<NamedSpent>,
}
