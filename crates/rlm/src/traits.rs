//! The engine's interfaces to the outside.

pub mod allowance;
pub mod clock;
pub mod corpus;
pub mod embedder;
pub mod journal;
pub mod model;
pub mod repl;
pub mod sending;
pub mod tables;
