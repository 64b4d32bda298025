//! Plans that the engine drives, for small models: they choose, read and write single sentences well, and write code and plans badly. The model
//! sorts the question into one of eight kinds; the engine then splits the documents, asks small questions about the pieces, checks and joins what
//! comes back, and marks the places. After lambda-RLM (arXiv 2603.20105) and the engine-run map of LCM (arXiv 2605.04050).

mod blocks;
mod cards;
mod chain;
mod comparison;
mod contradictions;
mod differences;
mod documents;
mod facts;
mod kind;
mod listing;
mod lists;
mod passages;
mod periods;
mod rating;
mod reduction;
mod rows;
mod search;
mod steps;
mod summary;
mod updates;

use crate::{
    calls::call::Prompt,
    node::spec::NodeSpec,
    prompts::{context, render},
    record::{event::PlanKind, replay::NodeRecord},
    run::state::Run,
    stop::Stop,
    strategy::{
        Step, Strategy, Taken,
        map::{
            documents::Documents,
            kind::{Examples, Fit},
            search::meanings,
            steps::Steps,
        },
    },
    traits::model::{Message, Role},
};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::sync::Arc;

/// The instructions for the steps of most plans, in their order.
pub fn instructions() -> Vec<String> {
    ["map_kind", "map_says", "map_read"].map(|template| render(template, context! {})).to_vec()
}

/// Answers a question by a plan for its kind.
pub struct Map<'a> {
    spec: &'a NodeSpec,
    documents: Documents,
    steps: Steps<'a>,
}

impl<'a> Map<'a> {
    /// For the node `spec`, whose sub-calls are in `record`.
    pub fn new(run: &'a Arc<Run>, spec: &'a NodeSpec, record: &'a Mutex<NodeRecord>) -> Self {
        Map { spec, documents: Documents::default(), steps: Steps::new(run, spec, record) }
    }

    /// Carries out the plan for a kind of question.
    async fn answer(&mut self, reply: &str) -> Result<String, Stop> {
        let Map { spec, documents, steps } = self;
        let question = spec.question.as_str();
        let examples = Examples::new();
        let fit = Fit::new(reply, &examples, &meanings(steps, examples.questions.clone(), question).await?);
        let kind = fit.best();
        steps.begin(kind).await?;
        if let Some(answer) = Self::from_tables(steps, documents, question, kind).await? {
            return Ok(answer);
        }
        // No table answers it: figures of things in prose are counted or compared, or stand there, and things in prose are listed.
        let in_prose = if kind == PlanKind::Rows { fit.best_without_tables() } else { kind };
        let is_of_entries = in_prose == PlanKind::List || kind == PlanKind::Rows && in_prose == PlanKind::Fact;
        if is_of_entries && let Some(answer) = reduction::reduction(steps, documents, question).await? {
            return Ok(answer);
        }
        let kind = in_prose;
        if kind == PlanKind::Compare
            && let Some(answer) = comparison::comparison(steps, documents, question).await?
        {
            return Ok(answer);
        }
        if matches!(kind, PlanKind::Fact | PlanKind::Rows | PlanKind::Compare)
            && let Some(answer) = facts::fact(steps, documents, question).await?
        {
            return Ok(answer);
        }
        match kind {
            PlanKind::Overview => cards::overview(steps, documents, question).await,
            PlanKind::Summary => summary::summary(steps, documents, question).await,
            PlanKind::List => lists::list(steps, documents, question).await,
            PlanKind::Differences => contradictions::contradictions(steps, documents, question).await,
            PlanKind::Steps | PlanKind::Fact | PlanKind::Rows | PlanKind::Compare => {
                chain::chain(steps, documents, question).await
            }
        }
    }

    /// The answer from the rows of tables, for questions that they may answer: those the model sorted so, and others whose best passage is of a
    /// document that is nothing but rows. A small table in prose takes no other question: it mostly answers something else.
    async fn from_tables(
        steps: &mut Steps<'_>,
        documents: &Documents,
        question: &str,
        kind: PlanKind,
    ) -> Result<Option<String>, Stop> {
        if matches!(kind, PlanKind::Overview | PlanKind::Summary | PlanKind::Differences) {
            return Ok(None);
        }
        let ranked = documents.ranked(question);
        let tables = rows::tables_for(documents, &ranked);
        let is_best = ranked.first().is_some_and(|(_, window)| documents.is_table(window.document));
        if tables.is_empty() || !is_best && kind != PlanKind::Rows {
            return Ok(None);
        }
        rows::rows(steps, documents, tables, question).await
    }
}

#[async_trait]
impl Strategy for Map<'_> {
    fn max_turns(&self, _limit: u32) -> u32 {
        1
    }

    fn max_output_chars(&self) -> usize {
        0
    }

    /// Reads the documents, and asks for the kind of question.
    async fn open(&mut self) -> Result<Vec<Message>, Stop> {
        self.documents = Documents::read(self.steps.run, self.spec).await?;
        let question = render("map_question", context! { question => self.spec.question.clone() });
        Ok(vec![Message::new(Role::System, render("map_kind", context! {})), Message::new(Role::User, question)])
    }

    fn prompt(&self, conversation: Vec<Message>, _is_last: bool) -> Prompt {
        Prompt {
            prefill: Some(render("map_begin", context! {})),
            stop: vec!["\n".to_owned()],
            max_output_tokens: kind::MAX_TOKENS,
            choices: kind::choices(),
            ..Prompt::new(conversation)
        }
    }

    async fn take(&mut self, taken: Taken<'_>, _is_last: bool) -> Result<Step, Stop> {
        let Taken::Reply { reply, .. } = taken else { return Ok(Step::Again) };
        Ok(Step::Answer(self.answer(&reply.text).await?))
    }

    fn best(&self) -> &str {
        self.steps.draft()
    }
}
