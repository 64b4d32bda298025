//! Folders, repositories and single files as documents.
//!
//! Opening a corpus lists its files and reads none, except archives and mailboxes, whose members are listed too. A document is read when it
//! is first touched, and frozen in the snapshot: the REPL, `grep`, `search` and citations of that run see the same bytes from then on,
//! whatever happens to the file.

mod corpus;
mod document;
mod facts;
mod grep;
mod listing;
mod reading;
mod remote;
mod search;
mod snapshot;
mod system;
mod work;

pub use corpus::{Extraction, OpenCorpus};
pub use facts::About;
pub use listing::{listed::Listing, watch::WatchState};
pub use plumb_extract::{Drawn, Extractor, Place, WordBox};
pub use reading::{cache::TextCache, examine::Examined};
pub use search::index::Indexes;
pub use snapshot::text::FrozenText;

#[cfg(test)]
mod tests;
