//! The numbers of lists and headings.

use super::file::{File, number, short};
use crate::formats::word::numerals;
use std::collections::HashMap;

const LEVELS: usize = 9;

struct Level {
    start: u32,
    format: &'static str,
    /// Characters below 9 stand for the number of that level.
    text: Vec<u16>,
}

/// The lists of a file, with a counter for each level.
#[derive(Default)]
pub struct Lists {
    kinds: HashMap<u32, Vec<Level>>,
    /// The kind for each list number that paragraphs use.
    used: Vec<u32>,
    counts: HashMap<u32, [Option<u32>; LEVELS]>,
}

impl Lists {
    pub fn read(file: &File) -> Self {
        let mut lists = Self::default();
        let part = file.part(73);
        let count = usize::from(short(part, 0));
        // The levels of all lists follow the lists, even beyond the declared end.
        let start = number(&file.document, 0x9a + 8 * 73) as usize;
        let mut rest = file.table.get(start.saturating_add(2 + 28 * count)..).unwrap_or_default();
        for at in 0..count {
            let head = part.get(2 + 28 * at..).unwrap_or_default();
            let Some(simple) = head.get(26).map(|flags| flags & 1 != 0) else { break };
            let mut levels = Vec::new();
            for _ in 0..if simple { 1 } else { LEVELS } {
                let Some((level, after)) = level(rest) else { break };
                levels.push(level);
                rest = after;
            }
            lists.kinds.insert(number(head, 0), levels);
        }
        let used = file.part(74);
        let count = (number(used, 0) as usize).min(used.len() / 16);
        lists.used = (0..count).map(|at| number(used, 4 + 16 * at)).collect();
        lists
    }

    /// Counts one more item and returns its label: "-" for items without a number.
    pub fn next(&mut self, list: u16, level: u8) -> Option<String> {
        let kind = *self.used.get(usize::from(list).checked_sub(1)?)?;
        let levels = self.kinds.get(&kind)?;
        let level = usize::from(level).min(levels.len().checked_sub(1)?);
        let own = levels.get(level)?;
        let counts = self.counts.entry(kind).or_default();
        counts[level] = Some(counts[level].map_or(own.start, |count| count.saturating_add(1)));
        counts[level + 1..].fill(None);
        if own.format == "bullet" {
            return Some("-".to_owned());
        }
        let mut label = Vec::new();
        for &unit in &own.text {
            match levels.get(usize::from(unit)).filter(|_| usize::from(unit) < LEVELS) {
                Some(other) => {
                    let count = counts[usize::from(unit)].unwrap_or(other.start);
                    label.extend(numerals::format_number(count, other.format).encode_utf16());
                }
                None => label.push(unit),
            }
        }
        Some(String::from_utf16_lossy(&label).trim().to_owned())
    }
}

fn level(bytes: &[u8]) -> Option<(Level, &[u8])> {
    let (head, rest) = bytes.split_at_checked(28)?;
    let rest = rest.get(usize::from(head[24]) + usize::from(head[25])..)?;
    let length = usize::from(short(rest, 0));
    let text = rest.get(2..2 + 2 * length)?;
    let format = match head[4] {
        0 => "decimal",
        1 => "upperRoman",
        2 => "lowerRoman",
        3 => "upperLetter",
        4 => "lowerLetter",
        5 => "ordinal",
        22 => "decimalZero",
        23 => "bullet",
        255 => "none",
        _ => "decimal",
    };
    let text = text.chunks_exact(2).map(|unit| short(unit, 0)).collect();
    Some((Level { start: number(head, 0), format, text }, &rest[2 + 2 * length..]))
}
