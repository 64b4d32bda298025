//! Queries over tables that a small model writes: describes the tables to it, mends its query, and finds the rows that the query read.

use super::kinds;
use crate::{
    prompts::{context, render},
    sql::{Token, TokenKind, is_keyword, one_select, written},
    traits::tables::{Cell, Column, Kind, LINE_COLUMN, Table},
};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that a description shows.
const SAMPLES: usize = 3;
/// Most different values of a column that are all shown.
const ALL_VALUES: usize = 12;
/// Most values that are shown because they share a word with the question.
const SHARED_VALUES: usize = 8;
/// Longest value that is shown whole, in characters.
const MAX_VALUE_CHARS: usize = 60;
/// Shortest beginning that two forms of a word share, in characters.
const MIN_STEM: usize = 4;
/// Shortest value that is a line of text and not a name, in characters.
const MIN_LINE_CHARS: usize = 30;
/// Follows a day in a comparison with times: greater than each of its times.
pub(super) const END_OF_DAY: &str = " 24";
/// Words that questions have and that say nothing about values.
const EMPTY_WORDS: &[&str] = &[
    "all", "and", "any", "are", "been", "did", "does", "for", "from", "had", "has", "have", "how", "into", "many", "much", "not",
    "our", "out", "per", "that", "the", "their", "there", "they", "this", "was", "were", "what", "when", "where", "which", "who",
    "with",
];
/// Words of a query's frame, which never stand for a column of that name.
const FRAME: &[&str] = &[
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cast",
    "desc",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "from",
    "having",
    "in",
    "intersect",
    "is",
    "join",
    "like",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "select",
    "then",
    "union",
    "using",
    "when",
    "where",
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

fn texts(table: &Table, at: usize) -> impl Iterator<Item = &str> {
    table
        .rows
        .iter()
        .filter_map(move |row| if let Some(Cell::Text(text)) = row.cells.get(at) { Some(text.as_str()) } else { None })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE_CHARS {
        return text.to_owned();
    }
    text.chars().take(MAX_VALUE_CHARS).chain(['…']).collect()
}

/// The words of a text, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether two words, in lower case, are equal or forms of the same one.
fn is_alike(a: &str, b: &str) -> bool {
    let begins = |long: &str, short: &str| short.chars().count() >= MIN_STEM && long.starts_with(short);
    a == b && a.chars().count() >= 3 || begins(a, b) || begins(b, a)
}

/// A text without case, spaces and punctuation.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Mends a model's query: names as the tables have them, values that exist, NULL for empty cells, functions that SQLite has. `None` where it is
/// not one SELECT over these tables and columns, or compares with a value that no cell is close to.
pub fn mended(sql: &str, tables: &[Table]) -> Option<String> {
    let mut tokens = with_known_names(with_own_functions(one_select(sql)?)?, tables)?;
    let mut at = 0;
    while at < tokens.len() {
        mend_comparison(&mut tokens, at, tables)?;
        at += 1;
    }
    Some(written(&tokens))
}

/// Writes functions of other databases with those of SQLite.
fn with_own_functions(tokens: Vec<Token>) -> Option<Vec<Token>> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    // Tokens to put before the closing parenthesis of each open function.
    let mut open: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let calls = token.kind == TokenKind::Word && tokens.get(at + 1).is_some_and(|next| next.is_sign("("));
        let name = token.text.to_lowercase();
        let (part, skipped) = match (name.as_str(), tokens.get(at + 2), tokens.get(at + 3)) {
            ("extract", Some(part), Some(from)) if from.is_word("from") => (part.text.to_lowercase(), 4),
            _ => (name.clone(), 2),
        };
        let begin = match part.as_str() {
            "year" => Some("CAST(strftime('%Y', "),
            "month" => Some("CAST(strftime('%m', "),
            "day" | "dayofmonth" => Some("CAST(strftime('%d', "),
            "quarter" => Some("(2 + CAST(strftime('%m', "),
            _ => None,
        };
        match begin {
            Some(begin) if calls => {
                out.extend(crate::sql::tokens(begin)?);
                open.push(if part == "quarter" { ") AS INTEGER)) / 3" } else { ") AS INTEGER)" });
                at += skipped;
                continue;
            }
            _ => {}
        }
        if calls && name == "left" && tokens.get(at + 3).is_some_and(|token| token.is_sign(",")) {
            let column = tokens.get(at + 2)?.clone();
            out.extend(crate::sql::tokens("substr(")?);
            out.extend([column]);
            out.extend(crate::sql::tokens(", 1,")?);
            open.push(")");
            at += 4;
            continue;
        }
        if token.is_sign("(") {
            open.push(")");
        }
        if token.is_sign(")") {
            out.extend(crate::sql::tokens(open.pop()?)?);
        } else if token.is_word("ilike") {
            out.push(Token::word("LIKE"));
        } else {
            out.push(token.clone());
        }
        at += 1;
    }
    open.is_empty().then_some(out)
}

