//! The engine of recursive language models (RLM; Zhang, Kraska, Khattab, arXiv 2512.24601).
//!
//! A question about a corpus becomes a run. A run is a list of [`event::Event`]s and nothing else: the engine appends, everyone else
//! folds. This crate knows no window, no SQL and no HTTP; what it needs from outside stands in five traits:
//! [`model::Model`], [`repl::Repl`], [`corpus::Corpus`], [`journal::Journal`], [`allowance::Allowance`].
//!
//! The way of a question: [`run::start`] routes it ([`route`]); the text goes to the model directly, or a node drives turns in the free or the guided
//! REPL; what code in the REPL asks is answered by the host; the answer's citations are resolved; the run is finished.

pub mod allowance;
pub mod corpus;
pub mod event;
pub mod fold;
pub mod journal;
pub mod ledger;
pub mod model;
pub mod money;
pub mod options;
pub mod repl;
pub mod route;
pub mod run;

mod blocks;
mod budget;
mod call;
mod citations;
mod direct;
mod evidence;
mod fence;
mod free;
mod guided;
mod heard;
mod host;
mod log;
mod lookup;
mod node;
mod prompt;
mod record;
mod shared;
mod table;
