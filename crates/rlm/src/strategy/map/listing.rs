//! Lists of dates or amounts: the engine takes them out of the text itself, so every entry stands there as it is shown, and none is missed.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        differences::entries::{Entry, amounts_in, dates_in},
        documents::Documents,
        passages::unquoted,
        steps::{Ask, Steps, probability},
    },
};

/// What the entries of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    Dates,
    Amounts,
    Others,
}

/// The words for it in the prompt.
const WORDS: [(&str, Entries); 4] =
    [("dates", Entries::Dates), ("amounts", Entries::Amounts), ("people", Entries::Others), ("things", Entries::Others)];

/// Probability from which the engine makes the list itself.
const SURE: f64 = 0.5;
/// Maximum length of a reply that names what the entries are, in tokens.
const MAX_WORD_TOKENS: u32 = 3;
/// Maximum number of entries in an answer.
const MAX_ENTRIES: usize = 60;

/// Asks what the entries of a list are.
pub async fn entries_of(steps: &mut Steps<'_>, question: &str) -> Result<Entries, Stop> {
    let user = render("map_question", context! { question });
    let ask = Ask::choosing("map_entries", user, "map_begin", &WORDS.map(|(word, _)| word), MAX_WORD_TOKENS);
    let reply = steps.ask_one(PlanStep::Check { findings: 1 }, ask).await?;
    let sure = WORDS.iter().find(|(word, _)| probability(&reply, word) >= SURE);
    Ok(sure.map_or(Entries::Others, |(_, entries)| *entries))
}

/// All dates or amounts of documents, in their order in time or in the documents. `None` where there are none.
pub async fn listing(
    steps: &mut Steps<'_>,
    documents: &Documents,
    of: &[usize],
    entries: Entries,
) -> Result<Option<String>, Stop> {
    let mut found: Vec<(usize, Entry)> = Vec::new();
    for &document in of {
        let read = &documents.all[document];
        let entries = match entries {
            Entries::Dates => dates_in(&read.path, read.text.as_str()),
            Entries::Amounts => amounts_in(&read.path, read.text.as_str()),
            Entries::Others => Vec::new(),
        };
        found.extend(entries.into_iter().map(|entry| (document, entry)));
    }
    if found.is_empty() {
        return Ok(None);
    }
    if entries == Entries::Dates {
        found.sort_by(|a, b| a.1.amount.total_cmp(&b.1.amount));
    }
    let mut with_some: Vec<usize> = found.iter().map(|(document, _)| *document).collect();
    with_some.sort_unstable();
    with_some.dedup();
    steps.touch(documents, &with_some).await?;
    steps.step(PlanStep::Read { passages: found.len() as u64, documents: of.len() as u64 }, found.len() as u64).await?;
    let more = found.len().saturating_sub(MAX_ENTRIES);
    let shown = found.iter().take(MAX_ENTRIES).map(|(document, entry)| {
        context! { value => entry.value.clone(), text => unquoted(&entry.text), mark => documents.mark(*document, entry.line) }
    });
    let values = context! {
        entries => shown.collect::<Vec<_>>(),
        more,
        total => found.len(),
        documents => with_some.len(),
        is_dates => entries == Entries::Dates,
    };
    Ok(Some(render("map_listing", values)))
}
