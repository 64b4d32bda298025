//! Models for the rest of Plumb: from a user's choice to a model that can be called.

mod probe;

use crate::call::{Patience, RemoteModel};
use crate::facts::catalogue::{self, BuiltIn, FileState};
use crate::facts::profiles::{self, OwnProfiles};
use crate::facts::providers::{self, LOCAL, Provider};
use crate::facts::{self, Facts};
use crate::keys::{Key, Keys};
use crate::local::{self, FetchProgress, Local, RunsOn, Source};
use parking_lot::Mutex;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    options::{KeySource, ModelChoice},
    traits::{
        embedder::Embedder as EmbedderTrait,
        model::{Message, Model, ModelReply, ModelRequest, Role},
    },
};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

/// Timeout for a server's list of models.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout for a server on this computer, which answers at once if it is there.
const LOCAL_SERVER_TIMEOUT: Duration = Duration::from_millis(500);

/// The models that a user can choose, with their keys and files.
pub struct Models {
    /// The keys of providers.
    pub keys: Keys,
    /// The folder of the built-in models' files.
    folder: PathBuf,
    /// The user's file of models; it need not exist.
    own_profiles: PathBuf,
    /// The last model on this computer that was prepared, and its task once that has begun.
    prepared: Mutex<Option<(String, Option<AbortHandle>)>>,
}

impl Models {
    /// Models with their files in `folder`, and the user's own facts about them in the file `own_profiles`.
    pub fn new(folder: PathBuf, own_profiles: PathBuf) -> Self {
        Models { keys: Keys::new(), folder, own_profiles, prepared: Mutex::default() }
    }

    /// Makes a model ready to be called. Sends nothing before the first call; loads a model on this computer in the background.
    ///
    /// # Errors
    /// `local_model` when the model's file is absent, `wrong_file` when it is no model; `bad_profiles`; `bad_price`; `no_such_model`, `refused_key`,
    /// `unreachable` when the choice itself is wrong.
    pub async fn connect(&self, choice: &ModelChoice) -> Result<Arc<dyn Model>, Fault> {
        if choice.provider == LOCAL {
            if let Some((_, Some(reading))) = &*self.prepared.lock() {
                // Whatever it has read of its instructions stays in its memory.
                reading.abort();
            }
            return Ok(Arc::new(self.local(choice).await?));
        }
        let patience = Patience::with(&providers::base_url(choice)?);
        Ok(Arc::new(self.remote(choice, patience).await?))
    }

    /// Loads a model on this computer and has it read instructions, once for each model, because a question is about to come: the first one then need not
    /// wait for that. Ends when the question comes; failures show then.
    pub async fn prepare(&self, choice: &ModelChoice, instructions: Vec<String>) {
        if choice.provider != LOCAL || instructions.is_empty() {
            return;
        }
        {
            // Claimed before anything is waited for: two estimates may come together.
            let mut prepared = self.prepared.lock();
            if prepared.as_ref().is_some_and(|(name, _)| *name == choice.name) {
                return;
            }
            *prepared = Some((choice.name.clone(), None));
        }
        let Ok(model) = self.local(choice).await else {
            *self.prepared.lock() = None;
            return;
        };
        let reading = tokio::spawn(async move {
            for text in instructions {
                let messages = vec![Message::new(Role::System, text), Message::new(Role::User, "")];
                let request = ModelRequest { messages, max_output_tokens: 1, ..ModelRequest::default() };
                let _ = model.complete(request, &|_| ()).await;
            }
        });
        *self.prepared.lock() = Some((choice.name.clone(), Some(reading.abort_handle())));
    }

    /// Search by meaning on this computer; `None` where its model is missing.
    pub fn embedder(&self) -> Option<Arc<dyn EmbedderTrait>> {
        local::Embedder::beside_programs(&self.folder).map(|found| Arc::new(found) as Arc<dyn EmbedderTrait>)
    }

    /// The names of the models that a choice's server offers. The choice need not name a model.
    ///
    /// # Errors
    /// As for a call; `bad_reply` where the server lists none.
    pub async fn offered(&self, choice: &ModelChoice) -> Result<Vec<String>, Fault> {
        let patience = Patience { first_byte: LIST_TIMEOUT, idle: LIST_TIMEOUT, ..Patience::default() };
        list(choice, self.keys.get(choice).await?, patience).await
    }

