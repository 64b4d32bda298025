//! The kinds of a table's columns: finds numbers and dates as people write them, and gives them the form that SQL compares.

use crate::traits::tables::{Cell, Kind};
use std::collections::BTreeSet;

/// Share of a column's cells that have its kind, in per cent of those that are not empty.
const MAJORITY_PERCENT: usize = 90;
/// Words that stand for an empty cell, in lower case.
const PLACEHOLDERS: [&str; 7] = ["-", "–", "—", "n/a", "n.a.", "null", "nan"];
/// Currencies that may stand before a number, in lower case; after it any short word may stand.
const CURRENCIES: [&str; 16] =
    ["€", "$", "£", "¥", "₹", "eur", "usd", "gbp", "chf", "jpy", "sek", "nok", "dkk", "us$", "fr.", "rs."];
/// Beginnings of the months' names, English and German, by month.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "jänner"],
    &["february", "februar"],
    &["march", "märz"],
    &["april"],
    &["may", "mai"],
    &["june", "juni"],
    &["july", "juli"],
    &["august"],
    &["september"],
    &["october", "oktober"],
    &["november"],
    &["december", "dezember"],
];

/// Finds the kinds of `width` columns and converts their cells. `comma`: the document writes decimal commas where no number decides it.
pub fn typed(rows: &[Vec<String>], width: usize, comma: bool) -> (Vec<Kind>, Vec<Vec<Cell>>) {
    let columns: Vec<Vec<&str>> = (0..width)
        .map(|at| {
            rows.iter().map(|row| row.get(at).map_or("", |text| if is_placeholder(text) { "" } else { text.as_str() })).collect()
        })
        .collect();
    // Each column decides for itself; one whose numbers read both ways follows the others.
    let decided: Vec<Option<bool>> = columns.iter().map(|cells| writes_comma(cells)).collect();
    let votes = |comma: bool| decided.iter().filter(|decided| **decided == Some(comma)).count();
    let default = match votes(true).cmp(&votes(false)) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => comma,
    };
    let mut kinds = Vec::with_capacity(width);
    let mut cells: Vec<Vec<Cell>> = rows.iter().map(|_| Vec::with_capacity(width)).collect();
    for (column, decided) in columns.iter().zip(decided) {
        let (kind, converted) = convert(column, decided.unwrap_or(default));
        kinds.push(kind);
        for (row, cell) in cells.iter_mut().zip(converted) {
            row.push(cell);
        }
    }
    (kinds, cells)
}

fn is_placeholder(text: &str) -> bool {
    text.chars().count() <= 4 && PLACEHOLDERS.contains(&text.to_lowercase().as_str())
}

fn convert(column: &[&str], comma: bool) -> (Kind, Vec<Cell>) {
    let filled = column.iter().filter(|text| !text.is_empty()).count();
    let most = |found: usize| found > 0 && found * 100 >= filled * MAJORITY_PERCENT;
    let finish = |kind, found: Vec<Option<Cell>>| {
        let cells = found.into_iter().zip(column).map(|(found, text)| match (found, *text) {
            (Some(cell), _) => cell,
            (None, "") => Cell::Empty,
            (None, text) => Cell::Text(text.to_owned()),
        });
        (kind, cells.collect())
    };

    let month_first = {
        let reads = |month_first| column.iter().filter(|text| date(text, month_first).is_some()).count();
        reads(true) > reads(false)
    };
    let dates: Vec<Option<Cell>> = column.iter().map(|text| date(text, month_first).map(Cell::Text)).collect();
    if most(dates.iter().flatten().count()) {
        return finish(Kind::Date, dates);
    }

    let measured: Vec<Option<Measured<'_>>> = column.iter().map(|text| measured(text)).collect();
    let units: BTreeSet<&str> = measured.iter().flatten().map(|m| m.unit.as_str()).filter(|unit| !unit.is_empty()).collect();
    // Postal codes and numbers of articles would lose their zeros.
    let is_code =
        |m: &Measured<'_>| m.digits.len() > 1 && m.digits.starts_with('0') && m.digits.chars().all(|c| c.is_ascii_digit());
    if units.len() <= 1 && !measured.iter().flatten().any(is_code) {
        let value = |m: &Option<Measured<'_>>| {
            let m = m.as_ref()?;
            let value = number(m.digits, comma)?;
            Some(Cell::Number(if m.is_negative { -value } else { value }))
        };
        let numbers: Vec<Option<Cell>> = measured.iter().map(value).collect();
        if most(numbers.iter().flatten().count()) {
            return finish(Kind::Number, numbers);
        }
    }
    finish(Kind::Text, column.iter().map(|_| None).collect())
}

/// A number with its unit, before its separators are understood.
struct Measured<'a> {
    /// In lower case; empty where there is none.
    unit: String,
    is_negative: bool,
    digits: &'a str,
}

