//! Tables: rows of cells where they hold data, plain text where they only hold the page together.

use super::flow::HEADING;

/// More columns than that are left out.
const COLUMNS: usize = 500;
/// More empty cells than that are not written, which a short page could ask for by the million.
const PADDING: usize = 200_000;
/// A cell with more than that is no cell of a table of data.
const LONG_CELL: usize = 800;

/// A table while it is read.
#[derive(Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    /// For each column how many of the next rows a cell reaches into.
    spans: Vec<usize>,
    cells: usize,
    heads: usize,
    padded: usize,
    /// It holds what data do not: it is there for the layout.
    pub layout: bool,
    /// Its heading, and what stands in it outside of cells.
    pub caption: String,
}

impl Table {
    /// Nothing is in it yet. `layout`: it says itself that it only holds the page together.
    pub fn new(layout: bool) -> Self {
        Self { layout, ..Self::default() }
    }

    /// A cell has ended.
    pub fn cell(&mut self, text: String, head: bool, columns: usize, rows: usize) {
        self.skip_spanned();
        self.cells += 1;
        self.heads += usize::from(head);
        self.layout |= !head && (text.len() > LONG_CELL || text.contains(HEADING));
        let mut text = Some(text);
        for _ in 0..columns.clamp(1, 100) {
            let at = self.row.len();
            if at >= COLUMNS || text.is_none() && self.padded >= PADDING {
                return;
            }
            self.padded += usize::from(text.is_none());
            if rows > 1 {
                if self.spans.len() <= at {
                    self.spans.resize(at + 1, 0);
                }
                self.spans[at] = rows.min(1000);
            }
            self.row.push(text.take().unwrap_or_default());
        }
    }

    /// Cells that reach down from a row above leave empty ones.
    fn skip_spanned(&mut self) {
        while self.spans.get(self.row.len()).is_some_and(|&rows| rows > 0) && self.padded < PADDING {
            self.padded += 1;
            self.row.push(String::new());
        }
    }

    /// A row begins; a row before it that had no beginning has ended.
    pub fn begin_row(&mut self) {
        if !self.row.is_empty() {
            self.end_row();
        }
    }

    /// A row has ended.
    pub fn end_row(&mut self) {
        for rows in &mut self.spans {
            *rows = rows.saturating_sub(1);
        }
        let row = std::mem::take(&mut self.row);
        if row.iter().any(|cell| !cell.is_empty()) {
            self.rows.push(row);
        }
    }

    /// Its text: one line for each row, or each cell for itself.
    pub fn into_text(mut self) -> String {
        self.end_row();
        let columns = self.rows.iter().map(|row| row.iter().filter(|cell| !cell.is_empty()).count()).max().unwrap_or(0);
        // Heads of rows or columns are the mark of data.
        let layout = columns < 2 || self.layout && self.heads * 10 < self.cells;
        let mut out = self.caption;
        for row in &self.rows {
            if layout {
                for cell in row.iter().filter(|cell| !cell.is_empty()) {
                    if !out.is_empty() {
                        out.push_str(if columns < 2 && !cell.contains('\n') { "\n" } else { "\n\n" });
                    }
                    out.push_str(cell);
                }
                continue;
            }
            if !out.is_empty() {
                out.push('\n');
            }
            let filled = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
            for (n, cell) in row[..filled].iter().enumerate() {
                if n > 0 {
                    out.push_str(" | ");
                }
                words(cell, &mut out);
            }
        }
        out
    }
}

/// The lines of a cell as one.
fn words(cell: &str, out: &mut String) {
    for (n, word) in cell.split_ascii_whitespace().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}
