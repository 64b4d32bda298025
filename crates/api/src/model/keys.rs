//! API keys of providers.

use crate::{plumb::Plumb, types::*};
use plumb_models::{Kept, Key};
use plumb_rlm::{
    fault::{Code, Fault},
    options::{KeySource, ModelChoice},
};
use std::path::Path;

impl Plumb {
    /// Stores a key, bound to its server.
    ///
    /// # Errors
    /// When the address is not one of a server.
    pub async fn set_key(&self, request: SetKey) -> Result<KeyState, Fault> {
        self.inner.models.keys.set(&request.base_url, Key::new(&request.key)).await.map(present)
    }

    /// Whether a key is stored, and where. Never the key itself.
    ///
    /// # Errors
    /// None so far. The state says why a keychain does not answer.
    pub async fn key_state(&self, request: KeyFor) -> Result<KeyState, Fault> {
        Ok(match self.inner.models.keys.state(&request.base_url).await {
            plumb_models::KeyState::Present(kept) => present(kept),
            plumb_models::KeyState::Absent { reason } => KeyState { present: false, in_keychain: false, reason },
        })
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// When the keychain may still hold it.
    pub async fn delete_key(&self, request: KeyFor) -> Result<Nothing, Fault> {
        self.inner.models.keys.delete(&request.base_url).await?;
        Ok(Nothing {})
    }

    /// Refuses models of a page that others might reach, if they would send a key from a command or an environment variable of this computer.
    /// Keys that the settings or the run already use are allowed, at the same server.
    pub(crate) fn may_use_models<'a>(
        &self,
        chosen: impl IntoIterator<Item = &'a ModelChoice>,
        known: impl IntoIterator<Item = &'a ModelChoice>,
    ) -> Result<(), Fault> {
        if self.inner.confined_to.is_none() {
            return Ok(());
        }
        let (chosen, known): (Vec<_>, Vec<_>) = (chosen.into_iter().collect(), known.into_iter().collect());
        for choice in &chosen {
            // A model file is a file: the page may only name those it may open.
            let file = choice.provider == "local" && plumb_models::is_file(&choice.name);
            if file && !known.iter().any(|known| known.provider == "local" && known.name == choice.name) {
                self.allowed(Path::new(&choice.name))?;
            }
        }
        let key_and_server = |choice: &'a ModelChoice| (&choice.key, &choice.provider, &choice.base_url);
        let known: Vec<_> = known.into_iter().map(key_and_server).collect();
        let free = |choice: &ModelChoice| matches!(choice.key, KeySource::None | KeySource::Keychain);
        if chosen.into_iter().all(|choice| free(choice) || known.contains(&key_and_server(choice))) {
            return Ok(());
        }
        let message = "A browser may not choose a command or an environment variable that gives a key. Choose it in a terminal with --api-key-command or --api-key-env.";
        Err(Fault::new(Code::NotAllowed, message))
    }
}

fn present(kept: Kept) -> KeyState {
    match kept {
        Kept::Keychain => KeyState { present: true, in_keychain: true, reason: None },
        Kept::Session { reason } => KeyState { present: true, in_keychain: false, reason: Some(reason) },
    }
}
