//! Text of PowerPoint 97 to 2003 presentations.

mod drawing;
mod records;

use super::ole::Streams;
use super::zip::blocks::{Blocks, Piece};
use crate::Outcome;
use drawing::Text;
use plumb_extract::{Failure, Kind};
use records::Record;
use std::collections::{HashMap, HashSet};

/// Most saved edits that are followed; each save appends a list of its changes.
const MAX_EDITS: usize = 10_000;

/// Reads the slides in order, each followed by its notes.
///
/// # Errors
/// Why there is no text, in plain words.
pub fn text(mut streams: Streams<'_>) -> Outcome {
    let current = streams.read("Current User").unwrap_or_default();
    let head = records::all(&current).next();
    if head.and_then(|head| head.number(4)) == Some(0xf3d1_c4df) {
        return Err(Failure::failed("protected with a password"));
    }
    let bytes = streams.read("PowerPoint Document").unwrap_or_default();
    let last = head.and_then(|head| head.number(8)).unwrap_or(0);
    let offsets = offsets(&bytes, last)?;
    let document = records::all(&bytes).filter(|record| record.kind == 1000).last();
    let named = offsets.document.and_then(|place| records::at(&bytes, place)).filter(|record| record.kind == 1000);
    let document = named.or(document).ok_or_else(|| Failure::failed("damaged: its list of slides is missing"))?;
    let page = |reference: u32| records::at(&bytes, *offsets.all.get(&reference)?);
    let notes: HashMap<u32, Vec<Piece>> = listed(document, 2)
        .iter()
        .filter_map(|entry| page(entry.reference))
        .filter_map(|page| {
            let slide = page.children().find(|record| record.kind == 1009)?.number(0)?;
            Some((slide, drawing::notes(page)))
        })
        .collect();
    let mut blocks = Blocks::default();
    let slides = listed(document, 0);
    let mut unread = 0;
    for (number, entry) in (1..).zip(&slides) {
        if blocks.is_full() {
            break;
        }
        blocks.place(format!("slide {number}"));
        match page(entry.reference) {
            Some(page) => drawing::pieces(page, &entry.outline).iter().for_each(|piece| blocks.push(piece)),
            None => unread += 1,
        }
        if let Some(words) = notes.get(&entry.slide).filter(|words| words.iter().any(|piece| *piece != Piece::Gap)) {
            blocks.place(format!("slide {number}, notes"));
            blocks.paragraph("Notes:");
            words.iter().for_each(|piece| blocks.push(piece));
        }
    }
    if unread > 0 {
        blocks.doubts.push(format!("{unread} of {} slides are damaged and could not be read", slides.len()));
    }
    blocks.finish(Kind::Ppt)
}

/// Offsets of the presentation's records in the file, by reference.
#[derive(Default)]
struct Offsets {
    all: HashMap<u32, u32>,
    document: Option<u32>,
}

/// Follows the edits from the last back to the first; later edits win.
fn offsets(bytes: &[u8], mut edit: u32) -> Result<Offsets, Failure> {
    let mut offsets = Offsets::default();
    let mut document = None;
    for _ in 0..MAX_EDITS {
        let Some(record) = records::at(bytes, edit).filter(|record| record.kind == 4085) else { break };
        // An encrypted file refers to its key here.
        if record.body.len() >= 32 && record.number(28).is_some_and(|key| key != 0) {
            return Err(Failure::failed("protected with a password"));
        }
        document = document.or(record.number(16));
        if let Some(list) = record.number(12).and_then(|at| records::at(bytes, at)).filter(|list| list.kind == 6002) {
            add(list, &mut offsets.all);
        }
        match record.number(8) {
            Some(earlier) if earlier != 0 && earlier < edit => edit = earlier,
            _ => break,
        }
    }
    offsets.document = document.and_then(|reference| offsets.all.get(&reference).copied());
    Ok(offsets)
}

/// Adds runs of offsets: a number that packs the first reference and the count, then that many offsets.
fn add(list: Record<'_>, to: &mut HashMap<u32, u32>) {
    let mut at = 0;
    while let Some(head) = list.number(at) {
        let (first, count) = (head & 0xf_ffff, head >> 20);
        for place in 0..count {
            at += 4;
            let Some(offset) = list.number(at) else { return };
            to.entry(first + place).or_insert(offset);
        }
        at += 4;
    }
}

/// A slide in the list of slides.
struct Entry {
    reference: u32,
    slide: u32,
    outline: Vec<Text>,
}

/// The slides (`instance` 0) or notes pages (`instance` 2), in order.
fn listed(document: Record<'_>, instance: u16) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let Some(list) = document.children().find(|record| record.kind == 4080 && record.instance == instance) else {
        return entries;
    };
    let mut role = drawing::Role::Other;
    let mut seen = HashSet::new();
    for record in list.children() {
        match (record.kind, entries.last_mut()) {
            (1011, _) => {
                let (reference, slide) = (record.number(0).unwrap_or(0), record.number(12).unwrap_or(0));
                if seen.insert(reference) {
                    entries.push(Entry { reference, slide, outline: Vec::new() });
                }
            }
            (3999, Some(entry)) => {
                // A text may have a header but no words; it still counts as an outline entry.
                role = drawing::role(record);
                entry.outline.push(Text { role, words: String::new() });
            }
            (4000 | 4008, Some(entry)) => {
                if let Some(text) = entry.outline.last_mut() {
                    *text = Text { role, words: drawing::words(record) };
                }
            }
            _ => {}
        }
    }
    entries
}
