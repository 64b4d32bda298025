//! Number formats and extents of sheets in an XLS workbook; `calamine` reads only the values.

use super::number::Format;
use std::collections::HashMap;

/// The number formats, and the cells that use them.
#[derive(Default)]
pub struct Biff {
    formats: Vec<Option<Format>>,
    /// Style of each cell, by sheet in workbook order.
    cells: Vec<HashMap<(u32, u32), u16>>,
    /// How many cells the used ranges of all sheets span.
    pub needed: u64,
}

impl Biff {
    /// Reads all records once.
    pub fn read(stream: &[u8]) -> Self {
        let mut biff = Self::default();
        let (mut codes, mut numbers, mut begins) = (HashMap::new(), Vec::new(), Vec::new());
        let mut corner: Option<[u64; 4]> = None;
        let mut sheet: Option<usize> = None;
        let area =
            |corner: Option<[u64; 4]>| corner.map_or(0, |[top, left, bottom, right]| (bottom - top + 1) * (right - left + 1));
        let mut at = 0;
        while let Some(&[a, b, c, d]) = stream.get(at..at + 4) {
            let length = usize::from(u16::from_le_bytes([c, d]));
            let Some(body) = stream.get(at + 4..at + 4 + length) else { break };
            let short = |place: usize| body.get(place..place + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
            match u16::from_le_bytes([a, b]) {
                // A sheet begins. The first such record is the workbook itself.
                0x0809 => {
                    biff.needed += area(corner.take());
                    sheet = begins.iter().position(|&begin| begin == at);
                }
                0x0085 => begins.push(u32::from(short(0)) as usize | (u32::from(short(2)) as usize) << 16),
                0x041e => drop(codes.insert(short(0), code(body))),
                0x00e0 => numbers.push(short(2)),
                // Cell records begin with row and column.
                kind @ (0x0006 | 0x0201 | 0x0203 | 0x0204 | 0x0205 | 0x027e | 0x00fd | 0x00d6 | 0x00bd | 0x00be)
                    if length >= 6 =>
                {
                    let (row, column) = (short(0), short(2));
                    let last = if matches!(kind, 0x00bd | 0x00be) { short(length - 2) } else { column };
                    let [top, left, bottom, right] = corner.unwrap_or([row.into(), column.into(), row.into(), column.into()]);
                    let (r, c) = (u64::from(row), u64::from(column));
                    corner = Some([top.min(r), left.min(c), bottom.max(r), right.max(c).max(last.into())]);
                    let sheets = &mut biff.cells;
                    let mut keep = |column: u16, style: u16| {
                        if let Some(sheet) = sheet.filter(|&sheet| sheet < begins.len()) {
                            sheets.resize_with(begins.len().max(sheets.len()), HashMap::new);
                            sheets[sheet].insert((row.into(), column.into()), style);
                        }
                    };
                    match kind {
                        0x0006 | 0x0203 | 0x027e => keep(column, short(4)),
                        0x00bd => (0..(length - 6) / 6).for_each(|n| keep(column.saturating_add(n as u16), short(4 + 6 * n))),
                        _ => {}
                    }
                }
                _ => {}
            }
            at += 4 + length;
        }
        biff.needed += area(corner);
        biff.formats = numbers
            .iter()
            .map(|number| codes.get(number).map(String::as_str).or_else(|| builtin(*number)))
            .map(|code| Format::read(code?))
            .collect();
        biff
    }

    /// The number format of a cell.
    pub fn format(&self, sheet: usize, row: u32, column: u32) -> Option<&Format> {
        let style = self.cells.get(sheet)?.get(&(row, column))?;
        self.formats.get(usize::from(*style))?.as_ref()
    }
}

/// The code of a format: its length, a flag for two-byte characters, then the characters.
fn code(body: &[u8]) -> String {
    let Some((&[_, _, low, high, wide], rest)) = body.split_first_chunk::<5>() else { return String::new() };
    let count = usize::from(u16::from_le_bytes([low, high]));
    if wide & 1 == 0 {
        return rest.iter().take(count).map(|&byte| char::from(byte)).collect();
    }
    let (units, _) = rest.as_chunks::<2>();
    String::from_utf16_lossy(&units.iter().take(count).map(|&unit| u16::from_le_bytes(unit)).collect::<Vec<_>>())
}

/// The code of a built-in format.
pub fn builtin(number: u16) -> Option<&'static str> {
    Some(match number {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        37 | 38 => "#,##0;(#,##0)",
        39 | 40 => "#,##0.00;(#,##0.00)",
        _ => return None,
    })
}
