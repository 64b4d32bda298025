//! Libraries and their documents: listed, examined, shown.

pub mod browse;
pub mod files;
pub mod libraries;
pub mod long_lines;
pub mod source;
