//! What the engine needs from outside.

pub mod allowance;
pub mod corpus;
pub mod journal;
pub mod model;
pub mod repl;