fn measured(text: &str) -> Option<Measured<'_>> {
    let text = text.trim();
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())?;
    let (before, digits, after) = (text.get(..first)?, text.get(first..=last)?, text.get(last + 1..)?);
    if !digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',') || is_gap(c)) {
        return None;
    }
    let signs = |c: char| matches!(c, '-' | '−' | '+');
    let before_unit = before.trim_matches(|c: char| signs(c) || c.is_whitespace()).to_lowercase();
    let after_unit = after.trim().to_lowercase();
    let is_after_unit = after_unit.chars().count() <= 6
        && after_unit.chars().all(|c| c.is_alphabetic() || "%°€$£¥₹²³/.".contains(c))
        && !after_unit.starts_with(['.', '/']);
    if !(before_unit.is_empty() || CURRENCIES.contains(&before_unit.as_str())) || !is_after_unit {
        return None;
    }
    Some(Measured { unit: before_unit + &after_unit, is_negative: before.contains(['-', '−']), digits })
}

fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}')
}

/// Reads digits with separators: of thousands, and a decimal point or `comma`.
fn number(digits: &str, comma: bool) -> Option<f64> {
    let (decimal, thousands) = if comma { (',', '.') } else { ('.', ',') };
    let (whole, fraction) = digits.split_once(decimal).unwrap_or((digits, ""));
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !is_digits(fraction) || whole.is_empty() {
        return None;
    }
    let groups: Vec<&str> = whole.split(|c| c == thousands || is_gap(c)).collect();
    let is_group = |(at, group): (usize, &&str)| match at {
        _ if !is_digits(group) => false,
        0 if groups.len() > 1 => (1..=3).contains(&group.len()) && !group.starts_with('0'),
        0 => true,
        _ => group.len() == 3,
    };
    if !groups.iter().enumerate().all(is_group) {
        return None;
    }
    format!("{}.{fraction}0", groups.concat()).parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether the numbers of a column have a decimal comma; `None` where all read both ways.
fn writes_comma(column: &[&str]) -> Option<bool> {
    let (mut commas, mut points) = (0_usize, 0_usize);
    for m in column.iter().filter_map(|text| measured(text)) {
        match (number(m.digits, true).is_some(), number(m.digits, false).is_some()) {
            (true, false) => commas += 1,
            (false, true) => points += 1,
            _ => {}
        }
    }
    (commas != points).then_some(commas > points)
}

/// Whether the text is a number or a date, with any separators and unit.
pub fn is_value(text: &str) -> bool {
    let is_number = |m: Measured<'_>| number(m.digits, true).or_else(|| number(m.digits, false)).is_some();
    measured(text).is_some_and(is_number) || date(text, false).is_some() || date(text, true).is_some()
}

/// Reads a date: `2021-07-01`, `01.09.2022`, `01/09/2022`, `4 November 2022`, also with a time. Gives `2022-11-04` or `2022-11-04 13:30:00`.
pub fn date(text: &str, month_first: bool) -> Option<String> {
    let text = text.trim();
    // No date is longer; texts are many.
    if text.len() > 40 || !text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let at_time = |(day, rest): (&str, &str)| Some((day.trim_end_matches(',').to_owned(), time(rest.trim())?));
    let (day, time) = text
        .rsplit_once(' ')
        .and_then(at_time)
        .or_else(|| text.split_once('T').and_then(at_time))
        .unwrap_or_else(|| (text.to_owned(), String::new()));
    let (year, month, day) = day_of_digits(&day, month_first).or_else(|| day_of_words(&day))?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1000..3000).contains(&year) || !(1..=days).contains(&day) {
        return None;
    }
    let gap = if time.is_empty() { "" } else { " " };
    Some(format!("{year:04}-{month:02}-{day:02}{gap}{time}"))
}

/// Reads `13:30`, `13:30:05`, `13:30:05.123Z` or `13:30:05,123+01:00`, and gives `13:30:05`.
pub fn time(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
    let (clock, rest) = text.split_at_checked(end)?;
    if !rest.chars().all(|c| c.is_ascii_digit() || ".,:+-Z".contains(c)) {
        return None;
    }
    let parts: Vec<u32> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    (hour < 24 && minute < 60 && second <= 60).then(|| format!("{hour:02}:{minute:02}:{second:02}"))
}

fn day_of_digits(text: &str, month_first: bool) -> Option<(u32, u32, u32)> {
    let separator = text.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '-' | '.' | '/'))?;
    let parts: Vec<&str> = text.split(separator).collect();
    let [first, second, third] = parts[..] else { return None };
    let is_short = |part: &str| (1..=2).contains(&part.len());
    let value = |part: &str| part.parse::<u32>().ok();
    let (a, b, c) = (value(first)?, value(second)?, value(third)?);
    match (first.len(), third.len()) {
        (4, 1..=2) if is_short(second) => Some((a, b, c)),
        (1..=2, 4) if is_short(second) => Some(if separator == '/' && month_first { (c, a, b) } else { (c, b, a) }),
        (2, 2) if separator == '.' && second.len() == 2 => Some((if c < 70 { 2000 + c } else { 1900 + c }, b, a)),
        _ => None,
    }
}

