//! Language models: servers that speak OpenAI's format, the built-in model, keys, prices.

mod call;
mod catalogue;
mod connect;
mod fetch;
mod formats;
mod key_command;
mod keys;
mod known;
mod local;
mod prices;
mod profiles;
mod providers;

pub mod frame;

pub use catalogue::{BuiltIn, FileState, built_in, catalogue, remove, state};
pub use connect::{LOCAL, connect, local_servers, offered, test};
pub use fetch::{Progress, Source, fetch};
pub use keys::{Kept, Key, KeyState, Keys};
pub use known::{Known, PriceFrom, known, profile_of};
pub use local::{DEFAULT_WINDOW, RunsOn, facts, is_file, runs_on};
pub use prices::{listed_models, prices_as_of};
pub use providers::{Provider, provider, providers};
