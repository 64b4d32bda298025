//! Cutting texts into the passages that are ranked.

use std::collections::VecDeque;

/// Lines of a passage.
const MAX_LINES: usize = 12;
/// Bytes of a passage.
const MAX_BYTES: usize = 800;
/// Lines that two neighbours share, so that one of them has each sentence whole.
const OVERLAP_LINES: usize = 2;

/// Place of a passage in its text: bytes, and lines from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: usize,
    pub end: usize,
    pub first_line: u64,
    pub last_line: u64,
}

/// Cuts a text into lines, and very long lines into pieces: the start and length of each in bytes, and its line's number.
fn pieces(text: &str) -> impl Iterator<Item = (usize, usize, u64)> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').zip(1..);
    lines.flat_map(move |(line, number)| {
        let start = at;
        at += line.len();
        let mut from = 0;
        std::iter::from_fn(move || {
            let rest = line.get(from..).filter(|rest| !rest.is_empty())?;
            let mut length = rest.len();
            if length > MAX_BYTES {
                let most = rest.floor_char_boundary(MAX_BYTES);
                // Not in the middle of a word, if possible.
                length = rest[..most].rfind(' ').filter(|space| *space > most / 2).map_or(most, |space| space + 1);
            }
            from += length;
            Some((start + from - length, length, number))
        })
    })
}

/// All passages of a text, in order.
pub fn passages(text: &str) -> impl Iterator<Item = Range> {
    let mut pieces = pieces(text).peekable();
    let mut kept: VecDeque<(usize, usize, u64)> = VecDeque::new();
    std::iter::from_fn(move || {
        pieces.peek()?;
        let mut length: usize = kept.iter().map(|piece| piece.1).sum();
        let mut paragraph_ends = false;
        while let Some(piece) = pieces.next_if(|piece| kept.is_empty() || length + piece.1 <= MAX_BYTES) {
            length += piece.1;
            kept.push_back(piece);
            paragraph_ends = kept.len() >= MAX_LINES / 2 && text[piece.0..piece.0 + piece.1].trim().is_empty();
            if kept.len() == MAX_LINES || paragraph_ends {
                break;
            }
        }
        let (first, last) = (*kept.front()?, *kept.back()?);
        let shared = if kept.len() > OVERLAP_LINES * 2 && !paragraph_ends { OVERLAP_LINES } else { 0 };
        kept.drain(..kept.len() - shared);
        // The next line must fit beside the shared ones.
        while let (Some(next), Some(_)) = (pieces.peek(), kept.front())
            && kept.iter().map(|piece| piece.1).sum::<usize>() + next.1 > MAX_BYTES
        {
            kept.pop_front();
        }
        Some(Range { start: first.0, end: last.0 + last.1, first_line: first.2, last_line: last.2 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_passages_share_lines_and_lose_none() {
        let text: String = (1..=40).map(|n| format!("line {n}\n")).collect();
        let ranges: Vec<Range> = passages(&text).collect();
        assert!(ranges.windows(2).all(|pair| pair[1].first_line == pair[0].last_line - 1));
        assert_eq!((ranges[0].first_line, ranges[ranges.len() - 1].last_line), (1, 40));
    }
}