/// Checks names, and writes those that are almost right as the tables have them.
fn with_known_names(mut tokens: Vec<Token>, tables: &[Table]) -> Option<Vec<Token>> {
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let columns: Vec<&Column> = tables.iter().flat_map(|table| &table.columns).collect();
    let aliases: BTreeSet<String> = aliases(&tokens, tables).into_keys().collect();
    let exact = |text: &str| {
        let is_name = |name: &&str| name.eq_ignore_ascii_case(text);
        names.iter().copied().chain(columns.iter().map(|column| column.name.as_str())).chain([LINE_COLUMN]).find(is_name)
    };
    for at in 0..tokens.len() {
        let token = tokens.get(at)?;
        let next = tokens.get(at + 1);
        let follows = |words: &[&str]| next.is_some_and(|next| words.iter().any(|word| next.is_word(word)));
        let is_call = next.is_some_and(|next| next.is_sign("("));
        let text = token.text.as_str();
        let is_bare = token.kind == TokenKind::Word;
        if !is_bare && token.kind != TokenKind::Quoted || is_bare && is_call {
            continue;
        }
        if is_bare && is_keyword(text) {
            // The column of that name has an underscore behind it.
            let own = format!("{}_", text.to_lowercase());
            let is_frame = FRAME.contains(&text.to_lowercase().as_str()) || follows(&["by", "join", "outer", "inner"]);
            if !is_frame && columns.iter().any(|column| column.name == own) {
                tokens[at] = Token::word(&own);
            }
            continue;
        }
        if let Some(name) = exact(text) {
            tokens[at] = Token::word(name);
            continue;
        }
        let is_type =
            is_bare && ["integer", "real", "text", "numeric", "float", "int", "nocase"].contains(&text.to_lowercase().as_str());
        if is_type || aliases.contains(&text.to_lowercase()) {
            continue;
        }
        let wanted = folded(text);
        let is_close = |column: &&&Column| folded(&column.name) == wanted || folded(&column.title) == wanted;
        let close: BTreeSet<&str> = columns.iter().filter(is_close).map(|column| column.name.as_str()).collect();
        let close_tables: BTreeSet<&str> = names.iter().copied().filter(|name| folded(name) == wanted).collect();
        let close: Vec<&str> = close.into_iter().chain(close_tables).collect();
        match close[..] {
            [name] => tokens[at] = Token::word(name),
            // SQLite reads it as text as well.
            _ if token.kind == TokenKind::Quoted => tokens[at] = Token::text(&token.text.clone()),
            _ => return None,
        }
    }
    // A query that reads no table is the model's own answer.
    tokens.iter().any(|token| names.iter().any(|name| token.is_word(name))).then_some(tokens)
}

/// The names that a query gives to tables and columns, in lower case, with the table that each stands for.
fn aliases<'a>(tokens: &[Token], tables: &'a [Table]) -> BTreeMap<String, Option<&'a Table>> {
    let mut aliases = BTreeMap::new();
    let table = |token: Option<&Token>| {
        let token = token?;
        tables.iter().find(|table| token.kind != TokenKind::Text && table.name.eq_ignore_ascii_case(&token.text))
    };
    for (at, token) in tokens.iter().enumerate().skip(1) {
        let is_name = token.kind == TokenKind::Word && !is_keyword(&token.text) || token.kind == TokenKind::Quoted;
        let before = |steps: usize| at.checked_sub(steps).and_then(|at| tokens.get(at));
        let is_call = tokens.get(at + 1).is_some_and(|next| next.is_sign("(") || next.is_sign("."));
        if !is_name || is_call {
            continue;
        }
        if before(1).is_some_and(|token| token.is_word("as")) {
            aliases.insert(token.text.to_lowercase(), table(before(2)));
        } else if let Some(table) = table(before(1)) {
            aliases.insert(token.text.to_lowercase(), Some(table));
        } else if before(1).is_some_and(|token| token.is_sign(")")) {
            aliases.insert(token.text.to_lowercase(), None);
        }
    }
    aliases
}

