//! What leaves this program, and where it goes.

use crate::fault::Fault;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where something goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Destination {
    /// A model's server.
    Server {
        /// Scheme, host and port.
        address: String,
        /// It is on this computer and keeps what it gets, as far as can be known.
        this_computer: bool,
    },
    /// The command that runs code elsewhere: where that is, the command alone knows.
    Command {
        /// As the user gave it.
        command: String,
    },
}

/// Writes down what is about to leave this program for a server, or for code elsewhere.
#[async_trait]
pub trait Sending: std::fmt::Debug + Send + Sync {
    /// So many bytes are about to go. Nothing of them goes before this returns, and nothing at all where it fails.
    ///
    /// # Errors
    /// When it cannot be written down.
    async fn sending(&self, to: &Destination, bytes: u64) -> Result<(), Fault>;
}
