//! The operating system's keychain.

use keyring::{Entry, Error};
use parking_lot::Mutex;
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::oneshot;

/// The service name of Plumb's entries.
const SERVICE: &str = "plumb";
/// A locked keychain asks the user to unlock it, and may wait for ever.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The keychain. Once it has failed, it is not asked again before [`Keychain::retry`].
#[derive(Default)]
pub struct Keychain {
    failure: Mutex<Option<Failure>>,
}

/// Why the keychain was of no use.
#[derive(Clone)]
pub struct Failure {
    kind: Kind,
    /// The reason, and what to do next.
    pub reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Missing,
    Silent,
    /// Something about one key; others may be fine.
    Entry,
}

impl Failure {
    /// The failure of a computer without a keychain.
    pub fn missing(why: &dyn Display) -> Self {
        Failure { kind: Kind::Missing, reason: format!("This computer has no keychain that Plumb can use ({why}).") }
    }

    /// Whether the computer has no keychain.
    pub fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }
}

impl Keychain {
    /// A keychain that failed already.
    #[cfg(test)]
    pub fn failed(failure: Failure) -> Self {
        Keychain { failure: Mutex::new(Some(failure)) }
    }

    /// Gives a keychain that failed another chance.
    pub fn retry(&self) {
        *self.failure.lock() = None;
    }

    /// Keeps the password of an account.
    pub async fn set(&self, account: String, password: String) -> Result<(), Failure> {
        self.ask(account, move |entry| entry.set_password(&password)).await
    }

    /// The password of an account.
    pub async fn get(&self, account: String) -> Result<Option<String>, Failure> {
        let password = |entry: &Entry| match entry.get_password() {
            Err(Error::NoEntry) => Ok(None),
            other => other.map(Some),
        };
        self.ask(account, password).await
    }

    /// Deletes the password of an account.
    pub async fn delete(&self, account: String) -> Result<(), Failure> {
        let delete = |entry: &Entry| match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            other => other,
        };
        self.ask(account, delete).await
    }

    /// Does something with an account's entry, on a thread of its own. The keychain's library blocks, and where it waits for ever only that thread is
    /// lost.
    async fn ask<T: Send + 'static>(
        &self,
        account: String,
        request: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        if let Some(failure) = self.failure.lock().clone() {
            return Err(failure);
        }
        let (answer, answered) = oneshot::channel();
        let thread = std::thread::Builder::new().name("keychain".into()).spawn(move || {
            let _ = answer.send(open(&account).and_then(|entry| request(&entry).map_err(|error| failure_of(&error))));
        });
        let result = match thread {
            Err(error) => Err(Failure::missing(&error)),
            Ok(_) => match tokio::time::timeout(TIMEOUT, answered).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(Failure::missing(&"its library failed")),
                Err(_) => Err(Failure {
                    kind: Kind::Silent,
                    reason: "The keychain did not answer. It may be locked: unlock it and enter the key again.".into(),
                }),
            },
        };
        if let Err(failure) = &result
            && failure.kind != Kind::Entry
        {
            *self.failure.lock() = Some(failure.clone());
        }
        result
    }
}

fn open(account: &str) -> Result<Entry, Failure> {
    // The library connects to the keychain once in a program. This error says why that failed; the one of an entry would not.
    if let Err(error) = Entry::store_status() {
        return Err(Failure::missing(error));
    }
    Entry::new(SERVICE, account).map_err(|error| failure_of(&error))
}

fn failure_of(error: &Error) -> Failure {
    let entry = |reason: &str| Failure { kind: Kind::Entry, reason: reason.into() };
    match error {
        Error::NoStorageAccess(_) => Failure {
            kind: Kind::Silent,
            reason: "The keychain is locked and was not unlocked. Unlock it and enter the key again.".into(),
        },
        // The error carries bytes of the secret.
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            entry("The keychain's entry for this server is not a key. Delete it and enter the key again.")
        }
        Error::Ambiguous(_) => entry("The keychain holds several keys for this server. Delete them and enter the key again."),
        other => Failure::missing(other),
    }
}
