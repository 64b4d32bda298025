//! Finds the tables of a document's text: delimited text, rows as Plumb's extraction and Markdown write them, and logs.

use super::kinds;
use crate::{
    sql,
    traits::tables::{Column, Kind, LINE_COLUMN, Row, Table},
};
use std::collections::BTreeSet;

/// Maximum number of rows of a table; further rows are left out.
pub const MAX_ROWS: usize = 200_000;
/// Maximum number of columns; a wider text is no table.
const MAX_COLUMNS: usize = 200;
/// Share of a delimited text's records that have as many cells as its heading, in per cent.
const EVEN_PERCENT: usize = 90;
/// Share of a log's lines that begin with a time, in per cent.
const STAMPED_PERCENT: usize = 80;
/// Fewest lines of a log.
const MIN_LOG_LINES: usize = 20;
/// Share of a log's lines that name their source, in per cent.
const SOURCE_PERCENT: usize = 60;
/// Share of a log's lines that name their level, in per cent: programs that have none may write most of it.
const LEVEL_PERCENT: usize = 5;
/// Most different words that name sources where they have no other mark.
const MAX_SOURCES: usize = 12;
/// Longest identifier, in characters.
const MAX_NAME: usize = 40;
/// Rows above a sheet's heading, such as its title.
const MAX_TITLE_ROWS: usize = 5;
/// First cells of a row of totals, in lower case. It would be counted twice.
const TOTALS: [&str; 8] = ["total", "totals", "grand total", "sum", "summe", "gesamt", "gesamtsumme", "insgesamt"];
/// Levels of a log's lines.
const LEVELS: [&str; 12] =
    ["TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "ERR", "FATAL", "CRITICAL", "CRIT", "ALERT"];

/// A row before its cells have kinds: its line, from 1, and its cells.
type Raw = (u64, Vec<String>);

/// The tables of a document, in order; none where its text has none.
pub fn tables_of(path: &str, text: &str) -> Vec<Table> {
    // Where it is stripped, lines stay as they are.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(table) = delimited(path, text).or_else(|| log(path, text)) {
        return vec![table];
    }
    rows_between_bars(path, text)
}

/// Text whose cells are delimited by the same character throughout.
fn delimited(path: &str, text: &str) -> Option<Table> {
    let lower = path.to_lowercase();
    let is_named_so = [".csv", ".tsv", ".tab"].iter().any(|ending| lower.ends_with(ending));
    let heading = text.lines().find(|line| !line.trim().is_empty())?;
    // Excel writes the delimiter first.
    let (heading, declared) = match heading.trim().strip_prefix("sep=") {
        Some(delimiter) => (text.lines().filter(|line| !line.trim().is_empty()).nth(1)?, delimiter.bytes().next()),
        None => (heading, None),
    };
    let found = [b',', b';', b'\t', b'|'].into_iter().filter(|delimiter| {
        let is_rows_between_bars = *delimiter == b'|' && (heading.contains(" | ") || heading.starts_with('|'));
        heading.as_bytes().contains(delimiter) && !is_rows_between_bars && declared.is_none_or(|declared| declared == *delimiter)
    });
    let parsed = found.filter_map(|delimiter| Some((delimiter, records(text, delimiter, is_named_so)?)));
    let (delimiter, mut records) = parsed.max_by_key(|(_, records)| records.first().map_or(0, |(_, cells)| cells.len()))?;
    let (_, titles) = records.remove(0);
    let mut names = BTreeSet::new();
    build(path, &stem(path), titles, records, delimiter == b';', &mut names)
}

/// The records of delimited text, the heading first; `None` where it is something else.
fn records(text: &str, delimiter: u8, is_named_so: bool) -> Option<Vec<Raw>> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records: Vec<Raw> = Vec::new();
    let (mut even, mut width) = (0_usize, 0_usize);
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    for record in reader.records() {
        let record = record.ok()?;
        let line = lines.line_of(record.position().map_or(0, csv::Position::byte));
        let cells: Vec<String> = record.iter().map(one_line).collect();
        if records.is_empty() {
            if cells.len() == 1 && cells.iter().all(|cell| cell.starts_with("sep=") || cell.is_empty()) {
                continue;
            }
            // A list within a sentence has spaces behind its commas.
            let is_sentence = !is_named_so && cells.len() < 3 && record.iter().skip(1).any(|cell| cell.starts_with(' '));
            if !(2..=MAX_COLUMNS).contains(&cells.len()) || !is_heading(&cells) || is_sentence {
                return None;
            }
            width = cells.len();
        } else {
            even += usize::from(cells.len() == width);
        }
        records.push((line, cells));
        let rows = records.len() - 1;
        if rows == 50 && even < 25 {
            return None;
        }
        if rows == MAX_ROWS {
            break;
        }
    }
    let rows = records.len().checked_sub(1)?;
    let is_even = even * 100 >= rows * EVEN_PERCENT;
    (is_even && rows >= if is_named_so { 1 } else { 3 }).then_some(records)
}

