//! The history: runs with their events, libraries and settings, in one SQLite database in the data folder.
//!
//! Several processes may have it open at once. An acknowledged append survives any end of the process, because the system has the data. A power cut
//! or a crash of the system can lose the last commits: those since the last checkpoint of SQLite's log, typically seconds. Older data stays intact,
//! because SQLite checks the log and replays it up to its last complete commit.

mod fault;
mod forks;
mod journal;
mod libraries;
mod owner;
mod pins;
mod reservations;
mod runs;
mod settings;
mod spending;
mod store;
mod tables;
mod write;
mod writer;

#[cfg(test)]
mod tests;

pub use libraries::Library;
pub use pins::Pin;
pub use runs::{Partial, RunRow, RunState};
pub use spending::{MonthSpent, Spent};
pub use store::Store;
pub use tables::SqlTables;
pub use write::reservation::{Reserved, Wanted};
