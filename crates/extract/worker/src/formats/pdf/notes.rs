//! Adds filled form fields and readers' notes to a page.

use super::{
    glyphs::{Content, Frame, Glyph, Space, Turn},
    library::{Note, Rect},
};

/// Adds notes that the page shows to its characters, as if they were printed there, and the others to its notes.
pub fn add(notes: &[Note], shown: impl Fn(Rect) -> [f32; 4], content: &mut Content) {
    for note in notes {
        if !note.shown {
            content.notes.push(note.text.split_whitespace().collect::<Vec<_>>().join(" "));
            continue;
        }
        let frame = match content.frames.iter_mut().position(|frame| frame.turn == Turn::Quarters(0)) {
            Some(at) => &mut content.frames[at],
            None => content.frames.push_mut(Frame { turn: Turn::Quarters(0), glyphs: Vec::new(), rules: Vec::new() }),
        };
        let glyphs = typed(&note.text, shown(note.area));
        content.characters += glyphs.len();
        let at = glyphs.first().map_or(0, |first| place(&frame.glyphs, first));
        frame.glyphs.splice(at..at, glyphs);
    }
}

/// The index where a field is read: after the text before it on its line, else after the text above it.
fn place(glyphs: &[Glyph], first: &Glyph) -> usize {
    let before = |glyph: &Glyph| (glyph.base - first.base).abs() < first.size.max(glyph.size) && glyph.right < first.left + 1.0;
    let above = |glyph: &Glyph| glyph.base < first.base;
    let of = |is: &dyn Fn(&Glyph) -> bool| glyphs.iter().rposition(is);
    of(&before).or_else(|| of(&above)).map_or(0, |at| at + 1)
}

/// The text of a field as if it were printed there.
fn typed(text: &str, [left, top, right, bottom]: [f32; 4]) -> Vec<Glyph> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let size = ((bottom - top) / lines.len().max(1) as f32 * 0.7).clamp(1.0, 12.0);
    let mut glyphs = Vec::new();
    for (row, line) in lines.iter().enumerate() {
        let step = ((right - left) / line.chars().count().max(1) as f32).min(size * 0.5).max(0.01);
        let middle = top + (bottom - top) * (row as f32 + 0.5) / lines.len() as f32;
        let mut space = Space::No;
        for (at, c) in line.chars().enumerate() {
            if c.is_whitespace() {
                space = Space::Written;
                continue;
            }
            let start = left + at as f32 * step;
            let base = middle + size * 0.35;
            glyphs.push(Glyph {
                c,
                left: start,
                right: start + step,
                base,
                size,
                space: std::mem::replace(&mut space, Space::No),
            });
        }
    }
    glyphs
}
