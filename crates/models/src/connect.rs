//! From what the user chose to a model that can be called.

use crate::call::{Patience, RemoteModel};
use crate::catalogue::{self, FileState};
use crate::keys::{Key, Keys};
use crate::known;
use crate::local::{self, Local};
use crate::profiles::{self, OwnProfiles};
use crate::providers;
use plumb_rlm::{
    fault::{Code, Fault},
    options::{KeySource, ModelChoice},
    traits::model::{Message, Model, ModelReply, ModelRequest, Role},
    usage::Finish,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The provider's name of the built-in models.
pub const LOCAL: &str = "local";
/// A list of models comes within this time or is done without.
const LISTED: Duration = Duration::from_secs(10);
/// One word comes within this time from any server that is of use.
const ONE_WORD: Duration = Duration::from_secs(60);
/// A server of the user's own may have to load the model first.
const LOADED: Duration = Duration::from_secs(300);
/// So much may be said, or thought, about it: models that reason refuse to be asked for much less.
const ONE_WORD_TOKENS: u32 = 512;
/// A server on this computer answers at once, if it is there.
const NEAR: Duration = Duration::from_millis(500);

/// Makes a model ready to be called. Nothing is sent before the first call; a model on this computer is loaded in the background.
/// `own` is the file in which the user wrote down what is known of models; there may be none.
///
/// # Errors
/// `local_model` when its file is not there; `wrong_file` when it is no model; `bad_profiles`; `bad_price`; `no_such_model`, `refused_key`, `unreachable` when the choice itself is wrong.
pub async fn connect(choice: &ModelChoice, keys: &Keys, models_dir: &Path, own: &Path) -> Result<Arc<dyn Model>, Fault> {
    if choice.provider == LOCAL {
        return Ok(Arc::new(local(choice, models_dir, &OwnProfiles::read(own)?).await?));
    }
    let patience = Patience::with(&providers::base_url(choice)?);
    Ok(Arc::new(remote(choice, keys, own, patience).await?))
}

async fn remote(choice: &ModelChoice, keys: &Keys, own: &Path, patience: Patience) -> Result<RemoteModel, Fault> {
    profiles::check_price(choice)?;
    let own = OwnProfiles::read(own)?;
    let url = providers::base_url(choice)?;
    if choice.name.trim().is_empty() {
        return Err(error(Code::NoSuchModel, "No model is named. Enter its name as the server knows it.".into()));
    }
    let key = keys.get(choice).await?;
    let profile = profiles::profile(choice, &url, &own);
    RemoteModel::new(&choice.provider, &url, &choice.name, key, profile, patience)
}

/// A model on this computer: a built-in one, or the user's own file. It is loaded in the background, so that the first call need not wait.
async fn local(choice: &ModelChoice, models_dir: &Path, own: &OwnProfiles) -> Result<Local, Fault> {
    let model = if local::is_file(&choice.name) {
        own_file(choice, models_dir, own).await?
    } else {
        built_in(choice, models_dir, own).await?
    };
    model.warm();
    Ok(model)
}

async fn own_file(choice: &ModelChoice, models_dir: &Path, own: &OwnProfiles) -> Result<Local, Fault> {
    let file = Path::new(&choice.name);
    let facts = local::facts(file).await?;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let (window, strength) = known::here(choice, Some(&facts), own);
    Ok(Local::new(&name, file, window, strength, models_dir))
}

async fn built_in(choice: &ModelChoice, models_dir: &Path, own: &OwnProfiles) -> Result<Local, Fault> {
    let model = catalogue::built_in(&choice.name).ok_or_else(|| {
        let known: Vec<&str> = catalogue::catalogue().iter().map(|model| model.id).collect();
        error(
            Code::NoSuchModel,
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
        Ok(FileState::Ready { path }) => Ok(Local::new(model.id, &path, window, strength, models_dir)),
        _ => Err(error(
            Code::LocalModel,
            format!(
                "{} is not on this computer yet ({} MB). Fetch it first: in the settings, or with `plumb model fetch` in a terminal.",
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
pub async fn offered(choice: &ModelChoice, keys: &Keys) -> Result<Vec<String>, Fault> {
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

async fn list(choice: &ModelChoice, key: Option<Key>, patience: Patience) -> Result<Vec<String>, Fault> {
    let url = providers::base_url(choice)?;
    let profile = profiles::profile(choice, &url, &OwnProfiles::default());
    RemoteModel::new(&choice.provider, &url, &choice.name, key, profile, patience)?.offered().await
}

/// Makes one tiny call, to see whether a choice works.
///
/// # Errors
/// Whatever would keep a real call from working.
pub async fn test(choice: &ModelChoice, keys: &Keys, models_dir: &Path, own: &Path) -> Result<ModelReply, Fault> {
    if choice.provider == LOCAL {
        // How long loading it takes, its size decides.
        return one_word(&*connect(choice, keys, models_dir, own).await?).await;
    }
    let url = providers::base_url(choice)?;
    let patience = Patience { tries: 3, ..Patience::with(&url) };
    let model = remote(choice, keys, own, patience).await?;
    let most = if providers::is_near(&url) { LOADED } else { ONE_WORD };
    within(most, &model).await
}

async fn within(most: Duration, model: &dyn Model) -> Result<ModelReply, Fault> {
    let late = |_| {
        let (name, seconds) = (&model.profile().name, most.as_secs());
        let message =
            format!("{name} did not answer with one word within {seconds} seconds. Try again later, or choose another model.");
        error(Code::Server, message)
    };
    tokio::time::timeout(most, one_word(model)).await.map_err(late)?
}

/// Asks for one word, and looks whether something came that a run could go on with.
async fn one_word(model: &dyn Model) -> Result<ModelReply, Fault> {
    let profile = model.profile();
    let request = ModelRequest {
        messages: vec![Message::new(Role::User, "Answer with the one word: ready")],
        max_output_tokens: ONE_WORD_TOKENS.min(profile.max_output_tokens),
        temperature: 0.0,
        seed: 0,
        stop: Vec::new(),
        prefill: None,
        grows: false,
        schema: None,
        limited: false,
        sending: None,
    };
    let reply = model.complete(request, &|_| {}).await?;
    let name = &profile.name;
    match reply.finish {
        Finish::Refused => {
            let message =
                format!("{name} can be reached, but it refused to answer with one harmless word. Choose another model.");
            Err(error(Code::BadReply, message))
        }
        // What was cut off may all have been thinking.
        Finish::Stop if reply.text.trim().is_empty() => {
            let message = format!(
                "{name} can be reached, but its answer was empty. Check whether this model is made for conversations, and whether its server is set up for it, \
                 or choose another model."
            );
            Err(error(Code::BadReply, message))
        }
        Finish::Stop | Finish::Length => Ok(reply),
    }
}

fn error(code: Code, message: String) -> Fault {
    Fault::new(code, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::server::{Server, Step};
    use serde_json::json;

    fn choice(provider: &str, name: &str) -> ModelChoice {
        ModelChoice { provider: provider.into(), name: name.into(), base_url: None, key: KeySource::None, price: None }
    }

    async fn refusal(choice: &ModelChoice) -> Fault {
        let dir = tempfile::tempdir().unwrap();
        connect(choice, &Keys::new(), dir.path(), Path::new("/no/such/file")).await.err().unwrap()
    }

    #[tokio::test]
    async fn a_wrong_choice_is_told_before_anything_is_sent() {
        assert_eq!(refusal(&choice("local", "gpt-9")).await.code, Code::NoSuchModel);
        assert_eq!(refusal(&choice("openai", " ")).await.code, Code::NoSuchModel);
        assert_eq!(refusal(&choice("nobody", "m")).await.code, Code::Unreachable);
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

    /// What Test says of a server's answer to it.
    async fn tested(answer: String) -> Result<ModelReply, Fault> {
        let body = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{answer}");
        let server = Server::start(vec![vec![Step::Send(body.into_bytes().leak())]]).await;
        let choice = ModelChoice { base_url: Some(server.url.to_string()), ..choice("server", "m") };
        let result = test(&choice, &Keys::new(), Path::new("/no/such/folder"), Path::new("/no/such/file")).await;
        assert!(server.seen()[0].contains("\"max_tokens\":512"), "{}", server.seen()[0]);
        result
    }

    fn answer(text: &str, reason: &str) -> String {
        json!({"choices": [{"message": {"content": text}, "finish_reason": reason}]}).to_string()
    }

    #[tokio::test]
    async fn a_test_says_so_where_what_came_back_is_no_answer() {
        for (text, reason) in [("ready", "stop"), ("ready", "length"), ("", "length")] {
            assert!(tested(answer(text, reason)).await.is_ok(), "{text:?} {reason}");
        }
        for (text, reason, words) in [
            ("", "stop", "its answer was empty"),
            (" \n", "stop", "its answer was empty"),
            ("no", "content_filter", "it refused"),
        ] {
            let error = tested(answer(text, reason)).await.unwrap_err();
            assert!(error.code == Code::BadReply && error.message.contains(words), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_test_ends_in_time() {
        let server = Server::start(vec![vec![Step::Hang]]).await;
        let choice = ModelChoice { base_url: Some(server.url.to_string()), ..choice("server", "m") };
        let patience = Patience::with(&server.url);
        let model = remote(&choice, &Keys::new(), Path::new("/no/such/file"), patience).await.unwrap();
        let error = within(Duration::from_secs(1), &model).await.unwrap_err();
        assert!(error.code == Code::Server && error.message.contains("within 1 seconds"), "{error:?}");
    }
}
