//! Libraries and their documents: listing, reading, showing.

pub mod browse;
pub mod files;
pub mod libraries;
pub mod lines;
pub mod source;
