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

/// A page with more source than this and less text than [`SCRIPTED_TEXT_BYTES`] is filled in by scripts.
const SCRIPTED_SOURCE_BYTES: usize = 4000;
/// See [`SCRIPTED_SOURCE_BYTES`].
const SCRIPTED_TEXT_BYTES: usize = 200;

/// Reads a page, with its title first and its headings as places.
pub fn text(bytes: &[u8]) -> Outcome {
    let html = decode_text(bytes)?;
    let Reading { title, text, scripts } = reading::read(&html);
    let text = lines::tidy(&text);
    let first = text.lines().next().unwrap_or_default().trim_start_matches(HEADING);
    let whole = if title.is_empty() || first == title { text } else { format!("{title}\n\n{text}") };
    let (text, places) = without_marks(&whole);
    if text.trim().is_empty() {
        return Err(Failure::no_text(if scripts > 0 { "a page that scripts fill in" } else { "an empty page" }));
    }
    let mut parsed = Parsed::new(Kind::Html, text);
    parsed.places = places;
    if scripts > 0 && html.len() > SCRIPTED_SOURCE_BYTES && parsed.text.len() < SCRIPTED_TEXT_BYTES {
        parsed.doubts.push("most of this page is filled in by scripts, which Plumb does not run".to_owned());
    }
    Ok(parsed)
}

/// The text of a page inside another format: lines separated by `\n`, without one at the end.
pub fn plain(html: &str) -> String {
    lines::tidy(&reading::read(html).text.replace(HEADING, ""))
}

/// Removes the heading marks from a text and returns the headings as places.
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

/// Shortens a heading, because authors may write one of any length.
fn short(name: &str) -> String {
    if name.chars().count() > 100 { name.chars().take(99).chain(['…']).collect() } else { name.to_owned() }
}

#[cfg(test)]
#[path = "html/tests.rs"]
mod tests;
