//! Models: offered, fetched, connected, and what the user says of them.

pub mod files;
pub mod keys;
pub mod offered;
pub mod own_facts;
