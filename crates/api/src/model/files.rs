//! The user's own model files, in GGUF format.

use crate::{plumb::Plumb, types::*};
use plumb_models::{DEFAULT_LOCAL_WINDOW_TOKENS, FileFacts};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    options::ModelChoice,
};
use std::path::Path;

impl Plumb {
    /// Adds a model file after inspecting it. The file stays where it is.
    ///
    /// # Errors
    /// `wrong_file` if Plumb cannot run it; `local_model` if it cannot be opened; `not_allowed`.
    pub async fn add_model(&self, request: AddModel) -> Result<BuiltInModel, Fault> {
        let path = self.allowed(Path::new(&request.path))?;
        let facts = plumb_models::file_facts(&path).await?;
        let path = path.to_string_lossy().into_owned();
        let mut settings = self.settings(Nothing {}).await?;
        if !settings.model_files.contains(&path) {
            settings.model_files.push(path.clone());
            self.set_settings(settings).await?;
        }
        Ok(present(path, Ok(facts)))
    }

    /// Deletes the download of a built-in model, or removes a user's file from the list.
    ///
    /// # Errors
    /// `busy` during its download; `unwritable` if its file cannot be deleted; `no_such_model`.
    pub async fn remove_model(&self, request: ModelId) -> Result<Nothing, Fault> {
        let mut settings = self.settings(Nothing {}).await?;
        if let Some(model) = plumb_models::built_in(&request.id) {
            if self.inner.fetches.lock().contains_key(model.id) {
                return Err(fault!(Code::Busy, "{model} is being downloaded. Pause the download first.", model = model.name));
            }
            let removed = self.inner.models.remove(model);
            removed.map_err(|e| {
                fault!(Code::Unwritable, "Plumb could not delete {file}: {reason}. Try again.", file = model.file, reason = e)
            })?;
        } else if settings.model_files.contains(&request.id) {
            settings.model_files.retain(|path| *path != request.id);
        } else {
            return Err(fault!(
                Code::NoSuchModel,
                "There is no model “{model}” on this computer. `plumb model list` shows those there are.",
                model = request.id
            ));
        }
        // The settings must not choose a model that is gone.
        let gone = |choice: &ModelChoice| choice.provider == "local" && choice.name == request.id;
        settings.model = settings.model.filter(|choice| !gone(choice));
        settings.sub_model = settings.sub_model.filter(|choice| !gone(choice));
        self.set_settings(settings).await?;
        Ok(Nothing {})
    }

    /// The user's files, each with its facts or the reason it cannot be used.
    pub(crate) async fn model_files(&self) -> Result<Vec<BuiltInModel>, Fault> {
        let mut models = Vec::new();
        for path in self.settings(Nothing {}).await?.model_files {
            let facts = plumb_models::file_facts(Path::new(&path)).await;
            models.push(present(path, facts.map_err(|error| error.message)));
        }
        Ok(models)
    }
}

fn present(path: String, facts: Result<FileFacts, String>) -> BuiltInModel {
    let (facts, fault) = match facts {
        Ok(facts) => (facts, None),
        Err(why) => (FileFacts::default(), Some(why)),
    };
    let window = if facts.window == 0 { DEFAULT_LOCAL_WINDOW_TOKENS } else { facts.window.min(DEFAULT_LOCAL_WINDOW_TOKENS) };
    let file_name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    BuiltInModel {
        name: if facts.name.is_empty() { file_name } else { facts.name.clone() },
        licence: String::new(),
        bytes: facts.bytes,
        bytes_here: facts.bytes,
        ready: fault.is_none(),
        fetching: false,
        file: Some(ModelFile {
            memory_bytes: facts.memory(window),
            window,
            parameters: facts.parameters,
            foreign_chat: fault.is_none() && !facts.knows_chat,
            fault,
        }),
        id: path,
    }
}
