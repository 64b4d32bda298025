//! Listings: the documents below folders, found by walking and kept current by watching.

pub mod list;
pub mod listed;
pub mod members;
pub mod paths;
pub mod relist;
pub mod roots;
pub mod rules;
pub mod walk;
pub mod watch;
pub mod watcher;
