//! Assembles text into paragraphs and rows, separately for the document and for each note and box.

use crate::formats::zip::blocks::{self, Piece};

/// Properties of the paragraph being written.
#[derive(Clone, Default)]
pub struct Format {
    /// Table nesting depth; 0 outside tables.
    pub table: usize,
    pub heading: bool,
    pub in_list: bool,
    pub level: usize,
}

/// Most cells in a row. Only files built to exhaust memory have more.
const MAX_CELLS: usize = 1000;

/// The text of the document, a note or a box.
#[derive(Default)]
pub struct Flow {
    pub text: String,
    /// Label of the current list item.
    pub label: Option<String>,
    /// Complete pieces.
    pub pieces: Vec<Piece>,
    /// Notes and boxes that follow the current paragraph.
    pub after: Vec<Piece>,
    cells: Vec<String>,
    cell: Vec<Piece>,
    inner: Vec<String>,
    notes: Vec<Piece>,
}

impl Flow {
    /// Ends the paragraph.
    pub fn paragraph(&mut self, format: &Format) {
        if format.table > 1 {
            // It continues in its cell of the nested table.
            self.text.push(' ');
            return;
        }
        let piece = self.take_piece(format);
        let after = std::mem::take(&mut self.after);
        if format.table == 1 {
            self.cell.extend(piece);
            self.cell.extend(after);
        } else {
            self.end_table();
            self.pieces.extend(piece);
            self.pieces.extend(after);
        }
    }

    fn take_piece(&mut self, format: &Format) -> Option<Piece> {
        let text = std::mem::take(&mut self.text);
        let label = self.label.take();
        let words = text.trim();
        if words.is_empty() {
            return None;
        }
        let label = label.map(|label| label.trim().to_owned()).filter(|label| !label.is_empty());
        let sign = label.as_deref().is_some_and(|label| !label.contains(char::is_alphanumeric));
        if format.heading {
            let label = label.filter(|_| !sign).map(|label| label + " ").unwrap_or_default();
            return Some(Piece::Heading(format!("{label}{words}")));
        }
        Some(match label {
            Some(label) => {
                let label = if sign { "-" } else { &label };
                Piece::Item(format!("{}{label} {words}", "  ".repeat(format.level.min(8))))
            }
            None if format.in_list => Piece::Item(format!("{}{words}", "  ".repeat(format.level.min(8)))),
            None => Piece::Paragraph(text),
        })
    }

    /// Ends a cell of the outer table.
    pub fn cell(&mut self, format: &Format) {
        if !self.inner.is_empty() {
            self.inner_row();
        }
        let piece = self.take_piece(format);
        self.cell.extend(piece);
        self.cell.append(&mut self.after);
        let pieces = std::mem::take(&mut self.cell);
        let words = blocks::cell(pieces, &mut self.notes);
        if self.cells.len() < MAX_CELLS {
            self.cells.push(words);
        }
    }

    /// Ends a row of the outer table.
    pub fn row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let row = blocks::row(&cells);
        if !row.is_empty() {
            self.pieces.push(Piece::Row(row));
        }
    }

    /// Ends a cell of a nested table.
    pub fn inner_cell(&mut self) {
        let text = std::mem::take(&mut self.text);
        if self.inner.len() < MAX_CELLS {
            self.inner.push(blocks::in_one_line(&text));
        }
    }

    /// Ends a row of a nested table.
    pub fn inner_row(&mut self) {
        let cells = std::mem::take(&mut self.inner);
        self.cell.push(Piece::Row(blocks::row(&cells)));
    }

    /// Ends any open table, because a paragraph outside tables follows.
    fn end_table(&mut self) {
        if !self.cell.is_empty() || !self.inner.is_empty() {
            self.cell(&Format { table: 1, ..Format::default() });
        }
        if !self.cells.is_empty() {
            self.row();
        }
        if matches!(self.pieces.last(), Some(Piece::Row(_))) {
            self.pieces.push(Piece::Gap);
        }
        self.pieces.append(&mut self.notes);
    }

    /// All pieces, including what is still open.
    pub fn finish(mut self) -> Vec<Piece> {
        self.paragraph(&Format::default());
        self.end_table();
        self.pieces
    }
}
