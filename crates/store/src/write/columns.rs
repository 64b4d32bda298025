//! Values of columns.

use plumb_rlm::{ids::CallId, money::Usd, record::event::RunStatus};

/// Column value for a node's own turn, which is no sub-call. NULL would not make the key unique.
pub(crate) const OWN_TURN: i64 = -1;

pub(crate) fn call_column(call: Option<CallId>) -> i64 {
    call.map_or(OWN_TURN, |call| i64::from(call.0))
}

pub(crate) fn call_of_column(column: i64) -> Option<CallId> {
    u32::try_from(column).ok().map(CallId)
}

pub(crate) fn status_column(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Answered => "answered",
        RunStatus::Limit => "limit",
        RunStatus::Stopped => "stopped",
        RunStatus::Failed => "failed",
    }
}

/// The amount in whole picodollars. `i64` holds nine million dollars.
pub(crate) fn pico(amount: Usd) -> i64 {
    (amount.dollars() * 1e12).round() as i64
}

/// The sources as a key: the same folders in another order are the same library.
pub(crate) fn sources_json(sources: &[String]) -> String {
    let mut sources = sources.to_vec();
    sources.sort_unstable();
    sources.dedup();
    serde_json::Value::from(sources).to_string()
}
