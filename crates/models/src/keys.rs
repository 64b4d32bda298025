//! Keys of providers: in the operating system's keychain, or, where there is none, in memory until the program ends. Never in a file.

mod command;
mod key;
mod keychain;

pub use key::Key;

use crate::{facts::providers, system};
use keychain::Keychain;
use parking_lot::Mutex;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    options::{KeySource, ModelChoice},
};
use std::collections::HashMap;
use std::time::Duration;

/// The place where a key is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The keychain.
    Keychain,
    /// Memory, until the program ends.
    Session {
        /// Why it is not in the keychain.
        reason: String,
    },
}

/// Whether there is a key for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// There is one, in this place.
    Present(Kept),
    /// There is none.
    Absent {
        /// Why the keychain could not be asked, where that is so.
        reason: Option<String>,
    },
}

/// A password manager may ask its user first.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(120);

/// The keys of this session, and the keychain.
#[derive(Default)]
pub struct Keys {
    /// By account, or by server and command.
    session: Mutex<HashMap<String, (Key, Kept)>>,
    keychain: Keychain,
}

impl Keys {
    /// A session without keys. From now on a crash leaves no image of this program's memory, which holds keys, on the disk.
    pub fn new() -> Self {
        system::forbid_core_dumps();
        Keys::default()
    }

    /// Keeps a key for the server at `base_url`. It is never sent to another scheme, host or port.
    ///
    /// # Errors
    /// `unreachable` when `base_url` is no web address.
    pub async fn set(&self, base_url: &str, key: Key) -> Result<Kept, Fault> {
        let account = account(base_url)?;
        // The user is at the screen now, and can unlock the keychain.
        self.keychain.retry();
        let kept = match self.keychain.set(account.clone(), key.expose().to_owned()).await {
            Ok(()) => Kept::Keychain,
            Err(failure) => Kept::Session { reason: failure.reason },
        };
        self.session.lock().insert(account, (key, kept.clone()));
        Ok(kept)
    }

    /// The key that a choice asks for; `None` when it asks for none.
    ///
    /// # Errors
    /// `refused_key` when its source has none; `unreachable` when the choice has no valid address.
    pub async fn get(&self, choice: &ModelChoice) -> Result<Option<Key>, Fault> {
        match &choice.key {
            KeySource::None => Ok(None),
            KeySource::Env { variable } => {
                let value = std::env::var(variable).ok().filter(|value| !value.trim().is_empty());
                let missing = || {
                    fault!(
                        Code::RefusedKey,
                        "The environment variable {variable} holds no key. Set it, or enter the key in the settings.",
                        variable = variable,
                    )
                };
                value.map(|value| Some(Key::new(&value))).ok_or_else(missing)
            }
            KeySource::Command { command } => self.command_key(choice, command).await.map(Some),
            KeySource::Keychain => {
                let server = providers::origin(&providers::base_url(choice)?);
                match self.find(&server).await {
                    Ok(Some((key, _))) => Ok(Some(key)),
                    Ok(None) => Err(fault!(
                        Code::RefusedKey,
                        "There is no key for {server}. {advice}",
                        server = server,
                        advice = how_to_give_one(choice),
                    )),
                    Err(reason) => Err(fault!(
                        Code::RefusedKey,
                        "The key for {server} could not be looked up: {reason} {advice}",
                        server = server,
                        reason = reason,
                        advice = how_to_give_one(choice),
                    )),
                }
            }
        }
    }

    /// The key that a command prints. Runs it once in a session, because a password manager may ask its user each time; and again after a server has
    /// refused the key, because keys change and expire.
    async fn command_key(&self, choice: &ModelChoice, command: &str) -> Result<Key, Fault> {
        let server = providers::origin(&providers::base_url(choice)?);
        let account = format!("{server} by {command}");
        if let Some((key, _)) = self.session.lock().get(&account).filter(|(key, _)| !key.is_refused()) {
            return Ok(key.clone());
        }
        let key = command::ask(command, COMMAND_TIMEOUT).await?;
        let kept = Kept::Session { reason: "A command gave it.".to_owned() };
        self.session.lock().insert(account, (key.clone(), kept));
        Ok(key)
    }

    /// Forgets the key of the server at `base_url`.
    ///
    /// # Errors
    /// `refused_key` when the keychain may still hold it.
    pub async fn delete(&self, base_url: &str) -> Result<(), Fault> {
        let account = account(base_url)?;
        self.session.lock().remove(&account);
        self.keychain.retry();
        match self.keychain.delete(account).await {
            // Without a keychain there is nothing to delete.
            Err(failure) if !failure.is_missing() => {
                Err(fault!(Code::RefusedKey, "The key may still be in the keychain: {reason}", reason = failure.reason,))
            }
            _ => Ok(()),
        }
    }

