//! Builds the lines of a page.

use super::{
    devanagari,
    glyphs::{Content, Frame, Turn},
    hyphens,
    order::{self, Block, Row},
    pieces, script,
    words::{self, Before, Word},
};

/// A line of the text. A line without words separates paragraphs.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub words: Vec<Word>,
    pub turn: Option<Turn>,
    /// Font size if this is a line of running text, otherwise 0.
    pub size: f32,
}

impl Line {
    /// Appends the line to a text.
    pub fn write(&self, to: &mut String) {
        for (at, word) in self.words.iter().enumerate() {
            match word.before {
                Before::Space if at > 0 => to.push(' '),
                Before::Border if at > 0 => to.push_str(" | "),
                _ => {}
            }
            to.push_str(&word.text);
        }
    }
}

/// All lines of a page, without empty lines at the ends or two in a row.
pub fn lines(content: &Content) -> Vec<Line> {
    let rtl_page = is_mostly_rtl(content);
    let mut lines: Vec<Line> = Vec::new();
    for frame in &content.frames {
        separate(&mut lines);
        add_frame(frame, rtl_page, &mut lines);
    }
    for note in &content.notes {
        separate(&mut lines);
        let word = Word { text: format!("[note: {note}]"), area: [0.0; 4], before: Before::Nothing };
        lines.push(Line { words: vec![word], turn: None, size: 0.0 });
    }
    while lines.last().is_some_and(|line| line.words.is_empty()) {
        lines.pop();
    }
    let words = || lines.iter().flat_map(|line| &line.words);
    if words().any(|word| devanagari::is_visual_order(&word.text)) {
        for word in lines.iter_mut().flat_map(|line| &mut line.words) {
            if word.text.contains(script::is_syllabic) {
                word.text = devanagari::to_logical_order(&word.text);
            }
        }
    }
    lines
}

fn separate(lines: &mut Vec<Line>) {
    if lines.last().is_some_and(|line| !line.words.is_empty()) {
        lines.push(Line::default());
    }
}

/// Whether more letters of the page run from right to left than from left to right.
fn is_mostly_rtl(content: &Content) -> bool {
    let (mut left, mut right) = (0, 0);
    for glyph in content.frames.iter().flat_map(|frame| &frame.glyphs) {
        if script::is_rtl(glyph.c) {
            left += 1;
        } else if glyph.c.is_alphabetic() {
            right += 1;
        }
    }
    left > right
}

fn add_frame(frame: &Frame, rtl_page: bool, lines: &mut Vec<Line>) {
    let start = lines.len();
    let rows = order::rows(pieces::pieces(frame));
    let body = order::body_size(&rows).unwrap_or_default();
    for row in rows {
        if !row.joined {
            separate(lines);
        }
        let mut new = row_lines(&row, rtl_page);
        if row.cells[0].size < body * 0.95
            && let Some(line) = new.first_mut()
        {
            split_note_number(line);
        }
        lines.extend(new.into_iter().map(|line| Line { turn: Some(frame.turn), ..line }));
    }
    hyphens::join(lines, start);
}

/// Separates the number of a footnote from its text if no gap does.
fn split_note_number(line: &mut Line) {
    let Some(first) = line.words.first_mut() else { return };
    let digits = first.text.len() - first.text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if (1..=3).contains(&digits) && first.text[digits..].starts_with(char::is_uppercase) {
        let text = first.text.split_off(digits);
        let area = first.area;
        line.words.insert(1, Word { text, area, before: Before::Space });
    }
}

fn row_lines(row: &Row, rtl_page: bool) -> Vec<Line> {
    if !row.together {
        return row.cells.iter().flat_map(|cell| block_lines(cell, rtl_page)).collect();
    }
    let mut words = Vec::new();
    let mut cells: Vec<&Block> = row.cells.iter().collect();
    cells.sort_by(|a, b| if rtl_page { b.left.total_cmp(&a.left) } else { a.left.total_cmp(&b.left) });
    for cell in cells {
        let mut lines = block_lines(cell, rtl_page);
        hyphens::join(&mut lines, 0);
        let start = words.len();
        for line in lines {
            words.extend(line.words.into_iter().enumerate().map(|(at, word)| match at {
                // A cell has several lines, which become one.
                0 => Word { before: Before::Space, ..word },
                _ => word,
            }));
        }
        if let Some(word) = words.get_mut(start) {
            word.before = Before::Border;
        }
    }
    vec![Line { words, turn: None, size: 0.0 }]
}

fn block_lines(block: &Block, rtl_page: bool) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut full = false;
    for piece in &block.pieces {
        let words = words::words(piece, rtl_page);
        let Some(first) = words.first() else { continue };
        // Scripts without spaces break lines within words.
        let continues = full && script::is_unspaced(first.text.chars().next());
        match lines.last_mut() {
            Some(line) if continues && line.words.last().is_some_and(|last| script::is_unspaced(last.text.chars().last())) => {
                let start = line.words.len();
                line.words.extend(words);
                line.words[start].before = Before::Nothing;
            }
            _ => lines.push(Line { words, turn: None, size: piece.size }),
        }
        full = piece.right > block.right - piece.size * 1.7;
    }
    lines
}
