//! The layout of a Word file: which bytes hold which part of the text.

use super::properties::{self, Formatting};
use std::ops::Range;

/// Longest text, in characters. Only files built to exhaust memory claim more.
const MAX_TEXT_CHARS: u32 = 64 << 20;

/// The parts of the text, in their order in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Text = 0,
    Footnotes = 1,
    Headers = 2,
    // 3 is for macros, which programs no longer write.
    Comments = 4,
    Endnotes = 5,
    Boxes = 6,
}

/// Characters that are contiguous in the file.
#[derive(Clone, Copy)]
pub struct Run {
    /// Position of its first character in the text; `end` is one past its last.
    pub first: u32,
    pub end: u32,
    /// Where it begins in the file, in bytes.
    pub offset: usize,
    /// Bytes per character: 1 or 2.
    pub bytes: usize,
}

/// The streams of a file, and what its header says about them.
pub struct File {
    pub document: Vec<u8>,
    pub table: Vec<u8>,
    pub pieces: Vec<Run>,
    pub formatting: Formatting,
    counts: [u32; 7],
}

impl File {
    pub fn read(document: Vec<u8>, table: Vec<u8>) -> Self {
        let mut file = Self { document, table, pieces: Vec::new(), formatting: Formatting::default(), counts: [0; 7] };
        for (at, count) in file.counts.iter_mut().enumerate() {
            *count = number(&file.document, 0x4c + 4 * at).min(MAX_TEXT_CHARS);
        }
        file.pieces = pieces(file.part(33), file.document.len());
        file.formatting = properties::read(&file);
        file
    }

    /// A part of the table stream, by its index in the file header's list.
    pub fn part(&self, place: usize) -> &[u8] {
        let at = 0x9a + 8 * place;
        let (start, length) = (number(&self.document, at) as usize, number(&self.document, at + 4) as usize);
        start.checked_add(length).and_then(|end| self.table.get(start..end)).unwrap_or_default()
    }

    /// The characters that belong to a part of the text.
    pub fn range(&self, part: Part) -> Range<u32> {
        let before: u32 = self.counts[..part as usize].iter().sum();
        before..before + self.counts[part as usize]
    }

    /// Whether the file holds less text than it declares.
    pub fn is_short(&self) -> bool {
        let end = self.pieces.last().map_or(0, |run| run.end);
        let is_present = |run: &Run| run.offset + (run.end - run.first) as usize * run.bytes <= self.document.len();
        end < self.range(Part::Text).end || !self.pieces.iter().all(is_present)
    }

    /// Where the text of each note begins within its part, followed by the end of the last.
    pub fn starts(&self, place: usize) -> Vec<u32> {
        self.part(place).chunks_exact(4).map(|bytes| number(bytes, 0)).collect()
    }

    /// Where notes are anchored in the text. Each entry carries `size` bytes of data.
    pub fn references(&self, place: usize, size: usize) -> Vec<u32> {
        let part = self.part(place);
        let count = part.len().saturating_sub(4) / (4 + size);
        (0..count).map(|at| number(part, 4 * at)).collect()
    }

    /// The headers and the footers of all sections.
    pub fn headers(&self) -> [Vec<Range<u32>>; 2] {
        let (starts, all) = (self.starts(11), self.range(Part::Headers));
        let mut found = [Vec::new(), Vec::new()];
        // The first six are note separators. Then each section has six: even and odd headers, even and odd footers,
        // first-page header and footer.
        for (at, pair) in starts.windows(2).enumerate().skip(6) {
            let range = all.start.saturating_add(pair[0])..all.start.saturating_add(pair[1]).min(all.end);
            if range.start < range.end {
                found[usize::from(matches!(at % 6, 2 | 3 | 5))].push(range);
            }
        }
        found
    }
}

/// The runs of the text in order, from the piece table.
fn pieces(mut list: &[u8], size: usize) -> Vec<Run> {
    // Property changes that pieces share precede the table.
    while let [1, low, high, rest @ ..] = list {
        list = rest.get(usize::from(u16::from_le_bytes([*low, *high]))..).unwrap_or_default();
    }
    let Some(table) = list.strip_prefix(&[2]).and_then(|rest| rest.get(4..)) else { return Vec::new() };
    let count = table.len().saturating_sub(4) / 12;
    let mut runs = Vec::with_capacity(count);
    let mut last = 0;
    for at in 0..count {
        let (first, end) = (number(table, 4 * at), number(table, 4 * at + 4));
        let place = number(table, 4 * (count + 1) + 8 * at + 2);
        let bytes = if place & 0x4000_0000 == 0 { 2 } else { 1 };
        let offset = (place & 0x3fff_ffff) as usize / if bytes == 1 { 2 } else { 1 };
        // Pieces that overlap or lie outside the file are damaged.
        let room = u32::try_from(size.saturating_sub(offset) / bytes).unwrap_or(0);
        let end = end.min(first.saturating_add(room));
        if first >= last && end > first && end <= MAX_TEXT_CHARS {
            runs.push(Run { first, end, offset, bytes });
            last = end;
        }
    }
    runs
}

/// A four-byte number, or 0 past the end.
pub fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// A two-byte number, or 0 past the end.
pub fn short(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}