/// A column in a query, and how it is changed before it is compared.
struct Compared<'a> {
    table: &'a Table,
    at: usize,
    column: &'a Column,
    /// `LOWER` or `UPPER`, in lower case.
    fold: Option<String>,
}

impl Compared<'_> {
    /// The value as the comparison sees it.
    fn seen(&self, value: &str) -> String {
        match self.fold.as_deref() {
            Some("lower") => value.to_lowercase(),
            Some("upper") => value.to_uppercase(),
            _ => value.to_owned(),
        }
    }
}

/// The column that ends at token `end`: `price`, `b.price`, `LOWER(price)`.
fn compared<'a>(tokens: &[Token], end: usize, tables: &'a [Table]) -> Option<Compared<'a>> {
    let token = tokens.get(end)?;
    if token.is_sign(")") {
        let name = tokens.get(end.checked_sub(3)?)?;
        let fold = ["lower", "upper", "trim"].iter().find(|fold| name.is_word(fold))?;
        let inner = compared(tokens, end - 1, tables)?;
        return tokens.get(end - 2)?.is_sign("(").then(|| Compared { fold: Some((*fold).to_owned()), ..inner });
    }
    let find = |table: &'a Table| {
        let at = table.columns.iter().position(|column| token.is_word(&column.name))?;
        Some(Compared { table, at, column: table.columns.get(at)?, fold: None })
    };
    let qualifier =
        end.checked_sub(2).filter(|_| end.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|dot| dot.is_sign(".")));
    if let Some(qualifier) = qualifier.and_then(|at| tokens.get(at)) {
        let alias = aliases(tokens, tables).get(&qualifier.text.to_lowercase()).copied().flatten();
        return alias.or_else(|| tables.iter().find(|table| qualifier.is_word(&table.name))).and_then(find);
    }
    let is_read = |table: &&Table| tokens.iter().any(|token| token.is_word(&table.name));
    tables.iter().filter(is_read).find_map(find)
}

/// How a literal is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Like,
    In,
    /// Not above, or above: both need the end of a month.
    ToEnd,
    Other,
}

/// Mends the literal at token `at`, where it is one that is compared with a column.
fn mend_comparison(tokens: &mut Vec<Token>, at: usize, tables: &[Table]) -> Option<()> {
    let Some(literal) = tokens.get(at).cloned() else { return Some(()) };
    let back = |steps: usize| at.checked_sub(steps);
    let Some(operator) = back(1).and_then(|before| tokens.get(before)).cloned() else { return Some(()) };
    let is_equal = ["=", "=="].iter().any(|sign| operator.is_sign(sign));
    let is_unequal = ["!=", "<>"].iter().any(|sign| operator.is_sign(sign));
    if (is_equal || is_unequal) && (literal.is_word("null") || literal.kind == TokenKind::Text && literal.text.trim().is_empty())
    {
        let is_null = if is_equal { vec!["IS", "NULL"] } else { vec!["IS", "NOT", "NULL"] };
        tokens.splice(at - 1..=at, is_null.into_iter().map(Token::word));
        return Some(());
    }
    if is_equal && part_of_date(tokens, at) {
        return Some(());
    }
    if literal.kind != TokenKind::Text {
        return Some(());
    }
    let not_before =
        |end: usize| if tokens.get(end).is_some_and(|token| token.is_word("not")) { end.checked_sub(1) } else { Some(end) };
    let (comparison, end) = if is_equal || is_unequal {
        (Comparison::Equal, back(2))
    } else if operator.is_word("like") {
        (Comparison::Like, back(2).and_then(not_before))
    } else if operator.is_sign("<=") || operator.is_sign(">") {
        (Comparison::ToEnd, back(2))
    } else if operator.is_sign("<") || operator.is_sign(">=") {
        (Comparison::Other, back(2))
    } else if operator.is_word("between") {
        (Comparison::Other, back(2).and_then(not_before))
    } else if operator.is_word("and") && back(3).and_then(|at| tokens.get(at)).is_some_and(|token| token.is_word("between")) {
        (Comparison::ToEnd, back(4).and_then(not_before))
    } else {
        let listed = |at: &usize| tokens.get(*at).is_some_and(|token| token.kind == TokenKind::Text || token.is_sign(","));
        let start = (0..at).rev().find(|at| !listed(at)).filter(|at| tokens.get(*at).is_some_and(|token| token.is_sign("(")));
        let list = start.and_then(|at| at.checked_sub(1)).filter(|at| tokens.get(*at).is_some_and(|token| token.is_word("in")));
        (Comparison::In, list.and_then(|at| at.checked_sub(1)).and_then(not_before))
    };
    let Some(compared) = end.and_then(|end| compared(tokens, end, tables)) else { return Some(()) };
    let (value, like) = match compared.column.kind {
        Kind::Number => return Some(()),
        Kind::Date => mended_date(&compared, comparison, &literal.text),
        Kind::Text => mended_value(&compared, comparison, &literal.text)?,
    };
    tokens[at] = Token::text(&value);
    if like && comparison == Comparison::Equal {
        let words = if is_equal { vec!["LIKE"] } else { vec!["NOT", "LIKE"] };
        tokens.splice(at - 1..at, words.into_iter().map(Token::word));
    }
    Some(())
}

