//! XLSX workbooks. Sheets are streamed, and a malformed cell loses nothing but itself.

use super::number;
use super::remarks::Remarks;
use super::rows::Rows;
use super::strings::{self, Shown, Strings};
use crate::Outcome;
use crate::formats::zip::package::{Links, Package};
use crate::formats::zip::xml::{self, Xml, referred};
use calamine::{ExcelDateTime, ExcelDateTimeType};
use plumb_extract::{Failure, Kind};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::io::BufRead;

/// Most bytes of a sheet, unpacked.
const MAX_SHEET_BYTES: u64 = 4 << 30;

/// Workbook data needed to display a cell.
struct Book {
    strings: Strings,
    styles: Vec<Shown>,
    /// Whether day numbers count from 1904.
    since_1904: bool,
}

/// Reads the workbook whose main part is `main`.
pub fn text(mut package: Package<'_>, main: &str) -> Outcome {
    let workbook = package.xml(main)?.ok_or_else(|| Failure::failed("damaged: its list of sheets is missing"))?;
    let links = Links::of(&mut package, main);
    let remarks = Remarks::of(&mut package, main);
    let mut rows = Rows::default();
    let mut part = |kind: &str| match links.of_kind(kind).next() {
        Some(part) => Ok(package.xml(part)?.unwrap_or_default()),
        None => Ok(String::new()),
    };
    let styles = strings::styles(&part("styles")?);
    let strings = Strings::read(&part("sharedStrings")?);
    let mut book = Book { strings, styles, since_1904: false };
    let mut xml = Xml::new(&workbook);
    while let Some(tag) = xml.next_open() {
        match xml::name(&tag) {
            "workbookPr" => book.since_1904 = matches!(xml::attr(&tag, "date1904").as_deref(), Some("1" | "true")),
            "sheet" => {
                let name = xml::attr(&tag, "name").unwrap_or_default();
                let part = xml::attr(&tag, ":id").and_then(|id| links.target(&id));
                // Chart sheets have no cells.
                if part.is_some_and(|part| part.contains("chartsheets/")) {
                    continue;
                }
                rows.sheet(&name);
                let whole = match part.map(|part| package.stream(part, MAX_SHEET_BYTES)) {
                    Some(Ok(Some(stream))) => sheet(stream, &book, &mut rows),
                    _ => false,
                };
                if !whole {
                    rows.doubts.push(format!("sheet {name} is damaged: cells may be missing"));
                }
                remarks.add(&name, &mut rows);
            }
            _ => {}
        }
        if rows.is_full() {
            break;
        }
    }
    rows.finish(Kind::Xlsx)
}

