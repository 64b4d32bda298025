//! Turns a part of the text into paragraphs, rows and notes.

use super::file::{File, Part};
use super::lists::Lists;
use super::properties::Paragraph;
use crate::formats::zip::blocks::{self, Piece};
use std::{collections::HashMap, ops::Range};

/// The text of a note or comment that a character in the text refers to.
#[derive(Clone)]
enum Anchored {
    Note(Range<u32>),
    Comment(Range<u32>),
}

/// Reads parts of the text.
pub struct Reader<'f> {
    file: &'f File,
    lists: Lists,
    anchored: HashMap<u32, Anchored>,
    notes: usize,
}

/// The paragraph, cell and row being built.
#[derive(Default)]
struct Open {
    text: String,
    units: Vec<u16>,
    after: Vec<Piece>,
    cell: Vec<Piece>,
    cells: Vec<String>,
    inner: Vec<String>,
    notes: Vec<Piece>,
    /// For each open field: whether its result has begun.
    fields: Vec<bool>,
}

impl<'f> Reader<'f> {
    pub fn new(file: &'f File) -> Self {
        let mut anchored = HashMap::new();
        let kinds = [(2, 3, Part::Footnotes, 2), (46, 47, Part::Endnotes, 2), (4, 5, Part::Comments, 30)];
        for (references, texts, part, size) in kinds {
            let all = file.range(part);
            let starts = file.starts(texts);
            for (place, pair) in file.references(references, size).into_iter().zip(starts.windows(2)) {
                let range = all.start.saturating_add(pair[0])..all.start.saturating_add(pair[1]).min(all.end);
                anchored.insert(place, if part == Part::Comments { Anchored::Comment(range) } else { Anchored::Note(range) });
            }
        }
        Self { file, lists: Lists::read(file), anchored, notes: 0 }
    }

    /// The pieces of a range of the text.
    pub fn pieces(&mut self, range: Range<u32>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut open = Open::default();
        let file = self.file;
        let first = file.pieces.partition_point(|run| run.end <= range.start);
        for run in &file.pieces[first..] {
            for place in run.first.max(range.start)..run.end.min(range.end) {
                let offset = run.offset + (place - run.first) as usize * run.bytes;
                let unit = match (file.document.get(offset), file.document.get(offset + 1)) {
                    (Some(&low), _) if run.bytes == 1 => u16::from(low),
                    (Some(&low), Some(&high)) => u16::from_le_bytes([low, high]),
                    _ => break,
                };
                let unit = if run.bytes == 1 { windows_1252(unit) } else { unit };
                self.character(unit, place, offset, &mut open, &mut pieces);
            }
            if run.end >= range.end {
                break;
            }
        }
        open.flush();
        if !open.text.trim().is_empty() || !open.after.is_empty() || !open.cells.is_empty() {
            self.paragraph(&mut open, &Paragraph::default(), &mut pieces);
        }
        pieces
    }

    fn character(&mut self, unit: u16, place: u32, offset: usize, open: &mut Open, pieces: &mut Vec<Piece>) {
        match unit {
            0x13 => open.fields.push(false),
            0x14 => open.fields.last_mut().into_iter().for_each(|result| *result = true),
            0x15 => drop(open.fields.pop()),
            _ if !open.fields.iter().all(|&result| result) && unit != 0x0d && unit != 0x07 => {}
            _ if self.file.formatting.is_hidden(offset) => {}
            0x0d | 0x07 => {
                open.flush();
                let formatting = self.file.formatting.paragraph(offset);
                match (unit, formatting.depth) {
                    (0x0d, 2..) if formatting.row_end => open.inner_row(),
                    (0x07, _) if formatting.row_end => open.row(pieces),
                    (0x07, _) => {
                        let piece = self.take_piece(open, &formatting);
                        open.end_cell(piece);
                    }
                    _ => self.paragraph(open, &formatting, pieces),
                }
            }
            0x0c => {
                open.flush();
                self.paragraph(open, &Paragraph::default(), pieces);
            }
            0x0b | 0x0e => open.push('\n'),
            0x09 => open.push('\t'),
            0x1e => open.push('-'),
            0xa0 => open.push(' '),
            0x02 | 0x05 => self.add_anchored(place, open),
            // Pictures, drawings, other objects and soft hyphens.
            0..0x20 => {}
            unit => open.units.push(unit),
        }
    }