/// Mends `strftime('%m', day) = 3`, which compares a text with a number. Says whether it is such a comparison.
fn part_of_date(tokens: &mut [Token], at: usize) -> bool {
    let close = at.checked_sub(2).filter(|close| tokens.get(*close).is_some_and(|token| token.is_sign(")")));
    let is_bracket = |at: &usize| tokens.get(*at).is_some_and(|token| token.is_sign("(") || token.is_sign(")"));
    let open = close.and_then(|close| (0..close).rev().find(is_bracket));
    let is_call = open.and_then(|open| tokens.get(open.checked_sub(1)?)).is_some_and(|token| token.is_word("strftime"));
    let width = match open.and_then(|open| tokens.get(open + 1)).map(|format| format.text.as_str()) {
        Some("%m" | "%d") => 2,
        Some("%Y") => 4,
        _ => return false,
    };
    let Some(literal) = tokens.get_mut(at).filter(|_| is_call) else { return false };
    let Ok(number) = literal.text.parse::<u32>() else { return false };
    *literal = Token::text(&format!("{number:0width$}"));
    true
}

/// Mends a date: gives it in ISO form, and says whether it is now a pattern.
fn mended_date(compared: &Compared<'_>, comparison: Comparison, literal: &str) -> (String, bool) {
    let text = kinds::date(literal, false).unwrap_or_else(|| literal.to_owned());
    let has_times = texts(compared.table, compared.at).any(|value| value.len() > "2021-07-01".len());
    let end_of_day = if has_times { END_OF_DAY } else { "" };
    let is_digits = |at: usize, c: char| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() };
    let is_part = text.chars().enumerate().all(|(at, c)| is_digits(at, c));
    match (comparison, text.len()) {
        (Comparison::Equal, 4 | 7) if is_part => (text + "-%", true),
        (Comparison::Equal, 10) if is_part && has_times => (text + "%", true),
        // No date lies behind the 31st, though a month may not have it.
        (Comparison::ToEnd, 4) if is_part => (text + "-12-31" + end_of_day, false),
        (Comparison::ToEnd, 7) if is_part => (text + "-31" + end_of_day, false),
        (Comparison::ToEnd, 10) if is_part => (text + end_of_day, false),
        (Comparison::Like, _) => {
            let is_found = |pattern: &str| texts(compared.table, compared.at).any(|value| is_match(pattern, value));
            let open = format!("{text}%");
            (if !is_found(&text) && is_found(&open) { open } else { text }, true)
        }
        _ => (text, false),
    }
}

