//! Every command and event that a front end can use, declared once in [`commands`]. `src-tauri` serves them over IPC, `plumb serve` over HTTP, the
//! command line calls them directly. The TypeScript in `ui/src/bindings` is generated from here (`make bindings`).
//!
//! This crate alone puts the parts together: corpus, models, REPL, engine, store.

pub mod commands;
pub mod types;

mod doctor;
mod folders;
mod library;
mod model;
mod place;
mod plumb;
mod runs;
mod settings;

pub use folders::Folders;
pub use library::files::Files;
pub use plumb::Plumb;
pub use plumb_corpus::{Examined, Place};
pub use plumb_models::is_file as is_model_file;
pub use plumb_rlm::{
    documents, fault, ids,
    money::Price,
    options,
    record::{event, ledger, story},
    sending,
    usage::{Finish, Usage},
};