    fn add_anchored(&mut self, place: u32, open: &mut Open) {
        match self.anchored.remove(&place) {
            Some(Anchored::Note(range)) => {
                let words = self.words(range);
                if !words.is_empty() {
                    self.notes += 1;
                    open.flush();
                    open.text.push_str(&format!("[{}]", self.notes));
                    open.after.push(Piece::Note(format!("[{}] {words}", self.notes)));
                }
            }
            Some(Anchored::Comment(range)) => {
                let words = self.words(range);
                if !words.is_empty() {
                    open.after.push(Piece::Note(format!("[comment] {words}")));
                }
            }
            None => {}
        }
    }

    fn words(&mut self, range: Range<u32>) -> String {
        let pieces = self.pieces(range);
        blocks::cell(pieces, &mut Vec::new())
    }

    fn paragraph(&mut self, open: &mut Open, formatting: &Paragraph, pieces: &mut Vec<Piece>) {
        if formatting.depth > 1 {
            // Cells of a nested table end with paragraph marks.
            let words = blocks::in_one_line(&std::mem::take(&mut open.text));
            open.inner.push(words);
            return;
        }
        let piece = self.take_piece(open, formatting);
        let after = std::mem::take(&mut open.after);
        if formatting.in_table || formatting.depth == 1 {
            open.cell.extend(piece);
            open.cell.extend(after);
        } else {
            if !open.cells.is_empty() || !open.cell.is_empty() {
                open.end_cell(None);
                open.row(pieces);
            }
            if matches!(pieces.last(), Some(Piece::Row(_))) {
                pieces.push(Piece::Gap);
            }
            pieces.append(&mut open.notes);
            pieces.extend(piece);
            pieces.extend(after);
        }
    }

    fn take_piece(&mut self, open: &mut Open, formatting: &Paragraph) -> Option<Piece> {
        let text = std::mem::take(&mut open.text);
        let label = if formatting.list == 0 { None } else { self.lists.next(formatting.list, formatting.level) };
        let words = text.trim();
        if words.is_empty() {
            return None;
        }
        let space = |label: &str| if label.is_empty() { String::new() } else { format!("{label} ") };
        if formatting.heading == Some(true) {
            let label = label.filter(|label| label != "-").unwrap_or_default();
            return Some(Piece::Heading(format!("{}{words}", space(&label))));
        }
        Some(match label {
            Some(label) => Piece::Item(format!("{}{}{words}", "  ".repeat(usize::from(formatting.level).min(8)), space(&label))),
            None => Piece::Paragraph(text),
        })
    }
}

impl Open {
    fn push(&mut self, c: char) {
        self.flush();
        self.text.push(c);
    }

    fn flush(&mut self) {
        let units = self.units.drain(..);
        self.text.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).map(|c| match c {
            '\u{f000}'..='\u{f0ff}' => crate::formats::word::symbols::to_unicode("Symbol", c as u32).unwrap_or('•'),
            c => c,
        }));
    }

    fn end_cell(&mut self, piece: Option<Piece>) {
        self.cell.extend(piece);
        self.cell.append(&mut self.after);
        let pieces = std::mem::take(&mut self.cell);
        let words = blocks::cell(pieces, &mut self.notes);
        self.cells.push(words);
    }

    fn row(&mut self, pieces: &mut Vec<Piece>) {
        self.text.clear();
        let cells = std::mem::take(&mut self.cells);
        let row = blocks::row(&cells);
        if !row.is_empty() {
            pieces.push(Piece::Row(row));
        }
    }

    fn inner_row(&mut self) {
        let cells = std::mem::take(&mut self.inner);
        self.cell.push(Piece::Row(blocks::row(&cells)));
        self.text.clear();
    }
}

/// Converts a one-byte character from Windows-1252.
fn windows_1252(byte: u16) -> u16 {
    let high = [
        0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
        0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e,
        0x0178,
    ];
    byte.checked_sub(0x80).and_then(|at| high.get(usize::from(at))).copied().unwrap_or(byte)
}
