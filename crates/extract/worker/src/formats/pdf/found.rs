//! What the pages of a document say about how well it was read.

use super::glyphs::Content;
use plumb_extract::Failure;

/// So few characters on a page that a picture covers are its number.
const FEW: usize = 30;
/// More page numbers than this are not listed.
const LISTED: usize = 12;

/// What was found on all pages.
#[derive(Default)]
pub struct Found {
    words: bool,
    pictures: bool,
    unread: Vec<u32>,
    /// Something is drawn on them, but no text.
    without: Vec<u32>,
    /// A picture covers them, and there is nearly no text.
    covered: Vec<u32>,
    /// Many characters have no meaning.
    unknown: Vec<u32>,
}

impl Found {
    /// Adds a page, from 1; `None`: it could not be read.
    pub fn page(&mut self, number: u32, content: Option<&Content>) {
        let Some(content) = content else {
            self.unread.push(number);
            return;
        };
        self.words |= content.characters > 0;
        self.pictures |= content.pictures;
        if content.characters == 0 {
            if content.drawn {
                self.without.push(number);
            }
        } else if content.covered && content.characters < FEW {
            self.covered.push(number);
        }
        if content.unknown > 10 && content.unknown * 12 > content.characters {
            self.unknown.push(number);
        }
    }

    /// Whether the document has text at all, and why not.
    pub fn result(&self, pages: u32, cut_off: bool) -> Result<(), Failure> {
        if self.words {
            Ok(())
        } else if cut_off {
            Err(Failure::failed("damaged: its end is missing"))
        } else if !self.unread.is_empty() || pages == 0 {
            Err(Failure::failed("damaged: none of its pages could be read"))
        } else if self.pictures {
            Err(Failure::no_text("no text layer: it looks like a scan"))
        } else {
            Err(Failure::no_text("no text layer: its pages are empty or only drawn"))
        }
    }

    /// What may read badly.
    pub fn doubts(&self, pages: u32) -> Vec<String> {
        let mut doubts = Vec::new();
        let mut doubt = |numbers: &[u32], one: &str, many: &str| match numbers {
            [] => {}
            [number] => doubts.push(format!("1 of {pages} pages {one}: page {number}")),
            numbers => doubts.push(format!("{} of {pages} pages {many}: {}", numbers.len(), listed(numbers))),
        };
        doubt(&self.unread, "could not be read", "could not be read");
        doubt(&self.without, "has no text", "have no text");
        doubt(&self.covered, "is a picture with nearly no text", "are pictures with nearly no text");
        doubt(&self.unknown, "has many characters without a meaning", "have many characters without a meaning");
        doubts
    }
}

/// "pages 2, 5 to 9".
fn listed(numbers: &[u32]) -> String {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => spans.push((number, number)),
        }
    }
    let words: Vec<String> = spans
        .iter()
        .take(LISTED)
        .map(|&(first, last)| match last - first {
            0 => first.to_string(),
            1 => format!("{first}, {last}"),
            _ => format!("{first} to {last}"),
        })
        .collect();
    format!("pages {}{}", words.join(", "), if spans.len() > LISTED { " and others" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_listed_in_spans_and_not_without_end() {
        assert_eq!(listed(&[2, 5, 6, 7, 9, 10]), "pages 2, 5 to 7, 9, 10");
        let odd: Vec<u32> = (0..40).map(|n| n * 2 + 1).collect();
        assert!(listed(&odd).ends_with("21, 23 and others"));
    }
}
