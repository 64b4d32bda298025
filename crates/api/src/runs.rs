//! Runs: asking, following, estimating and paying for questions.

pub mod asking;
pub mod estimate;
pub mod history;
pub mod live;
pub mod month;
pub mod other_server;
pub mod pins;
pub mod spending;
