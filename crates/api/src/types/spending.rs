//! Spending and the monthly limit.

use plumb_rlm::ids::RunId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Asks for a month's spending.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct SpendingOf {
    /// The month, `2026-11`; absent: this month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub month: Option<String>,
}

/// The monthly spending limit, for all questions of all programs together.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MonthLimit {
    /// US dollars above zero; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limit_usd: Option<f64>,
}

/// Spending on some calls to models.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
pub struct Spent {
    /// US dollars, without the calls whose price is unknown.
    pub cost_usd: f64,
    /// Number of calls.
    pub calls: u64,
    /// Calls among them that cost nothing.
    pub free_calls: u64,
    /// Calls among them whose price is unknown.
    pub unpriced_calls: u64,
    /// Input tokens, including cached ones.
    pub input_tokens: u64,
    /// Output tokens, including reasoning.
    pub output_tokens: u64,
}

/// Spending on a day, in a month, with a provider or with a model.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NamedSpent {
    /// The day (`2026-11-22`), the month (`2026-11`), the provider's name for people, or the model (`PROVIDER:NAME`).
    pub name: String,
    /// The amount.
    #[serde(flatten)]
    pub spent: Spent,
}

/// A run's cost in the requested month.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RunSpent {
    /// The run's id.
    pub run_id: RunId,
    /// Its question; absent if the run was deleted, which does not undo its cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub question: Option<String>,
    /// The amount.
    #[serde(flatten)]
    pub spent: Spent,
}

/// A month's spending. A call counts on the day it ended by this computer's clock.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Spending {
    /// The month, `2026-11`.
    pub month: String,
    /// Today, `2026-11-22`.
    pub today: String,
    /// The month's total.
    pub total: Spent,
    /// The monthly limit in US dollars; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limit_usd: Option<f64>,
    /// At least four fifths of this month's limit is spent.
    pub almost_spent: bool,
    /// Spending by day, first day first, without days without a call.
    pub days: Vec<NamedSpent>,
    /// Spending by provider, dearest first.
    pub providers: Vec<NamedSpent>,
    /// Spending by model, dearest first.
    pub models: Vec<NamedSpent>,
    /// The dearest runs, dearest first.
    pub runs: Vec<RunSpent>,
    /// Spending by month, newest first, without months without a call.
    pub months: Vec<NamedSpent>,
}
