//! Calls to models: reserved within the budget, metered as they stream, recorded as they end.

pub mod budget;

pub(crate) mod call;
pub(crate) mod meter;
