//! Places that contradict each other: pairs of statements about the same thing whose values differ. The engine finds and ranks them. The model does
//! not judge them: its likelihoods of true and false pairs overlapped (`docs/answers.md`).

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        differences::{Candidate, Statement, candidates},
        documents::Documents,
        passages::unquoted,
        steps::Steps,
    },
};

/// Maximum number of pairs in an answer.
const MAX_PAIRS: usize = 8;
/// Part of the best pair's score that a pair needs to be shown.
const RELEVANT: f64 = 0.25;
/// Part of the best pair's score from which a pair is most likely a contradiction.
const LIKELY: f64 = 0.6;

/// Lists statements that contradict each other.
pub async fn contradictions(steps: &mut Steps<'_>, documents: &Documents) -> Result<String, Stop> {
    let texts: Vec<(String, String)> =
        documents.all.iter().map(|document| (document.path.clone(), document.text.as_str().to_owned())).collect();
    let mut pairs = candidates(&texts, MAX_PAIRS);
    let top = pairs.first().map_or(0.0, |pair| pair.score);
    pairs.retain(|pair| pair.score >= RELEVANT * top);
    let place = |path: &str| documents.all.iter().position(|document| document.path == path);
    let of: Vec<usize> = pairs.iter().flat_map(|pair| [&pair.a, &pair.b]).filter_map(|side| place(&side.path)).collect();
    steps.touch(documents, &of).await?;
    steps.step(PlanStep::Compare { documents: documents.all.len() as u64 }, pairs.len() as u64).await?;
    if pairs.is_empty() {
        return Ok(render("map_no_differences", context! { documents => documents.all.len() }));
    }
    let sides = |pair: &Candidate| context! { a => side(&pair.a), b => side(&pair.b) };
    let (likely, others): (Vec<&Candidate>, Vec<&Candidate>) = pairs.iter().partition(|pair| pair.score >= LIKELY * top);
    let shown = |pairs: Vec<&Candidate>| pairs.into_iter().map(sides).collect::<Vec<_>>();
    Ok(render("map_differences", context! { likely => shown(likely), others => shown(others) }))
}

/// A statement as template values.
fn side(statement: &Statement) -> minijinja::Value {
    let value = statement.values.first().map(|value| value.text.clone()).unwrap_or_default();
    let mark = format!("[[{}#L{}]]", statement.path, statement.line);
    context! { path => statement.path.clone(), text => unquoted(&statement.text), value, mark }
}
