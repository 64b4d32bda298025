//! Places that contradict each other: the engine finds pairs of statements about the same thing whose values differ, and the model judges them.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        differences::{Candidate, Statement, candidates},
        documents::Documents,
        passages::unquoted,
        steps::{Ask, Steps, probability},
    },
};

/// Maximum number of pairs that the model judges.
const MAX_CANDIDATES: usize = 8;
/// Part of the best pair's score that another one needs.
const RELEVANT: f64 = 0.25;
/// Probability from which a pair is called a contradiction.
const LIKELY: f64 = 0.35;

/// Lists statements that contradict each other.
pub async fn contradictions(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let texts: Vec<(String, String)> =
        documents.all.iter().map(|document| (document.path.clone(), document.text.as_str().to_owned())).collect();
    let mut pairs = candidates(&texts, MAX_CANDIDATES);
    let top = pairs.first().map_or(0.0, |pair| pair.score);
    pairs.retain(|pair| pair.score >= RELEVANT * top);
    if pairs.is_empty() {
        return Ok(render("map_no_differences", context! { documents => documents.all.len() }));
    }
    let place = |path: &str| documents.all.iter().position(|document| document.path == path);
    let of: Vec<usize> = pairs.iter().flat_map(|pair| [&pair.a, &pair.b]).filter_map(|side| place(&side.path)).collect();
    steps.touch(documents, &of).await?;
    let asks = pairs.iter().map(|pair| judge(pair, question)).collect();
    let replies = steps.ask(PlanStep::Check { findings: pairs.len() as u64 }, asks).await?;
    let likely = replies.into_iter().map(|reply| reply.map_or(0.0, |reply| probability(&reply, "yes")));
    let judged: Vec<(f64, &Candidate)> = likely.zip(&pairs).collect();
    let kept: Vec<&Candidate> = judged.iter().filter(|(likely, _)| *likely >= LIKELY).map(|(_, pair)| *pair).collect();
    let shown: Vec<_> = if kept.is_empty() { pairs.iter().take(1).collect() } else { kept };
    let sides = |pair: &&Candidate| context! { a => side(&pair.a), b => side(&pair.b) };
    let is_sure = judged.iter().any(|(likely, _)| *likely >= LIKELY);
    Ok(render("map_differences", context! { pairs => shown.iter().map(sides).collect::<Vec<_>>(), is_sure }))
}

/// The question whether a pair is a contradiction.
fn judge(pair: &Candidate, question: &str) -> Ask {
    let values = context! { a => side(&pair.a), b => side(&pair.b), question };
    Ask {
        system: render("map_judge", context! {}),
        user: render("map_judge_pair", values),
        begin: render("map_check_begin", context! {}),
        stop: vec!["\n".to_owned()],
        max_tokens: 2,
        choices: vec![" yes".to_owned(), " no".to_owned()],
    }
}

/// A statement as template values.
fn side(statement: &Statement) -> minijinja::Value {
    let value = statement.values.first().map(|value| value.text.clone()).unwrap_or_default();
    context! { path => statement.path.clone(), text => unquoted(&statement.text), value, mark => format!("[[{}#L{}]]", statement.path, statement.line) }
}
