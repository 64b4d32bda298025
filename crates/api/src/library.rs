//! Libraries and their documents: listed, examined, shown.

pub mod browse;
pub mod files;
pub mod libraries;
pub mod lines;
pub mod source;
