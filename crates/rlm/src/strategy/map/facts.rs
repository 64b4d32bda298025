//! A fact: reads the best passages one by one and checks what they say against the question. Reads the next ones if these do not say it.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window, heading},
        passages::{Finding, ask, findings},
        steps::{Ask, Steps, probability},
    },
};

/// Passages that are read at a time.
const WAVE: usize = 3;
/// Maximum number of waves.
const WAVES: usize = 4;
/// Maximum length of what is read out of one passage, in tokens.
const MAX_FINDING_TOKENS: u32 = 60;
/// Probability from which a finding is taken without reading on.
const SURE: f64 = 0.5;
/// Probability below which a finding is no answer.
const UNLIKELY: f64 = 0.2;
/// Weight of a passage's rank beside the probability that it answers.
const RANK_WEIGHT: f64 = 0.25;
/// Lines around a finding that are checked with it.
const AROUND: usize = 2;

/// Answers a question by the one passage that answers it best.
pub async fn fact(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let mut ranked = documents.ranked(question);
    ranked.retain(|(_, window)| documents.all.len() == 1 || !documents.is_table(window.document));
    let top = ranked.first().map_or(1.0, |(score, _)| score.max(f64::MIN_POSITIVE));
    let mut best: Option<(f64, f64, Finding)> = None;
    for wave in ranked.chunks(WAVE).take(WAVES) {
        let windows: Vec<&Window> = wave.iter().map(|(_, window)| *window).collect();
        let found = read(steps, documents, &windows, question).await?;
        let checks = found.iter().map(|(at, finding)| check(documents, windows[*at], finding, question)).collect();
        let replies = if found.is_empty() {
            Vec::new()
        } else {
            steps.ask(PlanStep::Check { findings: found.len() as u64 }, checks).await?
        };
        for ((at, finding), reply) in found.into_iter().zip(replies) {
            let likely = reply.map_or(0.0, |reply| probability(&reply, "yes"));
            let score = likely + RANK_WEIGHT * wave[at].0 / top;
            if best.as_ref().is_none_or(|(known, ..)| score > *known) {
                best = Some((score, likely, finding));
            }
        }
        if let Some((_, likely, finding)) = &best {
            if *likely >= UNLIKELY {
                steps.drafted(finding.marked(documents)).await?;
            }
            if *likely >= SURE {
                break;
            }
        }
    }
    Ok(match best {
        Some((_, likely, finding)) if likely >= UNLIKELY => finding.marked(documents),
        _ => render("map_not_found", context! {}),
    })
}

/// Asks the question of passages. Returns the first finding of each, with the passage's place among them.
pub async fn read(
    steps: &mut Steps<'_>,
    documents: &Documents,
    windows: &[&Window],
    question: &str,
) -> Result<Vec<(usize, Finding)>, Stop> {
    let of = Documents::documents_of(windows.iter().copied());
    steps.touch(documents, &of).await?;
    let asks = windows.iter().map(|window| ask(documents, window, question, "map_read", MAX_FINDING_TOKENS, &["\n"])).collect();
    let step = PlanStep::Read { passages: windows.len() as u64, documents: of.len() as u64 };
    let replies = steps.ask(step, asks).await?;
    let first = |(at, reply): (usize, Option<String>)| Some((at, findings(documents, windows[at], &reply?).into_iter().next()?));
    Ok(replies.into_iter().enumerate().filter_map(first).collect())
}

/// The question whether a finding answers what was asked.
fn check(documents: &Documents, window: &Window, finding: &Finding, question: &str) -> Ask {
    let at = window.lines.iter().position(|(number, _)| *number == finding.line).unwrap_or_default();
    let around = window.lines.iter().skip(at.saturating_sub(AROUND)).take(2 * AROUND + 1);
    let lines = around.map(|(_, line)| line.as_str()).collect::<Vec<_>>().join(" ");
    let document = &documents.all[finding.document];
    let values = context! { path => document.path.clone(), title => heading(document.text.as_str()), lines, question };
    Ask::checking("map_check", render("map_check_finding", values))
}