/// Finds lines of places in a text, which are asked for in order.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line, from 1, of the first byte from `at` on that breaks no line.
    fn line_of(&mut self, at: u64) -> u64 {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.at).filter(|byte| self.at < at || matches!(byte, b'\n' | b'\r')) {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

fn one_line(cell: &str) -> String {
    cell.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether cells name columns: most are filled, and none is a number or a date.
fn is_heading(cells: &[String]) -> bool {
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    filled >= 2 && filled * 2 >= cells.len() && !cells.iter().any(|cell| kinds::is_value(cell) || cell.chars().count() > 80)
}

/// Whether cells name columns some of which are years: `Item | 2021 | 2022`.
fn is_heading_with_years(cells: &[String]) -> bool {
    let is_year = |cell: &String| cell.parse().is_ok_and(|year: u32| (1900..2100).contains(&year));
    let others: Vec<String> = cells.iter().filter(|cell| !is_year(cell)).cloned().collect();
    let years: BTreeSet<&String> = cells.iter().filter(|cell| is_year(cell)).collect();
    years.len() >= 2
        && years.len() + others.len() == cells.len()
        && cells.first().is_some_and(|cell| !is_year(cell) && !cell.is_empty())
        && !others.iter().any(|cell| kinds::is_value(cell))
}

/// Tables whose rows stand between bars: sheets and tables of documents as Plumb extracts them, and Markdown.
fn rows_between_bars(path: &str, text: &str) -> Vec<Table> {
    let mut found = Found { path, names: BTreeSet::new(), tables: Vec::new() };
    let mut rows: Vec<Raw> = Vec::new();
    let (mut sheet, mut title) = (None::<String>, String::new());
    for (line, number) in text.lines().zip(1_u64..) {
        let cells = cells(line);
        if let Some(name) = line.strip_prefix("Sheet: ") {
            found.close(&mut rows, sheet.as_deref(), &title);
            sheet = Some(name.trim().to_owned());
        } else if line.trim().is_empty() {
            found.close(&mut rows, sheet.as_deref(), &title);
            sheet = None;
        } else if let Some(cells) = cells {
            rows.push((number, cells));
        } else if sheet.is_some() {
            rows.push((number, vec![one_line(line)]));
        } else {
            found.close(&mut rows, None, &title);
            if let Some(heading) = line.strip_prefix('#') {
                title = heading.trim_matches(['#', ' ']).to_owned();
            }
        }
    }
    found.close(&mut rows, sheet.as_deref(), &title);
    found.tables
}

/// The cells of a row, or `None` for another line.
fn cells(line: &str) -> Option<Vec<String>> {
    let line = line.trim_end();
    let framed = line.trim_start().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    match framed {
        Some(inner) if inner.contains('|') => Some(inner.split('|').map(one_line).collect()),
        // The extraction leaves the last cells out where they are empty.
        _ if line.contains(" | ") || line.ends_with(" |") => Some(line.split('|').map(one_line).collect()),
        _ => None,
    }
}

fn is_rule(cells: &[String]) -> bool {
    cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':' | '=')))
}

struct Found<'a> {
    path: &'a str,
    names: BTreeSet<String>,
    tables: Vec<Table>,
}

impl Found<'_> {
    /// Makes a table of the rows so far, if they are one.
    fn close(&mut self, rows: &mut Vec<Raw>, sheet: Option<&str>, title: &str) {
        let mut rows = std::mem::take(rows);
        let has_rule = rows.get(1).is_some_and(|(_, cells)| is_rule(cells));
        let heading = if has_rule {
            Some(0)
        } else {
            let reach = if sheet.is_some() { MAX_TITLE_ROWS } else { 1 };
            rows.iter().take(reach).position(|(_, cells)| is_heading(cells) || is_heading_with_years(cells))
        };
        let Some(heading) = heading else { return };
        rows.drain(..heading);
        let (_, mut titles) = rows.remove(0);
        rows.retain(|(_, cells)| !is_rule(cells));
        let width = rows.iter().map(|(_, cells)| cells.len()).chain([titles.len()]).max().unwrap_or(0);
        if sheet.is_some() {
            titles.resize(width, String::new());
        } else if !has_rule {
            let even = rows.iter().filter(|(_, cells)| cells.len() == titles.len()).count();
            if rows.len() < 2 || even * 100 < rows.len() * EVEN_PERCENT {
                return;
            }
        }
        let name = match (sheet, title) {
            (Some(sheet), _) => sheet.to_owned(),
            (None, "") => stem(self.path),
            (None, title) => title.to_owned(),
        };
        self.tables.extend(build(self.path, &name, titles, rows, false, &mut self.names));
    }
}

