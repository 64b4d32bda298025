//! Examines this computer: what was measured, not what is configured.

use crate::{place::try_command, plumb::Plumb, types::*};
use plumb_models::{FileState, Models, RunsOn};
use plumb_rlm::fault::Fault;
use std::time::Duration;

/// How long the examination waits for a worker elsewhere.
const ELSEWHERE: Duration = Duration::from_secs(15);

impl Plumb {
    /// Examines this computer.
    ///
    /// # Errors
    /// None so far: what cannot be examined is a check that is not ok.
    pub async fn doctor(&self, _: Nothing) -> Result<Doctor, Fault> {
        let mut checks = Vec::new();
        let python = self.seal(&mut checks).await;
        self.elsewhere(&mut checks).await?;
        self.keychain(&mut checks).await;
        self.model(&mut checks).await;
        checks.push(Check {
            id: "store".to_owned(),
            name: "History".to_owned(),
            ok: true,
            found: match self.inner.store.runs(100_000, None).await?.len() {
                1 => "1 question can be read".to_owned(),
                number => format!("{number} questions can be read"),
            },
            advice: None,
        });
        Ok(Doctor {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            python,
            checks,
            data_folder: self.inner.folders.data.to_string_lossy().into_owned(),
            cache_folder: self.inner.folders.cache.to_string_lossy().into_owned(),
        })
    }

    /// Starts a worker and reports what it tried after sealing itself. Returns Python's version.
    async fn seal(&self, checks: &mut Vec<Check>) -> Option<String> {
        let mut check = |id: &str, name: &str, ok: bool, found: String, advice: Option<String>| {
            checks.push(Check { id: id.to_owned(), name: name.to_owned(), ok, found, advice });
        };
        match self.inner.launcher.examine().await.map_err(|e| e.message) {
            Ok(examined) => {
                check("seal", "Sealed Python worker", true, examined.seal.layers.join(", "), None);
                for attempt in &examined.seal.attempts {
                    let found = format!("it tried to {}: {}", attempt.what, attempt.answer);
                    check("seal_attempt", &format!("The worker cannot {}", attempt.what), attempt.refused, found, None);
                }
                for alone in &examined.seal.alone {
                    check("seal_alone", "Held by one layer alone", true, alone.clone(), None);
                }
                for missing in &examined.seal.missing {
                    // An extra layer: its lack is worth knowing, and no fault.
                    check("seal_layer", "Extra layer", true, format!("not available here: {missing}"), None);
                }
                Some(examined.python)
            }
            Err(message) => {
                let advice =
                    "Plumb does not run a model's code here. Short texts can still be asked about in one call.".to_owned();
                check("seal", "Sealed Python worker", false, message, Some(advice));
                None
            }
        }
    }

    /// The command that runs code elsewhere, where one is set.
    async fn elsewhere(&self, checks: &mut Vec<Check>) -> Result<(), Fault> {
        let Some(command) = self.settings(Nothing {}).await?.repl_command.filter(|command| !command.trim().is_empty()) else {
            return Ok(());
        };
        let name = "Code runs elsewhere".to_owned();
        checks.push(match try_command(&command, ELSEWHERE).await {
            Ok(took) => Check {
                id: "elsewhere".to_owned(),
                name,
                ok: true,
                found: format!("a sealed worker was there after {} ms, by: {command}", took.elapsed_ms),
                advice: None,
            },
            Err(error) => {
                let advice =
                    "Questions that need code cannot be asked until it works, or until code runs on this computer again.";
                Check { id: "elsewhere".to_owned(), name, ok: false, found: error.message, advice: Some(advice.to_owned()) }
            }
        });
        Ok(())
    }

    async fn keychain(&self, checks: &mut Vec<Check>) {
        // Any address will do: asking for a key that is not there tells whether the keychain answers.
        let asked = self.key_state(KeyFor { base_url: "http://keychain-check.invalid".to_owned() }).await;
        let reason = asked.map_or_else(|e| Some(e.message), |state| state.reason);
        checks.push(Check {
            id: "keychain".to_owned(),
            name: "Keychain".to_owned(),
            ok: reason.is_none(),
            found: reason.clone().unwrap_or_else(|| "it answers".to_owned()),
            advice: reason
                .map(|_| "Keys you enter are kept in memory until Plumb ends. An environment variable works too.".to_owned()),
        });
    }

    async fn model(&self, checks: &mut Vec<Check>) {
        checks.push(runs_on(&self.inner.models).await);
        let plumb = self.clone();
        let states = tokio::task::spawn_blocking(move || {
            let models = plumb_models::catalogue().iter();
            models.map(|model| (model.name, plumb.inner.models.file_state(model))).collect::<Vec<_>>()
        });
        for (name, state) in states.await.unwrap_or_default() {
            let found = match &state {
                FileState::Absent => "not fetched".to_owned(),
                FileState::Partial { bytes } => format!("{} MB of it are here", bytes / 1_000_000),
                FileState::Ready { .. } => "here, and its checksum is right".to_owned(),
            };
            checks.push(Check { id: "model".to_owned(), name: name.to_owned(), ok: true, found, advice: None });
        }
    }
}

/// What models on this computer run on.
async fn runs_on(models: &Models) -> Check {
    let (id, name) = ("runs_on".to_owned(), "Models on this computer".to_owned());
    match models.runs_on().await {
        Ok(RunsOn { card: Some(card), .. }) => Check {
            id,
            name,
            ok: true,
            found: format!("run on the graphics card {card}, where they fit into its memory"),
            advice: None,
        },
        Ok(RunsOn { threads, cpu, failure, .. }) => {
            let not_used =
                failure.map(|failure| format!("; a graphics card is not used for a day, because it failed ({failure})"));
            let found = format!("run on the processor ({threads} threads, {cpu}){}", not_used.unwrap_or_default());
            Check { id, name, ok: true, found, advice: None }
        }
        Err(error) => Check { id, name, ok: false, found: error.message, advice: None },
    }
}