    /// Whether there is a key for the server at `base_url`. Never shows it.
    pub async fn state(&self, base_url: &str) -> KeyState {
        let account = match account(base_url) {
            Ok(account) => account,
            Err(error) => return KeyState::Absent { reason: Some(error.message) },
        };
        match self.find(&account).await {
            Ok(Some((_, kept))) => KeyState::Present(kept),
            Ok(None) => KeyState::Absent { reason: None },
            Err(reason) => KeyState::Absent { reason: Some(reason) },
        }
    }

    async fn find(&self, account: &str) -> Result<Option<(Key, Kept)>, String> {
        if let Some(found) = self.session.lock().get(account) {
            return Ok(Some(found.clone()));
        }
        let secret = self.keychain.get(account.to_owned()).await.map_err(|failure| failure.reason)?;
        let Some(secret) = secret else { return Ok(None) };
        let found = (Key::new(&secret), Kept::Keychain);
        self.session.lock().insert(account.to_owned(), found.clone());
        Ok(Some(found))
    }
}

fn account(base_url: &str) -> Result<String, Fault> {
    let choice = ModelChoice {
        provider: "server".into(),
        name: String::new(),
        base_url: Some(base_url.into()),
        key: KeySource::None,
        price: None,
    };
    Ok(providers::origin(&providers::base_url(&choice)?))
}

/// Advice for a choice without a key. Names the provider's usual variable but does not read the key in it, because the user did not choose it.
fn how_to_give_one(choice: &ModelChoice) -> String {
    let known = providers::provider(&choice.provider).filter(|_| choice.base_url.is_none());
    let variable = known.and_then(|known| known.key_variable);
    match variable.filter(|variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty())) {
        Some(variable) => format!(
            "Choose the environment variable {variable}, which holds one, in the settings or with --api-key-env {variable}; or enter another key in the \
             settings."
        ),
        None => "Enter the key in the settings.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keychain::Failure;

    fn choice(base_url: &str, key: KeySource) -> ModelChoice {
        ModelChoice { provider: "server".into(), name: "m".into(), base_url: Some(base_url.into()), key, price: None }
    }

    fn without_keychain() -> Keys {
        Keys { session: Mutex::default(), keychain: Keychain::failed(Failure::missing(&"test")) }
    }

    #[tokio::test]
    async fn a_key_goes_only_to_the_host_it_was_entered_for() {
        let keys = without_keychain();
        let kept = (Key::new("sk-1"), Kept::Session { reason: "test".into() });
        keys.session.lock().insert(account("https://a.example.org/v1").unwrap(), kept);
        let get = async |url: &str| keys.get(&choice(url, KeySource::Keychain)).await;
        assert_eq!(get("https://a.example.org/other/v1").await.unwrap(), Some(Key::new("sk-1")));
        for other in ["https://b.example.org/v1", "http://a.example.org/v1", "https://a.example.org:8443/v1"] {
            assert_eq!(get(other).await.unwrap_err().code, Code::RefusedKey, "{other}");
        }
    }

    #[tokio::test]
    async fn an_unset_variable_is_named_in_the_error() {
        let choice = choice("https://a.example.org/v1", KeySource::Env { variable: "PLUMB_TEST_NO_SUCH_KEY".into() });
        let error = without_keychain().get(&choice).await.unwrap_err();
        assert_eq!(error.code, Code::RefusedKey);
        assert!(error.message.contains("PLUMB_TEST_NO_SUCH_KEY"));
    }

    #[tokio::test]
    async fn a_command_runs_once_for_each_server() {
        let folder = tempfile::tempdir().unwrap();
        let asked = folder.path().join("asked");
        let command = format!("echo x >> '{}'; echo sk-manager", asked.display());
        let keys = without_keychain();
        for url in ["https://a.example.org/v1", "https://a.example.org/v2", "https://b.example.org/v1"] {
            let key = keys.get(&choice(url, KeySource::Command { command: command.clone() })).await.unwrap();
            assert_eq!(key, Some(Key::new("sk-manager")));
        }
        assert_eq!(std::fs::read_to_string(asked).unwrap().lines().count(), 2);
    }

    #[tokio::test]
    async fn a_command_runs_again_once_its_key_was_refused() {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().join("vault");
        let choice = choice("https://a.example.org/v1", KeySource::Command { command: format!("cat '{}'", vault.display()) });
        let keys = without_keychain();
        std::fs::write(&vault, "sk-old").unwrap();
        let old = keys.get(&choice).await.unwrap().unwrap();
        std::fs::write(&vault, "sk-new").unwrap();
        assert_eq!(keys.get(&choice).await.unwrap(), Some(old.clone()));
        old.refuse();
        let new = keys.get(&choice).await.unwrap().unwrap();
        assert_eq!(new, Key::new("sk-new"));
        std::fs::write(&vault, "sk-other").unwrap();
        assert_eq!(keys.get(&choice).await.unwrap(), Some(new));
    }
}
