//! Asks questions, continues runs and stops them.

use crate::{
    library::libraries::library_id,
    plumb::{Plumb, SystemClock, new_run_id, now_ms, panicked},
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
    crash::record_crash,
    fault::{Code, Fault},
    ids::RunId,
    options::RunOptions,
    record::{event::RunStatus, story::Story, totals::Totals},
    run::{self, Parts, Question},
    traits::{corpus::Corpus, journal::Journal},
};
use std::{future::Future, panic::AssertUnwindSafe, sync::Arc};

impl Plumb {
    /// Asks a question; returns once the run has started and is on disk.
    ///
    /// # Errors
    /// The reason the run cannot start: no model is chosen, a key is missing, a folder is gone.
    pub async fn ask(&self, request: Ask) -> Result<RunSummary, Fault> {
        let question = request.question.trim().to_owned();
        if question.is_empty() {
            return Err(Fault::new(Code::NoQuestion, "The question is empty. Type a question first."));
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

    /// The library and the options of a question: the request's, else the settings'.
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

    /// Continues a run.
    ///
    /// # Errors
    /// `no_such_run`, `run_is_active`, `run_is_answered`, or the reason it cannot continue.
    pub async fn resume(&self, request: Resume) -> Result<RunSummary, Fault> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        let journal = self.inner.store.claim_run(&run_id).await?;
        let events = self.inner.store.events(&run_id).await?;
        let Some((sources, mut options)) = events.iter().find_map(started) else {
            return Err(Fault::new(
                Code::Damaged,
                "The record of this run has no first event, so Plumb cannot continue it. Ask the question again.",
            ));
        };
        if Totals::of(&events).status == Some(RunStatus::Answered) {
            return Err(Fault::new(
                Code::RunIsAnswered,
                "This question has its answer already. Ask it again for another answer.",
            ));
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
    /// `no_such_run`; `not_running` if this program does not run it.
    pub async fn stop(&self, request: RunRef) -> Result<Nothing, Fault> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        match self.inner.live.lock().get(&run_id) {
            Some(live) => {
                live.stop.cancel();
                Ok(Nothing {})
            }
            None => Err(Fault::new(
                Code::NotRunning,
                "Plumb cannot stop this run: it has ended, or another program runs it. Stop it there.",
            )),
        }
    }

    /// Gathers a run's model, corpus, journal and the rest of what the engine needs.
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
            tables: Arc::new(plumb_store::SqlTables),
            embedder: self.inner.models.embedder(),
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

    /// Runs `work` in the background; returns once the run's first event is on disk.
    async fn go(
        &self,
        run_id: RunId,
        live: Arc<Live>,
        (corpus, journal): (Arc<OpenCorpus>, Arc<dyn Journal>),
        work: impl Future<Output = Result<(), Fault>> + Send + 'static,
    ) -> Result<RunSummary, Fault> {
        self.inner.live.lock().insert(run_id.clone(), live.clone());
        let (plumb, id, following) = (self.clone(), run_id.clone(), live.clone());
        let mut task = tokio::spawn(async move {
            // A panic must not leave a run that never ends.
            let outcome = match AssertUnwindSafe(work).catch_unwind().await {
                Ok(outcome) => outcome,
                Err(_) => match plumb.inner.store.events(&id).await {
                    Ok(events) => record_crash(journal.clone(), live, Arc::new(SystemClock), &events).await,
                    Err(e) => Err(e),
                },
            };
            if let Err(e) = plumb.pin_sources(&id, &corpus, &*journal).await {
                tracing::error!(run = %id, code = %e.code, "the cited text could not be kept: {}", e.message);
            }
            plumb.inner.live.lock().remove(&id);
            if let Err(e) = &outcome {
                tracing::error!(run = %id, code = %e.code, "the record could not be written: {}", e.message);
            }
            plumb.tell(Update::Runs);
            outcome
        });
        tokio::select! {
            () = following.begun() => {}
            ended = &mut task => ended.map_err(panicked)??,
        }
        self.tell(Update::Runs);
        Ok(summary(self.inner.store.run(&run_id).await?))
    }
}
