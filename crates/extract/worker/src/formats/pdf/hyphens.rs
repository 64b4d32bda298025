//! Joins words that were hyphenated at the end of a line.

use super::{
    lines::Line,
    words::{Before, Word},
};
use std::collections::HashSet;

const HYPHENS: [char; 3] = ['-', '\u{ad}', '\u{2010}'];

/// Joins words that were hyphenated at the end of a line: the rest of the word moves up. The hyphen stays if the same compound also occurs inside a
/// line of the page.
pub fn join(lines: &mut Vec<Line>, start: usize) {
    if !lines.iter().skip(start).any(|line| line.words.last().is_some_and(|word| word.text.ends_with(HYPHENS))) {
        return;
    }
    let compounds: HashSet<String> =
        lines.iter().skip(start).flat_map(|line| &line.words).flat_map(|word| compounds(&word.text)).collect();
    let mut at = start;
    while at + 1 < lines.len() {
        // An empty line is the end of a column, where words are hyphenated too.
        let next = if lines[at + 1].words.is_empty() { at + 2 } else { at + 1 };
        if !lines.get(next).is_some_and(|next| is_hyphenated(&lines[at], next)) {
            at += 1;
            continue;
        }
        let word = lines[next].words.remove(0);
        if let Some(first) = lines[next].words.first_mut() {
            first.before = Before::Space;
        }
        if let Some(last) = lines[at].words.last_mut() {
            let whole = format!("{}{}", last.text, word.text);
            let before = last.text.trim_end_matches(HYPHENS).chars().filter(|c| HYPHENS.contains(c)).count();
            let keep = !last.text.ends_with('\u{ad}')
                && (compounds_at(&whole, before).is_some_and(|whole| compounds.contains(&whole))
                    || is_compound(&last.text, &word.text));
            if !keep {
                last.text.pop();
            }
        }
        lines[at].words.push(Word { before: Before::Nothing, ..word });
        if lines[next].words.is_empty() {
            // The joined line may end with a hyphen again, so it is checked once more.
            lines.remove(next);
        } else {
            at += 1;
        }
    }
    for word in lines.iter_mut().skip(start).flat_map(|line| &mut line.words).filter(|word| word.text.contains('\u{ad}')) {
        word.text.retain(|c| c != '\u{ad}');
    }
    // If the rest of a word was all there was between two empty lines, one of them goes.
    let (mut number, mut empty) = (0, true);
    lines.retain(|line| {
        let twice = number > start && empty && line.words.is_empty();
        empty = line.words.is_empty();
        number += 1;
        !twice
    });
}

/// The hyphenated pairs in a word; the first in "mother-in-law" is "mother-in".
fn compounds(word: &str) -> Vec<String> {
    let parts: Vec<&str> = word.trim_matches(|c: char| !c.is_alphanumeric()).split(HYPHENS).collect();
    parts
        .windows(2)
        .filter(|pair| !pair[0].is_empty() && !pair[1].is_empty())
        .map(|pair| format!("{}-{}", pair[0], pair[1]))
        .collect()
}

/// Whether the two parts form an English compound that nearly always keeps its hyphen.
fn is_compound(stem: &str, rest: &str) -> bool {
    let stem = stem.trim_start_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    let rest = rest.trim_end_matches(|c: char| !c.is_alphabetic());
    matches!(stem.as_str(), "self-" | "well-" | "half-" | "cross-" | "high-" | "low-" | "long-" | "short-")
        && rest.chars().count() > 3
        || matches!(rest, "for" | "off" | "of" | "to" | "by" | "up")
}

/// The pair around the hyphen with this number.
fn compounds_at(word: &str, number: usize) -> Option<String> {
    compounds(word).into_iter().nth(number)
}

/// Whether the last word of a line continues in the next line.
fn is_hyphenated(line: &Line, next: &Line) -> bool {
    let (Some(last), Some(first)) = (line.words.last(), next.words.first()) else { return false };
    let Some(stem) = last.text.strip_suffix(HYPHENS) else { return false };
    let letters = stem.chars().rev().take_while(|c| c.is_alphabetic()).count();
    let alike = line.size > 0.0 && next.size > line.size * 0.95 && line.size > next.size * 0.95;
    alike && letters >= 2 && stem.ends_with(char::is_lowercase) && first.text.starts_with(char::is_lowercase)
}

/// Joins the word that was hyphenated at the end of a page's text with its rest on the next page.
pub fn join_pages(page: &mut [Line], next: &mut [Line]) {
    let letters =
        |line: &Line| line.words.iter().map(|word| word.text.chars().filter(|c| c.is_alphabetic()).count()).sum::<usize>();
    // Notes and the page number may follow the word, and the header of the next page may precede its rest.
    let Some(at) =
        page.iter().rposition(|line| letters(line) > 20 && line.words.last().is_some_and(|word| word.text.ends_with(HYPHENS)))
    else {
        return;
    };
    let behind = page[at + 1..].iter().all(|line| line.size < page[at].size * 0.95 || letters(line) < 20);
    let Some(rest) = next.iter().take(4).position(|line| is_hyphenated(&page[at], line)) else { return };
    let before = next[..rest].iter().all(|line| line.words.is_empty() || line.words.len() < 12);
    if !behind || !before || next[rest].words.len() < 2 || (rest > 0 && !next[rest - 1].words.is_empty()) {
        return;
    }
    let word = next[rest].words.remove(0);
    next[rest].words[0].before = Before::Space;
    if let Some(last) = page[at].words.last_mut()
        && !is_compound(&last.text, &word.text)
    {
        last.text.pop();
    }
    // The rest is not drawn on this page, so it has no area.
    page[at].words.push(Word { before: Before::Nothing, area: [0.0; 4], ..word });
}