/// Mends a value: gives one that the column has, and says whether it is now a pattern. `None` where none is close.
fn mended_value(compared: &Compared<'_>, comparison: Comparison, literal: &str) -> Option<(String, bool)> {
    let values: BTreeSet<&str> = texts(compared.table, compared.at).collect();
    let is_like = comparison == Comparison::Like;
    if matches!(comparison, Comparison::ToEnd | Comparison::Other) || values.is_empty() {
        return Some((literal.to_owned(), false));
    }
    if values.iter().any(|value| if is_like { is_match(literal, value) } else { compared.seen(value) == literal }) {
        return Some((literal.to_owned(), is_like));
    }
    let core = if is_like { literal.trim_matches('%').replace('%', " ") } else { literal.to_owned() };
    let wanted = folded(&core);
    if wanted.is_empty() {
        return None;
    }
    let asked: Vec<String> = words(&core).collect();
    let equal = |value: &&&str| folded(value) == wanted;
    let holds = |value: &&&str| {
        let has = |asked: &String| words(value).any(|word| is_alike(asked, &word));
        folded(value).contains(&wanted) || asked.iter().all(has)
    };
    let held = |value: &&&str| folded(value).chars().count() >= MIN_STEM && wanted.contains(&folded(value));
    let equal: Vec<&&str> = values.iter().filter(equal).collect();
    let close: Vec<&&str> = values.iter().filter(holds).collect();
    let inner: Vec<&&str> = values.iter().filter(held).collect();
    match (&equal[..], &close[..], &inner[..]) {
        ([one], _, _) | ([], [one], _) | ([], [], [one]) => Some((compared.seen(one), is_like)),
        // "handle" where the values are "black handle" and "brass handle".
        ([], [_, _, ..], _) | ([_, _, ..], _, _) if comparison != Comparison::In => {
            let pattern = format!("%{}%", core.trim());
            values.iter().any(|value| is_match(&pattern, value)).then_some((pattern, true))
        }
        _ => None,
    }
}

/// Whether SQLite's `LIKE` holds: `%` stands for any characters and `_` for one; case of ASCII letters is ignored.
fn is_match(pattern: &str, value: &str) -> bool {
    let (pattern, value): (Vec<char>, Vec<char>) = (pattern.chars().collect(), value.chars().collect());
    let (mut p, mut v) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while v < value.len() {
        match pattern.get(p) {
            Some('%') => {
                retry = Some((p, v));
                p += 1;
            }
            Some(c) if *c == '_' || value.get(v).is_some_and(|value| c.eq_ignore_ascii_case(value)) => (p, v) = (p + 1, v + 1),
            _ => match retry {
                Some((percent, from)) => {
                    retry = Some((percent, from + 1));
                    (p, v) = (percent + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '%')
}

/// The clauses of a query over one table, as token ranges.
pub(super) struct Clauses<'a> {
    /// Between SELECT and FROM.
    pub items: &'a [Token],
    /// Behind FROM: the table and its alias.
    pub from: &'a [Token],
    pub condition: &'a [Token],
    pub group: &'a [Token],
    pub having: &'a [Token],
    pub order: &'a [Token],
    pub limit: &'a [Token],
}

/// Divides a query; `None` where it joins tables or queries.
pub(super) fn clauses(tokens: &[Token]) -> Option<Clauses<'_>> {
    const HEADS: [&str; 7] = ["select", "from", "where", "group", "having", "order", "limit"];
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" if token.kind == TokenKind::Sign => depth += 1,
            ")" if token.kind == TokenKind::Sign => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            _ if ["union", "except", "intersect", "join", "window"].iter().any(|word| token.is_word(word)) => return None,
            _ => starts.extend(HEADS.iter().position(|head| token.is_word(head)).map(|head| (head, at))),
        }
    }
    if !starts.is_sorted_by(|a, b| a.0 < b.0) {
        return None;
    }
    let clause = |wanted: usize| {
        let found = starts.iter().position(|(head, _)| *head == wanted)?;
        let from = starts.get(found)?.1 + if wanted == 3 || wanted == 5 { 2 } else { 1 };
        let to = starts.get(found + 1).map_or(tokens.len(), |(_, at)| *at);
        tokens.get(from..to)
    };
    let from =
        clause(1).filter(|from| (1..=3).contains(&from.len()) && !from.iter().any(|token| token.kind == TokenKind::Sign))?;
    let part = |wanted| clause(wanted).unwrap_or_default();
    Some(Clauses { items: clause(0)?, from, condition: part(2), group: part(3), having: part(4), order: part(5), limit: part(6) })
}

