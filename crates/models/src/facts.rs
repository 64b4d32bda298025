//! Facts about models: tables that are part of the program, the user's own word, and lessons from refusals.

pub mod catalogue;
pub mod learned;
pub mod limits;
pub mod prices;
pub mod profiles;
pub mod providers;

mod known;

pub use known::{Facts, PriceFrom, facts};
