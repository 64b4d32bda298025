//! The steps of a plan: each is a batch of small questions to the model, recorded, and answered from the record on resume.

use crate::{
    calls::call::Prompt,
    fault::{Code, Fault},
    node::{
        spec::NodeSpec,
        sub_calls::{Rendered, SubCalls},
    },
    prompts::{context, render},
    record::{
        event::{EventKind, PlanKind, PlanStep},
        replay::NodeRecord,
    },
    run::state::Run,
    stop::Stop,
    strategy::map::documents::{Documents, Window},
    traits::model::{Message, Role},
    usage::Finish,
};
use futures_util::future::join_all;
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

/// The turn that chooses a plan: a node with a plan has no other.
const TURN: u32 = 1;
/// Maximum length of a yes or no, in tokens, where the model cannot score.
const MAX_CHECK_TOKENS: u32 = 2;

/// A small question to the model.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Instructions, the same for all questions of a step: the local model reads them once.
    pub system: String,
    /// The passage and the question.
    pub user: String,
    /// The beginning of the reply.
    pub begin: String,
    /// Texts that end the reply.
    pub stop: Vec<String>,
    /// Maximum length of the reply, in tokens.
    pub max_tokens: u32,
    /// Continuations to score instead.
    pub choices: Vec<String>,
    /// Passages whose attention is asked for instead.
    pub passages: Vec<String>,
}

impl Ask {
    /// A question whose reply is text. `system` and `begin` are templates.
    pub fn writing(system: &str, user: String, begin: &str, stop: &[&str], max_tokens: u32) -> Self {
        let stop = stop.iter().map(|&stop| stop.to_owned()).collect();
        Ask { system: render(system, context! {}), user, begin: render(begin, context! {}), stop, max_tokens, ..Ask::default() }
    }

    /// A question whose reply is one of `choices`, each a word. `max_tokens` is for a model that cannot score.
    pub fn choosing(system: &str, user: String, begin: &str, choices: &[&str], max_tokens: u32) -> Self {
        let choices = choices.iter().map(|choice| format!(" {choice}")).collect();
        Ask { choices, ..Self::writing(system, user, begin, &["\n"], max_tokens) }
    }

    /// A question to answer with yes or no.
    pub fn checking(system: &str, user: String, begin: &str) -> Self {
        Self::choosing(system, user, begin, &["yes", "no"], MAX_CHECK_TOKENS)
    }
}

/// The steps of a node's plan.
pub struct Steps<'a> {
    pub run: &'a Arc<Run>,
    spec: &'a NodeSpec,
    record: &'a Mutex<NodeRecord>,
    /// Number of the latest step.
    cell: u32,
    draft: String,
    /// Probabilities of passages, by question and passage: several plans may ask the same.
    pub ratings: HashMap<String, f64>,
}

impl<'a> Steps<'a> {
    /// For the node `spec`.
    pub fn new(run: &'a Arc<Run>, spec: &'a NodeSpec, record: &'a Mutex<NodeRecord>) -> Self {
        Steps { run, spec, record, cell: 0, draft: String::new(), ratings: HashMap::new() }
    }

    /// Begins the plan for a kind of question.
    pub async fn begin(&self, kind: PlanKind) -> Result<(), Fault> {
        let is_new = self.record.lock().steps.0.is_empty();
        let planned = EventKind::Planned { turn: TURN, kind };
        if is_new { self.run.log.append(self.spec.node, planned).await.map(drop) } else { Ok(()) }
    }

    /// Records that the plan is given something of these documents.
    pub async fn touch(&self, documents: &Documents, of: &[usize]) -> Result<(), Fault> {
        for &document in of {
            self.run.touch(self.spec.node, &documents.all[document].path).await?;
        }
        Ok(())
    }

    /// The answer so far, for people and for a run that is stopped.
    pub async fn drafted(&mut self, answer: String) -> Result<(), Fault> {
        if self.draft == answer {
            return Ok(());
        }
        self.draft.clone_from(&answer);
        self.run.log.append(self.spec.node, EventKind::Drafted { answer }).await.map(drop)
    }

    /// The answer so far.
    pub fn draft(&self) -> &str {
        &self.draft
    }

    /// Takes a step without the model.
    pub async fn step(&mut self, step: PlanStep, found: u64) -> Result<(), Fault> {
        self.start(step).await?;
        self.finish(found, 0).await
    }

    /// Asks all at the same time. `None` stands for a question that got no reply; a step in which none got one fails.
    pub async fn ask(&mut self, step: PlanStep, asks: Vec<Ask>) -> Result<Vec<Option<String>>, Stop> {
        let start = self.run.clock.monotonic();
        self.start(step).await?;
        let calls = SubCalls::new(self.run, self.spec, self.cell, self.record);
        let results = join_all(asks.iter().map(|ask| reply(&calls, ask))).await;
        let mut replies = Vec::with_capacity(results.len());
        let mut first = None;
        for result in results {
            match result? {
                Ok(text) => replies.push(Some(text)),
                Err(fault) => {
                    replies.push(None);
                    first.get_or_insert(fault);
                }
            }
        }
        let found = replies.iter().flatten().count() as u64;
        let elapsed_ms = self.run.clock.elapsed_ms(start);
        self.finish(found, elapsed_ms).await?;
        match first {
            Some(fault) if found == 0 && fault.code.is_limit() => Err(Stop::Limit(fault)),
            Some(fault) if found == 0 && fault.code != Code::EmptyReply => Err(Stop::Fault(fault)),
            _ => Ok(replies),
        }
    }

