//! Questions over the rows of tables and logs: the model writes one query, the engine mends it to columns and values that exist, runs it, and shows
//! the result with the rows that it used.

pub mod clauses;
pub mod describe;
pub mod kinds;
pub mod query;
pub mod tables;
pub mod words;

use crate::{
    fault::Code,
    prompts::{context, render},
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window},
        steps::{Ask, Steps},
    },
    traits::tables::{Answered, Cell, Table},
};
use std::collections::{HashMap, HashSet};

/// Maximum number of tables in one question.
const MAX_TABLES: usize = 3;
/// Weight of a passage in a document that is nothing but rows.
const ROWS_WEIGHT: f64 = 1.5;
/// Maximum length of a query, in tokens.
const MAX_QUERY_TOKENS: u32 = 110;
/// Maximum number of rows in an answer.
const MAX_ROWS: usize = 30;
/// Maximum number of rows whose places an answer names.
const MAX_MARKS: usize = 5;
/// The beginning of every query.
const BEGIN: &str = "SELECT";

/// The tables of documents, those of the best passages for the question first. Documents that are nothing but rows go before a table in prose.
pub fn tables_for(documents: &Documents, ranked: &[(f64, &Window)]) -> Vec<(usize, Table)> {
    let mut best: HashMap<usize, f64> = HashMap::new();
    for (score, window) in ranked {
        let weight = if documents.is_table(window.document) { ROWS_WEIGHT } else { 1.0 };
        let known = best.entry(window.document).or_default();
        *known = known.max(score * weight);
    }
    // A small table in prose is a candidate only where its document fits best.
    let first = ranked.first().map(|(_, window)| window.document);
    best.retain(|document, _| documents.is_table(*document) || Some(*document) == first);
    let mut order: Vec<(usize, f64)> = best.into_iter().filter(|(_, score)| *score > 0.0).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut found: Vec<(usize, Table)> = Vec::new();
    let mut names = HashSet::new();
    for (document, _) in order {
        for table in documents.tables(document) {
            if found.len() == MAX_TABLES {
                return found;
            }
            let mut table = table.clone();
            while !names.insert(table.name.clone()) {
                table.name.push('_');
            }
            found.push((document, table));
        }
    }
    found
}

/// Answers a question from tables. `None` where no query over them answers it.
pub async fn rows(
    steps: &mut Steps<'_>,
    documents: &Documents,
    tables: Vec<(usize, Table)>,
    question: &str,
) -> Result<Option<String>, Stop> {
    let (of, tables): (Vec<usize>, Vec<Table>) = tables.into_iter().unzip();
    steps.touch(documents, &of).await?;
    let described: Vec<String> = tables.iter().map(|table| describe::describe(table, question)).collect();
    let ask = Ask {
        system: render("map_query", context! {}),
        user: render("map_query_question", context! { tables => described.join("\n\n"), question }),
        begin: BEGIN.to_owned(),
        stop: [";", "\n\n", "```", "\nQuestion"].map(str::to_owned).to_vec(),
        max_tokens: MAX_QUERY_TOKENS,
        ..Ask::default()
    };
    let step = PlanStep::Read { passages: tables.len() as u64, documents: of.len() as u64 };
    let reply = steps.ask_one(step, ask).await?;
    let reply = reply.trim_start_matches(['`', ' ', '\n']);
    let begins = reply.get(..BEGIN.len()).is_some_and(|head| head.eq_ignore_ascii_case(BEGIN));
    let written = if begins { reply.to_owned() } else { format!("{BEGIN} {reply}") };
    let Some(sql) = query::mended(&written, &tables) else { return Ok(None) };
    let in_words = words::in_words(&sql, &tables);
    let answered = match steps.run.tables.query(&tables, &sql, MAX_ROWS).await {
        Ok(answered) => answered,
        Err(fault) if fault.code == Code::DiskFull => return Err(fault.into()),
        Err(_) => return Ok(None),
    };
    steps.step(PlanStep::Query { query: in_words.clone() }, answered.total as u64).await?;
    if is_empty(&answered) {
        return Ok(None);
    }
    let lines = used(steps, &tables, &sql).await;
    let lower = sql.to_lowercase();
    let named = tables.iter().find(|table| lower.contains(&table.name.to_lowercase()));
    let path = named.or(tables.first()).map(|table| table.path.clone()).unwrap_or_default();
    let marks: Vec<String> = match &lines {
        Some(lines) => lines.iter().take(MAX_MARKS).map(|line| format!("[[{path}#L{line}]]")).collect(),
        None => vec![format!("[[{path}]]")],
    };
    let values = context! {
        result => shown(&answered),
        more => answered.total.saturating_sub(answered.rows.len()),
        rows => lines.as_ref().map(Vec::len),
        in_words,
        path,
        marks => marks.join(" "),
    };
    Ok(Some(render("map_rows", values)))
}

/// Lines of the rows that a query used, where it has a simple form.
async fn used(steps: &Steps<'_>, tables: &[Table], sql: &str) -> Option<Vec<u64>> {
    let of_rows = clauses::rows_used(sql)?;
    let answered = steps.run.tables.query(tables, &of_rows, tables::MAX_ROWS).await.ok()?;
    let line = |row: &Vec<Cell>| match row.first() {
        Some(Cell::Number(line)) => Some(*line as u64),
        _ => None,
    };
    Some(answered.rows.iter().filter_map(line).collect())
}

/// Whether a result says nothing: no rows, nothing but empty cells, or a count of no rows, which most often means that the query asked for the
/// wrong ones.
fn is_empty(answered: &Answered) -> bool {
    let is_nothing = |cell: &Cell| matches!(cell, Cell::Empty) || matches!(cell, Cell::Number(number) if *number == 0.0);
    answered.rows.iter().flatten().all(is_nothing)
}

/// A result as Markdown: one value, a list of values, or a table.
fn shown(answered: &Answered) -> String {
    let cells = |row: &[Cell]| row.iter().map(|cell| cell.to_string().replace('|', "/")).collect::<Vec<_>>();
    match (answered.rows.as_slice(), answered.columns.len()) {
        ([row], 1) => format!("**{}**", cells(row).concat()),
        ([row], _) => cells(row).iter().map(|cell| format!("**{cell}**")).collect::<Vec<_>>().join(", "),
        (rows, 1) => rows.iter().map(|row| format!("- {}", cells(row).concat())).collect::<Vec<_>>().join("\n"),
        (rows, columns) => {
            let head = [format!("| {} |", answered.columns.join(" | ")), format!("|{}", " --- |".repeat(columns))];
            let rows = rows.iter().map(|row| format!("| {} |", cells(row).join(" | ")));
            head.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
        }
    }
}
