//! Lines of a document, bounded for a window: some documents are a single line of many megabytes.

use crate::types::{CutLine, PlaceMark};
use plumb_corpus::Place;

/// Maximum lines in one reply.
pub const MAX_LINES: u64 = 5_000;

/// Maximum characters of one line.
const MAX_LINE_CHARS: usize = 20_000;
/// Maximum bytes of all lines in one reply.
const MAX_REPLY_BYTES: usize = 2 << 20;

/// As much of a line as is kept and sent.
pub fn beginning(line: &str) -> &str {
    line.char_indices().nth(MAX_LINE_CHARS).map_or(line, |(end, _)| &line[..end])
}

/// What a line lacks of which only the beginning is there.
pub fn cut(line: &str, beginning: &str, number: u64) -> Option<CutLine> {
    let rest = &line[beginning.len()..];
    (!rest.is_empty()).then(|| CutLine { line: number, missing: rest.chars().count() as u64 })
}

/// Lines without their ends, as far as they are sent, and which of them are cut. `first` is the number of the first one.
pub fn bounded<'a>(lines: impl IntoIterator<Item = &'a str>, first: u64) -> (Vec<String>, Vec<CutLine>) {
    let lines: Vec<&str> = lines.into_iter().map(|line| line.trim_end_matches('\r')).collect();
    let all: usize = lines.iter().map(|line| beginning(line).len()).sum();
    // Where all are too much, each gets an equal share: one that is not sent at all could not be told from an empty one.
    let share = if all > MAX_REPLY_BYTES { MAX_REPLY_BYTES / lines.len() } else { usize::MAX };
    let sent = |line| {
        let part = beginning(line);
        &part[..part.floor_char_boundary(share)]
    };
    let cut = (first..).zip(&lines).filter_map(|(number, line)| cut(line, sent(line), number)).collect();
    (lines.iter().map(|line| sent(line).to_owned()).collect(), cut)
}

/// The starts of pages, slides and sheets, for a window.
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
    fn a_document_of_one_endless_line_is_cut_and_the_rest_is_counted_in_characters() {
        let line = "é".repeat(1_000_000);
        let (sent, cut) = bounded([line.as_str(), "after"], 1);
        assert_eq!((sent[0].chars().count(), sent[1].as_str()), (MAX_LINE_CHARS, "after"));
        assert_eq!(missing(&cut), [(1, 980_000)]);
    }

    #[test]
    fn many_long_lines_share_the_room_and_short_ones_between_them_stay_whole() {
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
