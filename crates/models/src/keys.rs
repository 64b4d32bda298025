//! Keys of providers: in the operating system's keychain, or, where there is none, in memory until the program ends. Never in a file.

use crate::{key_command, providers};
use plumb_rlm::{
    fault::{Code, Fault},
    options::{KeySource, ModelChoice},
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// A provider's key. It cannot be printed.
#[derive(Clone)]
pub struct Key {
    text: String,
    /// A server refused it: all copies know.
    refused: Arc<AtomicBool>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Key {}

impl Key {
    /// From what the user entered; surrounding blanks, which come along when copying, are dropped.
    pub fn new(text: &str) -> Self {
        Key { text: text.trim().to_owned(), refused: Arc::default() }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    /// A server does not take it.
    pub(crate) fn refuse(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    /// `text` without the key in it: servers quote keys in their errors.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.text.is_empty() { text.to_owned() } else { text.replace(&self.text, "[key]") }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// Where a key ended up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In the keychain.
    Keychain,
    /// In memory, until the program ends.
    Session {
        /// Why not in the keychain.
        reason: String,
    },
}

/// Whether a key is kept for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It is there.
    Present(Kept),
    /// Nowhere.
    Absent {
        /// Why it could not be looked up, if that is so.
        reason: Option<String>,
    },
}

#[cfg(target_os = "linux")]
const SERVICE: &str = "plumb";
/// A locked keychain asks the user to unlock it, and may wait for ever.
const KEYCHAIN_TIMEOUT: Duration = Duration::from_secs(20);
/// A password manager may ask its user first.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(120);

/// The keys of this session and the way to the keychain.
#[derive(Default)]
pub struct Keys {
    session: Mutex<HashMap<String, (Key, Kept)>>,
    /// Why the keychain is not asked any more.
    given_up: Mutex<Option<Trouble>>,
}

impl Keys {
    /// With nothing looked up yet. From now on a crash leaves no image of this program's memory, which holds keys, on the disk.
    pub fn new() -> Arc<Self> {
        // One byte and not none: Linux takes 0 for no word on images that go to a program, and 1 for a no to those too. Neither makes a file.
        let none = rustix::process::Rlimit { current: Some(1), maximum: Some(1) };
        if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Core, none) {
            tracing::warn!("a crash of this program could leave an image of its memory on the disk: {error}");
        }
        Arc::default()
    }

    /// Keeps a key for the server at `base_url`. It is never sent to another scheme, host or port.
    ///
    /// # Errors
    /// When `base_url` is no web address.
    pub async fn set(&self, base_url: &str, key: Key) -> Result<Kept, Fault> {
        let account = account(base_url)?;
        // Someone is at the screen now: the keychain gets another chance.
        *lock(&self.given_up) = None;
        let secret = key.clone();
        let kept = match self.ask(account.clone(), move |entry| entry.set_password(secret.expose())).await {
            Ok(_) => Kept::Keychain,
            Err(trouble) => Kept::Session { reason: trouble.reason },
        };
        lock(&self.session).insert(account, (key, kept.clone()));
        Ok(kept)
    }

    /// The key that a choice asks for; `None` when it asks for none.
    ///
    /// # Errors
    /// `refused_key` when there is none where the choice says it is.
    pub async fn get(&self, choice: &ModelChoice) -> Result<Option<Key>, Fault> {
        let key = match &choice.key {
            KeySource::None => return Ok(None),
            KeySource::Env { variable } => {
                std::env::var(variable).ok().filter(|value| !value.trim().is_empty()).map(|value| Key::new(&value)).ok_or_else(
                    || format!("The environment variable {variable} holds no key. Set it, or enter the key in the settings."),
                )
            }
            KeySource::Command { command } => self.by_command(choice, command).await,
            KeySource::Keychain => {
                let account = providers::origin(&providers::base_url(choice)?);
                match self.find(&account).await {
                    Ok(Some((key, _))) => Ok(key),
                    Ok(None) => Err(format!("No key is kept for {account}. {}", how_to_give_one(choice))),
                    Err(reason) => {
                        Err(format!("The key for {account} could not be looked up: {reason} {}", how_to_give_one(choice)))
                    }
                }
            }
        };
        key.map(Some).map_err(refused)
    }

    /// Asks a command once in a session, as a password manager may want its user each time; and again once a server has refused what it gave, as keys
    /// are changed and run out.
    async fn by_command(&self, choice: &ModelChoice, command: &str) -> Result<Key, String> {
        let server = providers::base_url(choice).map(|url| providers::origin(&url)).map_err(|error| error.message)?;
        let account = format!("{server} by {command}");
        if let Some((key, _)) = lock(&self.session).get(&account).filter(|(key, _)| !key.refused.load(Ordering::Relaxed)) {
            return Ok(key.clone());
        }
        let key = key_command::ask(command, COMMAND_TIMEOUT).await?;
        let kept = Kept::Session { reason: "A command gave it.".to_owned() };
        lock(&self.session).insert(account, (key.clone(), kept));
        Ok(key)
    }

    /// Forgets the key of the server at `base_url`.
    ///
    /// # Errors
    /// When the keychain may still hold it.
    pub async fn delete(&self, base_url: &str) -> Result<(), Fault> {
        let account = account(base_url)?;
        lock(&self.session).remove(&account);
        *lock(&self.given_up) = None;
        let gone = self.ask(account, |entry| match entry.delete_credential() {
            Err(keyring_core::Error::NoEntry) => Ok(()),
            other => other,
        });
        // Where there is no keychain there is nothing to delete.
        match gone.await {
            Err(trouble) if trouble.kind != Kind::NoKeychain => {
                Err(refused(format!("The key may still be in the keychain: {}", trouble.reason)))
            }
            _ => Ok(()),
        }
    }

    /// Whether a key is kept for the server at `base_url`, without showing it.
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
        if let Some(found) = lock(&self.session).get(account) {
            return Ok(Some(found.clone()));
        }
        let asked = self.ask(account.to_owned(), |entry| match entry.get_password() {
            Err(keyring_core::Error::NoEntry) => Ok(None),
            other => other.map(Some),
        });
        let Some(secret) = asked.await.map_err(|trouble| trouble.reason)? else { return Ok(None) };
        let found = (Key::new(&secret), Kept::Keychain);
        lock(&self.session).insert(account.to_owned(), found.clone());
        Ok(Some(found))
    }

    /// Does something with the keychain's entry of an account, on a thread of its own: the keychain's library blocks, and where it
    /// waits for ever only that thread is lost.
    async fn ask<T: Send + 'static>(
        &self,
        account: String,
        what: impl FnOnce(&keyring_core::Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, Trouble> {
        if let Some(trouble) = lock(&self.given_up).clone() {
            return Err(trouble);
        }
        let (answer, answered) = oneshot::channel();
        let thread = std::thread::Builder::new().name("keychain".into()).spawn(move || {
            let _ = answer.send(open(&account).and_then(|entry| what(&entry).map_err(|error| plain(&error))));
        });
        let result = match thread {
            Err(error) => Err(no_keychain(&error)),
            Ok(_) => match tokio::time::timeout(KEYCHAIN_TIMEOUT, answered).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(no_keychain(&"its library failed")),
                Err(_) => Err(Trouble {
                    kind: Kind::Silent,
                    reason: "The keychain did not answer. It may be locked: unlock it and enter the key again.".into(),
                }),
            },
        };
        if let Err(trouble) = &result
            && trouble.kind != Kind::Entry
        {
            *lock(&self.given_up) = Some(trouble.clone());
        }
        result
    }
}

/// Why the keychain was of no use.
#[derive(Clone)]
struct Trouble {
    kind: Kind,
    reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    NoKeychain,
    Silent,
    /// Something about this one key; others may be fine.
    Entry,
}

fn no_keychain(why: &dyn std::fmt::Display) -> Trouble {
    Trouble { kind: Kind::NoKeychain, reason: format!("This computer has no keychain that Plumb can use ({why}).") }
}

#[cfg(target_os = "linux")]
fn open(account: &str) -> Result<keyring_core::Entry, Trouble> {
    use keyring_core::api::CredentialStoreApi;
    let store = zbus_secret_service_keyring_store::Store::new().map_err(|error| no_keychain(&error))?;
    let label = format!("Plumb: key for {account}");
    store.build(SERVICE, account, Some(&HashMap::from([("label", label.as_str())]))).map_err(|error| plain(&error))
}

#[cfg(not(target_os = "linux"))]
fn open(_account: &str) -> Result<keyring_core::Entry, Trouble> {
    Err(no_keychain(&"not supported on this system yet"))
}

fn plain(error: &keyring_core::Error) -> Trouble {
    use keyring_core::Error;
    let entry = |reason: &str| Trouble { kind: Kind::Entry, reason: reason.into() };
    match error {
        Error::NoStorageAccess(_) => {
            Trouble { kind: Kind::Silent, reason: "The keychain is locked, and was not unlocked.".into() }
        }
        // These carry bytes of the secret.
        Error::BadEncoding(_) | Error::BadDataFormat(..) => entry("The keychain holds something else than a key there."),
        Error::Ambiguous(_) => entry("The keychain holds several keys for this server. Delete them and enter the key again."),
        other => no_keychain(other),
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

/// Of the variable in which the provider's key usually lies only the name is used: the key in it was not chosen.
fn how_to_give_one(choice: &ModelChoice) -> String {
    let known = providers::provider(&choice.provider).filter(|_| choice.base_url.is_none());
    let variable = known.and_then(|known| known.key_variable);
    match variable.filter(|variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty())) {
        Some(variable) => format!(
            "The environment variable {variable} holds one: choose it in the settings, or add --api-key-env {variable} in a terminal. Or enter another key in \
             the settings."
        ),
        None => "Enter the key in the settings.".to_owned(),
    }
}

fn refused(message: String) -> Fault {
    Fault::new(Code::RefusedKey, message)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(base_url: &str, key: KeySource) -> ModelChoice {
        ModelChoice { provider: "server".into(), name: "m".into(), base_url: Some(base_url.into()), key, price: None }
    }

    fn without_keychain() -> Keys {
        Keys { session: Mutex::default(), given_up: Mutex::new(Some(no_keychain(&"test"))) }
    }

    #[test]
    fn a_key_cannot_be_printed_and_is_cut_out_of_texts() {
        let key = Key::new(" sk-secret\n");
        assert_eq!(format!("{key:?}"), "Key(hidden)");
        assert_eq!(key.redact("bad key sk-secret."), "bad key [key].");
        assert_eq!(Key::new("").redact("as it was"), "as it was");
    }

    #[tokio::test]
    async fn a_key_is_given_to_the_host_it_was_entered_for_and_to_no_other() {
        let keys = without_keychain();
        let kept = (Key::new("sk-1"), Kept::Session { reason: "test".into() });
        lock(&keys.session).insert(account("https://a.example.org/v1").unwrap(), kept);
        let get = async |url: &str| keys.get(&choice(url, KeySource::Keychain)).await;
        assert_eq!(get("https://a.example.org/other/v1").await.unwrap(), Some(Key::new("sk-1")));
        for other in ["https://b.example.org/v1", "http://a.example.org/v1", "https://a.example.org:8443/v1"] {
            assert_eq!(get(other).await.unwrap_err().code, Code::RefusedKey, "{other}");
        }
    }

    #[tokio::test]
    async fn an_unset_environment_variable_is_named_in_the_error() {
        let choice = choice("https://a.example.org/v1", KeySource::Env { variable: "PLUMB_TEST_NO_SUCH_KEY".into() });
        let error = without_keychain().get(&choice).await.unwrap_err();
        assert_eq!(error.code, Code::RefusedKey);
        assert!(error.message.contains("PLUMB_TEST_NO_SUCH_KEY"));
    }

    #[tokio::test]
    async fn a_command_is_asked_once_in_a_session_and_for_each_server() {
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
    async fn a_command_is_asked_again_once_a_server_has_refused_what_it_gave() {
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
