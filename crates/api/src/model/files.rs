//! Models whose files the user has: any in the format GGUF.

use crate::{
    plumb::{Plumb, locked},
    types::*,
};
use plumb_models::{DEFAULT_LOCAL_WINDOW_TOKENS, FileFacts};
use plumb_rlm::fault::{Code, Fault};
use std::path::Path;

impl Plumb {
    /// Adds a model's file, after a look at it. It stays where it is.
    ///
    /// # Errors
    /// `wrong_file` where it is no model that can run; `local_model` where it cannot be opened; `not_allowed`.
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

    /// Deletes what was fetched of a built-in model, or takes a file of the user's off the list.
    ///
    /// # Errors
    /// `busy` while it is being fetched; `unreadable` where a file cannot be deleted; `no_such_model`.
    pub async fn remove_model(&self, request: ModelId) -> Result<Nothing, Fault> {
        let mut settings = self.settings(Nothing {}).await?;
        if let Some(model) = plumb_models::built_in(&request.id) {
            if locked(&self.inner.fetches).contains_key(model.id) {
                return Err(Fault::new(Code::Busy, format!("{} is being downloaded. Pause that first.", model.name)));
            }
            let removed = self.inner.models.remove(model);
            removed.map_err(|error| Fault::new(Code::Unreadable, format!("{} cannot be deleted: {error}.", model.file)))?;
        } else if settings.model_files.contains(&request.id) {
            settings.model_files.retain(|path| *path != request.id);
        } else {
            return Err(Fault::new(Code::NoSuchModel, format!("There is no model “{}” on this computer.", request.id)));
        }
        // A model that is not there any more is not one that can be asked.
        let gone = |choice: &plumb_rlm::options::ModelChoice| choice.provider == "local" && choice.name == request.id;
        settings.model = settings.model.filter(|choice| !gone(choice));
        settings.sub_model = settings.sub_model.filter(|choice| !gone(choice));
        self.set_settings(settings).await?;
        Ok(Nothing {})
    }

    /// The user's files, each with what it says of itself or why it cannot be used.
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
