//! Tables: rows of cells if they hold data, plain text if they only lay out the page.

use super::flow::HEADING;

/// Maximum number of columns; more are left out.
const MAX_COLUMNS: usize = 500;
/// Maximum number of empty cells to write. A short page could request millions.
const MAX_EMPTY_CELLS: usize = 200_000;
/// Maximum size of a cell in a table of data.
const MAX_DATA_CELL_BYTES: usize = 800;

/// A table that is being read.
#[derive(Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    /// For each column, the number of further rows that a cell spans.
    spans: Vec<usize>,
    cells: usize,
    heads: usize,
    padded: usize,
    /// The table serves the layout: it holds content that tables of data do not have.
    pub layout: bool,
    /// The caption, with any text outside cells.
    pub caption: String,
}

impl Table {
    /// Makes an empty table. `layout`: the page declares that it serves the layout.
    pub fn new(layout: bool) -> Self {
        Self { layout, ..Self::default() }
    }

    /// Adds a cell.
    pub fn cell(&mut self, text: String, head: bool, columns: usize, rows: usize) {
        self.skip_spanned();
        self.cells += 1;
        self.heads += usize::from(head);
        self.layout |= !head && (text.len() > MAX_DATA_CELL_BYTES || text.contains(HEADING));
        let mut text = Some(text);
        for _ in 0..columns.clamp(1, 100) {
            let at = self.row.len();
            if at >= MAX_COLUMNS || text.is_none() && self.padded >= MAX_EMPTY_CELLS {
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

    /// Adds empty cells where cells of rows above reach down.
    fn skip_spanned(&mut self) {
        while self.spans.get(self.row.len()).is_some_and(|&rows| rows > 0) && self.padded < MAX_EMPTY_CELLS {
            self.padded += 1;
            self.row.push(String::new());
        }
    }

    /// Begins a row. Cells before it that had no row of their own become one.
    pub fn begin_row(&mut self) {
        if !self.row.is_empty() {
            self.end_row();
        }
    }

    /// Ends a row.
    pub fn end_row(&mut self) {
        for rows in &mut self.spans {
            *rows = rows.saturating_sub(1);
        }
        let row = std::mem::take(&mut self.row);
        if row.iter().any(|cell| !cell.is_empty()) {
            self.rows.push(row);
        }
    }

    /// The text: one line for each row, or each cell by itself.
    pub fn into_text(mut self) -> String {
        self.end_row();
        let columns = self.rows.iter().map(|row| row.iter().filter(|cell| !cell.is_empty()).count()).max().unwrap_or(0);
        // Header cells indicate data.
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
                push_words(cell, &mut out);
            }
        }
        out
    }
}

/// Appends the lines of a cell as one line.
fn push_words(cell: &str, out: &mut String) {
    for (n, word) in cell.split_ascii_whitespace().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}
