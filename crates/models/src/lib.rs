//! Language models: servers with their wire formats, models on this computer, keys, prices.

mod call;
mod facts;
mod formats;
mod keys;
mod local;
mod models;
mod system;

pub use facts::catalogue::{BuiltIn, FileState, built_in, catalogue};
pub use facts::prices::{listed_models, prices_as_of};
pub use facts::profiles::DEFAULT_LOCAL_WINDOW_TOKENS;
pub use facts::providers::{LOCAL, Provider, provider, providers};
pub use facts::{Facts, PriceFrom};
pub use keys::{Kept, Key, KeyState, Keys};
pub use local::{FetchProgress, RunsOn, Source, file_facts, is_file};
pub use models::Models;
pub use plumb_llama_protocol::FileFacts;
