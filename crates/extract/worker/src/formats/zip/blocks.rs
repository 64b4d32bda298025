//! Builds a text paragraph by paragraph.

use crate::{Outcome, lines};
use plumb_extract::{Failure, Kind, Parsed, Place, protocol::MAX_TEXT};
use std::borrow::Cow;

/// Maximum length of the name of a place. Headings, which name places, may be whole paragraphs.
const MAX_NAME_CHARS: usize = 80;

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A paragraph.
    Paragraph(String),
    /// A heading of the pieces after it.
    Heading(String),
    /// A list item.
    Item(String),
    /// A row of a table.
    Row(String),
    /// A footnote, or a note beside the page.
    Note(String),
    /// The end of a list or table.
    Gap,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Paragraph,
    Item,
    Row,
}

/// Joins paragraphs, lists and tables, and tracks their line numbers.
#[derive(Default)]
pub struct Blocks {
    out: String,
    lines: u64,
    last: Option<Last>,
    places: Vec<Place>,
    /// Notes that wait for the end of their list or table.
    notes: Vec<String>,
    place: Option<String>,
    /// Reasons to distrust the text.
    pub doubts: Vec<String>,
}

impl Blocks {
    /// Begins a place with the next piece.
    pub fn place(&mut self, name: impl Into<String>) {
        self.end_run();
        self.place = Some(name.into());
    }

    /// Adds a piece.
    pub fn push(&mut self, piece: &Piece) {
        match piece {
            Piece::Paragraph(text) => self.paragraph(text),
            Piece::Heading(text) => self.heading(text),
            Piece::Item(text) => self.add(text, Last::Item),
            Piece::Row(text) => self.add(text, Last::Row),
            Piece::Note(text) => self.notes.push(text.clone()),
            Piece::Gap => self.end_run(),
        }
    }

    /// Adds headers or footers. A page number alone is dropped, and no place begins in the margin.
    pub fn margin(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Paragraph(text) | Piece::Heading(text) if text.contains(char::is_alphabetic) => self.paragraph(text),
                Piece::Item(text) | Piece::Row(text) if text.contains(char::is_alphabetic) => self.push(piece),
                Piece::Note(_) | Piece::Gap => self.push(piece),
                _ => {}
            }
        }
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.add(text, Last::Paragraph);
    }

    /// Adds a heading, which begins a place.
    pub fn heading(&mut self, text: &str) {
        let name: Vec<_> = text.split_whitespace().collect();
        let name: String = clean(&name.join(" ")).chars().take(MAX_NAME_CHARS).collect();
        if !name.is_empty() {
            self.place(format!("section {name}"));
            self.paragraph(text);
        }
    }

    /// Whether the text is already too large, so that the rest need not be read.
    pub fn is_full(&self) -> bool {
        self.out.len() as u64 > MAX_TEXT
    }

    fn end_run(&mut self) {
        self.last = self.last.map(|_| Last::Paragraph);
        for note in std::mem::take(&mut self.notes) {
            self.write(&note, Last::Paragraph);
        }
    }

    fn add(&mut self, text: &str, kind: Last) {
        if text.trim().is_empty() {
            return;
        }
        if kind == Last::Paragraph || self.last != Some(kind) {
            self.end_run();
        }
        self.write(text, kind);
    }

    fn write(&mut self, text: &str, kind: Last) {
        let text = clean(text);
        if text.is_empty() || self.is_full() {
            return;
        }
        if let Some(last) = self.last {
            let together = last == kind && kind != Last::Paragraph;
            self.out.push_str(if together { "\n" } else { "\n\n" });
            self.lines += if together { 1 } else { 2 };
        } else {
            self.lines = 1;
        }
        if let Some(name) = self.place.take() {
            self.places.push(Place::new(self.lines, name));
        }
        self.lines += text.bytes().filter(|&b| b == b'\n').count() as u64;
        self.out.push_str(&text);
        self.last = Some(kind);
    }

    /// Ends the text.
    pub fn finish(mut self, kind: Kind) -> Outcome {
        self.end_run();
        if self.is_full() {
            return Err(Failure::failed(format!("its text is larger than {} MB", MAX_TEXT >> 20)));
        }
        if self.out.is_empty() {
            return Err(Failure::no_text(self.doubts.pop().unwrap_or_else(|| "empty".to_owned())));
        }
        self.out.push('\n');
        Ok(Parsed { places: self.places, doubts: self.doubts, ..Parsed::new(kind, self.out) })
    }
}

/// Tidies lines and replaces typesetting characters: soft hyphens, ligatures, and non-breaking spaces and hyphens.
fn clean(text: &str) -> String {
    let text = lines::tidy(text);
    let special = |c: char| {
        matches!(c, '\u{a0}' | '\u{ad}' | '\u{2011}' | '\u{202f}' | '\u{fffc}' | '\u{feff}' | '\u{fb00}'..='\u{fb06}')
            || c.is_control() && !matches!(c, '\n' | '\t')
    };
    if !text.contains(special) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{a0}' | '\u{202f}' => out.push(' '),
            '\u{2011}' => out.push('-'),
            '\u{fb00}' => out.push_str("ff"),
            '\u{fb01}' => out.push_str("fi"),
            '\u{fb02}' => out.push_str("fl"),
            '\u{fb03}' => out.push_str("ffi"),
            '\u{fb04}' => out.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
            c if special(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// Joins words into one line, for cells.
pub fn in_one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Joins the cells of a row into one line.
pub fn row(cells: &[impl AsRef<str>]) -> String {
    let used = cells.iter().rposition(|cell| !cell.as_ref().is_empty()).map_or(0, |last| last + 1);
    let cells: Vec<Cow<'_, str>> = cells[..used].iter().map(|cell| Cow::Borrowed(cell.as_ref())).collect();
    cells.join(" | ")
}

/// Joins pieces into one line, for a cell. Notes go to `notes`, because they come after the table.
pub fn cell(pieces: Vec<Piece>, notes: &mut Vec<Piece>) -> String {
    let mut words = Vec::new();
    let mut after_row = false;
    for piece in pieces {
        match piece {
            Piece::Note(_) => notes.push(piece),
            Piece::Gap => after_row = false,
            Piece::Row(text) => {
                // In a table within a cell, bars would look like cells of the outer table.
                let text = in_one_line(&text.replace(" | ", ", "));
                words.push(if std::mem::replace(&mut after_row, true) { format!("; {text}") } else { format!(" {text}") });
            }
            Piece::Paragraph(text) | Piece::Heading(text) | Piece::Item(text) => {
                after_row = false;
                words.push(format!(" {}", in_one_line(&text)));
            }
        }
    }
    words.concat().trim().to_owned()
}
