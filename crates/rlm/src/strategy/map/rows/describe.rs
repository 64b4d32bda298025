//! Describes tables to the model that writes a query over them.

use super::query::{is_alike, texts, words};
use crate::{
    prompts::{context, render},
    traits::tables::{Cell, Kind, Table},
};
use std::collections::BTreeSet;

/// Rows that a description shows.
const SAMPLES: usize = 3;
/// Most different values of a column that are all shown.
const ALL_VALUES: usize = 12;
/// Most values that are shown because they share a word with the question.
const SHARED_VALUES: usize = 8;
/// Longest value that is shown whole, in characters.
const MAX_VALUE_CHARS: usize = 60;
/// Shortest value that is a line of text and not a name, in characters.
const MIN_LINE_CHARS: usize = 30;
/// Words that questions have and that say nothing about values.
const EMPTY_WORDS: &[&str] = &[
    "all", "and", "any", "are", "been", "did", "does", "for", "from", "had", "has", "have", "how", "into", "many", "much", "not",
    "our", "out", "per", "that", "the", "their", "there", "they", "this", "was", "were", "what", "when", "where", "which", "who",
    "with",
];

/// Describes a table to the model that writes the query: its columns, some rows, and the values that `question` may mean.
pub fn describe(table: &Table, question: &str) -> String {
    let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let line = |cells: &[Cell]| cells.iter().map(|cell| shortened(&cell.to_string())).collect::<Vec<_>>().join(" | ");
    let samples: Vec<String> = table.rows.iter().take(SAMPLES).map(|row| line(&row.cells)).collect();
    let asked: Vec<String> = words(question).filter(|word| !EMPTY_WORDS.contains(&word.as_str())).collect();
    let (mut values, mut dates, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for (at, column) in table.columns.iter().enumerate() {
        let name = column.name.as_str();
        let missing = table.rows.iter().filter(|row| matches!(row.cells.get(at), None | Some(Cell::Empty))).count();
        if missing > 0 {
            empty.push(context! { name, rows => missing });
        }
        match column.kind {
            Kind::Number => {}
            Kind::Date => {
                let is_date = |text: &&str| text.starts_with(|c: char| c.is_ascii_digit());
                let (first, last) = (texts(table, at).filter(is_date).min(), texts(table, at).filter(is_date).max());
                dates.extend(first.zip(last).map(|(first, last)| context! { name, first, last }));
            }
            Kind::Text => {
                let shown = shown_values(table, at, &asked);
                if !shown.is_empty() {
                    values.push(context! { name, values => shown });
                }
            }
        }
    }
    render(
        "map_query_table",
        context! { name => table.name.as_str(), rows => table.rows.len(), columns, samples, values, dates, empty },
    )
}

/// The values of a column that the model sees: all few ones, or those that share a word with the question, the closest first.
fn shown_values(table: &Table, at: usize, asked: &[String]) -> Vec<String> {
    let different: BTreeSet<&str> = texts(table, at).collect();
    if different.len() <= ALL_VALUES {
        return if different.len() > 1 { different.into_iter().map(shortened).collect() } else { Vec::new() };
    }
    let shares = |value: &str| words(value).filter(|word| asked.iter().any(|asked| is_alike(asked, word))).count();
    let mut shared: Vec<(usize, &str)> =
        different.into_iter().map(|value| (shares(value), value)).filter(|(n, _)| *n > 0).collect();
    shared.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    // Lines of a log that differ in numbers alone are alike.
    let mut shapes = BTreeSet::new();
    let mut is_new = |value: &str| {
        value.chars().count() < MIN_LINE_CHARS || shapes.insert(value.chars().filter(|c| !c.is_numeric()).collect::<String>())
    };
    shared.into_iter().map(|(_, value)| value).filter(|value| is_new(value)).take(SHARED_VALUES).map(shortened).collect()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE_CHARS {
        return text.to_owned();
    }
    text.chars().take(MAX_VALUE_CHARS).chain(['…']).collect()
}
