//! The engine of recursive language models (RLM; Zhang, Kraska, Khattab, arXiv 2512.24601).
//!
//! A question about a corpus becomes a run. A run is a list of [`event::Event`]s: the engine appends them, everything else is derived from them.
//! This crate opens no window, database or connection; it reaches the outside through the traits in [`traits`].
//!
//! How a question flows: [`run::start`] routes it to a strategy ([`strategy`]); a node drives turns (`node`); models are called within the
//! budget ([`calls`]); every step is recorded ([`record`]).

pub mod calls;
pub mod crash;
pub mod documents;
pub mod fault;
pub mod ids;
pub mod money;
pub mod options;
pub mod prompts;
pub mod record;
pub mod run;
pub mod sql;
pub mod strategy;
pub mod traits;
pub mod usage;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

mod node;
mod stop;

#[cfg(test)]
mod tests;
