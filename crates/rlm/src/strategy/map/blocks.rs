//! Lists that stand in the documents as lists: items with marks or numbers, or rows, one below the other.

use crate::strategy::map::{
    documents::{Documents, Window},
    passages::{Finding, item},
};

/// Number of items from which lines are a list.
const MIN_ITEMS: usize = 3;
/// Maximum number of lines before the first item that introduce a list.
const MAX_INTRODUCTION: usize = 3;
/// Maximum number of items of an answer.
const MAX_ITEMS: usize = 24;
/// Probability from which a passage leads to its list, and part of the best one's that it needs.
const POSSIBLE: f64 = 0.3;
const CLOSE: f64 = 0.8;

/// A list with the lines that introduce it.
struct Block {
    /// The heading or the line that introduces it; empty where there is none.
    name: String,
    first: u64,
    last: u64,
    items: Vec<Finding>,
}

/// An item of a list in a document.
pub struct Item {
    /// The heading of its list.
    pub list: String,
    pub finding: Finding,
}

/// The items of the list that a passage stands in or introduces which is nearly as likely as the likeliest one, in the same document. Empty where
/// there is none.
pub fn items(documents: &Documents, rated: &[(f64, Window)]) -> Vec<Item> {
    let Some((best, likeliest)) = rated.first().filter(|(best, _)| *best >= POSSIBLE) else { return Vec::new() };
    let blocks = blocks(documents, likeliest.document);
    let close = rated.iter().take_while(|(likely, _)| *likely >= CLOSE * best).map(|(_, window)| window);
    let is_in =
        |window: &Window, block: &Block| window.lines.iter().any(|(number, _)| (block.first..=block.last).contains(number));
    let of_document = close.filter(|window| window.document == likeliest.document);
    let Some(block) = of_document.filter_map(|window| blocks.iter().find(|block| is_in(window, block))).next() else {
        return Vec::new();
    };
    let of_list = |finding: &Finding| Item { list: block.name.clone(), finding: finding.clone() };
    block.items.iter().take(MAX_ITEMS).map(of_list).collect()
}

/// The lists of a document.
fn blocks(documents: &Documents, document: usize) -> Vec<Block> {
    let lines: Vec<&(u64, String)> = documents.of_document(document).flat_map(|window| &window.lines).collect();
    let mut blocks: Vec<Block> = Vec::new();
    let mut items: Vec<Finding> = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for (at, (number, line)) in lines.iter().enumerate() {
        if line.contains('|') && !line.contains(char::is_alphanumeric) {
            continue;
        }
        let text = text_of(line);
        let is_other = !items.is_empty() && text.is_some() && is_row(line) != is_row(&lines[begin].1);
        if is_other {
            finish(&mut blocks, &lines, (begin, end), std::mem::take(&mut items));
        }
        let follows = at > 0 && lines[at - 1].0 + 1 == *number;
        match (text, items.last_mut()) {
            (Some(text), last) => {
                if last.is_none() {
                    begin = at;
                }
                items.push(Finding { document, line: *number, text });
                end = at;
            }
            // A line that goes on with an item.
            (None, Some(item)) if follows && !line.starts_with('#') && !line.contains('|') => {
                item.text = format!("{} {}", item.text, line.trim());
                end = at;
            }
            (None, _) => finish(&mut blocks, &lines, (begin, end), std::mem::take(&mut items)),
        }
    }
    finish(&mut blocks, &lines, (begin, end), items);
    blocks
}

/// Adds the list of some items that stand in the lines from `begin` to `end`, if there are enough.
fn finish(blocks: &mut Vec<Block>, lines: &[&(u64, String)], (begin, end): (usize, usize), mut items: Vec<Finding>) {
    // The first row of a table names its columns.
    if !items.is_empty() && is_row(&lines[begin].1) {
        items.remove(0);
    }
    if items.len() < MIN_ITEMS {
        return;
    }
    let after = blocks.last().map_or(0, |block| block.last);
    let before = &lines[begin.saturating_sub(MAX_INTRODUCTION)..begin];
    let before = &before[before.partition_point(|(number, _)| *number <= after)..];
    let heading = before.iter().rposition(|(_, line)| line.starts_with('#'));
    let introduction = &before[heading.unwrap_or_default()..];
    let name = introduction.first().map_or("", |(_, line)| line.trim_start_matches('#').trim()).to_owned();
    let first = introduction.first().map_or(lines[begin].0, |(number, _)| *number);
    blocks.push(Block { name, first, last: lines[end].0, items });
}

/// Whether a line is a row of a table.
fn is_row(line: &str) -> bool {
    line.matches('|').count() > 1
}

/// An item without its mark, or a row with commas. `None` for another line.
fn text_of(line: &str) -> Option<String> {
    if is_row(line) {
        let cells = line.split('|').map(str::trim).filter(|cell| !cell.is_empty());
        return Some(cells.collect::<Vec<_>>().join(", "));
    }
    item(line).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::map::documents::tests::documents;

    const HUT: &str = "# The hut\n\nGuests like it.\n\n## Every day\n\n- Sweep the floor,\n  then mop it.\n- Fetch wood.\n- Wind the clock.\n\n\
                       ## Every month\n\nOnly in summer:\n\n1. Mow the lawn.\n2. Oil the gate.\n\n3. Wash the boat.\n\n\
                       | Task | Who |\n|---|---|\n| Paint | Vera |\n| Nails | Otto |\n| Glue | Ada |\n";

    fn found(likely: &[(f64, u64)]) -> Vec<(String, u64, String)> {
        let all = documents(&[("hut.md", HUT)]);
        let line = |number: u64| HUT.lines().nth(number as usize - 1).unwrap_or_default().to_owned();
        let window = |number: u64| Window { document: 0, lines: vec![(number, line(number))] };
        let rated: Vec<(f64, Window)> = likely.iter().map(|(likely, number)| (*likely, window(*number))).collect();
        items(&all, &rated).into_iter().map(|item| (item.list, item.finding.line, item.finding.text)).collect()
    }

    #[test]
    fn the_list_of_a_likely_passage_is_taken_whole() {
        let daily = ("Every day", [(7, "Sweep the floor, then mop it."), (9, "Fetch wood."), (10, "Wind the clock.")]);
        let monthly = ("Every month", [(16, "Mow the lawn."), (17, "Oil the gate."), (19, "Wash the boat.")]);
        let as_found = |(name, items): (&str, [(u64, &str); 3])| -> Vec<(String, u64, String)> {
            items.into_iter().map(|(line, text)| (name.to_owned(), line, text.to_owned())).collect()
        };
        assert_eq!(found(&[(0.9, 8), (0.5, 17)]), as_found(daily));
        assert_eq!(found(&[(0.9, 3), (0.8, 5)]), as_found(daily));
        assert_eq!(found(&[(0.9, 14), (0.8, 24)]), as_found(monthly));
    }

    #[test]
    fn rows_are_items_and_other_passages_have_none() {
        let rows: Vec<String> = found(&[(0.6, 24)]).into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(rows, ["Paint, Vera", "Nails, Otto", "Glue, Ada"]);
        assert!(found(&[(0.9, 3), (0.7, 9)]).is_empty());
        assert!(found(&[(0.2, 9)]).is_empty());
    }
}
