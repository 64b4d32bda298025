//! Drives sealed Python workers (`plumb-python`, in `worker/`): one process for one node of the recursion,
//! forked from a zygote, or started by a command of the user's on another machine.
//!
//! Everything that a worker sends is hostile input: it may come from code that a model wrote. Sizes are limited, ids are checked, budgets are
//! counted on this side only, and a frame that is not understood ends the worker.

mod calls;
mod elsewhere;
mod frames;
#[cfg(fuzzing)]
pub mod fuzzing;
mod launch;
mod process;
mod texts;
mod worker;
mod zygote;

pub use launch::{Examined, SealedPython};
pub use worker::Worker;
