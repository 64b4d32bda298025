//! State shared by all calls of this process to one server: connections, pace, and lessons from refusals.

use super::pace::Pace;
use crate::facts::{learned::Learned, providers};
use crate::keys::Key;
use parking_lot::Mutex;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use reqwest::{Client, Url};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// A server, for one key.
pub struct Server {
    /// Its scheme, host and port, for errors: they contain no secret.
    pub origin: String,
    /// Keeps connections open for the next call.
    pub client: Client,
    /// The pace of calls.
    pub pace: Pace,
    learned: Mutex<LearnedByModel>,
}

/// By the address of calls and the name of the model.
type LearnedByModel = HashMap<(String, String), Arc<Mutex<Learned>>>;

/// Origin, digest of the key, timeout for a connection.
type ServerKey = (String, Option<[u8; 32]>, Duration);

static SERVERS: LazyLock<Mutex<HashMap<ServerKey, Arc<Server>>>> = LazyLock::new(Mutex::default);

impl Server {
    /// The server at `base_url`. A connection times out after `connect`.
    ///
    /// # Errors
    /// `unreachable` where this computer's certificates cannot be read.
    pub fn shared(base_url: &Url, key: Option<&Key>, connect: Duration) -> Result<Arc<Self>, Fault> {
        let origin = providers::origin(base_url);
        let name = (origin.clone(), key.map(|key| Sha256::digest(key.expose()).into()), connect);
        let mut all = SERVERS.lock();
        if let Some(server) = all.get(&name) {
            return Ok(server.clone());
        }
        // A redirect could send the text, or the key, to a server that the user never named.
        let mut builder =
            Client::builder().connect_timeout(connect).redirect(reqwest::redirect::Policy::none()).tcp_nodelay(true);
        if providers::is_loopback(base_url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            fault!(
                Code::Unreachable,
                "This computer cannot make a secure connection ({error}). Check its certificates.",
                error = error,
            )
        })?;
        let server = Arc::new(Server { origin, client, pace: Pace::default(), learned: Mutex::default() });
        all.insert(name, server.clone());
        Ok(server)
    }

    /// Lessons about a model that is called at `url`.
    pub fn learned(&self, url: &Url, model: &str) -> Arc<Mutex<Learned>> {
        self.learned.lock().entry((url.as_str().to_owned(), model.to_owned())).or_default().clone()
    }
}
