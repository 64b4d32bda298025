//! A fact: rates passages by how likely they say what is asked for, and reads the likeliest.
//!
//! A small model tells well whether a paragraph says something, and badly which of several findings is right (`docs/decisions/engine-plans.md`).

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        passages::{Finding, ask, asked_of, best_sentence, findings, is_nothing, running},
        periods::{Converted, converted},
        steps::{Ask, Steps, probability},
        updates::updates,
    },
};

/// Passages that are rated at a time, and the most that are rated.
const WAVE: usize = 8;
const MAX_RATED: usize = 24;
/// Probability from which no more passages are rated.
const SURE: f64 = 0.65;
/// Probability from which a passage is read: below it, most often nothing says what is asked for.
const LIKELY: f64 = 0.46;
/// Part of the best passage's probability that another one needs to be read too.
const CLOSE: f64 = 0.8;
/// Part of its probability that a passage keeps whose document lacks the name of something that the question is about.
const ABOUT_ANOTHER: f64 = 0.6;
/// Maximum number of passages that are read.
const MAX_READ: usize = 3;
/// Maximum length of what is read out of one passage, in tokens.
const MAX_FINDING_TOKENS: u32 = 60;

/// What a look-up found.
#[derive(Default)]
pub struct Found {
    /// What holds now first, then the likeliest.
    pub findings: Vec<Finding>,
    /// The passages that were read, or the closest one where none says what is asked for.
    pub read: Vec<Window>,
}

impl Found {
    /// The passage that the first finding stands in: those before it may have said nothing.
    pub fn passage_of_first(&self) -> Option<&Window> {
        let first = self.findings.first()?;
        let holds =
            |window: &&Window| window.document == first.document && window.lines.iter().any(|(number, _)| *number == first.line);
        self.read.iter().find(holds)
    }
}

/// Answers a question by the passages that most likely say it.
pub async fn fact(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let found = look_up(steps, documents, question, LIKELY).await?;
    if found.findings.is_empty() {
        return Ok(not_found(documents, found.read.first()));
    }
    Ok(render("map_fact", context! { lines => lines_of(documents, question, &found) }))
}

/// The findings with their places, the amounts in the first one for the span of time that a question asks for.
pub fn lines_of(documents: &Documents, question: &str, found: &Found) -> Vec<String> {
    let mut lines: Vec<String> = found.findings.iter().map(|finding| finding.marked(documents)).collect();
    let passage = found.passage_of_first();
    let converted =
        passage.map_or(Vec::new(), |window| converted(question, &documents.all[window.document].path, &running(window, "")));
    if let (Some(first), false) = (lines.first_mut(), converted.is_empty()) {
        *first = format!("{first} ({})", converted.iter().map(Converted::shown).collect::<Vec<_>>().join("; "));
    }
    lines
}

/// Says that nothing was found, and which passage came closest.
pub fn not_found(documents: &Documents, closest: Option<&Window>) -> String {
    let closest = closest.map(|window| {
        let line = window.lines.first().map_or(1, |(number, _)| *number);
        context! { path => documents.all[window.document].path.clone(), mark => documents.mark(window.document, line) }
    });
    render("map_not_found", context! { closest })
}

/// Reads the passages that most likely say what is asked for, those with a probability of at least `least`.
pub async fn look_up(steps: &mut Steps<'_>, documents: &Documents, question: &str, least: f64) -> Result<Found, Stop> {
    let mut rated = ranked(steps, documents, question, MAX_RATED, SURE).await?;
    let Some((best, closest)) = rated.first().cloned() else { return Ok(Found::default()) };
    if best < least {
        return Ok(Found { findings: Vec::new(), read: vec![closest] });
    }
    rated.retain(|(likely, _)| *likely >= least.max(CLOSE * best));
    rated.truncate(MAX_READ);
    let mut windows: Vec<Window> = rated.into_iter().map(|(_, window)| window).collect();
    let mut findings = read(steps, documents, &windows, question).await?;
    if findings.is_empty() && best >= SURE {
        // A passage that surely says it, out of which nothing was read: its own sentence.
        findings.extend(best_sentence(&closest, question).map(|(_, finding)| finding));
    }
    if let Some(first) = findings.first().cloned() {
        steps.drafted(first.marked(documents)).await?;
        for (update, window) in updates(steps, documents, &first, question).await? {
            windows.insert(0, window);
            findings.retain(|finding| finding.line != update.line || finding.document != update.document);
            findings.insert(0, update);
        }
    }
    Ok(Found { findings, read: windows })
}

/// The `most` passages that fit a question, the likeliest to say what it asks for first, with their probabilities. Ends early where one has at least
/// `enough`.
pub async fn ranked(
    steps: &mut Steps<'_>,
    documents: &Documents,
    question: &str,
    most: usize,
    enough: f64,
) -> Result<Vec<(f64, Window)>, Stop> {
    let passages = documents.ranked_paragraphs(question, most);
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
    if passages.is_empty() {
        return Ok(Vec::new());
    }
    let asks = passages
        .iter()
        .map(|passage| Ask::checking("map_says", asked_of(documents, passage, question), "map_says_begin"))
        .collect();
    let replies = steps.read(documents, passages, asks).await?;
    Ok(replies.into_iter().map(|reply| reply.map_or(0.0, |reply| probability(&reply, "yes"))).collect())
}

/// The answers of passages to a question, those that say the same once.
async fn read(steps: &mut Steps<'_>, documents: &Documents, windows: &[Window], question: &str) -> Result<Vec<Finding>, Stop> {
    let asks =
        windows.iter().map(|window| ask(documents, window, question, ["map_read", "map_begin"], MAX_FINDING_TOKENS)).collect();
    let replies = steps.ask(PlanStep::Check { findings: windows.len() as u64 }, asks).await?;
    let mut found: Vec<Finding> = Vec::new();
    for (window, reply) in windows.iter().zip(replies) {
        let reply = reply.unwrap_or_default();
        let first = reply.lines().next().filter(|line| !is_nothing(line)).unwrap_or_default();
        let finding = findings(documents, window, first).into_iter().next();
        found.extend(finding.filter(|finding| !found.iter().any(|known| finding.says_no_more_than(known))));
    }
    Ok(found)
}
