//! Excel workbooks, old and new.

use super::biff::Biff;
use super::number;
use super::open_xml;
use super::rows::Rows;
use crate::Outcome;
use crate::formats::zip::package::Package;
use calamine::{Data, DataRef, DataType, ExcelDateTime, Reader, SheetType, Xls, XlsError, Xlsb};
use plumb_extract::{Failure, Kind};
use std::{
    fmt::Write,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Most bytes of shared strings and styles, unpacked; they stay in memory while sheets are read.
const MAX_SHARED_BYTES: u64 = 250 << 20;
/// Most bytes of a sheet, unpacked; sheets are streamed.
const MAX_SHEET_BYTES: u64 = 4 << 30;
/// Most cells in the used ranges of an XLS workbook, including empty ones.
const MAX_CELLS: u64 = 12_000_000;

/// Reads XLSX and XLSB.
pub fn zipped(bytes: &[u8], mut package: Package<'_>, main: &str) -> Outcome {
    if !main.ends_with(".bin") {
        return open_xml::text(package, main);
    }
    package.check(MAX_SHEET_BYTES, |name| name.starts_with("xl/worksheets/"))?;
    for part in ["xl/sharedStrings.bin", "xl/styles.bin"] {
        package.check_unpacked(part, MAX_SHARED_BYTES)?;
    }
    binary(bytes)
}

fn binary(bytes: &[u8]) -> Outcome {
    let mut workbook = Xlsb::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let mut rows = Rows::default();
    for name in sheets(workbook.sheets_metadata()) {
        rows.sheet(&name);
        let mut cells = match workbook.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            Err(e) => {
                doubt(&mut rows, &name, &e);
                continue;
            }
        };
        loop {
            match cells.next_cell() {
                Ok(Some(cell)) if !rows.is_full() => {
                    let (row, column) = cell.get_position();
                    write(&mut rows, row, column, cell.get_value());
                }
                Ok(_) => break,
                Err(e) => {
                    doubt(&mut rows, &name, &e);
                    break;
                }
            }
        }
        if rows.is_full() {
            break;
        }
    }
    rows.finish(Kind::Xlsx)
}

/// Reads XLS. `stream` is the workbook stream, `bytes` the whole file.
pub fn xls(bytes: &[u8], stream: &[u8]) -> Outcome {
    // The library trusts some numbers in the file and panics if they are wrong.
    let read = catch_unwind(AssertUnwindSafe(|| read_xls(bytes, stream)));
    read.unwrap_or_else(|_| Err(Failure::failed("damaged: its cells cannot be read")))
}

fn read_xls(bytes: &[u8], stream: &[u8]) -> Outcome {
    let biff = Biff::read(stream);
    if biff.needed > MAX_CELLS {
        return Err(Failure::failed("its sheets are too large to read"));
    }
    let mut workbook: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|e| match e {
        XlsError::Password => Failure::failed("protected with a password"),
        e => damaged(&e),
    })?;
    let mut rows = Rows::default();
    let names: Vec<_> = workbook.sheets_metadata().iter().map(|sheet| sheet.name.clone()).collect();
    for name in sheets(workbook.sheets_metadata()) {
        rows.sheet(&name);
        let number = names.iter().position(|other| *other == name).unwrap_or(0);
        let range = match workbook.worksheet_range(&name) {
            Ok(range) => range,
            Err(e) => {
                doubt(&mut rows, &name, &e);
                continue;
            }
        };
        let (top, left) = range.start().unwrap_or((0, 0));
        for (row, column, value) in range.used_cells() {
            let place = |start: u32, at: usize| start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            let (row, column) = (place(top, row), place(left, column));
            match (value, biff.format(number, row, column)) {
                (Data::Float(value), Some(format)) => rows.cell(row, column, |out| format.write(*value, out)),
                (Data::Int(value), Some(format)) => rows.cell(row, column, |out| format.write(*value as f64, out)),
                _ => write(&mut rows, row, column, value),
            }
        }
        if rows.is_full() {
            break;
        }
    }
    rows.finish(Kind::Xls)
}

fn sheets(all: &[calamine::Sheet]) -> Vec<String> {
    let with_cells = |typ| matches!(typ, SheetType::WorkSheet | SheetType::MacroSheet | SheetType::DialogSheet);
    all.iter().filter(|sheet| with_cells(sheet.typ)).map(|sheet| sheet.name.clone()).collect()
}

fn doubt(rows: &mut Rows, sheet: &str, error: &dyn std::error::Error) {
    rows.doubts.push(format!("sheet {sheet} is damaged: cells may be missing ({error})"));
}

/// Adds a cell of any kind of workbook.
fn write(rows: &mut Rows, row: u32, column: u32, value: &(impl DataType + Cell)) {
    if !value.is_empty() {
        rows.cell(row, column, |out| value.write(out));
    }
}

trait Cell {
    fn write(&self, out: &mut String);
}

impl Cell for DataRef<'_> {
    fn write(&self, out: &mut String) {
        match self {
            DataRef::SharedString(text) => out.push_str(text),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => out.push_str(text),
            DataRef::Int(number) => number::general(*number as f64, out),
            DataRef::Float(number) => number::general(*number, out),
            DataRef::Bool(value) => out.push_str(if *value { "TRUE" } else { "FALSE" }),
            DataRef::DateTime(date) => write_date(date, out),
            // Writing to a String cannot fail.
            DataRef::Error(error) => drop(write!(out, "{error}")),
            DataRef::Empty => {}
        }
    }
}

impl Cell for Data {
    fn write(&self, out: &mut String) {
        match self {
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => out.push_str(text),
            Data::Int(number) => number::general(*number as f64, out),
            Data::Float(number) => number::general(*number, out),
            Data::Bool(value) => out.push_str(if *value { "TRUE" } else { "FALSE" }),
            Data::DateTime(date) => write_date(date, out),
            Data::Error(error) => drop(write!(out, "{error}")),
            Data::Empty => {}
        }
    }
}

fn write_date(date: &ExcelDateTime, out: &mut String) {
    number::date(date, out);
}

fn damaged(error: &dyn std::error::Error) -> Failure {
    let text = error.to_string();
    if text.to_lowercase().contains("password") {
        return Failure::failed("protected with a password");
    }
    Failure::failed(format!("damaged: {text}"))
}
