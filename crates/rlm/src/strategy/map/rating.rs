//! How likely passages say what a question asks for. A small model tells this well, and badly which of several findings is right
//! (`docs/decisions/engine-plans.md`).

use crate::{
    prompts::{context, render},
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        passages::{asked_of, best_sentence, shown_text},
        search,
        steps::{Ask, Steps, attention, probability},
    },
};

/// Passages that are rated at a time.
const WAVE: usize = 3;
/// The most that are rated for a fact.
pub const MAX_RATED: usize = 6;
/// The most that the model reads at once to see which of them a question is about, and their characters.
const MAX_ATTENDED: usize = 16;
const MAX_ATTENDED_CHARS: usize = 6_000;
/// Maximum length of the reply of a model that does not attend, in tokens.
const MAX_ATTENTION_TOKENS: u32 = 1;
/// Probability from which no more passages are rated.
pub const SURE: f64 = 0.65;
/// More than any probability: no passage is enough, and all are rated.
pub const ALL: f64 = 2.0;
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
    let passages = search::passages(steps, documents, question, MAX_ATTENDED.max(most)).await?;
    let mut passages = attended(steps, documents, passages, question).await?;
    passages.truncate(most);
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

/// Passages in the order in which the model attends to them from a question; as they come where it does not. Those that are too many to read at once
/// keep their places behind.
pub async fn attended(
    steps: &mut Steps<'_>,
    documents: &Documents,
    mut passages: Vec<Window>,
    question: &str,
) -> Result<Vec<Window>, Stop> {
    if passages.len() < 2 || !steps.run.sub_model.profile().attends {
        return Ok(passages);
    }
    let mut chars = 0;
    let shown: Vec<String> = passages
        .iter()
        .map(|passage| format!("{}\n\n", shown_text(documents, passage)))
        .take_while(|text| {
            chars += text.chars().count();
            chars <= MAX_ATTENDED_CHARS
        })
        .collect();
    let user = render("map_question", context! { question });
    let system = render("map_attend", context! {});
    let ask = Ask { system, user, passages: shown, max_tokens: MAX_ATTENTION_TOKENS, ..Ask::default() };
    let count = ask.passages.len();
    let behind = passages.split_off(count);
    let Some(reply) = steps.read(documents, &passages, vec![ask]).await?.pop().flatten() else {
        passages.extend(behind);
        return Ok(passages);
    };
    let mut paid: Vec<(f64, Window)> = attention(&reply, count).into_iter().zip(passages).collect();
    paid.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(paid.into_iter().map(|(_, passage)| passage).chain(behind).collect())
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
