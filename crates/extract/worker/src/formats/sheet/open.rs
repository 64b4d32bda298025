//! OpenDocument workbooks, whose cells store their displayed text.

use super::rows::{Rows, column_name};
use crate::Outcome;
use crate::formats::open_document::body::Body;
use crate::formats::open_document::styles::Styles;
use crate::formats::zip::blocks::{self, Piece};
use crate::formats::zip::package::Package;
use crate::formats::zip::xml::{self, Node, Xml};
use plumb_extract::{Failure, Kind};
use quick_xml::events::BytesStart;

/// Columns of a sheet.
const MAX_COLUMNS: u32 = 16_384;
/// Rows of a sheet.
const MAX_ROWS: u32 = 1 << 20;

/// Reads all sheets.
pub fn text(mut package: Package<'_>) -> Outcome {
    let content = package.xml("content.xml")?.ok_or_else(|| Failure::failed("damaged: its sheets are missing"))?;
    let mut body = Body::new(&mut package, Styles::default());
    let mut rows = Rows::default();
    let mut xml = Xml::new(&content);
    while let Some(tag) = xml.next_open() {
        match xml::name(&tag) {
            "table" => {
                rows.sheet(&xml::attr(&tag, "name").unwrap_or_default());
                let mut sheet = Sheet { body: &mut body, rows: &mut rows, row: 0, remarks: Vec::new() };
                sheet.rows(&mut xml);
                let remarks = sheet.remarks;
                remarks.iter().for_each(|remark| rows.aside(remark));
            }
            "tracked-changes" | "automatic-styles" | "font-face-decls" | "scripts" => xml.skip(),
            _ => {}
        }
        if rows.is_full() {
            break;
        }
    }
    if xml.broken {
        rows.doubts.push("part of it is damaged: cells may be missing".to_owned());
    }
    rows.finish(Kind::Ods)
}

struct Sheet<'s, 'b, 'p> {
    body: &'s mut Body<'b, 'p>,
    rows: &'s mut Rows,
    row: u32,
    remarks: Vec<String>,
}

/// Adjacent cells with the same text.
struct Cells {
    column: u32,
    count: u32,
    text: String,
}

impl Sheet<'_, '_, '_> {
    fn rows(&mut self, xml: &mut Xml<'_>) {
        loop {
            match xml.next() {
                Node::Open(tag) => match xml::name(&tag) {
                    "table-row" => {
                        let repeat = xml::number::<u32>(&tag, "number-rows-repeated").unwrap_or(1);
                        let cells = self.row(xml);
                        self.write(&cells, repeat);
                        self.row = self.row.saturating_add(repeat).min(MAX_ROWS);
                    }
                    "table-header-rows" | "table-rows" | "table-row-group" => self.rows(xml),
                    "shapes" => {
                        let mut pieces = Vec::new();
                        self.body.blocks(xml, &mut pieces);
                        self.keep(pieces, None);
                    }
                    _ => xml.skip(),
                },
                Node::Close | Node::End => return,
                Node::Text(_) => {}
            }
        }
    }

    fn write(&mut self, cells: &[Cells], repeat: u32) {
        let last = if cells.is_empty() { self.row } else { self.row.saturating_add(repeat).min(MAX_ROWS) };
        for row in self.row..last {
            for cells in cells {
                for column in cells.column..cells.column + cells.count {
                    if self.rows.is_full() {
                        return;
                    }
                    self.rows.cell(row, column, |out| out.push_str(&cells.text));
                }
            }
        }
    }

    fn row(&mut self, xml: &mut Xml<'_>) -> Vec<Cells> {
        let (mut found, mut column) = (Vec::new(), 0u32);
        loop {
            match xml.next() {
                Node::Open(tag) => {
                    let count = xml::number::<u32>(&tag, "number-columns-repeated").unwrap_or(1).min(MAX_COLUMNS - column);
                    let covered = xml::name(&tag) == "covered-table-cell";
                    let text = self.cell(xml, &tag, column);
                    if !covered && !text.is_empty() && count > 0 {
                        found.push(Cells { column, count, text });
                    }
                    column += count;
                }
                Node::Close | Node::End => return found,
                Node::Text(_) => {}
            }
        }
    }

    fn cell(&mut self, xml: &mut Xml<'_>, tag: &BytesStart<'_>, column: u32) -> String {
        let kind = xml::attr(tag, "value-type").unwrap_or_default();
        let date = if kind == "date" { xml::attr(tag, "date-value").map(|date| plain_date(&date)) } else { None };
        let (mut shown, mut others) = (String::new(), Vec::new());
        loop {
            match xml.next() {
                Node::Open(tag) if xml::name(&tag) == "p" => {
                    let paragraph = self.body.paragraph(xml, &tag);
                    if !shown.is_empty() {
                        shown.push(' ');
                    }
                    shown.push_str(&paragraph.text);
                    others.extend(paragraph.after);
                }
                Node::Open(tag) => self.body.block(xml, &tag, &mut others),
                Node::Close | Node::End => break,
                Node::Text(_) => {}
            }
        }
        if !others.is_empty() {
            self.keep(others, Some(column));
        }
        match date {
            Some(date) => date,
            // A cell that shows nothing may still have a value.
            None if shown.trim().is_empty() => {
                let value = xml::attr(tag, "value")
                    .or_else(|| xml::attr(tag, "string-value"))
                    .or_else(|| xml::attr(tag, "boolean-value"));
                value.unwrap_or_default().into_owned()
            }
            None => shown,
        }
    }

    fn keep(&mut self, pieces: Vec<Piece>, column: Option<u32>) {
        let mut notes = Vec::new();
        self.remarks.push(blocks::cell(pieces, &mut notes));
        for note in notes {
            if let Piece::Note(text) = note {
                let place = column.map(|column| format!(" in {}{}", column_name(column), self.row + 1)).unwrap_or_default();
                self.remarks.push(match text.strip_prefix("[comment") {
                    Some(rest) => format!("[comment{place}{rest}"),
                    None => text,
                });
            }
        }
    }
}

/// Formats "2026-03-04T13:30:00" without the "T" and without zero seconds.
pub fn plain_date(date: &str) -> String {
    let text = date.replace('T', " ");
    let text = text.split('.').next().unwrap_or_default();
    text.strip_suffix(" 00:00:00")
        .or_else(|| text.strip_suffix(":00").filter(|rest| rest.contains(':')))
        .unwrap_or(text)
        .to_owned()
}
