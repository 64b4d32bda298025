//! What the user has chosen.

use crate::{
    plumb::{Plumb, locked},
    types::*,
};
use plumb_rlm::fault::Fault;
use std::sync::atomic::Ordering;

const SETTINGS: &str = "settings";

impl Plumb {
    /// What the user has chosen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn settings(&self, _: Nothing) -> Result<Settings, Fault> {
        Ok(self.inner.store.setting(SETTINGS).await?.unwrap_or_default())
    }

    /// Replaces it.
    ///
    /// # Errors
    /// When the store cannot be written; `not_allowed` where a browser would choose what this computer runs.
    pub async fn set_settings(&self, settings: Settings) -> Result<Settings, Fault> {
        let before = self.settings(Nothing {}).await?;
        // Back to this computer is always allowed.
        if settings.repl_command.is_some() && settings.repl_command != before.repl_command {
            self.may_choose_command()?;
        }
        self.may_use_models(settings.models(), before.models())?;
        self.inner.store.set_setting(SETTINGS, &settings).await?;
        if self.inner.pictures.swap(settings.read_images, Ordering::Relaxed) != settings.read_images {
            // What has text is another question now, for every library.
            locked(&self.inner.open).clear();
            self.tell(Update::Libraries);
        }
        Ok(settings)
    }
}
