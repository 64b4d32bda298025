//! Ways to answer a question, and the choice between them.

pub mod route;

pub(crate) mod direct;
pub(crate) mod free;
pub(crate) mod guided;
pub(crate) mod prompt;
