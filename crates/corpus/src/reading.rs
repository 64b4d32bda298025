//! Reading documents: from bytes to texts, frozen or not.

pub mod cache;
pub mod containers;
pub mod examine;
pub mod held;
pub mod pictures;
pub mod read;
pub mod touch;
pub mod trouble;
