//! Data that leaves the program, and its destinations.

use crate::fault::Fault;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A destination of data that leaves the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Destination {
    /// A model's server.
    Server {
        /// Scheme, host and port.
        address: String,
        /// It is on this computer and passes nothing on, as far as is known.
        this_computer: bool,
    },
    /// The command that runs code elsewhere; only the command knows where.
    Command {
        /// As the user gave it.
        command: String,
    },
}

/// Records data before it leaves the program for a server, or for code elsewhere.
#[async_trait]
pub trait Sending: std::fmt::Debug + Send + Sync {
    /// Records that `bytes` bytes are about to leave. None of them leaves before this returns, and none at all where it fails.
    ///
    /// # Errors
    /// When the record cannot be written.
    async fn sending(&self, to: &Destination, bytes: u64) -> Result<(), Fault>;
}