/// The query for the lines of the rows that `sql` read, in the column `line_`; `None` where `sql` joins tables or queries. Of a largest or
/// smallest value it is the row that has it.
pub fn rows_used(sql: &str) -> Option<String> {
    let tokens = one_select(sql)?;
    let Clauses { items, from, condition, group, having, order, limit } = clauses(&tokens)?;
    let is_aggregate = |token: &Token| ["sum", "count", "avg", "min", "max", "total"].iter().any(|name| token.is_word(name));
    let called =
        |items: &[Token]| items.windows(2).any(|pair| matches!(pair, [name, open] if is_aggregate(name) && open.is_sign("(")));
    let is_distinct = items.first().is_some_and(|token| token.is_word("distinct"));
    let mut query = vec![Token::word("SELECT"), Token::word(LINE_COLUMN), Token::word("FROM")];
    query.extend_from_slice(from);
    let sign = |text: &str| Token { kind: TokenKind::Sign, text: text.to_owned() };
    let extreme = match items {
        [name, open, column, close] if group.is_empty() && having.is_empty() && open.is_sign("(") && close.is_sign(")") => {
            let order = if name.is_word("max") {
                Some("DESC")
            } else if name.is_word("min") {
                Some("ASC")
            } else {
                None
            };
            order.filter(|_| column.kind != TokenKind::Sign).map(|order| (column.clone(), order))
        }
        _ => None,
    };
    if let Some((column, direction)) = extreme {
        query.push(Token::word("WHERE"));
        if !condition.is_empty() {
            query.push(sign("("));
            query.extend_from_slice(condition);
            query.extend([sign(")"), Token::word("AND")]);
        }
        query.push(column.clone());
        query.extend(["IS", "NOT", "NULL", "ORDER", "BY"].map(Token::word));
        query.extend([column, Token::word(direction), Token::word("LIMIT")]);
        query.push(Token { kind: TokenKind::Number, text: "1".to_owned() });
        return Some(written(&query));
    }
    if !condition.is_empty() {
        query.push(Token::word("WHERE"));
        query.extend_from_slice(condition);
    }
    // Rows that LIMIT cuts off were read for an aggregate only; a name that SELECT gave is not known here.
    let names_own = items.iter().zip(items.iter().skip(1)).any(|(before, name)| {
        (before.is_word("as") || before.is_sign(")")) && order.iter().any(|token| token.text.eq_ignore_ascii_case(&name.text))
    });
    let by_place = order.first().is_some_and(|token| token.kind == TokenKind::Number);
    if group.is_empty() && !called(items) && !is_distinct && !limit.is_empty() {
        if names_own || by_place {
            return None;
        }
        if !order.is_empty() {
            query.extend(["ORDER", "BY"].map(Token::word));
            query.extend_from_slice(order);
        }
        query.push(Token::word("LIMIT"));
        query.extend_from_slice(limit);
    }
    Some(written(&query))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::strategy::map::rows::tables::tables_of;

    pub fn boats() -> Vec<Table> {
        tables_of(
            "boats.csv",
            "Boat,Harbour,Built on,Unit price,Order,Left\n\
             Canoe,North,2019-04-02,300,X1,\nRaft,South,2021-08-30,450,X2,2022-01-09\nBlack punt,North-East,2019-09-01,20.5,X3,\n\
             White punt,North,2020-01-31,60,X4,2021-02-02\n",
        )
    }

    fn mend(sql: &str) -> Option<String> {
        mended(sql, &boats())
    }

    #[test]
    fn tables_are_described_with_values_dates_and_empty_cells() {
        let text = describe(&boats()[0], "How many boats lie in the north?");
        assert_eq!(
            text,
            "Table boats (4 rows): boat, harbour, built_on, unit_price, order_, left_\n\
             Canoe | North | 2019-04-02 | 300 | X1 | \nRaft | South | 2021-08-30 | 450 | X2 | 2022-01-09\n\
             Black punt | North-East | 2019-09-01 | 20.5 | X3 | \n\
             boat: Black punt, Canoe, Raft, White punt\nharbour: North, North-East, South\norder_: X1, X2, X3, X4\n\
             built_on: from 2019-04-02 to 2021-08-30\nleft_: from 2021-02-02 to 2022-01-09\nleft_: empty in 2 rows"
        );
    }

    #[test]
    fn of_many_values_those_of_the_question_are_shown() {
        let mut text = String::from("hut,beds\n");
        for number in 0..30 {
            text += &format!("Hut {number:02},{number}\n");
        }
        text += "Upper lakeside hut,3\nLakes end,4\n";
        let text = describe(&tables_of("huts.csv", &text)[0], "How many beds has the lake hut?");
        let shown = text.lines().find(|line| line.starts_with("hut: ")).unwrap();
        assert!(shown.starts_with("hut: Upper lakeside hut, Hut 00, ") && shown.matches(", ").count() == 7, "{shown}");
    }

    #[test]
    fn lines_that_differ_in_numbers_alone_are_shown_once() {
        let mut text = String::from("day,remark\n");
        for number in 0..30 {
            text += &format!("x,lock {number} of the lake was opened for a raft\n");
        }
        let text = describe(&tables_of("locks.csv", &text)[0], "When was a lock opened?");
        assert_eq!(text.matches("remark: lock").count(), 1);
        assert!(text.ends_with("remark: lock 0 of the lake was opened for a raft"), "{text}");
    }

    #[test]
    fn values_are_mended_to_those_of_the_column() {
        for (sql, becomes) in [
            ("SELECT boat FROM boats WHERE harbour = 'north'", "SELECT boat FROM boats WHERE harbour = 'North'"),
            ("SELECT boat FROM Boats WHERE Harbour = \"north east\";", "SELECT boat FROM boats WHERE harbour = 'North-East'"),
            (
                "SELECT boat FROM boats b WHERE b.harbour IN ('SOUTH', 'North')",
                "SELECT boat FROM boats b WHERE b.harbour IN ('South', 'North')",
            ),
            ("SELECT COUNT(*) FROM boats WHERE boat = 'black'", "SELECT COUNT(*) FROM boats WHERE boat = 'Black punt'"),
            ("SELECT COUNT(*) FROM boats WHERE boat = 'canoes'", "SELECT COUNT(*) FROM boats WHERE boat = 'Canoe'"),
            ("SELECT COUNT(*) FROM boats WHERE boat = 'punt'", "SELECT COUNT(*) FROM boats WHERE boat LIKE '%punt%'"),
            ("SELECT COUNT(*) FROM boats WHERE harbour LIKE '%sout%'", "SELECT COUNT(*) FROM boats WHERE harbour LIKE '%sout%'"),
            (
                "SELECT COUNT(*) FROM boats WHERE harbour LIKE 'North East%'",
                "SELECT COUNT(*) FROM boats WHERE harbour LIKE 'North-East'",
            ),
            ("SELECT 1 FROM boats WHERE LOWER(harbour) = 'north'", "SELECT 1 FROM boats WHERE LOWER(harbour) = 'north'"),
            ("SELECT 1 FROM boats WHERE lower(harbour) = 'NorthEast'", "SELECT 1 FROM boats WHERE lower(harbour) = 'north-east'"),
        ] {
            assert_eq!(mend(sql).as_deref(), Some(becomes), "{sql}");
        }
    }

    #[test]
    fn empty_cells_names_dates_and_functions_are_mended() {
        for (sql, becomes) in [
            ("SELECT boat FROM boats WHERE left = NULL", "SELECT boat FROM boats WHERE left_ IS NULL"),
            ("SELECT boat FROM boats WHERE left_ <> ''", "SELECT boat FROM boats WHERE left_ IS NOT NULL"),
            ("SELECT \"Unit price\" FROM boats ORDER BY order", "SELECT unit_price FROM boats ORDER BY order_"),
            ("SELECT SUM(unitPrice) AS s FROM boats ORDER BY s", "SELECT SUM(unit_price) AS s FROM boats ORDER BY s"),
            ("SELECT 1 FROM boats WHERE built_on = '2019'", "SELECT 1 FROM boats WHERE built_on LIKE '2019-%'"),
            ("SELECT 1 FROM boats WHERE built_on = '30.08.2021'", "SELECT 1 FROM boats WHERE built_on = '2021-08-30'"),
            (
                "SELECT 1 FROM boats WHERE built_on BETWEEN '2019-04' AND '2019-09'",
                "SELECT 1 FROM boats WHERE built_on BETWEEN '2019-04' AND '2019-09-31'",
            ),
            (
                "SELECT 1 FROM boats WHERE YEAR(built_on) = 2019",
                "SELECT 1 FROM boats WHERE CAST(strftime('%Y', built_on) AS INTEGER) = 2019",
            ),
            (
                "SELECT 1 FROM boats WHERE strftime('%m', built_on) = 4",
                "SELECT 1 FROM boats WHERE strftime('%m', built_on) = '04'",
            ),
            ("SELECT LEFT(built_on, 7) FROM boats", "SELECT substr(built_on, 1, 7) FROM boats"),
        ] {
            assert_eq!(mend(sql).as_deref(), Some(becomes), "{sql}");
        }
    }

    #[test]
    fn other_queries_are_not_mended() {
        for sql in [
            "",
            "SELECT 3",
            "SELECT mast FROM boats",
            "SELECT boat FROM ships",
            "SELECT boat FROM boats WHERE harbour = 'Atlantis'",
            "SELECT boat FROM boats; DROP TABLE boats",
            "SELECT boat FROM boats WHERE (harbour = 'North'",
            "DELETE FROM boats",
            "SELECT * FROM sqlite_master",
            "SELECT boat FROM boats WHERE harbour = 'open",
        ] {
            assert_eq!(mend(sql), None, "{sql}");
        }
    }

    #[test]
    fn rows_that_a_query_read_are_found() {
        for (sql, lines) in [
            ("SELECT SUM(price) FROM b WHERE x = 'N' GROUP BY y", Some("SELECT line_ FROM b WHERE x = 'N'")),
            ("SELECT COUNT(*) FROM b", Some("SELECT line_ FROM b")),
            ("SELECT x FROM b ORDER BY price DESC LIMIT 1", Some("SELECT line_ FROM b ORDER BY price DESC LIMIT 1")),
            (
                "SELECT MAX(price) FROM b WHERE x = 1 OR y = 2",
                Some("SELECT line_ FROM b WHERE (x = 1 OR y = 2) AND price IS NOT NULL ORDER BY price DESC LIMIT 1"),
            ),
            ("SELECT x FROM b WHERE p = (SELECT MAX(p) FROM b)", Some("SELECT line_ FROM b WHERE p = (SELECT MAX(p) FROM b)")),
            ("SELECT x FROM a JOIN b ON a.i = b.i", None),
            ("SELECT x FROM a, b", None),
            ("SELECT x FROM (SELECT 1)", None),
            ("SELECT x FROM a UNION SELECT x FROM b", None),
            ("SELECT p * 2 AS q FROM a ORDER BY q LIMIT 1", None),
            ("SELECT 1", None),
        ] {
            assert_eq!(rows_used(sql).as_deref(), lines, "{sql}");
        }
    }

    #[test]
    fn no_query_makes_it_panic() {
        let parts = [
            "SELECT ",
            "boat ",
            "boats ",
            "FROM ",
            "WHERE ",
            "harbour ",
            "= ",
            "'north' ",
            "''",
            "NULL ",
            "LIKE ",
            "IN ",
            "(",
            ") ",
            ", ",
            "LOWER(",
            "YEAR(",
            "LEFT(",
            "strftime('%m', ",
            "built_on ",
            "BETWEEN ",
            "AND ",
            "NOT ",
            "4 ",
            ".",
            "b ",
            "AS ",
            "ORDER ",
            "BY ",
            "LIMIT ",
            "*",
            "é",
        ];
        let tables = boats();
        let mut state = 7_u64;
        for _ in 0..3_000 {
            let mut sql = String::from("SELECT boat FROM boats WHERE ");
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                sql += parts[usize::try_from(state >> 33).unwrap() % parts.len()];
            }
            let mended = mended(&sql, &tables).unwrap_or(sql);
            rows_used(&mended);
            crate::strategy::map::rows::words::in_words(&mended, &tables);
        }
    }

    #[test]
    fn patterns_match_as_in_sqlite() {
        for (pattern, value, is) in
            [("%PUNT", "black punt", true), ("_anoe", "canoe", true), ("a%c%e", "abcde", true), ("a%x", "abc", false)]
        {
            assert_eq!(is_match(pattern, value), is, "{pattern}");
        }
    }
}
