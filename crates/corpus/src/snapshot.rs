//! The snapshot: a file in which a run's texts are frozen.

pub mod file;
pub mod text;
