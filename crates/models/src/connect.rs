//! From what the user chose to a model that can be called.

use crate::call::{Patience, RemoteModel};
use crate::catalogue::{self, FileState};
use crate::keys::{Key, Keys};
use crate::known;
use crate::local::{self, Local};
use crate::profiles::{self, OwnProfiles};
use crate::providers;
use plumb_rlm::model::{Message, Model, ModelError, ModelReply, ModelRequest, Role};
use plumb_rlm::options::{KeySource, ModelChoice};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The provider's name of the built-in models.
pub const LOCAL: &str = "local";
/// A list of models comes within this time or is done without.
const LISTED: Duration = Duration::from_secs(10);
/// A server on this computer answers at once, if it is there.
const NEAR: Duration = Duration::from_millis(500);

/// Makes a model ready to be called. Nothing is sent before the first call; a model on this computer is loaded in the background.
/// `own` is the file in which the user wrote down what is known of models; there may be none.
///
/// # Errors
/// `local_model` when its file is not there; `wrong_file` when it is no model; `bad_profiles`; `bad_price`; `no_such_model`, `refused_key`, `unreachable` when the choice itself is wrong.
pub async fn connect(choice: &ModelChoice, keys: &Keys, models_dir: &Path, own: &Path) -> Result<Arc<dyn Model>, ModelError> {
    let own = OwnProfiles::read(own)?;
    profiles::check_price(choice)?;
    if choice.provider == LOCAL {
        return Ok(Arc::new(local(choice, models_dir, &own).await?));
    }
    let url = providers::base_url(choice)?;
    if choice.name.trim().is_empty() {
        return Err(error("no_such_model", "No model is named. Enter its name as the server knows it.".into()));
    }
    let key = keys.get(choice).await?;
    let profile = profiles::profile(choice, &url, &own);
    Ok(Arc::new(RemoteModel::new(&choice.provider, &url, &choice.name, key, profile, Patience::default())?))
}

/// A model on this computer: a built-in one, or the user's own file. It is loaded in the background, so that the first call need not wait.
async fn local(choice: &ModelChoice, models_dir: &Path, own: &OwnProfiles) -> Result<Local, ModelError> {
    let model =
        if local::is_file(&choice.name) { own_file(choice, own).await? } else { built_in(choice, models_dir, own).await? };
    model.warm();
    Ok(model)
}

async fn own_file(choice: &ModelChoice, own: &OwnProfiles) -> Result<Local, ModelError> {
    let file = Path::new(&choice.name);
    let facts = local::facts(file).await?;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let (window, strength) = known::here(choice, Some(&facts), own);
    Ok(Local::new(&name, file, window, strength))
}

async fn built_in(choice: &ModelChoice, models_dir: &Path, own: &OwnProfiles) -> Result<Local, ModelError> {
    let model = catalogue::built_in(&choice.name).ok_or_else(|| {
        let known: Vec<&str> = catalogue::catalogue().iter().map(|model| model.id).collect();
        error(
            "no_such_model",
            format!(
                "There is no built-in model \"{}\". Choose one of: {}; or name a file in the format GGUF.",
                choice.name,
                known.join(", ")
            ),
        )
    })?;
    let dir = models_dir.to_owned();
    let (window, strength) = known::here(choice, None, own);
    match tokio::task::spawn_blocking(move || catalogue::state(model, &dir)).await {
        Ok(FileState::Ready { path }) => Ok(Local::new(model.id, &path, window, strength)),
        _ => Err(error(
            "local_model",
            format!(
                "{} is not on this computer yet ({} MB). Fetch it first: plumb model fetch.",
                model.name,
                model.bytes / 1_000_000
            ),
        )),
    }
}

/// The names of the models that a choice's server offers; the choice need not name one.
///
/// # Errors
/// As for a call; `bad_reply` where the server lists none.
pub async fn offered(choice: &ModelChoice, keys: &Keys) -> Result<Vec<String>, ModelError> {
    list(choice, keys.get(choice).await?, Patience { first: LISTED, silence: LISTED, ..Patience::default() }).await
}

/// The servers that answer on this computer at their usual addresses, with the models that each offers.
pub async fn local_servers() -> Vec<(&'static providers::Provider, Vec<String>)> {
    let patience = Patience { connect: NEAR, first: NEAR, silence: NEAR, ..Patience::default() };
    let asked = providers::providers().iter().filter(|provider| provider.own_machine && provider.base_url.is_some());
    let answers = asked.map(async |provider| {
        let choice = ModelChoice {
            provider: provider.id.to_owned(),
            name: String::new(),
            base_url: None,
            key: KeySource::None,
            price: None,
        };
        Some((provider, list(&choice, None, patience).await.ok()?))
    });
    futures_util::future::join_all(answers).await.into_iter().flatten().collect()
}

async fn list(choice: &ModelChoice, key: Option<Key>, patience: Patience) -> Result<Vec<String>, ModelError> {
    let url = providers::base_url(choice)?;
    let profile = profiles::profile(choice, &url, &OwnProfiles::default());
    RemoteModel::new(&choice.provider, &url, &choice.name, key, profile, patience)?.offered().await
}

/// Makes one tiny call, to see whether a choice works.
///
/// # Errors
/// Whatever would keep a real call from working.
pub async fn test(choice: &ModelChoice, keys: &Keys, models_dir: &Path, own: &Path) -> Result<ModelReply, ModelError> {
    let model = connect(choice, keys, models_dir, own).await?;
    let request = ModelRequest {
        messages: vec![Message::new(Role::User, "Answer with the one word: ready")],
        max_output_tokens: 16,
        temperature: 0.0,
        seed: 0,
        stop: Vec::new(),
        prefill: None,
        grows: false,
        limited: false,
        sending: None,
    };
    model.complete(request, &|_| {}).await
}

fn error(code: &'static str, message: String) -> ModelError {
    ModelError { code, message, partial: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(provider: &str, name: &str) -> ModelChoice {
        ModelChoice { provider: provider.into(), name: name.into(), base_url: None, key: KeySource::None, price: None }
    }

    async fn refusal(choice: &ModelChoice) -> ModelError {
        let dir = tempfile::tempdir().unwrap();
        connect(choice, &Keys::new(), dir.path(), Path::new("/no/such/file")).await.err().unwrap()
    }

    #[tokio::test]
    async fn a_wrong_choice_is_told_before_anything_is_sent() {
        assert_eq!(refusal(&choice("local", "gpt-9")).await.code, "no_such_model");
        assert_eq!(refusal(&choice("openai", " ")).await.code, "no_such_model");
        assert_eq!(refusal(&choice("nobody", "m")).await.code, "unreachable");
    }

    #[tokio::test]
    async fn a_known_server_needs_no_address() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("models.toml");
        std::fs::write(&own, "[[model]]\nprovider = 'ollama'\nname = 'qwen2.5:7b'\nwindow = 8_192\n").unwrap();
        let model = connect(&choice("ollama", "qwen2.5:7b"), &Keys::new(), dir.path(), &own).await.unwrap();
        assert_eq!((model.profile().name.as_str(), model.profile().window_tokens), ("ollama:qwen2.5:7b", 8_192));
        assert_eq!(model.count_tokens("hello world"), 2);
    }
}
