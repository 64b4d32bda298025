//! Writes rows as lines and maps the lines back to row numbers.

use crate::Outcome;
use plumb_extract::{Failure, Kind, Parsed, Place, protocol::MAX_TEXT};

/// Most consecutive empty cells that are written; after a wider gap the column is named instead.
const MAX_GAP: u32 = 30;
/// Most places that map lines to rows.
const MAX_PLACES: usize = 50_000;

/// Builds the text of a workbook, cell by cell.
#[derive(Default)]
pub struct Rows {
    out: String,
    lines: u64,
    places: Vec<Place>,
    name: String,
    /// The row being written.
    row: Option<u32>,
    /// Where the row's line begins in `out`.
    start: usize,
    next_column: u32,
    /// The row number that the last place implies for the next line.
    expected: Option<u64>,
    unmapped: bool,
    pub doubts: Vec<String>,
}

impl Rows {
    /// Begins a sheet.
    pub fn sheet(&mut self, name: &str) {
        self.end_row();
        if !self.out.is_empty() {
            self.line("");
        }
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        self.name = format!("sheet {name}");
        self.places.push(Place::new(self.lines + 1, self.name.clone()));
        self.line(&format!("Sheet: {name}"));
        self.expected = None;
    }

    /// Adds a cell; `write` appends its text. Rows and columns count from 0.
    pub fn cell(&mut self, row: u32, column: u32, write: impl FnOnce(&mut String)) {
        if self.row != Some(row) {
            self.end_row();
            (self.row, self.start, self.next_column) = (Some(row), self.out.len(), 0);
        }
        let before = self.out.len();
        let gap = column.saturating_sub(self.next_column);
        let first = before == self.start;
        if gap > MAX_GAP {
            self.out.push_str(if first { "" } else { " | " });
            self.out.push_str(&format!("[column {}] ", column_name(column)));
        } else {
            for _ in 0..gap + u32::from(!first && self.next_column > 0) {
                self.out.push_str(" | ");
            }
        }
        let text = self.out.len();
        write(&mut self.out);
        if self.out[text..].trim().is_empty() {
            self.out.truncate(before);
        } else {
            one_line(&mut self.out, text);
            self.next_column = column.saturating_add(1);
        }
    }

    /// Whether the text is full and reading can stop.
    pub fn is_full(&self) -> bool {
        self.out.len() as u64 > MAX_TEXT
    }

    /// Adds a line after the rows, such as a comment or the text of a drawing.
    pub fn aside(&mut self, text: &str) {
        self.end_row();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return;
        }
        if self.expected.take().is_some() {
            self.places.push(Place::new(self.lines + 1, self.name.clone()));
        }
        self.line(&text);
    }

    fn end_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        if self.out.len() == self.start {
            return;
        }
        self.out.push('\n');
        self.lines += 1;
        let number = u64::from(row) + 1;
        if self.expected != Some(number) {
            if self.places.len() < MAX_PLACES {
                self.places.push(Place { line: self.lines, name: self.name.clone(), row: Some(number) });
            } else if !std::mem::replace(&mut self.unmapped, true) {
                self.places.push(Place::new(self.lines, self.name.clone()));
            }
        }
        self.expected = Some(number + 1);
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
        self.lines += 1;
    }

    /// Returns the whole text, or a failure if no sheet has cells.
    pub fn finish(mut self, kind: Kind) -> Outcome {
        self.end_row();
        if self.is_full() {
            return Err(Failure::failed(format!("its text is larger than {} MB", MAX_TEXT >> 20)));
        }
        if self.unmapped {
            self.doubts.push("it has so many gaps that some rows cannot be cited by number".to_owned());
        }
        let only_names = self.out.lines().all(|line| line.is_empty() || line.starts_with("Sheet: "));
        if only_names {
            return Err(Failure::no_text(self.doubts.pop().unwrap_or_else(|| "empty".to_owned())));
        }
        Ok(Parsed { places: self.places, doubts: self.doubts, ..Parsed::new(kind, self.out) })
    }
}

/// Joins the text from `from` on into one line; line breaks become spaces.
fn one_line(out: &mut String, from: usize) {
    let text = &out[from..];
    let special = |b: u8| matches!(b, b'\n' | b'\r' | b'\t' | 0..=8 | 0x0b..=0x1f);
    let plain = !text.bytes().any(special) && !text.starts_with(' ') && !text.ends_with(' ') && !text.contains('\u{ad}');
    if !plain {
        let words: Vec<_> = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
        let joined = words.join(" ").replace('\u{ad}', "");
        out.truncate(from);
        out.push_str(&joined);
    }
}

/// The letters of a column counted from 0: 0 is A, 26 is AA.
pub fn column_name(mut column: u32) -> String {
    let mut out = Vec::new();
    loop {
        out.push(char::from(b'A' + (column % 26) as u8));
        column /= 26;
        if column == 0 {
            return out.iter().rev().collect();
        }
        column -= 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn skipped_rows_begin_places_and_wide_gaps_name_columns() {
        let mut rows = Rows::default();
        rows.sheet("Budget");
        for (row, column, text) in [(0, 0, "a"), (0, 2, "c"), (1, 1, "b\nb"), (1, 3, "  "), (9, 0, "k"), (9, 16_383, "end")] {
            rows.cell(row, column, |out| out.push_str(text));
        }
        let parsed = rows.finish(Kind::Xlsx).unwrap();
        assert_eq!(parsed.text, "Sheet: Budget\na |  | c\n | b b\nk | [column XFD] end\n");
        let names: Vec<_> = parsed.places.iter().map(|place| (place.line, place.of(place.line))).collect();
        let expected = [(1, "sheet Budget"), (2, "sheet Budget, row 1"), (4, "sheet Budget, row 10")];
        assert_eq!(names, expected.map(|(line, name)| (line, name.to_owned())));
    }
}
