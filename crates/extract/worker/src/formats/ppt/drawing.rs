//! The texts on a slide, in reading order.

use super::records::Record;
use crate::formats::slides::order::{self, Area};
use crate::formats::zip::blocks::{self, Piece};
use std::collections::BTreeMap;

const MAX_DEPTH: usize = 20;

/// The role of a text on a slide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Title,
    Other,
}

/// A text from the outline or from a shape.
#[derive(Clone, Debug)]
pub struct Text {
    pub role: Role,
    pub words: String,
}

struct Shape {
    area: Option<Area>,
    /// Type of the layout placeholder it fills; 12 is the body of a notes page.
    placeholder: Option<u8>,
    text: Option<Text>,
    inner: Vec<Shape>,
    table: bool,
}

/// The texts of a slide. `outline` holds the texts that the slide list keeps for it.
pub fn pieces(slide: Record<'_>, outline: &[Text]) -> Vec<Piece> {
    let mut shapes = Vec::new();
    if let Some(tree) = slide.find(0xf003) {
        shapes = group(tree, outline, 0).inner;
    }
    if shapes.iter().all(|shape| shape.text.is_none() && shape.inner.is_empty()) {
        // Some programs keep the texts only in the outline.
        return outline.iter().flat_map(|text| lines(&text.words)).collect();
    }
    in_order(shapes)
}

/// The text of a notes page.
pub fn notes(page: Record<'_>) -> Vec<Piece> {
    let shapes = page.find(0xf003).map(|tree| group(tree, &[], 0).inner).unwrap_or_default();
    // A notes page also shows the slide's number and a date.
    let marked = shapes.iter().any(|shape| shape.placeholder == Some(12));
    let wanted = |shape: &Shape| if marked { shape.placeholder == Some(12) } else { shape.placeholder.is_none() };
    in_order(shapes.into_iter().filter(wanted).collect())
}

fn in_order(shapes: Vec<Shape>) -> Vec<Piece> {
    // Dates, footers and slide numbers repeat on every slide.
    let shapes = shapes.into_iter().filter(|shape| !matches!(shape.placeholder, Some(7..=10)));
    let is_title = |shape: &Shape| shape.text.as_ref().is_some_and(|text| text.role == Role::Title);
    let (titles, others): (Vec<_>, Vec<_>) = shapes.partition(is_title);
    let areas: Vec<_> = others.iter().map(|shape| shape.area).collect();
    let mut others: Vec<_> = others.into_iter().map(Some).collect();
    let sorted: Vec<_> = order::reading_order(&areas).into_iter().filter_map(|at| others.get_mut(at)?.take()).collect();
    let mut pieces = Vec::new();
    for shape in titles.into_iter().chain(sorted) {
        if let Some(text) = shape.text {
            pieces.extend(lines(&text.words));
        }
        if shape.table {
            pieces.extend(rows(shape.inner));
        } else if !shape.inner.is_empty() {
            pieces.extend(in_order(shape.inner));
        }
    }
    pieces
}

/// The lines of a text, as items so that they stay together.
fn lines(words: &str) -> Vec<Piece> {
    let lines = words.split(['\r', '\n']).filter(|line| !line.trim().is_empty());
    std::iter::once(Piece::Gap).chain(lines.map(|line| Piece::Item(line.replace('\u{b}', " ").trim().to_owned()))).collect()
}

/// Rows of a table. Each cell is a shape; cells of a row have the same top.
fn rows(cells: Vec<Shape>) -> Vec<Piece> {
    let mut rows: BTreeMap<i64, BTreeMap<i64, String>> = BTreeMap::new();
    let mut columns = std::collections::BTreeSet::new();
    for cell in cells {
        if let (Some(area), Some(text)) = (cell.area, cell.text) {
            columns.insert(area.left);
            rows.entry(area.top).or_default().insert(area.left, blocks::in_one_line(&text.words));
        }
    }
    let row = |row: &BTreeMap<i64, String>| {
        let cells: Vec<_> = columns.iter().map(|left| row.get(left).map(String::as_str).unwrap_or_default()).collect();
        Piece::Row(blocks::row(&cells))
    };
    std::iter::once(Piece::Gap).chain(rows.values().map(row)).collect()
}

/// Reads a group. Its first shape describes the group itself.
fn group(record: Record<'_>, outline: &[Text], depth: usize) -> Shape {
    let mut whole = Shape { area: None, placeholder: None, text: None, inner: Vec::new(), table: false };
    for (at, child) in record.children().enumerate() {
        match child.kind {
            0xf003 if depth < MAX_DEPTH => whole.inner.push(group(child, outline, depth + 1)),
            0xf004 if at == 0 => {
                let own = shape(child, outline);
                whole.area = own.area;
                whole.table = is_table(child);
            }
            0xf004 => whole.inner.push(shape(child, outline)),
            _ => {}
        }
    }
    whole
}

fn shape(record: Record<'_>, outline: &[Text]) -> Shape {
    let mut shape = Shape { area: None, placeholder: None, text: None, inner: Vec::new(), table: false };
    for child in record.children() {
        match child.kind {
            0xf010 | 0xf00f => shape.area = area(child),
            // The placeholder it fills in the layout.
            0xf011 => {
                let place = child.children().find(|record| record.kind == 3011);
                shape.placeholder = place.and_then(|place| place.body.get(4).copied()).filter(|&place| place != 0);
            }
            0xf00d => shape.text = text(child, outline),
            _ => {}
        }
    }
    shape
}

fn text(record: Record<'_>, outline: &[Text]) -> Option<Text> {
    let mut found = Text { role: Role::Other, words: String::new() };
    // The text box holds these records directly, without a container record.
    for child in super::records::all(record.body) {
        match child.kind {
            3999 => found.role = role(child),
            4000 | 4008 => found.words = words(child),
            3998 => return outline.get(child.number(0)? as usize).cloned(),
            _ => {}
        }
    }
    (!found.words.trim().is_empty()).then_some(found)
}

/// The role that a text header gives.
pub fn role(record: Record<'_>) -> Role {
    if matches!(record.number(0), Some(0 | 6)) { Role::Title } else { Role::Other }
}

/// The words of a Unicode or one-byte text record.
pub fn words(record: Record<'_>) -> String {
    if record.kind == 4000 {
        let (units, _) = record.body.as_chunks::<2>();
        return String::from_utf16_lossy(&units.iter().map(|&unit| u16::from_le_bytes(unit)).collect::<Vec<_>>());
    }
    record.body.iter().map(|&byte| char::from(byte)).collect()
}

fn area(record: Record<'_>) -> Option<Area> {
    let body = record.body;
    let short = |at: usize| body.get(at..at + 2).map(|bytes| i64::from(i16::from_le_bytes([bytes[0], bytes[1]])));
    let long = |at: usize| record.number(at).map(|number| i64::from(number as i32));
    let (left, top, right, bottom) = match (record.kind, body.len()) {
        (0xf010, 8) => (short(2)?, short(0)?, short(4)?, short(6)?),
        (0xf010, _) => (long(4)?, long(0)?, long(8)?, long(12)?),
        _ => (long(0)?, long(4)?, long(8)?, long(12)?),
    };
    Some(Area { left, top, width: right - left, height: bottom - top })
}

/// Whether a group is a table: tables have a property of their own.
fn is_table(record: Record<'_>) -> bool {
    record.children().filter(|child| child.kind == 0xf122).any(|list| {
        let count = usize::from(list.instance);
        list.body.chunks_exact(6).take(count).any(|property| u16::from_le_bytes([property[0], property[1]]) & 0x3fff == 0x039f)
    })
}
