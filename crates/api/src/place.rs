//! Where things run: code on this computer or elsewhere, and what may not leave it.

use crate::{
    library::libraries::library_id,
    plumb::{Plumb, WORKER_MEMORY},
    types::*,
};
use plumb_repl::SealedPython;
use plumb_rlm::{
    fault::{Code, Fault},
    options::RunOptions,
    traits::model::Model,
};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a command that is tried may take.
const TRIAL: Duration = Duration::from_secs(130);

impl Plumb {
    /// Marks a library as one that may not leave this computer, or takes that back.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn set_local_only(&self, request: SetLocalOnly) -> Result<Nothing, Fault> {
        self.inner.store.set_local_only(library_id(&request.library)?, request.local_only).await?;
        self.tell(Update::Libraries);
        Ok(Nothing {})
    }

    /// Starts a worker by a command that runs code elsewhere, just to see whether it is sealed there.
    ///
    /// # Errors
    /// What keeps it from being used.
    pub async fn test_repl(&self, request: TestRepl) -> Result<TestResult, Fault> {
        self.may_choose_command()?;
        try_command(&request.command, TRIAL).await
    }

    /// A page that others might reach must not choose what this computer runs.
    pub(crate) fn may_choose_command(&self) -> Result<(), Fault> {
        match self.inner.confined_to {
            None => Ok(()),
            Some(_) => {
                let message = "A command that runs code elsewhere is set in the window or with --repl-command in a terminal, not from a browser.";
                Err(Fault::new(Code::NotAllowed, message))
            }
        }
    }

    /// Where the code of a run runs.
    pub(crate) fn launcher(&self, options: &RunOptions) -> Arc<SealedPython> {
        match &options.repl_command {
            Some(command) => Arc::new(SealedPython::elsewhere(command, WORKER_MEMORY)),
            None => self.inner.launcher.clone(),
        }
    }

    /// Refuses what would take the text of a local-only library off this computer.
    pub(crate) async fn keep_local(
        &self,
        sources: &[String],
        options: &RunOptions,
        models: [&dyn Model; 2],
    ) -> Result<(), Fault> {
        let libraries = self.inner.store.libraries().await?;
        let Some(kept) = libraries.iter().find(|library| library.local_only && overlap(&library.sources, sources)) else {
            return Ok(());
        };
        let refuse = |what: String| {
            let name = &kept.name;
            let message = format!(
                "“{name}” is marked to stay on this computer, and {what}. Choose the built-in model or one on this computer, or take the mark off \
                 in the menu of the library."
            );
            Err(Fault::new(Code::LocalOnly, message))
        };
        if let Some(model) = models.iter().find(|model| !model.profile().local) {
            return refuse(format!("what the model {} reads may leave it", model.profile().name));
        }
        match &options.repl_command {
            Some(_) => refuse("code is set to run elsewhere".to_owned()),
            None => Ok(()),
        }
    }
}

/// How soon a command brings a sealed worker.
pub(crate) async fn try_command(command: &str, within: Duration) -> Result<TestResult, Fault> {
    let since = Instant::now();
    let launcher = SealedPython::elsewhere(command, WORKER_MEMORY);
    match tokio::time::timeout(within, launcher.examine()).await {
        Ok(examined) => examined.map_err(|e| Fault::new(e.code, e.message))?,
        Err(_) => {
            let seconds = within.as_secs();
            return Err(Fault::new(Code::NoWorker, format!("The command brought no worker within {seconds} s.")));
        }
    };
    Ok(TestResult { elapsed_ms: since.elapsed().as_millis() as u64 })
}

/// Whether one of these folders or files lies in one of those, or the other way round.
fn overlap(these: &[String], those: &[String]) -> bool {
    these.iter().map(Path::new).any(|a| those.iter().map(Path::new).any(|b| a.starts_with(b) || b.starts_with(a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_overlaps_with_what_lies_in_it_and_not_with_its_neighbour() {
        let of = |path: &str| vec![path.to_owned()];
        assert!(overlap(&of("/a/b"), &of("/a/b")));
        assert!(overlap(&of("/a/b"), &of("/a/b/c.txt")) && overlap(&of("/a/b/c.txt"), &of("/a")));
        assert!(!overlap(&of("/a/b"), &of("/a/bc")));
    }
}
