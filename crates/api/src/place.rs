//! Where a run's code runs, and what may leave this computer.

use crate::{
    library::libraries::library_id,
    plumb::{Plumb, WORKER_MEMORY_BYTES},
    types::*,
};
use plumb_repl::SealedPython;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    options::RunOptions,
    traits::model::Model,
};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// Maximum time for a test of a command that runs code elsewhere.
const COMMAND_TEST_TIMEOUT: Duration = Duration::from_secs(130);

impl Plumb {
    /// Marks a library to stay on this computer, or lets it leave.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn set_local_only(&self, request: SetLocalOnly) -> Result<Nothing, Fault> {
        self.inner.store.set_local_only(library_id(&request.library)?, request.local_only).await?;
        self.tell(Update::Libraries);
        Ok(Nothing {})
    }

    /// Starts a worker with a command that runs code elsewhere, and checks that it is sealed there.
    ///
    /// # Errors
    /// The reason the command cannot be used.
    pub async fn test_repl(&self, request: TestRepl) -> Result<TestResult, Fault> {
        self.may_choose_command()?;
        try_command(&request.command, COMMAND_TEST_TIMEOUT).await
    }

    /// Refuses a command from a page that others might reach: it must not choose the programs this computer runs.
    pub(crate) fn may_choose_command(&self) -> Result<(), Fault> {
        match self.inner.confined_to {
            None => Ok(()),
            Some(_) => {
                let message = "A browser may not choose a command that runs code elsewhere. Set it in the window, or with --repl-command in a terminal.";
                Err(Fault::new(Code::NotAllowed, message))
            }
        }
    }

    /// The launcher of a run's worker: on this computer, or by the run's command.
    pub(crate) fn launcher(&self, options: &RunOptions) -> Arc<SealedPython> {
        match &options.repl_command {
            Some(command) => Arc::new(SealedPython::elsewhere(command, WORKER_MEMORY_BYTES)),
            None => self.inner.launcher.clone(),
        }
    }

    /// Refuses models and commands that would take text of a local-only library off this computer.
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
        if let Some(model) = models.iter().find(|model| !model.profile().local) {
            return Err(fault!(
                Code::LocalOnly,
                "“{library}” is marked to stay on this computer, but text sent to {model} may leave it. Choose a model on this computer, or open \
                 the library's menu and choose “Let it leave”.",
                library = &kept.name,
                model = &model.profile().name
            ));
        }
        match &options.repl_command {
            Some(command) => Err(fault!(
                Code::LocalOnly,
                "“{library}” is marked to stay on this computer, but {command} runs code elsewhere. Run code on this computer, or open the library's \
                 menu and choose “Let it leave”.",
                library = &kept.name,
                command = command
            )),
            None => Ok(()),
        }
    }
}

/// Measures how soon a command starts a sealed worker.
///
/// # Errors
/// `no_worker` after `timeout`, or the reason the worker cannot be used.
pub(crate) async fn try_command(command: &str, timeout: Duration) -> Result<TestResult, Fault> {
    let since = Instant::now();
    let launcher = SealedPython::elsewhere(command, WORKER_MEMORY_BYTES);
    tokio::time::timeout(timeout, launcher.examine()).await.map_err(|_| {
        fault!(
            Code::NoWorker,
            "The command started no worker within {seconds} s. Run it in a terminal: it must start plumb-python and print nothing else.",
            seconds = timeout.as_secs()
        )
    })??;
    Ok(TestResult { elapsed_ms: since.elapsed().as_millis() as u64 })
}

/// Whether one of these folders or files contains one of those, or the other way round.
fn overlap(these: &[String], those: &[String]) -> bool {
    these.iter().map(Path::new).any(|a| those.iter().map(Path::new).any(|b| a.starts_with(b) || b.starts_with(a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_overlaps_with_its_contents_but_not_its_neighbour() {
        let of = |path: &str| vec![path.to_owned()];
        assert!(overlap(&of("/a/b"), &of("/a/b")));
        assert!(overlap(&of("/a/b"), &of("/a/b/c.txt")) && overlap(&of("/a/b/c.txt"), &of("/a")));
        assert!(!overlap(&of("/a/b"), &of("/a/bc")));
    }
}
