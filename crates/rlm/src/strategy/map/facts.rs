//! A fact: reads the passages that most likely say it, and follows the value that was found.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        passages::{Finding, ask, best_sentence, findings, is_nothing, running},
        periods::{Converted, converted},
        rating::{LIKELY, MAX_RATED, SURE, not_found, ranked},
        steps::Steps,
        updates::updates,
    },
};

/// Part of the best passage's probability that another one needs to be read too.
const CLOSE: f64 = 0.8;
/// Maximum number of passages that are read.
const MAX_READ: usize = 3;
/// Maximum length of what is read out of one passage, in tokens.
pub const MAX_FINDING_TOKENS: u32 = 60;

/// Whether a look-up goes on from the value that it found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Following {
    /// To the value after later changes.
    Updates,
    /// The value as it stood then is asked for.
    Nothing,
}

/// What a look-up found.
#[derive(Default)]
pub struct Found {
    /// Probability of the likeliest passage.
    pub best: f64,
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

/// Answers a question by the passages that most likely say it. `None` where some likely do, and nothing was read out of them: another passage may
/// name the thing that they are about.
pub async fn fact(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<Option<String>, Stop> {
    let found = look_up(steps, documents, question, LIKELY, Following::Updates).await?;
    Ok(if !found.findings.is_empty() {
        Some(render("map_fact", context! { lines => lines_of(documents, question, &found) }))
    } else if found.best < LIKELY {
        Some(not_found(documents, found.read.first()))
    } else {
        None
    })
}

/// The answer where nothing was read: the own words of a passage that surely says it, or that there is none.
pub fn unread(documents: &Documents, question: &str, best: f64, closest: Option<&Window>) -> String {
    let sentence = own_sentence(question, best, closest);
    sentence.map_or_else(|| not_found(documents, closest), |finding| finding.marked(documents))
}

/// The sentence of a passage that surely answers, though nothing was read out of it.
pub fn own_sentence(question: &str, best: f64, closest: Option<&Window>) -> Option<Finding> {
    closest.filter(|_| best >= SURE).and_then(|window| best_sentence(window, question)).map(|(_, finding)| finding)
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

/// Reads the passages that most likely say what is asked for, those with a probability of at least `least`.
pub async fn look_up(
    steps: &mut Steps<'_>,
    documents: &Documents,
    question: &str,
    least: f64,
    following: Following,
) -> Result<Found, Stop> {
    let mut rated = ranked(steps, documents, question, MAX_RATED, SURE).await?;
    let Some((best, closest)) = rated.first().cloned() else { return Ok(Found::default()) };
    if best < least {
        return Ok(Found { best, findings: Vec::new(), read: vec![closest] });
    }
    rated.retain(|(likely, _)| *likely >= least.max(CLOSE * best));
    rated.truncate(MAX_READ);
    let mut windows: Vec<Window> = rated.into_iter().map(|(_, window)| window).collect();
    let mut findings = read(steps, documents, &windows, question, "map_read", MAX_FINDING_TOKENS).await?;
    if let (Some(first), Following::Updates) = (findings.first().cloned(), following) {
        steps.drafted(first.marked(documents)).await?;
        for (update, window) in updates(steps, documents, &first, question).await? {
            windows.insert(0, window);
            findings.retain(|finding| finding.line != update.line || finding.document != update.document);
            findings.insert(0, update);
        }
    }
    Ok(Found { best, findings, read: windows })
}

/// The answers of passages to a question, those that say the same once. `template` holds the instructions.
pub async fn read(
    steps: &mut Steps<'_>,
    documents: &Documents,
    windows: &[Window],
    question: &str,
    template: &str,
    max_tokens: u32,
) -> Result<Vec<Finding>, Stop> {
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    let asks = windows.iter().map(|window| ask(documents, window, question, [template, "map_begin"], max_tokens)).collect();
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
