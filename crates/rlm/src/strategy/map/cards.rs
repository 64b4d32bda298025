//! An overview: a card for each document, which says what it is in one line, then a paragraph over the cards.

use crate::{
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window, heading},
        passages::{shown, unquoted},
        steps::{Ask, Steps},
    },
};

/// Maximum number of documents that get a card.
const MAX_CARDS: usize = 20;
/// Cards that are made at a time, and at first.
const WAVE: usize = 6;
const FIRST_WAVE: usize = 2;
/// Characters of a document that its card is made from.
const HEAD_CHARS: usize = 700;
/// Maximum length of a card, in tokens.
const MAX_CARD_TOKENS: u32 = 56;
/// Maximum length of the paragraph over the cards, in tokens.
const MAX_OVERVIEW_TOKENS: u32 = 160;

/// A document's card.
struct Card {
    document: usize,
    line: u64,
    text: String,
}

/// Says what the documents are.
pub async fn overview(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<String, Stop> {
    let chosen = spread(documents.all.len(), MAX_CARDS);
    // Until a document has its card, its title stands for it.
    let mut cards: Vec<Card> = chosen.iter().map(|&document| titled(documents, document)).collect();
    steps.drafted(listed(documents, &cards)).await?;
    // The first cards are to be seen soon.
    let (first, rest) = chosen.split_at(chosen.len().min(FIRST_WAVE));
    for wave in std::iter::once(first).chain(rest.chunks(WAVE)) {
        steps.touch(documents, wave).await?;
        let asks = wave.iter().map(|&document| card(documents, document)).collect();
        let replies = steps.ask(PlanStep::Describe { documents: wave.len() as u64 }, asks).await?;
        for (document, reply) in wave.iter().zip(replies) {
            let card = cards.iter_mut().find(|card| card.document == *document);
            if let (Some(card), Some(text)) = (card, reply.filter(|text| !text.is_empty())) {
                card.text = text;
            }
        }
        steps.drafted(listed(documents, &cards)).await?;
    }
    let values = context! {
        cards => cards.iter().map(|card| format!("{}: {}", documents.all[card.document].path, card.text)).collect::<Vec<_>>(),
        question,
    };
    let paragraph = steps.write("map_overview", render("map_cards", values), MAX_OVERVIEW_TOKENS).await?;
    let values = context! {
        total => documents.total,
        kinds => documents.kinds(),
        described => cards.len(),
        paragraph,
        cards => listed(documents, &cards),
    };
    Ok(render("map_overview_answer", values))
}

/// The card of a document before it is described: its first line.
fn titled(documents: &Documents, document: usize) -> Card {
    let first = documents.of_document(document).next().and_then(|window| window.lines.first());
    let text = heading(documents.all[document].text.as_str()).trim_start_matches(['#', ' ']).to_owned();
    Card { document, line: first.map_or(1, |(line, _)| *line), text }
}

/// The question for a document's card.
fn card(documents: &Documents, document: usize) -> Ask {
    let mut chars = 0;
    let lines: Vec<(u64, String)> = documents
        .of_document(document)
        .flat_map(|window| &window.lines)
        .take_while(|(_, line)| {
            let fits = chars < HEAD_CHARS;
            chars += line.chars().count();
            fits
        })
        .cloned()
        .collect();
    let user = shown(documents, &Window { document, lines });
    Ask::writing("map_card", user, "map_card_begin", &["\n"], MAX_CARD_TOKENS)
}

/// The cards as a list with their places.
fn listed(documents: &Documents, cards: &[Card]) -> String {
    let line = |card: &Card| {
        let path = &documents.all[card.document].path;
        format!("- **{path}**: {} {}", unquoted(&card.text), documents.mark(card.document, card.line))
    };
    cards.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `most` places of `all`, evenly spread.
fn spread(all: usize, most: usize) -> Vec<usize> {
    if all <= most { (0..all).collect() } else { (0..most).map(|index| index * all / most).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_spread_over_a_large_folder() {
        assert_eq!(spread(3, 20), [0, 1, 2]);
        assert_eq!(spread(10, 4), [0, 2, 5, 7]);
    }
}
