//! Questions: asked, followed, estimated and paid for.

pub mod asking;
pub mod estimate;
pub mod history;
pub mod live;
pub mod month;
pub mod other_server;
pub mod pins;
pub mod spending;
