//! Drives sealed Python workers (`plumb-python`, in `worker/`): one process for each node of the recursion, forked from a zygote, or started on
//! another machine by a command of the user's.
//!
//! Everything that a worker sends is hostile input: it may come from code that a model wrote. This side limits sizes, checks ids and counts budgets,
//! and ends a worker whose frame it does not understand.

mod calls;
mod elsewhere;
mod frames;
#[cfg(fuzzing)]
pub mod fuzzing;
mod here;
mod launch;
mod process;
mod texts;
mod worker;

pub use launch::{Examined, SealedPython};
pub use worker::Worker;
