//! Very long lines: some documents are a single one. What is sent of them to a window has bounds.

use crate::types::CutLine;

/// The most characters of one line.
const OF_LINE: usize = 20_000;
/// The most bytes of all lines of one answer.
const OF_ALL: usize = 2 << 20;

/// As much of a line as is kept and sent.
pub fn beginning(line: &str) -> &str {
    line.char_indices().nth(OF_LINE).map_or(line, |(end, _)| &line[..end])
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
    let share = if all > OF_ALL { OF_ALL / lines.len() } else { usize::MAX };
    let sent = |line| {
        let part = beginning(line);
        &part[..part.floor_char_boundary(share)]
    };
    let cut = (first..).zip(&lines).filter_map(|(number, line)| cut(line, sent(line), number)).collect();
    (lines.iter().map(|line| sent(line).to_owned()).collect(), cut)
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
        assert_eq!((sent[0].chars().count(), sent[1].as_str()), (OF_LINE, "after"));
        assert_eq!(missing(&cut), [(1, 980_000)]);
    }

    #[test]
    fn many_long_lines_share_the_room_and_short_ones_between_them_stay_whole() {
        let long = "€".repeat(OF_LINE);
        let lines: Vec<&str> = (0..200).map(|i| if i == 100 { "short" } else { long.as_str() }).collect();
        let (sent, cut) = bounded(lines, 1);
        let bytes: usize = sent.iter().map(String::len).sum();
        assert!(bytes <= OF_ALL && bytes > OF_ALL * 9 / 10, "{bytes}");
        assert_eq!(sent[100], "short");
        assert_eq!(cut.len(), 199);
        let whole = |cut: &CutLine| cut.missing + sent[cut.line as usize - 1].chars().count() as u64;
        assert!(cut.iter().all(|cut| whole(cut) == OF_LINE as u64));
    }
}
