//! Every command and event that a front end can use, declared once in [`commands`]. `src-tauri` serves them over IPC and `plumb serve` over HTTP; the
//! command line calls them directly. `make bindings` generates the TypeScript in `ui/src/bindings` from this crate.
//!
//! Only this crate combines the others: corpus, models, REPL, engine and store.

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
    traits::sending,
    usage::{Finish, Usage},
};
