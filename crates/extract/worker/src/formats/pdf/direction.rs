//! Converts right-to-left text from visual order to logical order.

use super::script;

/// The direction of a character.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Runs {
    Left,
    Right,
    Number,
    /// A separator within a number, such as a comma.
    InNumber,
    Either,
}

/// Converts the characters of a line, given from left to right, to reading order. Returns the index and the character, and whether a space stands
/// before it. Brackets are mirrored where needed.
pub fn logical(seen: &[char], spaces: &[bool], rtl_page: bool) -> (Vec<(usize, char)>, Vec<bool>) {
    // `None` stands for a space, which is a character of its own here.
    let mut line: Vec<Option<usize>> = Vec::with_capacity(seen.len() * 2);
    for (at, &space) in spaces.iter().enumerate() {
        if space && at > 0 {
            line.push(None);
        }
        line.push(Some(at));
    }
    let kinds: Vec<Runs> = line.iter().map(|at| at.map_or(Runs::Either, |at| kind(seen[at]))).collect();
    let count = |kind: Runs| kinds.iter().filter(|&&other| other == kind).count();
    let rtl = rtl_page || count(Runs::Left) >= count(Runs::Right);
    let levels = levels(&kinds, rtl);
    let mut order: Vec<usize> = (0..line.len()).collect();
    for level in [2, 1] {
        if level == 1 && rtl {
            order.reverse();
            break;
        }
        let mut at = 0;
        while at < order.len() {
            let end = at + order[at..].iter().take_while(|&&item| levels[item] >= level).count();
            order[at..end].reverse();
            at = end + 1;
        }
    }
    let (mut read, mut before, mut space) = (Vec::with_capacity(seen.len()), Vec::with_capacity(seen.len()), false);
    for (place, &item) in order.iter().enumerate() {
        let Some(at) = line[item] else {
            space = true;
            continue;
        };
        let neighbour =
            |place: Option<usize>| place.and_then(|place| order.get(place)).and_then(|&item| line[item]).map(|at| seen[at]);
        let c = if levels[item] == 1 {
            bracket(seen[at], neighbour(place.checked_sub(1)), neighbour(Some(place + 1)))
        } else {
            seen[at]
        };
        read.push((at, c));
        before.push(std::mem::take(&mut space));
    }
    (read, before)
}

fn kind(c: char) -> Runs {
    match c {
        _ if script::is_rtl(c) => Runs::Left,
        _ if c.is_numeric() => Runs::Number,
        '.' | ',' | ':' | '/' | '-' | '\u{66b}' | '\u{66c}' => Runs::InNumber,
        _ if c.is_alphabetic() => Runs::Right,
        _ => Runs::Either,
    }
}

/// Embedding levels: 0 is left to right in a left-to-right line, 1 is right to left, 2 is left to right within level 1.
fn levels(kinds: &[Runs], rtl: bool) -> Vec<u8> {
    let strong = |kind: &Runs| matches!(kind, Runs::Left | Runs::Right | Runs::Number);
    let mut levels = vec![u8::from(rtl); kinds.len()];
    for at in 0..kinds.len() {
        let left = kinds[..at].iter().rev().find(|kind| strong(kind));
        let right = kinds[at + 1..].iter().find(|kind| strong(kind));
        let touching = |place: Option<usize>| place.and_then(|place| kinds.get(place)).copied();
        let between = (touching(at.checked_sub(1)), touching(Some(at + 1)));
        levels[at] = match kinds[at] {
            Runs::Left => 1,
            Runs::Right | Runs::Number if rtl => 2,
            Runs::Right => 0,
            // A number within a right-to-left part of a left-to-right line.
            Runs::Number => {
                if left == Some(&Runs::Left) && right == Some(&Runs::Left) {
                    2
                } else {
                    0
                }
            }
            Runs::InNumber if between == (Some(Runs::Number), Some(Runs::Number)) => {
                if rtl || left == Some(&Runs::Left) {
                    2
                } else {
                    0
                }
            }
            Runs::InNumber | Runs::Either => match (left, right) {
                (Some(Runs::Right), Some(Runs::Right | Runs::Number)) if rtl => 2,
                (Some(Runs::Number), Some(Runs::Right)) if rtl => 1,
                (Some(Runs::Left), Some(Runs::Left | Runs::Number)) | (Some(Runs::Number), Some(Runs::Left)) => 1,
                _ => u8::from(rtl),
            },
        };
    }
    levels
}

/// The bracket in reading order: it opens before a word and closes after one, whichever way the document has it.
fn bracket(c: char, before: Option<char>, after: Option<char>) -> char {
    const PAIRS: [(char, char); 5] = [('(', ')'), ('[', ']'), ('{', '}'), ('«', '»'), ('‹', '›')];
    let Some(&(opening, closing)) = PAIRS.iter().find(|pair| pair.0 == c || pair.1 == c) else { return c };
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match (word(before), word(after)) {
        (false, true) => opening,
        (true, false) => closing,
        _ => c,
    }
}
