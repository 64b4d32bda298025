//! Models: the built-in ones and the providers to choose from.

use crate::{
    model::own_facts,
    plumb::{Plumb, locked},
    types::*,
};
use plumb_models::{FetchProgress, FileState, Models, Source};
use plumb_rlm::fault::{Code, Fault};
use std::{
    collections::hash_map::Entry,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Progress is told in steps of this many bytes.
const STEP: u64 = 4 << 20;

impl Plumb {
    /// The models that run on this computer: those built in, then the user's files.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn built_in_models(&self, _: Nothing) -> Result<Vec<BuiltInModel>, Fault> {
        let files = self.model_files().await?;
        let plumb = self.clone();
        let states = tokio::task::spawn_blocking(move || {
            let models = plumb_models::catalogue().iter();
            models.map(|model| (model, plumb.inner.models.file_state(model))).collect::<Vec<_>>()
        });
        let states = states.await.map_err(|e| Fault::new(Code::Unreadable, e.to_string()))?;
        let fetching = locked(&self.inner.fetches);
        Ok(states
            .into_iter()
            .map(|(model, state)| BuiltInModel {
                id: model.id.to_owned(),
                name: model.name.to_owned(),
                licence: model.licence.to_owned(),
                file: None,
                bytes: model.bytes,
                bytes_here: match &state {
                    FileState::Absent => 0,
                    FileState::Partial { bytes } => *bytes,
                    FileState::Ready { .. } => model.bytes,
                },
                ready: matches!(state, FileState::Ready { .. }),
                fetching: fetching.contains_key(model.id),
            })
            .chain(files)
            .collect())
    }

    /// Begins to fetch a built-in model; progress arrives as updates.
    ///
    /// # Errors
    /// `no_such_model`.
    pub async fn fetch_model(&self, request: FetchModel) -> Result<Nothing, Fault> {
        let model = plumb_models::built_in(&request.id)
            .ok_or_else(|| Fault::new(Code::NoSuchModel, format!("There is no built-in model “{}”.", request.id)))?;
        let source = request.from_file.as_deref().map(Source::parse);
        match &source {
            Some(Source::File(file)) => drop(self.allowed(file)?),
            Some(Source::Url(_)) if self.inner.confined_to.is_some() => {
                return Err(Fault::new(
                    Code::NotAllowed,
                    "A browser may not choose another address for a model. Use `plumb model fetch --from`.",
                ));
            }
            _ => {}
        }
        let cancel = CancellationToken::new();
        match locked(&self.inner.fetches).entry(request.id.clone()) {
            // It is on its way already.
            Entry::Occupied(_) => return Ok(Nothing {}),
            Entry::Vacant(free) => drop(free.insert(cancel.clone())),
        }
        let plumb = self.clone();
        tokio::spawn(async move {
            let last = Arc::new(AtomicU64::new(0));
            let (id, total) = (request.id.clone(), model.bytes);
            let progress = |progress: FetchProgress| {
                let (FetchProgress::Fetching { done, .. } | FetchProgress::Checking { done, .. }) = progress;
                let before = last.load(Ordering::Relaxed);
                if done.abs_diff(before) >= STEP {
                    last.store(done, Ordering::Relaxed);
                    plumb.tell(Update::Fetch { id: id.clone(), bytes_here: done, bytes: total, done: false, fault: None });
                }
            };
            let fetched = plumb.inner.models.fetch(model, source, &progress, &cancel).await;
            locked(&plumb.inner.fetches).remove(&request.id);
            let fault = fetched.err();
            let bytes_here = if fault.is_none() { total } else { last.load(Ordering::Relaxed) };
            plumb.tell(Update::Fetch { id: request.id, bytes_here, bytes: total, done: true, fault });
        });
        Ok(Nothing {})
    }

    /// Stops fetching; what has arrived is kept.
    ///
    /// # Errors
    /// None so far.
    pub async fn stop_fetch(&self, request: ModelId) -> Result<Nothing, Fault> {
        if let Some(cancel) = locked(&self.inner.fetches).get(&request.id) {
            cancel.cancel();
        }
        Ok(Nothing {})
    }

    /// Providers to choose from.
    ///
    /// # Errors
    /// None so far.
    pub async fn providers(&self, _: Nothing) -> Result<Vec<Provider>, Fault> {
        // A page that others might reach may not choose a variable, so that none is offered to it.
        let may_choose = self.inner.confined_to.is_none();
        let is_set = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        let offered = plumb_models::providers().iter().map(|provider| Provider {
            id: provider.id.to_owned(),
            name: provider.name.to_owned(),
            base_url: provider.base_url.map(str::to_owned),
            example: provider.example.to_owned(),
            key_required: provider.key_required,
            key_variable: provider.key_variable.filter(|variable| may_choose && is_set(variable)).map(str::to_owned),
            models: plumb_models::listed_models(provider.id).into_iter().map(str::to_owned).collect(),
        });
        Ok(offered.collect())
    }

    /// What is known of a model: its price, and a cheaper one for pieces. Nothing is sent.
    ///
    /// # Errors
    /// `bad_profiles`; `unreachable` where the choice's address is none.
    pub async fn model_facts(&self, request: ModelFactsOf) -> Result<ModelFacts, Fault> {
        let file = self.inner.folders.own_profiles();
        let facts = self.inner.models.facts(&request.model).await?;
        Ok(ModelFacts {
            price: facts.profile.price,
            price_from: facts.price_from.map(|from| match from {
                plumb_models::PriceFrom::Choice => PriceFrom::Choice,
                plumb_models::PriceFrom::OwnProfiles => PriceFrom::File,
                plumb_models::PriceFrom::Table => PriceFrom::Table,
                plumb_models::PriceFrom::Here => PriceFrom::Here,
            }),
            prices_as_of: plumb_models::prices_as_of().to_owned(),
            source: facts.source.map(str::to_owned),
            cheaper: facts.cheaper.map(|(name, price)| CheaperModel { name: name.to_owned(), price }),
            window: facts.default_profile.window_tokens,
            strength: facts.default_profile.strength,
            own: own_facts::read(&file, &request.model.provider, &request.model.name)?,
        })
    }

    /// Writes down what the user says of a model, in `models.toml`; the rest of that file stays as it is.
    ///
    /// # Errors
    /// `bad_profiles`: the file cannot be used as it is; `unwritable`.
    pub async fn set_model_facts(&self, request: SetModelFacts) -> Result<Nothing, Fault> {
        own_facts::write(&self.inner.folders.own_profiles(), &request.provider, &request.name, request.own)?;
        Ok(Nothing {})
    }

    /// The models that a server offers.
    ///
    /// # Errors
    /// As for a call; `bad_reply` where the server lists none.
    pub async fn offered_models(&self, request: OfferedModels) -> Result<Vec<String>, Fault> {
        self.may_use_models([&request.model], self.settings(Nothing {}).await?.models())?;
        self.inner.models.offered(&request.model).await
    }

    /// Servers of models that answer on this computer, at their usual addresses.
    ///
    /// # Errors
    /// None so far.
    pub async fn local_servers(&self, _: Nothing) -> Result<Vec<LocalServer>, Fault> {
        let found = Models::local_servers().await.into_iter();
        let found = found.map(|(provider, models)| LocalServer {
            provider: provider.id.to_owned(),
            name: provider.name.to_owned(),
            models,
        });
        Ok(found.collect())
    }

    /// Makes one tiny call.
    ///
    /// # Errors
    /// Whatever would keep a real call from working.
    pub async fn test_model(&self, request: TestModel) -> Result<TestResult, Fault> {
        self.may_use_models([&request.model], self.settings(Nothing {}).await?.models())?;
        let since = Instant::now();
        self.inner.models.test(&request.model).await?;
        Ok(TestResult { elapsed_ms: since.elapsed().as_millis() as u64 })
    }
}