/// A cell being read.
#[derive(Default)]
struct Cell {
    row: u32,
    column: u32,
    style: usize,
    kind: Type,
    /// Its raw value.
    value: String,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Type {
    #[default]
    Number,
    Shared,
    Text,
    Inline,
    Switch,
    Error,
    Date,
}

/// Adds the rows of a sheet. Returns whether the sheet was complete.
fn sheet(stream: impl BufRead, book: &Book, rows: &mut Rows) -> bool {
    let mut reader = Reader::from_reader(stream);
    reader.config_mut().allow_dangling_amp = true;
    let mut buffer = Vec::with_capacity(1 << 10);
    let mut cell = Cell::default();
    // Text counts inside values and inline strings, but not in phonetic readings.
    let (mut in_value, mut aside) = (false, false);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => match xml::name(&tag) {
                "row" => begin_row(&tag, &mut cell),
                "c" => begin_cell(&tag, &mut cell),
                "v" => in_value = true,
                "t" => in_value = !aside,
                "rPh" => aside = true,
                _ => {}
            },
            Ok(Event::Empty(tag)) => match xml::name(&tag) {
                "row" => {
                    begin_row(&tag, &mut cell);
                    end_row(&mut cell);
                }
                "c" => {
                    begin_cell(&tag, &mut cell);
                    cell.column += 1;
                }
                "sheetData" => return true,
                _ => {}
            },
            Ok(Event::Text(text)) if in_value => cell.value.push_str(&text.into_inner()),
            Ok(Event::CData(text)) if in_value => cell.value.push_str(&text.into_inner()),
            Ok(Event::GeneralRef(name)) if in_value => cell.value.extend(referred(&name)),
            Ok(Event::End(tag)) => match tag.local_name().as_ref() {
                "v" | "t" => in_value = false,
                "rPh" => aside = false,
                "c" => {
                    if !cell.value.is_empty() {
                        rows.cell(cell.row, cell.column, |out| show(&mut cell.value, cell.kind, cell.style, book, out));
                        cell.value.clear();
                    }
                    cell.column = cell.column.saturating_add(1);
                    if rows.is_full() {
                        return true;
                    }
                }
                "row" => end_row(&mut cell),
                "sheetData" => return true,
                _ => {}
            },
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

fn begin_row(tag: &BytesStart<'_>, cell: &mut Cell) {
    if let Some(number) = xml::number::<u32>(tag, "r") {
        cell.row = number.saturating_sub(1);
    }
}

fn end_row(cell: &mut Cell) {
    cell.row = cell.row.saturating_add(1);
    cell.column = 0;
}

fn begin_cell(tag: &BytesStart<'_>, cell: &mut Cell) {
    cell.value.clear();
    (cell.style, cell.kind) = (0, Type::Number);
    for attribute in tag.attributes().with_checks(false).flatten() {
        match attribute.key.0 {
            "r" => {
                if let Some((row, column)) = place(&attribute.value) {
                    (cell.row, cell.column) = (row, column);
                }
            }
            "s" => cell.style = attribute.value.trim().parse().unwrap_or(0),
            "t" => {
                cell.kind = match &*attribute.value {
                    "s" => Type::Shared,
                    "str" => Type::Text,
                    "inlineStr" => Type::Inline,
                    "b" => Type::Switch,
                    "e" => Type::Error,
                    "d" => Type::Date,
                    _ => Type::Number,
                }
            }
            _ => {}
        }
    }
}

/// Row and column of a cell name, counted from 0: "B12" is (11, 1).
fn place(name: &str) -> Option<(u32, u32)> {
    let (mut row, mut column) = (0u32, 0u32);
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' => {
                column = column.checked_mul(26)?.checked_add(u32::from(byte.to_ascii_uppercase() - b'A') + 1)?;
            }
            b'0'..=b'9' => row = row.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?,
            b'$' => {}
            _ => return None,
        }
    }
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

/// Appends a value as the cell displays it.
fn show(value: &mut String, kind: Type, style: usize, book: &Book, out: &mut String) {
    match kind {
        Type::Shared => {
            let number = value.trim().parse().ok();
            out.push_str(number.and_then(|number| book.strings.get(number)).unwrap_or_default());
        }
        Type::Text | Type::Inline => {
            strings::unescape(value, 0);
            out.push_str(value);
        }
        Type::Switch => out.push_str(if matches!(value.trim(), "1" | "true") { "TRUE" } else { "FALSE" }),
        Type::Error => out.push_str(value),
        Type::Date => out.push_str(&super::open::plain_date(value)),
        Type::Number => match value.trim().parse::<f64>() {
            Ok(number) => show_number(number, book.styles.get(style).unwrap_or(&Shown::General), book.since_1904, out),
            // Anything that is not a number is shown verbatim.
            Err(_) => out.push_str(value),
        },
    }
}

fn show_number(number: f64, shown: &Shown, since_1904: bool, out: &mut String) {
    match shown {
        Shown::General => number::general(number, out),
        Shown::Number(format) => format.write(number, out),
        Shown::Date => number::date(&ExcelDateTime::new(number, ExcelDateTimeType::DateTime, since_1904), out),
        Shown::Duration => number::date(&ExcelDateTime::new(number, ExcelDateTimeType::TimeDelta, since_1904), out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_names_give_row_and_column() {
        assert_eq!(place("A1"), Some((0, 0)));
        assert_eq!(place("$AB$12"), Some((11, 27)));
        assert_eq!(place("XFD1048576"), Some((1_048_575, 16_383)));
        assert_eq!([place("12"), place("A"), place("A0"), place("ZZZZZZZZZ9")], [None; 4]);
    }
}