    /// Asks a question of each passage, all at the same time.
    pub async fn read<'w>(
        &mut self,
        documents: &Documents,
        passages: impl IntoIterator<Item = &'w Window>,
        asks: Vec<Ask>,
    ) -> Result<Vec<Option<String>>, Stop> {
        let of = Documents::documents_of(passages);
        self.touch(documents, &of).await?;
        self.ask(PlanStep::Read { passages: asks.len() as u64, documents: of.len() as u64 }, asks).await
    }

    /// Asks one question. Empty where it got no reply.
    pub async fn ask_one(&mut self, step: PlanStep, ask: Ask) -> Result<String, Stop> {
        Ok(self.ask(step, vec![ask]).await?.into_iter().flatten().next().unwrap_or_default())
    }

    /// Has the model write from what was found. Empty where it wrote nothing.
    pub async fn write(&mut self, system: &str, user: String, max_tokens: u32) -> Result<String, Stop> {
        let ask = Ask::writing(system, user, "map_begin", &["\nQuestion:", "\n\n"], max_tokens);
        self.ask_one(PlanStep::Write, ask).await
    }

    /// Does something without the model that takes a while; `found` says how much it found. Ends with the run.
    pub async fn take<T>(
        &mut self,
        step: PlanStep,
        work: impl Future<Output = T>,
        found: impl Fn(&T) -> usize,
    ) -> Result<T, Stop> {
        let start = self.run.clock.monotonic();
        self.start(step).await?;
        let done = self.run.halt.token().run_until_cancelled(work).await.ok_or_else(|| self.run.halt.reason())?;
        self.finish(found(&done) as u64, self.run.clock.elapsed_ms(start)).await?;
        Ok(done)
    }

    async fn start(&mut self, step: PlanStep) -> Result<(), Fault> {
        self.cell += 1;
        let (turn, cell) = (TURN, self.cell);
        if self.record.lock().steps.0.insert(cell) {
            self.run.log.append(self.spec.node, EventKind::StepStarted { turn, cell, step }).await?;
        }
        Ok(())
    }

    async fn finish(&self, found: u64, elapsed_ms: u64) -> Result<(), Fault> {
        let (turn, cell) = (TURN, self.cell);
        if self.record.lock().steps.1.insert(cell) {
            self.run.log.append(self.spec.node, EventKind::StepFinished { turn, cell, found, elapsed_ms }).await?;
        }
        Ok(())
    }
}

/// The reply to one question, without its given beginning.
async fn reply(calls: &SubCalls<'_>, ask: &Ask) -> Result<Result<String, Fault>, Stop> {
    let Ask { system, user, begin, stop, max_tokens, choices, passages } = ask.clone();
    let shown = passages.concat();
    let text = [system.as_str(), shown.trim_end(), user.as_str(), begin.as_str()];
    let text = text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n").trim_end().to_owned();
    let text = Rendered::of_part(text, &user);
    let recorded = calls.recorded(&text, false);
    let outcome = match recorded.as_ref().and_then(|record| record.result.clone()) {
        Some(outcome) => outcome,
        None => {
            let prefill = (!begin.is_empty()).then(|| begin.clone());
            let messages = vec![Message::new(Role::System, system), Message::new(Role::User, user)];
            let prompt = Prompt { prefill, stop, max_output_tokens: max_tokens, choices, passages, ..Prompt::new(messages) };
            calls.ask(text, prompt, recorded.map(|record| record.call)).await?
        }
    };
    Ok(outcome.map(|reply| {
        let whole = reply.text.trim();
        let text = whole.strip_prefix(begin.as_str()).unwrap_or(whole).trim();
        if reply.finish == Finish::Length { format!("{text}…") } else { text.to_owned() }
    }))
}

/// The attention to each of `passages` passages that a reply has; 0 for one that it leaves out.
pub fn attention(reply: &str, passages: usize) -> Vec<f64> {
    let mut paid = vec![0.0; passages];
    for (number, attention) in scores(reply) {
        if let Some(of) = number.parse::<usize>().ok().and_then(|number| paid.get_mut(number.checked_sub(1)?)) {
            *of = attention;
        }
    }
    paid
}

/// The choices of a scored reply with their log-likelihoods.
pub fn scores(reply: &str) -> impl Iterator<Item = (&str, f64)> {
    reply.lines().filter_map(|line| {
        let (score, word) = line.split_once(' ')?;
        Some((word.trim(), score.parse().ok()?))
    })
}

/// Probability of `choice` among the choices of a scored reply; 1 or 0 where the model wrote a choice instead.
pub fn probability(reply: &str, choice: &str) -> f64 {
    let scores: Vec<(&str, f64)> = scores(reply).map(|(word, score)| (word, score.exp())).collect();
    let sum: f64 = scores.iter().map(|(_, score)| score).sum();
    if sum > 0.0 {
        return scores.iter().filter(|(word, _)| *word == choice).map(|(_, score)| score).sum::<f64>() / sum;
    }
    let first = reply.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    if first.eq_ignore_ascii_case(choice) { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_read_from_scores_or_from_words() {
        assert!((probability("-0.6931 yes\n-1.3863 no", "yes") - 2.0 / 3.0).abs() < 1e-3);
        assert_eq!([probability("Yes, it does.", "yes"), probability("no", "yes"), probability("", "yes")], [1.0, 0.0, 0.0]);
    }
}
