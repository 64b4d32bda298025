//! Places that contradict each other: pairs of statements about the same thing whose values differ. The engine finds and ranks them, those that a
//! question is about first. The model does not judge them: its likelihoods of true and false pairs overlapped (`docs/answers.md`). It reads out of
//! the passages that likely say what is asked for: a question may be about one thing of which it heard two accounts.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        differences::{Candidate, Statement, candidates},
        documents::{Documents, Window},
        facts::{MAX_FINDING_TOKENS, read},
        passages::{bullets, unquoted},
        rating::{ALL, LIKELY, MAX_RATED, ranked},
        search::closeness,
        steps::Steps,
    },
};

/// Maximum number of pairs in an answer, and of those that it is chosen from.
const MAX_PAIRS: usize = 8;
const MAX_CANDIDATES: usize = 200;
/// Part of the best pair's score that a pair needs to be shown.
const RELEVANT: f64 = 0.08;
/// Part of the best pair's score from which a pair is most likely a contradiction.
const LIKELY_PART: f64 = 0.6;
/// How much the closeness of a pair's meaning to the question counts.
const CLOSENESS: f64 = 5.0;
/// Factor for each side of a pair that no document holds which the question names.
const UNNAMED: f64 = 0.5;
/// Part of the best passage's probability that another one needs to be read too, and the most that are.
const CLOSE: f64 = 0.6;
const MAX_READ: usize = 4;

/// Lists statements that contradict each other.
pub async fn contradictions(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let pairs = pairs(steps, documents, question).await?;
    steps.drafted(pairs.clone()).await?;
    let accounts = accounts(steps, documents, question).await?;
    Ok(if accounts.is_empty() { pairs } else { render("map_accounts", context! { accounts, pairs }) })
}

/// The answers to a question of the passages that likely say it. Empty where none does.
async fn accounts(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let rated = ranked(steps, documents, question, MAX_RATED, ALL).await?;
    let best = rated.first().map_or(0.0, |(likely, _)| *likely);
    if best < LIKELY {
        return Ok(String::new());
    }
    let close = rated.into_iter().take_while(|(likely, _)| *likely >= CLOSE * best).take(MAX_READ);
    let windows: Vec<Window> = close.map(|(_, window)| window).collect();
    Ok(bullets(documents, &read(steps, documents, &windows, question, "map_read", MAX_FINDING_TOKENS).await?))
}

/// The pairs of statements that most likely contradict each other, those that a question is about first.
async fn pairs(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let texts: Vec<(String, String)> =
        documents.all.iter().map(|document| (document.path.clone(), document.text.as_str().to_owned())).collect();
    let mut pairs = candidates(&texts, MAX_CANDIDATES);
    let place = |path: &str| documents.all.iter().position(|document| document.path == path);
    let sides = pairs.iter().flat_map(|pair| [pair.a.text.clone(), pair.b.text.clone()]).collect();
    let closeness = closeness(steps, sides, question).await?;
    let titled = documents.titled(question);
    for (number, pair) in pairs.iter_mut().enumerate() {
        let close = closeness.get(2 * number..2 * number + 2).map_or(0.0, |sides| f64::from(sides[0] + sides[1]) / 2.0);
        let is_unnamed = |side: &&Statement| !titled.is_empty() && !place(&side.path).is_some_and(|at| titled.contains(&at));
        let unnamed = [&pair.a, &pair.b].into_iter().filter(is_unnamed).count();
        pair.score *= (CLOSENESS * close).exp() * UNNAMED.powi(unnamed as i32);
    }
    pairs.sort_by(|a, b| b.score.total_cmp(&a.score));
    pairs.truncate(MAX_PAIRS);
    let top = pairs.first().map_or(0.0, |pair| pair.score);
    pairs.retain(|pair| pair.score >= RELEVANT * top);
    let of: Vec<usize> = pairs.iter().flat_map(|pair| [&pair.a, &pair.b]).filter_map(|side| place(&side.path)).collect();
    steps.touch(documents, &of).await?;
    steps.step(PlanStep::Compare { documents: documents.all.len() as u64 }, pairs.len() as u64).await?;
    if pairs.is_empty() {
        return Ok(render("map_no_differences", context! { documents => documents.all.len() }));
    }
    let sides = |pair: &Candidate| context! { a => side(&pair.a), b => side(&pair.b) };
    let (likely, others): (Vec<&Candidate>, Vec<&Candidate>) = pairs.iter().partition(|pair| pair.score >= LIKELY_PART * top);
    let shown = |pairs: Vec<&Candidate>| pairs.into_iter().map(sides).collect::<Vec<_>>();
    Ok(render("map_differences", context! { likely => shown(likely), others => shown(others) }))
}

/// A statement as template values.
fn side(statement: &Statement) -> minijinja::Value {
    let value = statement.values.first().map(|value| value.text.clone()).unwrap_or_default();
    let mark = format!("[[{}#L{}]]", statement.path, statement.line);
    context! { path => statement.path.clone(), text => unquoted(&statement.text), value, mark }
}
