//! What all calls of this process to one server have in common: their connections, their pace, and what its refusals taught.

use super::learned::Learned;
use super::pace::Pace;
use crate::keys::Key;
use crate::providers;
use plumb_rlm::fault::{Code, Fault};
use reqwest::{Client, Url};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// A server, as one key sees it.
pub struct Server {
    /// Its address as errors show it: nothing in it can be secret.
    pub origin: String,
    /// Keeps its connections for the next call.
    pub client: Client,
    /// How fast it takes calls.
    pub pace: Pace,
    learned: Mutex<OfModels>,
}

/// By the address of calls and the name of the model.
type OfModels = HashMap<(String, String), Arc<Mutex<Learned>>>;

/// Address, digest of the key, time for a connection.
type Name = (String, Option<[u8; 32]>, Duration);

static SERVERS: LazyLock<Mutex<HashMap<Name, Arc<Server>>>> = LazyLock::new(Mutex::default);

impl Server {
    /// The one at `base_url`. A connection that is not there after `connect` is given up.
    ///
    /// # Errors
    /// `unreachable`, where this computer's certificates cannot be read.
    pub fn shared(base_url: &Url, key: Option<&Key>, connect: Duration) -> Result<Arc<Self>, Fault> {
        let origin = providers::origin(base_url);
        let name = (origin.clone(), key.map(|key| Sha256::digest(key.expose()).into()), connect);
        let mut all = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = all.get(&name) {
            return Ok(server.clone());
        }
        // A redirect could carry the text, or the key, to a server that the user never named.
        let mut builder =
            Client::builder().connect_timeout(connect).redirect(reqwest::redirect::Policy::none()).tcp_nodelay(true);
        if providers::is_loopback(base_url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            Fault::new(Code::Unreachable, format!("No secure connection can be made from this computer ({error})."))
        })?;
        let server = Arc::new(Server { origin, client, pace: Pace::default(), learned: Mutex::default() });
        all.insert(name, server.clone());
        Ok(server)
    }

    /// What was learned of a model that is called at `url`.
    pub fn learned(&self, url: &Url, model: &str) -> Arc<Mutex<Learned>> {
        let mut all = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry((url.as_str().to_owned(), model.to_owned())).or_default().clone()
    }
}
