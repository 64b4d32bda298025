//! Web pages.

mod elements;
mod flow;
mod reading;
mod table;
mod tokens;

use crate::{Outcome, lines};
use flow::HEADING;
use plumb_extract::{Failure, Kind, Parsed, Place, decode_text};
use reading::Reading;

/// A page of this much source with less text than this is made by its programs.
const MADE_BY_PROGRAMS: (usize, usize) = (4000, 200);

/// A page with its title first; its headings are its places.
pub fn text(bytes: &[u8]) -> Outcome {
    let html = decode_text(bytes)?;
    let Reading { title, text, scripts } = reading::read(&html);
    let text = lines::tidy(&text);
    let first = text.lines().next().unwrap_or_default().trim_start_matches(HEADING);
    let whole = if title.is_empty() || first == title { text } else { format!("{title}\n\n{text}") };
    let (text, places) = without_marks(&whole);
    if text.trim().is_empty() {
        return Err(Failure::no_text(if scripts > 0 { "a page that its programs fill in" } else { "an empty page" }));
    }
    let mut parsed = Parsed::new(Kind::Html, text);
    parsed.places = places;
    if scripts > 0 && html.len() > MADE_BY_PROGRAMS.0 && parsed.text.len() < MADE_BY_PROGRAMS.1 {
        parsed.doubts.push("most of this page is filled in by its programs, which are not run".to_owned());
    }
    Ok(parsed)
}

/// The text of a page, as other formats have them inside: lines that end with `\n`, nothing at the end.
pub fn plain(html: &str) -> String {
    lines::tidy(&reading::read(html).text.replace(HEADING, ""))
}

/// The text without the marks of its headings, and where they stood.
fn without_marks(text: &str) -> (String, Vec<Place>) {
    let mut out = String::with_capacity(text.len() + 1);
    let mut places = Vec::new();
    for (n, line) in (1..).zip(text.lines()) {
        let marked = line.trim_start_matches([' ', '-', '>']).strip_prefix(HEADING);
        if let Some(name) = marked.map(|name| name.replace(HEADING, "")).filter(|name| !name.trim().is_empty()) {
            places.push(Place::new(n, format!("section {}", short(name.trim()))));
        }
        out.extend(line.chars().filter(|&c| c != HEADING));
        out.push('\n');
    }
    (out, places)
}

/// Headings can be as long as authors like.
fn short(name: &str) -> String {
    if name.chars().count() > 100 { name.chars().take(99).chain(['…']).collect() } else { name.to_owned() }
}

#[cfg(test)]
#[path = "html/tests.rs"]
mod tests;
