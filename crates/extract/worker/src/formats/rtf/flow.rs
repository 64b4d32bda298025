//! Words that are put together to paragraphs and rows: those of the document, and those of each note and box.

use crate::formats::zip::blocks::{self, Piece};

/// What is known of the paragraph that is being written.
#[derive(Clone, Default)]
pub struct Format {
    /// How deep in tables.
    pub table: usize,
    pub heading: bool,
    pub in_list: bool,
    pub level: usize,
}

/// More cells in a row are made by people who want to fill the memory.
const MAX_CELLS: usize = 1000;

/// One stream of words.
#[derive(Default)]
pub struct Flow {
    pub text: String,
    /// What stands before an item.
    pub label: Option<String>,
    /// Pieces that are complete.
    pub pieces: Vec<Piece>,
    /// Notes and boxes of this paragraph.
    pub after: Vec<Piece>,
    cells: Vec<String>,
    cell: Vec<Piece>,
    inner: Vec<String>,
    notes: Vec<Piece>,
}

impl Flow {
    /// The paragraph ends.
    pub fn paragraph(&mut self, format: &Format) {
        if format.table > 1 {
            // It goes on in its cell of the inner table.
            self.text.push(' ');
            return;
        }
        let piece = self.taken(format);
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

    fn taken(&mut self, format: &Format) -> Option<Piece> {
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

    /// A cell of the outer table ends.
    pub fn cell(&mut self, format: &Format) {
        if !self.inner.is_empty() {
            self.inner_row();
        }
        let piece = self.taken(format);
        self.cell.extend(piece);
        self.cell.append(&mut self.after);
        let pieces = std::mem::take(&mut self.cell);
        let words = blocks::cell(pieces, &mut self.notes);
        if self.cells.len() < MAX_CELLS {
            self.cells.push(words);
        }
    }

    /// A row of the outer table ends.
    pub fn row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let row = blocks::row(&cells);
        if !row.is_empty() {
            self.pieces.push(Piece::Row(row));
        }
    }

    /// A cell of a table in a table ends.
    pub fn inner_cell(&mut self) {
        let text = std::mem::take(&mut self.text);
        if self.inner.len() < MAX_CELLS {
            self.inner.push(blocks::in_one_line(&text));
        }
    }

    /// As above, a row.
    pub fn inner_row(&mut self) {
        let cells = std::mem::take(&mut self.inner);
        self.cell.push(Piece::Row(blocks::row(&cells)));
    }

    /// A paragraph stands outside of tables.
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

    /// Everything, with what was not ended.
    pub fn finish(mut self) -> Vec<Piece> {
        self.paragraph(&Format::default());
        self.end_table();
        self.pieces
    }
}