fn day_of_words(text: &str) -> Option<(u32, u32, u32)> {
    let words: Vec<&str> =
        text.split([' ', ',']).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty()).collect();
    let [first, second, third] = words[..] else { return None };
    let day = |word: &str| {
        let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        let (digits, ordinal) = word.split_at_checked(end)?;
        if ["", "st", "nd", "rd", "th"].contains(&ordinal) { digits.parse::<u32>().ok() } else { None }
    };
    let year = if third.len() == 4 { third.parse::<u32>().ok()? } else { return None };
    month(second).zip(day(first)).or_else(|| month(first).zip(day(second))).map(|(month, day)| (year, month, day))
}

/// The month of a name or of its first three letters or more, in English or German.
pub fn month(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    let names = |names: &&[&str]| names.iter().any(|name| name.starts_with(&word)) && word.chars().count() >= 3;
    MONTHS.iter().position(names).and_then(|at| u32::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> (Kind, Vec<Cell>) {
        let rows: Vec<Vec<String>> = cells.iter().map(|cell| vec![(*cell).to_owned()]).collect();
        let (kinds, cells) = typed(&rows, 1, false);
        (kinds[0], cells.into_iter().map(|mut row| row.remove(0)).collect())
    }

    fn numbers(cells: &[&str]) -> Option<Vec<f64>> {
        let (kind, cells) = column(cells);
        let value = |cell| if let Cell::Number(number) = cell { Some(number) } else { None };
        if kind == Kind::Number { cells.into_iter().map(value).collect() } else { None }
    }

    #[test]
    fn separators_are_decided_for_the_whole_column() {
        assert_eq!(numbers(&["1.234", "3,79", "1.000.000"]), Some(vec![1234.0, 3.79, 1e6]));
        assert_eq!(numbers(&["1,234", "3.79", "-12"]), Some(vec![1234.0, 3.79, -12.0]));
        assert_eq!(numbers(&["1'234.50", "7"]), Some(vec![1234.5, 7.0]));
        assert_eq!(numbers(&["1.234", "0.500"]), Some(vec![1.234, 0.5]));
    }

    #[test]
    fn one_unit_is_stripped_and_two_are_text() {
        assert_eq!(numbers(&["€ 5", "€1,200.50", "-€3"]), Some(vec![5.0, 1200.5, -3.0]));
        assert_eq!(numbers(&["5 kg", "12 kg"]), Some(vec![5.0, 12.0]));
        assert_eq!(numbers(&["12.5%", "3%"]), Some(vec![12.5, 3.0]));
        for cells in [["5 kg", "300 g"], ["A105", "A127"], ["00123", "01234"], ["14:30", "15:00"], ["1.2.3", "1.2.4"]] {
            assert_eq!(column(&cells).0, Kind::Text, "{cells:?}");
        }
    }

    #[test]
    fn dates_become_iso() {
        for (text, iso) in [
            ("2021-07-01", "2021-07-01"),
            ("01.09.2022", "2022-09-01"),
            ("1.9.2022", "2022-09-01"),
            ("01.09.22", "2022-09-01"),
            ("01/09/2022", "2022-09-01"),
            ("4 November 2022", "2022-11-04"),
            ("4. Oktober 2022", "2022-10-04"),
            ("Nov 4, 2022", "2022-11-04"),
            ("2022-03-04 13:30", "2022-03-04 13:30:00"),
            ("2022-03-04T13:30:05.123Z", "2022-03-04 13:30:05"),
        ] {
            assert_eq!(date(text, false).as_deref(), Some(iso), "{text}");
        }
        for text in ["31.02.2022", "2022-13-01", "1.2", "12", "4 Boats 2022", "", "é.é.2022", "2022-03-04 x"] {
            assert_eq!(date(text, false), None, "{text}");
        }
        assert_eq!(
            column(&["03/31/2022", "01/09/2022"]),
            (Kind::Date, vec![Cell::Text("2022-03-31".into()), Cell::Text("2022-01-09".into())])
        );
    }

    #[test]
    fn the_majority_of_cells_decides_the_kind() {
        let mut cells = vec!["1"; 9];
        cells.push("many");
        assert_eq!(column(&cells).1[9], Cell::Text("many".into()));
        assert_eq!(column(&cells).0, Kind::Number);
        cells.push("more");
        assert_eq!(column(&cells).0, Kind::Text);
        assert_eq!(
            column(&["n/a", "-", "3", ""]),
            (Kind::Number, vec![Cell::Empty, Cell::Empty, Cell::Number(3.0), Cell::Empty])
        );
        assert_eq!(column(&["", ""]).0, Kind::Text);
    }
}
