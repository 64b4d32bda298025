//! The record of a run: its events, how they are appended, and what is derived from them.

pub mod event;
pub mod facts;
pub mod ledger;
pub mod story;
pub mod terms;
pub mod totals;

pub(crate) mod citations;
pub(crate) mod given;
pub(crate) mod log;
pub(crate) mod outgoing;
pub(crate) mod replay;
