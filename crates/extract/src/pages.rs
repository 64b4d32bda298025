//! Words for a document's doubts about single pages.

/// Maximum number of page ranges in a list.
const MAX_RANGES: usize = 12;

/// Words a doubt: "2 of 31 pages have no text: pages 2, 5". `numbers` count from 1 and are in order. `None`: there are none.
#[must_use]
pub fn doubt(numbers: &[u32], pages: usize, one: &str, many: &str) -> Option<String> {
    match numbers {
        [] => None,
        [number] => Some(format!("1 of {pages} pages {one}: page {number}")),
        numbers => Some(format!("{} of {pages} pages {many}: {}", numbers.len(), listed(numbers))),
    }
}

/// Words the doubt about [`crate::Parsed::scans`].
#[must_use]
pub fn scans(numbers: &[u32], pages: usize) -> Option<String> {
    doubt(numbers, pages, "is only a picture, whose text was not read", "are only pictures, whose text was not read")
}

/// Lists page numbers as ranges: "pages 2, 5 to 9".
fn listed(numbers: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let words: Vec<String> = ranges
        .iter()
        .take(MAX_RANGES)
        .map(|&(first, last)| match last - first {
            0 => first.to_string(),
            1 => format!("{first}, {last}"),
            _ => format!("{first} to {last}"),
        })
        .collect();
    format!("pages {}{}", words.join(", "), if ranges.len() > MAX_RANGES { " and others" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_lists_are_ranges_of_limited_length() {
        assert_eq!(listed(&[2, 5, 6, 7, 9, 10]), "pages 2, 5 to 7, 9, 10");
        let odd: Vec<u32> = (0..40).map(|n| n * 2 + 1).collect();
        assert!(listed(&odd).ends_with("21, 23 and others"));
    }
}
