//! Properties of paragraphs and characters: which are headings, rows, list items or hidden.

use super::file::{File, number, short};

/// Longest chain of styles that inherit from each other; circular chains end here.
const MAX_CHAIN: usize = 12;
/// Size of a page of properties.
const PAGE_BYTES: usize = 512;

/// Properties of a paragraph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paragraph {
    pub style: u16,
    /// Whether its end mark ends a table row.
    pub row_end: bool,
    pub in_table: bool,
    /// Table nesting depth; 0 outside tables.
    pub depth: u32,
    /// Index of its list, from 1; 0 for none.
    pub list: u16,
    pub level: u8,
    pub heading: Option<bool>,
}

/// Formatting by byte range in the file, sorted by start.
#[derive(Default)]
pub struct Formatting {
    paragraphs: Vec<(u32, u32, Paragraph)>,
    hidden: Vec<(u32, u32)>,
}

impl Formatting {
    /// Properties of the paragraph whose end mark is at this offset in the file.
    pub fn paragraph(&self, offset: usize) -> Paragraph {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let at = self.paragraphs.partition_point(|(start, _, _)| *start <= offset);
        let found = at.checked_sub(1).and_then(|at| self.paragraphs.get(at));
        found.filter(|(_, end, _)| offset < *end).map(|(_, _, paragraph)| *paragraph).unwrap_or_default()
    }

    /// Whether the character at this offset is hidden or deleted.
    pub fn is_hidden(&self, offset: usize) -> bool {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let at = self.hidden.partition_point(|(start, _)| *start <= offset);
        at.checked_sub(1).and_then(|at| self.hidden.get(at)).is_some_and(|(_, end)| offset < *end)
    }
}

/// Reads the pages of paragraph and character properties.
pub fn read(file: &File) -> Formatting {
    let styles = styles(file.part(1));
    let mut formatting = Formatting::default();
    for page in pages(file, 13) {
        for (start, end, properties) in runs(page, 13) {
            let length = match properties {
                [0, half, ..] => (usize::from(*half) * 2, 2),
                [half, ..] => ((usize::from(*half) * 2).saturating_sub(1), 1),
                [] => (0, 0),
            };
            let body = properties.get(length.1..).unwrap_or_default();
            let body = &body[..length.0.min(body.len())];
            let style = short(body, 0);
            let mut paragraph = styles.get(usize::from(style)).copied().unwrap_or_default();
            paragraph.style = style;
            apply(body.get(2..).unwrap_or_default(), &mut paragraph);
            formatting.paragraphs.push((start, end, paragraph));
        }
    }
    for page in pages(file, 12) {
        for (start, end, properties) in runs(page, 1) {
            let length = usize::from(properties.first().copied().unwrap_or(0));
            if is_hidden(properties.get(1..).map(|body| &body[..length.min(body.len())]).unwrap_or_default()) {
                formatting.hidden.push((start, end));
            }
        }
    }
    formatting.paragraphs.sort_by_key(|(start, _, _)| *start);
    formatting.hidden.sort_unstable();
    formatting
}

fn pages(file: &File, place: usize) -> impl Iterator<Item = &[u8]> {
    let list = file.part(place);
    let count = list.len().saturating_sub(4) / 8;
    (0..count).filter_map(move |at| {
        let page = (number(list, 4 * (count + 1) + 4 * at) & 0x3f_ffff) as usize * PAGE_BYTES;
        file.document.get(page..page + PAGE_BYTES)
    })
}

/// The runs of a page: start, end, and the page's bytes from the run's properties on.
fn runs(page: &[u8], step: usize) -> impl Iterator<Item = (u32, u32, &[u8])> {
    let count = usize::from(page.last().copied().unwrap_or(0));
    (0..count).filter_map(move |at| {
        let place = usize::from(*page.get(4 * (count + 1) + step * at)?) * 2;
        let properties = if place == 0 { &[][..] } else { page.get(place..)? };
        Some((number(page, 4 * at), number(page, 4 * at + 4), properties))
    })
}

/// Calls `each` with the number and the new value of every property change.
fn changes(mut list: &[u8], mut each: impl FnMut(u16, &[u8])) {
    while let [low, high, rest @ ..] = list {
        let change = u16::from_le_bytes([*low, *high]);
        let length = match change >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            // Long table definitions give their length in two bytes, one too large.
            _ if change == 0xd608 || change == 0xd606 => 1 + usize::from(short(rest, 0)),
            _ => 1 + usize::from(rest.first().copied().unwrap_or(0)),
        };
        let Some((value, after)) = rest.split_at_checked(length) else { return };
        each(change, value);
        list = after;
    }
}

fn apply(list: &[u8], to: &mut Paragraph) {
    changes(list, |change, value| {
        let byte = value.first().copied().unwrap_or(0);
        match change {
            0x2416 => to.in_table = byte != 0,
            0x2417 => to.row_end = byte != 0,
            // The same for a nested table.
            0x244c => to.row_end = byte != 0,
            0x6649 => to.depth = number(value, 0),
            0x260a => to.level = byte,
            0x460b => to.list = short(value, 0),
            0x2640 => to.heading = Some(byte < 9),
            _ => {}
        }
    });
}

fn is_hidden(list: &[u8]) -> bool {
    let mut hidden = false;
    changes(list, |change, value| {
        if matches!(change, 0x083c | 0x0800) {
            hidden = value.first() == Some(&1);
        }
    });
    hidden
}

/// The paragraph properties of each style, including those it inherits.
fn styles(sheet: &[u8]) -> Vec<Paragraph> {
    let head = usize::from(short(sheet, 0));
    let count = usize::from(short(sheet, 2));
    let base_size = usize::from(short(sheet, 4));
    let mut rest = sheet.get(2 + head..).unwrap_or_default();
    let mut own = Vec::new();
    for _ in 0..count {
        let length = usize::from(short(rest, 0));
        let Some(style) = rest.get(2..2 + length) else { break };
        own.push(style_of(style, base_size));
        rest = rest.get(2 + length..).unwrap_or_default();
    }
    (0..own.len())
        .map(|at| {
            let chain: Vec<_> = std::iter::successors(Some(at), |&at| own.get(at).map(|style| style.0)).take(MAX_CHAIN).collect();
            let mut paragraph = Paragraph::default();
            for &at in chain.iter().rev() {
                if let Some((_, builtin, list)) = own.get(at) {
                    apply(list, &mut paragraph);
                    // Headings and the title.
                    if matches!(builtin, 1..=9 | 62) {
                        paragraph.heading = Some(true);
                    }
                }
            }
            paragraph
        })
        .collect()
}

/// A style's parent, its built-in number, and its changes to paragraphs.
fn style_of(style: &[u8], base_size: usize) -> (usize, u16, &[u8]) {
    let builtin = short(style, 0) & 0x0fff;
    let (kind, base) = (short(style, 2) & 0x000f, usize::from(short(style, 2) >> 4));
    let name = usize::from(short(style, base_size));
    // The name ends with a zero; the rest is aligned to even offsets.
    let at = base_size + 2 + 2 * name + 2;
    let length = usize::from(short(style, at));
    let list = if kind == 1 { style.get(at + 4..at + 2 + length).unwrap_or_default() } else { &[] };
    (base, builtin, list)
}
