//! Calls to models: within the budget, metered as they stream, recorded as they end.

pub mod budget;
pub mod call;
pub mod meter;
