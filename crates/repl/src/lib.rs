//! Drives sealed Python workers (`plumb-python`, in `worker/`): one process for one node of the recursion.
//!
//! Everything that a worker sends is hostile input: it may come from code that a model wrote. Sizes are limited, ids are checked, budgets are
//! counted on this side only, and a frame that is not understood ends the worker.

mod frames;
mod launch;
mod worker;

pub use launch::{Examined, SealedPython};
