//! Mends queries over tables that a small model writes.

use super::kinds;
use crate::{
    sql::{Token, TokenKind, is_keyword, one_select, written},
    traits::tables::{Cell, Column, Kind, LINE_COLUMN, Table},
};
use std::collections::{BTreeMap, BTreeSet};

/// Shortest beginning that two forms of a word share, in characters.
const MIN_STEM: usize = 4;
/// Follows a day in a comparison with times: greater than each of its times.
pub(super) const END_OF_DAY: &str = " 24";
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

/// The texts in a column.
pub(super) fn texts(table: &Table, at: usize) -> impl Iterator<Item = &str> {
    table
        .rows
        .iter()
        .filter_map(move |row| if let Some(Cell::Text(text)) = row.cells.get(at) { Some(text.as_str()) } else { None })
}

/// The words of a text, in lower case.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether two words, in lower case, are equal or forms of the same one.
pub(super) fn is_alike(a: &str, b: &str) -> bool {
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

#[cfg(test)]
pub(super) mod tests;
