//! What the user has chosen, and keys.

use crate::{
    plumb::{Plumb, locked},
    types::*,
};
use plumb_models::{Kept, Key};
use plumb_rlm::options::{KeySource, ModelChoice};
use std::sync::atomic::Ordering;

const SETTINGS: &str = "settings";

impl Plumb {
    /// What the user has chosen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn settings(&self, _: Nothing) -> Result<Settings, ApiError> {
        Ok(self.inner.store.setting(SETTINGS).await?.unwrap_or_default())
    }

    /// Replaces it.
    ///
    /// # Errors
    /// When the store cannot be written; `not_allowed` where a browser would choose what this computer runs.
    pub async fn set_settings(&self, settings: Settings) -> Result<Settings, ApiError> {
        // Back to this computer is always allowed.
        if settings.repl_command.is_some() && settings.repl_command != self.settings(Nothing {}).await?.repl_command {
            self.may_choose_command()?;
        }
        self.inner.store.set_setting(SETTINGS, &settings).await?;
        if self.inner.pictures.swap(settings.read_images, Ordering::Relaxed) != settings.read_images {
            // What has text is another question now, for every library.
            locked(&self.inner.open).clear();
            self.tell(Update::Libraries);
        }
        Ok(settings)
    }

    /// Keeps a key, bound to the server it is for.
    ///
    /// # Errors
    /// When the address is none.
    pub async fn set_key(&self, request: SetKey) -> Result<KeyState, ApiError> {
        let kept = self.inner.keys.set(&request.base_url, Key::new(&request.key)).await?;
        Ok(present(kept))
    }

    /// Whether there is a key, and where. Never the key.
    ///
    /// # Errors
    /// None so far; a keychain that does not answer is a reason in the state.
    pub async fn key_state(&self, request: KeyFor) -> Result<KeyState, ApiError> {
        let choice = ModelChoice {
            provider: "server".to_owned(),
            name: String::new(),
            base_url: Some(request.base_url),
            key: KeySource::Keychain,
            price: None,
        };
        Ok(match self.inner.keys.state(&choice).await {
            plumb_models::KeyState::Present(kept) => present(kept),
            plumb_models::KeyState::Absent { reason } => KeyState { present: false, in_keychain: false, reason },
            _ => KeyState { present: false, in_keychain: false, reason: None },
        })
    }

    /// Forgets a key.
    ///
    /// # Errors
    /// When the keychain may still hold it.
    pub async fn delete_key(&self, request: KeyFor) -> Result<Nothing, ApiError> {
        self.inner.keys.delete(&request.base_url).await?;
        Ok(Nothing {})
    }
}

fn present(kept: Kept) -> KeyState {
    match kept {
        Kept::Keychain => KeyState { present: true, in_keychain: true, reason: None },
        Kept::Session { reason } => KeyState { present: true, in_keychain: false, reason: Some(reason) },
    }
}
