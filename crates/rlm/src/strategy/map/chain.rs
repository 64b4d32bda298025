//! A fact in two steps: a passage says who or what the question means, and another one, which its names lead to, says what is asked about it. A small
//! model reads a name out of a passage, and tells with it which passage says the rest; it takes questions apart badly.

use crate::{
    prompts::{context, render},
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window, names::capitalised},
        facts::{Found, MAX_FINDING_TOKENS, fact, lines_of, read, unread},
        passages::{Finding, naming_sentence},
        rating::{LIKELY, ranked, rate},
        search,
        steps::Steps,
    },
};

/// Passages that are rated for the question, and for each name that was found.
const MAX_RATED: usize = 8;
const MAX_NEXT: usize = 4;
/// Of those for a name, the most that are taken because they have it.
const MAX_NAMING: usize = 3;
/// Probability from which one passage says all that is asked for.
const SAYS_ALL: f64 = 0.75;
/// The best of them, out of which names are read.
const FIRST: usize = 3;
/// Probability below which nothing in the documents seems to be about the question.
const UNLIKELY: f64 = 0.15;
/// Names that are followed.
const MAX_BRIDGES: usize = 2;
/// Part of the best passage's probability that another one needs to be read too.
const CLOSE: f64 = 0.9;
/// Maximum number of passages that are read in the end.
const MAX_READ: usize = 2;
/// Maximum length of a name with its sentence, in tokens.
const MAX_BRIDGE_TOKENS: u32 = 40;

/// A passage that likely says what is asked for, once something is known.
struct Lead {
    likely: f64,
    passage: Window,
    known: Option<Finding>,
}

/// Answers a question from passages that lead to each other.
pub async fn chain(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let first = ranked(steps, documents, question, MAX_RATED, SAYS_ALL).await?;
    let best = first.first().map_or(0.0, |(likely, _)| *likely);
    if best >= SAYS_ALL
        && let Some(answer) = fact(steps, documents, question).await?
    {
        return Ok(answer);
    }
    let closest = first.first().map(|(_, window)| window.clone());
    let likely: Vec<(f64, Window)> = first.into_iter().take_while(|(likely, _)| *likely >= UNLIKELY).take(FIRST).collect();
    let windows: Vec<Window> = likely.iter().map(|(_, window)| window.clone()).collect();
    let mut leads: Vec<Lead> = likely.into_iter().map(|(likely, passage)| Lead { likely, passage, known: None }).collect();
    let mut bridges = read(steps, documents, &windows, question, "map_bridge", MAX_BRIDGE_TOKENS).await?;
    if bridges.is_empty() {
        // The model overlooks many: a sentence with a name then leads on as it stands.
        bridges.extend(windows.iter().filter_map(|window| naming_sentence(window, question)));
    }
    for bridge in bridges.into_iter().take(MAX_BRIDGES) {
        steps.drafted(bridge.marked(documents)).await?;
        let wanted = with_known(question, &bridge);
        let others = search::passages(steps, documents, &wanted, MAX_NEXT).await?;
        let passages = documents.distinct(naming(documents, question, &bridge).into_iter().chain(others), MAX_NEXT);
        let rated = rate(steps, documents, &passages, &wanted).await?;
        let next = rated.into_iter().zip(passages);
        leads.extend(next.map(|(likely, passage)| Lead { likely, passage, known: Some(bridge.clone()) }));
    }
    leads.sort_by(|a, b| b.likely.total_cmp(&a.likely));
    let Some(lead) = leads.first().filter(|lead| lead.likely >= LIKELY) else {
        return Ok(unread(documents, question, best, closest.as_ref()));
    };
    let known = lead.known.clone();
    let wanted = known.as_ref().map_or_else(|| question.to_owned(), |known| with_known(question, known));
    let least = CLOSE * lead.likely;
    let close = leads.into_iter().filter(|lead| lead.known == known && lead.likely >= least).take(MAX_READ);
    let windows: Vec<Window> = close.map(|lead| lead.passage).collect();
    let findings = read(steps, documents, &windows, &wanted, "map_read", MAX_FINDING_TOKENS).await?;
    if findings.is_empty() {
        return Ok(unread(documents, question, best, closest.as_ref()));
    }
    let found = Found { best, findings, read: windows };
    let answer = render("map_fact", context! { lines => lines_of(documents, question, &found) });
    Ok(match known {
        Some(known) => render("map_bridged", context! { answer, known => known.marked(documents) }),
        None => answer,
    })
}

/// Passages with the names that became known, other than the one that told them.
fn naming(documents: &Documents, question: &str, known: &Finding) -> Vec<Window> {
    let names: Vec<&str> = capitalised(&known.text).into_iter().filter(|name| !question.contains(*name)).collect();
    let tells =
        |window: &Window| window.document == known.document && window.lines.iter().any(|(number, _)| *number == known.line);
    let ranked = documents.ranked_paragraphs(&names.join(" ")).into_iter().take_while(|(score, _)| *score > 0.0);
    ranked.map(|(_, window)| window).filter(|window| !tells(window)).take(MAX_NAMING).collect()
}

/// A question with what is known.
fn with_known(question: &str, known: &Finding) -> String {
    render("map_known", context! { question, known => known.text.clone() })
}
