//! Asks questions, continues and stops them.

use crate::{
    library::libraries::library_id,
    plumb::{Plumb, SystemClock, locked, new_run_id, now_ms},
    runs::{
        history::{started, summary},
        live::Live,
        month::MonthAllowance,
        other_server::redirect,
    },
    types::*,
};
use futures_util::FutureExt;
use plumb_corpus::OpenCorpus;
use plumb_rlm::{
    fault::{Code, Fault},
    ids::RunId,
    options::RunOptions,
    record::{event::RunStatus, story::Story, totals::Totals},
    run::{self, Parts, Question},
    traits::{corpus::Corpus, journal::Journal},
};
use std::{future::Future, panic::AssertUnwindSafe, sync::Arc};

impl Plumb {
    /// Asks a question; returns when the run has begun and is on disk.
    ///
    /// # Errors
    /// What keeps it from beginning: no model chosen, a key that is not there, a folder that is gone.
    pub async fn ask(&self, request: Ask) -> Result<RunSummary, Fault> {
        let question = request.question.trim().to_owned();
        if question.is_empty() {
            return Err(Fault::new(Code::NoQuestion, "Type a question first."));
        }
        let (library, options) = self.asked(&request).await?;
        let corpus = self.run_corpus(&library.sources, library.include).await?;
        let run_id = new_run_id();
        let live = Live::new(run_id.clone(), self.inner.updates.clone(), Story::default());
        let journal = self.inner.store.journal(&run_id);
        let parts = self.parts(&run_id, &library.sources, &options, (&corpus, journal.clone(), &live)).await?;
        let asked = Question { question, sources: library.sources, options };
        let stop = live.stop.clone();
        self.go(run_id, live, (corpus, journal), run::start(parts, asked, stop)).await
    }

    /// What is asked about, and within what: as the request says, else the settings.
    pub(crate) async fn asked(&self, request: &Ask) -> Result<(plumb_store::Library, RunOptions), Fault> {
        let request = request.clone();
        let settings = self.settings(Nothing {}).await?;
        let no_model = || Fault::new(Code::NoModel, "No model is chosen yet. Choose one in the settings.");
        self.may_use_models(request.model.iter().chain(&request.sub_model), settings.models())?;
        // A model given for this question alone is not paired with the settings' sub-model.
        let sub_model = if request.model.is_some() { request.sub_model } else { request.sub_model.or(settings.sub_model) };
        if request.repl_command.is_some() {
            self.may_choose_command()?;
        }
        let library = self.inner.store.library(library_id(&request.library)?).await?;
        let command = request.repl_command.or(settings.repl_command).filter(|command| !command.trim().is_empty());
        let options = RunOptions {
            mode: request.mode,
            model: request.model.or(settings.model).ok_or_else(no_model)?,
            sub_model,
            limits: request.limits.unwrap_or(settings.limits),
            repl_command: command,
            include: library.include,
            seed: request.seed.unwrap_or_else(now_ms),
        };
        Ok((library, options))
    }

    /// Goes on with a run.
    ///
    /// # Errors
    /// `no_such_run`, `run_is_active`, `run_is_answered`, or what keeps it from going on.
    pub async fn resume(&self, request: Resume) -> Result<RunSummary, Fault> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        let journal = self.inner.store.claim_run(&run_id).await?;
        let events = self.inner.store.events(&run_id).await?;
        let Some((sources, mut options)) = events.iter().find_map(started) else {
            return Err(Fault::new(
                Code::Damaged,
                "This run has no beginning on record, so it cannot be continued. Ask again instead.",
            ));
        };
        if Totals::of(&events).status == Some(plumb_rlm::record::event::RunStatus::Answered) {
            return Err(Fault::new(Code::RunIsAnswered, "This question is answered already. Ask again for another answer."));
        }
        let recorded = options.clone();
        redirect(&mut options, &request)?;
        let settings = self.settings(Nothing {}).await?;
        self.may_use_models(options.models(), recorded.models().chain(settings.models()))?;
        if request.max_cost_usd.is_some() {
            options.limits.max_cost_usd = request.max_cost_usd;
        }
        let corpus = self.run_corpus(&sources, options.include).await?;
        let live = Live::new(run_id.clone(), self.inner.updates.clone(), Story::of(&events));
        let parts = self.parts(&run_id, &sources, &options, (&corpus, journal.clone(), &live)).await?;
        let stop = live.stop.clone();
        self.go(run_id, live, (corpus, journal), async move { run::resume(parts, &events, options, stop).await }).await
    }

    /// Stops a run.
    ///
    /// # Errors
    /// `not_running` where it is not under way in this program.
    pub async fn stop(&self, request: RunRef) -> Result<Nothing, Fault> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        match locked(&self.inner.live).get(&run_id) {
            Some(live) => {
                live.stop.cancel();
                Ok(Nothing {})
            }
            None => Err(Fault::new(Code::NotRunning, "This run is not under way here.")),
        }
    }

    async fn parts(
        &self,
        run_id: &RunId,
        sources: &[String],
        options: &RunOptions,
        (corpus, journal, live): (&Arc<OpenCorpus>, Arc<dyn Journal>, &Arc<Live>),
    ) -> Result<Parts, Fault> {
        let model = self.inner.models.connect(&options.model).await?;
        let sub_model = match &options.sub_model {
            Some(choice) => self.inner.models.connect(choice).await?,
            None => model.clone(),
        };
        self.keep_local(sources, options, [&*model, &*sub_model]).await?;
        Ok(Parts {
            launcher: self.launcher(options),
            model,
            sub_model,
            corpus: corpus.clone() as Arc<dyn Corpus>,
            allowance: Arc::new(MonthAllowance::new(self.inner.store.clone(), run_id.clone())),
            journal,
            watcher: live.clone(),
            shared_budget: None,
            clock: Arc::new(SystemClock),
        })
    }

    /// Lets a run go on in the background, and waits until it is on disk.
    async fn go(
        &self,
        run_id: RunId,
        live: Arc<Live>,
        (corpus, journal): (Arc<OpenCorpus>, Arc<dyn Journal>),
        work: impl Future<Output = Result<(), Fault>> + Send + 'static,
    ) -> Result<RunSummary, Fault> {
        locked(&self.inner.live).insert(run_id.clone(), live.clone());
        let (plumb, id) = (self.clone(), run_id.clone());
        let mut task = tokio::spawn(async move {
            // A fault of ours must not leave a run that never ends.
            let outcome = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(outcome) => outcome,
                Err(_) => plumb.crashed(&id).await,
            };
            if let Err(e) = plumb.pin_sources(&id, &corpus, &*journal).await {
                tracing::error!(run = %id, code = %e.code, "what it cites could not be kept: {}", e.message);
            }
            locked(&plumb.inner.live).remove(&id);
            if let Err(e) = &outcome {
                tracing::error!(run = %id, code = %e.code, "the record could not be written: {}", e.message);
            }
            plumb.tell(Update::Runs);
            outcome
        });
        tokio::select! {
            () = live.begun() => {}
            ended = &mut task => ended.map_err(|e| Fault::new(Code::Crashed, format!("The run ended unexpectedly: {e}")))??,
        }
        self.tell(Update::Runs);
        Ok(summary(self.inner.store.run(&run_id).await?))
    }
}

impl Plumb {
    /// Writes the end of a run that broke off by a fault of ours.
    async fn crashed(&self, run_id: &RunId) -> Result<(), Fault> {
        let events = self.inner.store.events(run_id).await.unwrap_or_default();
        run::crashed(self.inner.store.journal(run_id).as_ref(), &events, &SystemClock).await
    }
}
