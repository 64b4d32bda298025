//! Keys of providers.

use crate::{plumb::Plumb, types::*};
use plumb_models::{Kept, Key};
use plumb_rlm::{
    fault::{Code, Fault},
    options::{KeySource, ModelChoice},
};
use std::path::Path;

impl Plumb {
    /// Keeps a key, bound to the server it is for.
    ///
    /// # Errors
    /// When the address is none.
    pub async fn set_key(&self, request: SetKey) -> Result<KeyState, Fault> {
        let kept = self.inner.models.keys.set(&request.base_url, Key::new(&request.key)).await?;
        Ok(present(kept))
    }

    /// Whether there is a key, and where. Never the key.
    ///
    /// # Errors
    /// None so far; a keychain that does not answer is a reason in the state.
    pub async fn key_state(&self, request: KeyFor) -> Result<KeyState, Fault> {
        Ok(match self.inner.models.keys.state(&request.base_url).await {
            plumb_models::KeyState::Present(kept) => present(kept),
            plumb_models::KeyState::Absent { reason } => KeyState { present: false, in_keychain: false, reason },
        })
    }

    /// Forgets a key.
    ///
    /// # Errors
    /// When the keychain may still hold it.
    pub async fn delete_key(&self, request: KeyFor) -> Result<Nothing, Fault> {
        self.inner.models.keys.delete(&request.base_url).await?;
        Ok(Nothing {})
    }

    /// A page that others might reach must not choose what of this computer is sent as a key, nor to whom: a command, a variable of the
    /// environment. What the settings or the run already hold is allowed.
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
            // Nor a file as a model where it may not open one.
            let file = choice.provider == "local" && plumb_models::is_file(&choice.name);
            if file && !known.iter().any(|known| known.provider == "local" && known.name == choice.name) {
                self.allowed(Path::new(&choice.name))?;
            }
        }
        let to_whom = |choice: &'a ModelChoice| (&choice.key, &choice.provider, &choice.base_url);
        let known: Vec<_> = known.into_iter().map(to_whom).collect();
        let free = |choice: &ModelChoice| matches!(choice.key, KeySource::None | KeySource::Keychain);
        if chosen.into_iter().all(|choice| free(choice) || known.contains(&to_whom(choice))) {
            return Ok(());
        }
        let message = "A command or a variable that gives a key is chosen with --api-key-command or --api-key-env in a terminal, not from a browser.";
        Err(Fault::new(Code::NotAllowed, message))
    }
}

fn present(kept: Kept) -> KeyState {
    match kept {
        Kept::Keychain => KeyState { present: true, in_keychain: true, reason: None },
        Kept::Session { reason } => KeyState { present: true, in_keychain: false, reason: Some(reason) },
    }
}
