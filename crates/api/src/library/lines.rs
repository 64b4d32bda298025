//! Bounds a document's lines for a window: some documents are one line of many megabytes.

use crate::types::{CutLine, PlaceMark};
use plumb_corpus::Place;

/// Maximum lines in one reply.
pub const MAX_LINES: u64 = 5_000;

/// Maximum characters of one line.
const MAX_LINE_CHARS: usize = 20_000;
/// Maximum bytes of all lines in one reply.
const MAX_REPLY_BYTES: usize = 2 << 20;

/// The part of a line that is kept and sent.
pub fn line_head(line: &str) -> &str {
    line.char_indices().nth(MAX_LINE_CHARS).map_or(line, |(end, _)| &line[..end])
}

/// Describes the cut of a line of which only `head` is sent, if any.
pub fn cut(line: &str, head: &str, number: u64) -> Option<CutLine> {
    let rest = &line[head.len()..];
    (!rest.is_empty()).then(|| CutLine { line: number, missing: rest.chars().count() as u64 })
}

/// Bounds lines to what a reply may hold. Returns them without line ends, and the cut ones. `first` is the number of the first line.
pub fn bounded<'a>(lines: impl IntoIterator<Item = &'a str>, first: u64) -> (Vec<String>, Vec<CutLine>) {
    let lines: Vec<&str> = lines.into_iter().map(|line| line.trim_end_matches('\r')).collect();
    let all: usize = lines.iter().map(|line| line_head(line).len()).sum();
    // Each line gets an equal share of the room: a line left out altogether would look like an empty one.
    let share = if all > MAX_REPLY_BYTES { MAX_REPLY_BYTES / lines.len() } else { usize::MAX };
    let sent = |line| {
        let part = line_head(line);
        &part[..part.floor_char_boundary(share)]
    };
    let cut = (first..).zip(&lines).filter_map(|(number, line)| cut(line, sent(line), number)).collect();
    (lines.iter().map(|line| sent(line).to_owned()).collect(), cut)
}

/// Starts of pages, slides and sheets, for a window.
pub fn marks(places: &[Place]) -> Vec<PlaceMark> {
    places.iter().map(|place| PlaceMark { line: place.line, place: place.name.clone(), row: place.row }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(cut: &[CutLine]) -> Vec<(u64, u64)> {
        cut.iter().map(|cut| (cut.line, cut.missing)).collect()
    }

    #[test]
    fn ordinary_lines_are_sent_whole() {
        let (sent, cut) = bounded(["one\r", "", "three"], 7);
        assert_eq!(sent, ["one", "", "three"]);
        assert!(cut.is_empty());
    }

    #[test]
    fn an_endless_line_is_cut_and_its_rest_counted_in_characters() {
        let line = "é".repeat(1_000_000);
        let (sent, cut) = bounded([line.as_str(), "after"], 1);
        assert_eq!((sent[0].chars().count(), sent[1].as_str()), (MAX_LINE_CHARS, "after"));
        assert_eq!(missing(&cut), [(1, 980_000)]);
    }

    #[test]
    fn long_lines_share_the_room_and_short_lines_stay_whole() {
        let long = "€".repeat(MAX_LINE_CHARS);
        let lines: Vec<&str> = (0..200).map(|i| if i == 100 { "short" } else { long.as_str() }).collect();
        let (sent, cut) = bounded(lines, 1);
        let bytes: usize = sent.iter().map(String::len).sum();
        assert!(bytes <= MAX_REPLY_BYTES && bytes > MAX_REPLY_BYTES * 9 / 10, "{bytes}");
        assert_eq!(sent[100], "short");
        assert_eq!(cut.len(), 199);
        let whole = |cut: &CutLine| cut.missing + sent[cut.line as usize - 1].chars().count() as u64;
        assert!(cut.iter().all(|cut| whole(cut) == MAX_LINE_CHARS as u64));
    }
}
