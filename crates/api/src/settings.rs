//! The user's settings.

use crate::{plumb::Plumb, types::*};
use plumb_rlm::fault::Fault;
use std::sync::atomic::Ordering;

const SETTINGS: &str = "settings";

impl Plumb {
    /// The user's settings.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn settings(&self, _: Nothing) -> Result<Settings, Fault> {
        Ok(self.inner.store.setting(SETTINGS).await?.unwrap_or_default())
    }

    /// Replaces the settings.
    ///
    /// # Errors
    /// When the store cannot be written; `not_allowed` if a browser would choose a program that this computer runs.
    pub async fn set_settings(&self, settings: Settings) -> Result<Settings, Fault> {
        let before = self.settings(Nothing {}).await?;
        // Back to this computer is always allowed.
        if settings.repl_command.is_some() && settings.repl_command != before.repl_command {
            self.may_choose_command()?;
        }
        self.may_use_models(settings.models(), before.models())?;
        self.inner.store.set_setting(SETTINGS, &settings).await?;
        if self.inner.pictures.swap(settings.read_images, Ordering::Relaxed) != settings.read_images {
            // Other documents have text now, in every library.
            self.inner.open.lock().clear();
            self.tell(Update::Libraries);
        }
        Ok(settings)
    }
}