    /// The servers that answer on this computer at their usual addresses, with the models that each offers.
    pub async fn local_servers() -> Vec<(&'static Provider, Vec<String>)> {
        let (connect, first_byte, idle) = (LOCAL_SERVER_TIMEOUT, LOCAL_SERVER_TIMEOUT, LOCAL_SERVER_TIMEOUT);
        let patience = Patience { connect, first_byte, idle, ..Patience::default() };
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

    /// Makes one tiny call, to test a choice.
    ///
    /// # Errors
    /// As for [`Models::connect`] and for a call.
    pub async fn test(&self, choice: &ModelChoice) -> Result<ModelReply, Fault> {
        if choice.provider == LOCAL {
            // Loading the model takes as long as its size requires, so there is no timeout.
            return probe::one_word(&*self.connect(choice).await?).await;
        }
        let url = providers::base_url(choice)?;
        let patience = Patience { max_tries: probe::MAX_TRIES, ..Patience::with(&url) };
        let model = self.remote(choice, patience).await?;
        probe::within(probe::timeout_for(&url), &model).await
    }

    /// Facts about the model of a choice, before it is called. Reads no key, and does not look for a built-in model's file.
    ///
    /// # Errors
    /// `bad_profiles`; `bad_price`; `unreachable` where the choice has no valid address; `wrong_file`, `local_model` where its file is no model.
    pub async fn facts(&self, choice: &ModelChoice) -> Result<Facts, Fault> {
        let own = OwnProfiles::read(&self.own_profiles)?;
        let is_file = choice.provider == LOCAL && local::is_file(&choice.name);
        let file = if is_file { Some(local::file_facts(Path::new(&choice.name)).await?) } else { None };
        facts::facts(choice, file.as_ref(), &own)
    }

    /// The state of a built-in model's file. Blocks: the first look at a file reads all of it, which takes seconds.
    pub fn file_state(&self, model: &BuiltIn) -> FileState {
        catalogue::state(model, &self.folder)
    }

    /// Fetches a built-in model's file from `source`, or from its publisher, and returns its path.
    ///
    /// # Errors
    /// `unreachable`, `wrong_file`, `no_space`, `io`, `busy`; `stopped` when `cancel` was used. Downloaded bytes stay for the next try.
    pub async fn fetch(
        &self,
        model: &BuiltIn,
        source: Option<Source>,
        on_progress: &(dyn Fn(FetchProgress) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<PathBuf, Fault> {
        local::fetch(model, &self.folder, source, on_progress, cancel).await
    }

    /// Deletes a built-in model's file.
    ///
    /// # Errors
    /// When the file cannot be deleted.
    pub fn remove(&self, model: &BuiltIn) -> io::Result<()> {
        catalogue::remove(model, &self.folder)
    }

    /// Examines the hardware that models on this computer run on. Starts a process for it.
    ///
    /// # Errors
    /// `local_model` where that process does not start.
    pub async fn runs_on(&self) -> Result<RunsOn, Fault> {
        local::runs_on(&self.folder).await
    }

    async fn remote(&self, choice: &ModelChoice, patience: Patience) -> Result<RemoteModel, Fault> {
        profiles::check_price(choice)?;
        let own = OwnProfiles::read(&self.own_profiles)?;
        let url = providers::base_url(choice)?;
        if choice.name.trim().is_empty() {
            return Err(Fault::new(Code::NoSuchModel, "No model is named. Enter a model's name as the server knows it."));
        }
        let key = self.keys.get(choice).await?;
        let profile = profiles::remote(choice, &url, &own);
        RemoteModel::new(&choice.provider, &url, &choice.name, key, profile, patience)
    }

    /// A model on this computer: a built-in one, or a file of the user's. Loads it in the background, so that the first call need not wait.
    async fn local(&self, choice: &ModelChoice) -> Result<Local, Fault> {
        let own = OwnProfiles::read(&self.own_profiles)?;
        let (path, file) = if local::is_file(&choice.name) {
            let path = PathBuf::from(&choice.name);
            let file = local::file_facts(&path).await?;
            (path, Some(file))
        } else {
            (self.built_in_file(&choice.name).await?, None)
        };
        let model = Local::new(profiles::local(choice, file.as_ref(), &own), &path, &self.folder);
        model.warm();
        Ok(model)
    }

    async fn built_in_file(&self, name: &str) -> Result<PathBuf, Fault> {
        let model = catalogue::built_in(name).ok_or_else(|| {
            let known: Vec<&str> = catalogue::catalogue().iter().map(|model| model.id).collect();
            fault!(
                Code::NoSuchModel,
                "There is no built-in model \"{name}\". Choose one of: {known}; or name a file in the GGUF format.",
                name = name,
                known = known.join(", "),
            )
        })?;
        let folder = self.folder.clone();
        match tokio::task::spawn_blocking(move || catalogue::state(model, &folder)).await {
            Ok(FileState::Ready { path }) => Ok(path),
            _ => Err(fault!(
                Code::LocalModel,
                "{model} is not on this computer yet ({megabytes} MB). Fetch it first, in the settings or with `plumb model fetch` in a terminal.",
                megabytes = model.bytes / 1_000_000,
                model = model.name,
            )),
        }
    }
}

async fn list(choice: &ModelChoice, key: Option<Key>, patience: Patience) -> Result<Vec<String>, Fault> {
    let url = providers::base_url(choice)?;
    let profile = profiles::remote(choice, &url, &OwnProfiles::default());
    RemoteModel::new(&choice.provider, &url, &choice.name, key, profile, patience)?.offered().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::server::{Server, Step};
    use serde_json::json;

    fn choice(provider: &str, name: &str) -> ModelChoice {
        ModelChoice { provider: provider.into(), name: name.into(), base_url: None, key: KeySource::None, price: None }
    }

    fn models() -> Models {
        Models::new("/no/such/folder".into(), "/no/such/file".into())
    }

    async fn refusal(choice: &ModelChoice) -> Fault {
        models().connect(choice).await.err().unwrap()
    }

    #[tokio::test]
    async fn a_wrong_choice_is_refused_before_anything_is_sent() {
        assert_eq!(refusal(&choice("local", "gpt-9")).await.code, Code::NoSuchModel);
        assert_eq!(refusal(&choice("openai", " ")).await.code, Code::NoSuchModel);
        assert_eq!(refusal(&choice("nobody", "m")).await.code, Code::Unreachable);
    }

    #[tokio::test]
    async fn a_known_server_needs_no_address() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("models.toml");
        std::fs::write(&own, "[[model]]\nprovider = 'ollama'\nname = 'qwen2.5:7b'\nwindow = 8_192\n").unwrap();
        let models = Models::new(dir.path().to_owned(), own);
        let model = models.connect(&choice("ollama", "qwen2.5:7b")).await.unwrap();
        assert_eq!((model.profile().name.as_str(), model.profile().window_tokens), ("ollama:qwen2.5:7b", 8_192));
        assert_eq!(model.count_tokens("hello world"), 2);
    }

    /// The result of testing a model whose server answers with this body.
    async fn tested(answer: String) -> Result<ModelReply, Fault> {
        let body = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{answer}");
        let server = Server::start(vec![vec![Step::Send(body.into_bytes().leak())]]).await;
        let choice = ModelChoice { base_url: Some(server.url.to_string()), ..choice("server", "m") };
        let result = models().test(&choice).await;
        assert!(server.seen()[0].contains("\"max_tokens\":512"), "{}", server.seen()[0]);
        result
    }

    fn answer(text: &str, reason: &str) -> String {
        json!({"choices": [{"message": {"content": text}, "finish_reason": reason}]}).to_string()
    }

    #[tokio::test]
    async fn a_test_fails_on_a_reply_without_an_answer() {
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
        let model = models().remote(&choice, patience).await.unwrap();
        let error = probe::within(Duration::from_secs(1), &model).await.unwrap_err();
        assert!(error.code == Code::Server && error.message.contains("within 1 seconds"), "{error:?}");
    }
}
