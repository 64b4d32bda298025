//! How likely passages say what a question asks for. A small model tells this well, and badly which of several findings is right
//! (`docs/decisions/engine-plans.md`).

use crate::{
    prompts::{context, render},
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        passages::{asked_of, best_sentence},
        search,
        steps::{Ask, Steps, probability},
    },
};

/// Passages that are rated at a time.
const WAVE: usize = 8;
/// The most that are rated for a fact.
pub const MAX_RATED: usize = 16;
/// Probability from which no more passages are rated.
pub const SURE: f64 = 0.65;
/// Probability from which a passage is read: below it, most often nothing says what is asked for.
pub const LIKELY: f64 = 0.46;
/// Part of its probability that a passage keeps whose document lacks the name of something that the question is about.
const ABOUT_ANOTHER: f64 = 0.6;

/// The `most` passages that fit a question, the likeliest to say what it asks for first, with their probabilities. Ends early where one has at least
/// `enough`.
pub async fn ranked(
    steps: &mut Steps<'_>,
    documents: &Documents,
    question: &str,
    most: usize,
    enough: f64,
) -> Result<Vec<(f64, Window)>, Stop> {
    let passages = search::passages(steps, documents, question, most).await?;
    let names = documents.names_in(question);
    let mut rated: Vec<(f64, Window)> = Vec::new();
    for wave in passages.chunks(WAVE) {
        for (likely, passage) in rate(steps, documents, wave, question).await?.into_iter().zip(wave) {
            let part = if documents.is_about_another(passage.document, &names) { ABOUT_ANOTHER } else { 1.0 };
            rated.push((part * likely, passage.clone()));
        }
        rated.sort_by(|a, b| b.0.total_cmp(&a.0));
        let Some((likely, closest)) = rated.first() else { continue };
        if let (true, Some((_, finding))) = (*likely >= LIKELY, best_sentence(closest, question)) {
            // Until it is read, the passage itself is the best answer.
            steps.drafted(finding.marked(documents)).await?;
        }
        if *likely >= enough {
            break;
        }
    }
    Ok(rated)
}

/// Probabilities that passages say what is asked for.
pub async fn rate(steps: &mut Steps<'_>, documents: &Documents, passages: &[Window], question: &str) -> Result<Vec<f64>, Stop> {
    let asked: Vec<String> = passages.iter().map(|passage| asked_of(documents, passage, question)).collect();
    let new: Vec<usize> = (0..passages.len()).filter(|&index| !steps.ratings.contains_key(&asked[index])).collect();
    if !new.is_empty() {
        let asks = new.iter().map(|&index| Ask::checking("map_says", asked[index].clone(), "map_says_begin")).collect();
        let replies = steps.read(documents, new.iter().map(|&index| &passages[index]), asks).await?;
        let likely = replies.into_iter().map(|reply| reply.map_or(0.0, |reply| probability(&reply, "yes")));
        steps.ratings.extend(new.iter().map(|&index| asked[index].clone()).zip(likely));
    }
    Ok(asked.iter().map(|asked| steps.ratings.get(asked).copied().unwrap_or_default()).collect())
}

/// Says that nothing was found, and which passage came closest.
pub fn not_found(documents: &Documents, closest: Option<&Window>) -> String {
    let closest = closest.map(|window| {
        let line = window.lines.first().map_or(1, |(number, _)| *number);
        context! { path => documents.all[window.document].path.clone(), mark => documents.mark(window.document, line) }
    });
    render("map_not_found", context! { closest })
}
