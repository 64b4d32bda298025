//! Places of subtitles: their text is read as it is, and their times are the places.

use crate::{Kind, Place};

/// The places in a plain text: the times of subtitles. Texts of other kinds have none.
pub fn places_in(kind: Kind, text: &str) -> Vec<Place> {
    if kind != Kind::Subtitles {
        return Vec::new();
    }
    let times = text.split('\n').zip(1..).filter_map(|(line, number)| {
        let (start, _) = line.split_once("-->")?;
        let start = start.trim();
        let time = start.split([',', '.']).next().unwrap_or(start);
        let is_time = time.contains(':') && time.chars().all(|c| c.is_ascii_digit() || c == ':');
        is_time.then(|| Place::new(number, time))
    });
    times.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_subtitles_are_their_times() {
        let text =
            "1\n00:00:01,500 --> 00:00:04,000\nThe water rises.\n\n2\n00:01:02,000 --> 00:01:05,000\nIt falls --> again.\n";
        let places = places_in(Kind::Subtitles, text);
        assert_eq!(places, [Place::new(2, "00:00:01"), Place::new(6, "00:01:02")]);
        assert!(places_in(Kind::Text, text).is_empty());
    }
}
