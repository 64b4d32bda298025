//! Scripted counterparts of the engine's traits, so that runs can be tested without models, workers, files or clocks.

pub mod clock;
pub mod corpus;
pub mod embedder;
pub mod journal;
pub mod model;
pub mod repl;
pub mod stage;
pub mod tables;