/// A log: lines that begin with a time. Lines that continue another are left out.
fn log(path: &str, text: &str) -> Option<Table> {
    let (mut lines, mut rows) = (0_usize, Vec::new());
    for (line, number) in text.lines().zip(1_u64..).filter(|(line, _)| !line.trim().is_empty()) {
        lines += 1;
        if let Some((time, rest)) = stamp(line) {
            rows.push((number, time, rest.trim()));
        }
        if lines == 100 && rows.len() < 50 || rows.len() == MAX_ROWS {
            break;
        }
    }
    if lines < MIN_LOG_LINES || rows.len() * 100 < lines * STAMPED_PERCENT {
        return None;
    }
    let shares = |found: usize, percent: usize| found * 100 >= rows.len() * percent;
    let mut titles = vec!["time"];
    let mut sources: Vec<Option<&str>> = rows.iter().map(|(_, _, rest)| source(rest)).collect();
    if !shares(sources.iter().flatten().count(), SOURCE_PERCENT) {
        let is_name = |word: &&str| word.chars().any(char::is_alphabetic) && !LEVELS.contains(word);
        sources = rows.iter().map(|(_, _, rest)| rest.split_whitespace().next().filter(is_name)).collect();
        let different: BTreeSet<&str> = sources.iter().flatten().copied().collect();
        if !(2..=MAX_SOURCES).contains(&different.len()) || !shares(sources.iter().flatten().count(), SOURCE_PERCENT) {
            sources.clear();
        }
    }
    let mut levels: Vec<Option<&str>> = rows.iter().map(|(_, _, rest)| level(rest)).collect();
    if !shares(levels.iter().flatten().count().max(1), LEVEL_PERCENT) || levels.iter().all(Option::is_none) {
        levels.clear();
    }
    titles.extend((!sources.is_empty()).then_some("source"));
    titles.extend((!levels.is_empty()).then_some("level"));
    titles.push("text");
    let cells = |(at, (line, time, rest)): (usize, (u64, String, &str))| {
        let named = [&sources, &levels].into_iter().filter_map(|words| Some(words.get(at)?.unwrap_or_default().to_owned()));
        (line, [time].into_iter().chain(named).chain([one_line(rest)]).collect())
    };
    let rows = rows.into_iter().enumerate().map(cells).collect();
    build(path, &stem(path), titles.into_iter().map(str::to_owned).collect(), rows, false, &mut BTreeSet::new())
}

/// The time at the beginning of a log's line, and the rest: `2022-11-01 07:13:00`; of syslog, which writes no year, `11-01 07:13:00`.
fn stamp(line: &str) -> Option<(String, &str)> {
    let line = line.trim_start().trim_start_matches('[');
    let until = |text: &str| text.find(|c: char| c.is_whitespace() || c == ']' || c == '|').unwrap_or(text.len());
    if let Some((day, rest)) = line.split_at_checked(10).filter(|(day, _)| day.starts_with(|c: char| c.is_ascii_digit())) {
        let day = kinds::date(day, false)?;
        let clock = rest.strip_prefix(['T', ' ', '_']).unwrap_or(rest).trim_start();
        let (clock, after) = clock.split_at_checked(until(clock))?;
        return match kinds::time(clock) {
            Some(time) => Some((format!("{day} {time}"), after.trim_start_matches([']', ' ', '|']))),
            None if rest.starts_with([' ', ']', '|', ':']) => Some((day, rest.trim_start_matches([']', ' ', '|', ':']))),
            None => None,
        };
    }
    let mut words = line.splitn(2, ' ');
    let month = words.next().filter(|word| word.len() == 3).and_then(kinds::month)?;
    let rest = words.next()?.trim_start();
    let (day, rest) = rest.split_once(' ')?;
    let day: u32 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let rest = rest.trim_start();
    let (clock, after) = rest.split_at_checked(until(rest))?;
    Some((format!("{month:02}-{day:02} {}", kinds::time(clock)?), after))
}

/// The program that wrote a line: `name[123]:` or `name:` among its first words.
fn source(rest: &str) -> Option<&str> {
    let name = |word: &'_ str| -> Option<usize> {
        let bare = word.strip_suffix(':')?;
        let end = bare.find('[').unwrap_or(bare.len());
        let is_name = |c: char| c.is_alphanumeric() || "_-./()".contains(c);
        let name = bare.get(..end)?;
        (name.chars().all(is_name) && name.chars().any(char::is_alphabetic) && !LEVELS.contains(&name)).then_some(end)
    };
    rest.split_whitespace().take(4).find_map(|word| word.get(..name(word)?))
}

/// The level of a line among its first words, in capitals.
fn level(rest: &str) -> Option<&str> {
    let trimmed = |word: &'_ str| -> bool { LEVELS.contains(&word.trim_matches(|c: char| !c.is_alphanumeric())) };
    let word = rest.split_whitespace().take(4).find(|word| trimmed(word))?;
    Some(word.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// Makes a table of a heading and rows. `None` without rows. `comma`: see [`kinds::typed`].
fn build(
    path: &str,
    name: &str,
    mut titles: Vec<String>,
    mut rows: Vec<Raw>,
    comma: bool,
    names: &mut BTreeSet<String>,
) -> Option<Table> {
    let is_used = |rows: &[Raw], at: usize| rows.iter().any(|(_, cells)| cells.get(at).is_some_and(|cell| !cell.is_empty()));
    while titles.last().is_some_and(String::is_empty) && !is_used(&rows, titles.len() - 1) {
        titles.pop();
    }
    rows.retain(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
    rows.truncate(MAX_ROWS);
    let is_total = |(_, cells): &Raw| {
        let first = cells.iter().find(|cell| !cell.is_empty()).map(|cell| cell.trim_end_matches(':').to_lowercase());
        first.is_some_and(|first| TOTALS.contains(&first.as_str()))
    };
    rows.pop_if(|row| is_total(row));
    if rows.is_empty() || !(2..=MAX_COLUMNS).contains(&titles.len()) {
        return None;
    }
    let (lines, cells): (Vec<u64>, Vec<Vec<String>>) = rows.into_iter().unzip();
    let (kinds, cells): (Vec<Kind>, _) = kinds::typed(&cells, titles.len(), comma);
    let mut used = BTreeSet::from([LINE_COLUMN.to_owned()]);
    let columns = titles.into_iter().zip(kinds).enumerate().map(|(at, (title, kind))| {
        let name = identifier(&title).unwrap_or_else(|| format!("column_{}", at + 1));
        Column { name: unique(name, &mut used), title, kind }
    });
    let columns = columns.collect();
    let rows = lines.into_iter().zip(cells).map(|(line, cells)| Row { line, cells }).collect();
    let name = unique(identifier(name).unwrap_or_else(|| "data".to_owned()), names);
    Some(Table { name, path: path.to_owned(), columns, rows })
}

/// The file's name without folders and ending.
fn stem(path: &str) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.split_once('.').map_or(file, |(stem, _)| if stem.is_empty() { file } else { stem }).to_owned()
}

/// An SQL identifier for a heading: lower case, words joined by `_`, no keyword. `None` where it has no letter or digit.
fn identifier(title: &str) -> Option<String> {
    let mut words = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => words.push_str("ae"),
            'ö' => words.push_str("oe"),
            'ü' => words.push_str("ue"),
            'ß' => words.push_str("ss"),
            c if c.is_alphanumeric() => words.push(c),
            _ => words.push(' '),
        }
    }
    let mut name = words.split_whitespace().collect::<Vec<_>>().join("_");
    if name.chars().count() > MAX_NAME {
        name = name.chars().take(MAX_NAME).collect::<String>().trim_end_matches('_').to_owned();
    }
    let first = name.chars().next()?;
    if !first.is_alphabetic() {
        let prefix = if name.len() == 4 && name.chars().all(|c| c.is_ascii_digit()) { "year_" } else { "c_" };
        name.insert_str(0, prefix);
    }
    if sql::is_keyword(&name) {
        name.push('_');
    }
    Some(name)
}

fn unique(name: String, used: &mut BTreeSet<String>) -> String {
    let mut candidate = name.clone();
    let mut number = 2;
    while !used.insert(candidate.clone()) {
        candidate = format!("{name}_{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests;
