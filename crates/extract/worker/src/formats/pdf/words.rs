//! Builds words from the characters of a piece: infers spaces from gaps, joins accents with letters, and puts right-to-left text in reading order.

use super::{
    direction,
    glyphs::{Glyph, Space},
    pieces::Piece,
    script,
};

/// The separator before a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// No separator, as between East Asian characters.
    Nothing,
    Space,
    /// The border of a cell.
    Border,
}

/// A word, or a character of a script without spaces.
#[derive(Clone, Debug)]
pub struct Word {
    pub text: String,
    /// Left, top, right and bottom in the frame.
    pub area: [f32; 4],
    pub before: Before,
}

/// A letter with its combining marks.
struct Letter {
    c: char,
    marks: String,
    left: f32,
    right: f32,
    base: f32,
    size: f32,
    space: Space,
    /// The letter is smaller than the line and stands above its baseline.
    raised: bool,
}

/// The words of a piece, in reading order.
pub fn words(piece: &Piece, rtl_page: bool) -> Vec<Word> {
    let rtl = piece.glyphs.iter().any(|glyph| script::is_rtl(glyph.c));
    let mut letters = letters(&piece.glyphs, rtl);
    for letter in &mut letters {
        letter.raised = letter.size < piece.size * 0.85 && letter.base < piece.base - piece.size * 0.15;
    }
    if rtl {
        letters.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    let spaces = spaces(&letters, rtl);
    let seen: Vec<char> = letters.iter().map(|letter| letter.c).collect();
    let (order, spaces) =
        if rtl { direction::logical(&seen, &spaces, rtl_page) } else { (seen.into_iter().enumerate().collect(), spaces) };
    let mut words: Vec<Word> = Vec::new();
    for (at, (index, c)) in order.into_iter().enumerate() {
        let letter = &letters[index];
        let c = if letter.raised { script::raised(c) } else { c };
        // The number of a footnote may stand close to its text.
        let noted = at > 0 && !letter.raised && words.len() == 1 && words[0].text.chars().all(script::is_raised);
        let before = if spaces[at] || at == 0 || noted { Before::Space } else { Before::Nothing };
        let area = [letter.left, letter.base - letter.size * 0.8, letter.right, letter.base + letter.size * 0.22];
        let wide = |c: char| script::is_unspaced(Some(c));
        let alone = wide(c) || words.last().is_none_or(|word| word.text.ends_with(wide));
        match words.last_mut() {
            Some(word) if before == Before::Nothing && !alone => {
                word.area = around(word.area, area);
                word.text.push(c);
                word.text.push_str(&letter.marks);
            }
            _ => words.push(Word { text: format!("{c}{}", letter.marks), area, before }),
        }
    }
    for word in &mut words {
        script::resolve_codes(&mut word.text);
    }
    shorten_leaders(&mut words);
    words
}

/// Shortens the dot leaders between a heading and its page number.
fn shorten_leaders(words: &mut Vec<Word>) {
    let is_leader = |word: &Word| word.text.chars().all(|c| matches!(c, '.' | '·' | '…' | '․' | '⋅'));
    let mut at = 0;
    while at < words.len() {
        let end = at + words[at..].iter().take_while(|word| is_leader(word)).count();
        let area = words[at..end].iter().map(|word| word.area).reduce(around);
        if let Some(area) = area
            && words[at..end].iter().map(|word| word.text.chars().count()).sum::<usize>() > 3
        {
            words[at] = Word { text: "...".to_owned(), area, before: words[at].before };
            words.drain(at + 1..end);
        }
        at = end.max(at) + 1;
    }
}

fn around(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// Joins accents and marks with their letters.
fn letters(glyphs: &[Glyph], rtl: bool) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::with_capacity(glyphs.len());
    for (at, glyph) in glyphs.iter().enumerate() {
        let middle = (glyph.left + glyph.right) / 2.0;
        if script::is_mark(glyph.c) {
            let distance = |letter: &Letter| ((letter.left + letter.right) / 2.0 - middle).abs();
            let beneath = if rtl {
                let nearest = glyphs.iter().filter(|other| !script::is_mark(other.c) && !other.c.is_whitespace());
                let nearest = nearest.min_by(|a, b| {
                    let distance = |other: &Glyph| ((other.left + other.right) / 2.0 - middle).abs();
                    distance(a).total_cmp(&distance(b))
                });
                // The nearest letter may come later in writing order.
                nearest.and_then(|nearest| letters.iter_mut().find(|letter| letter.left == nearest.left && letter.c == nearest.c))
            } else {
                letters.last_mut().filter(|letter| distance(letter) < glyph.size)
            };
            if let Some(letter) = beneath {
                match script::with_accent(glyph.c, letter.c).filter(|_| letter.marks.is_empty()) {
                    Some(whole) => letter.c = whole,
                    None => letter.marks.push(glyph.c),
                }
                continue;
            }
        }
        if script::is_accent(glyph.c) {
            // The accent may be printed over the letter before it or after it.
            if let Some(letter) = letters.last_mut()
                && letter.left < middle
                && middle < letter.right
                && let Some(whole) = script::with_accent(glyph.c, letter.c)
            {
                letter.c = whole;
                continue;
            }
        }
        if let Some(accent) = at.checked_sub(1).map(|before| &glyphs[before]).filter(|before| script::is_accent(before.c))
            && let Some(letter) = letters.last_mut()
            && letter.c == accent.c
            && glyph.left < (accent.left + accent.right) / 2.0
            && (accent.left + accent.right) / 2.0 < glyph.right
            && let Some(whole) = script::with_accent(accent.c, glyph.c)
        {
            *letter = Letter { c: whole, space: letter.space.max(glyph.space), ..Letter::of(glyph) };
            continue;
        }
        letters.push(Letter::of(glyph));
    }
    letters
}

impl Letter {
    fn of(glyph: &Glyph) -> Self {
        let Glyph { c, left, right, base, size, space } = *glyph;
        Self { c, marks: String::new(), left, right, base, size, space, raised: false }
    }
}

/// Whether there is a space before each letter.
fn spaces(letters: &[Letter], rtl: bool) -> Vec<bool> {
    // Signs above a letter may begin after it and end before it.
    let end = |at: usize| letters[at.saturating_sub(2)..=at].iter().map(|letter| letter.right).fold(f32::NEG_INFINITY, f32::max);
    let gap = |at: usize| (letters[at + 1].left - end(at)) / letters[at].size.max(letters[at + 1].size);
    let written = letters.iter().filter(|letter| letter.space == Space::Written).count();
    // If the document contains spaces, only a large gap counts as one.
    let mut least = if !rtl && written * 12 > letters.len() { 0.22 } else { 0.16 };
    let mut letter_spaced = false;
    if !rtl && letters.len() > 5 {
        let between = |&at: &usize| letters[at].c.is_alphabetic() && letters[at + 1].c.is_alphabetic();
        let mut gaps: Vec<f32> = (0..letters.len() - 1).filter(between).map(gap).collect();
        gaps.sort_by(f32::total_cmp);
        // In letter-spaced text most gaps are not spaces.
        let usual = gaps.get(gaps.len() * 6 / 10).copied().unwrap_or_default();
        letter_spaced = usual > 0.07 && (usual < 0.22 || gaps[gaps.len() - 1] > usual * 1.8);
        if letter_spaced {
            least = f32::max(least, usual * 1.5 + 0.05);
        }
    }
    let korean = |at: usize| script::is_korean(letters[at].c);
    // Some programs separate digits from Korean letters by less than a space between words.
    let words =
        (0..letters.len().saturating_sub(1)).filter(|&at| korean(at) && korean(at + 1)).map(gap).filter(|&gap| gap > least);
    let apart_from_figures = words.reduce(f32::min).map_or(0.0, |space| space * 0.9);
    let mut spaces = vec![false; letters.len()];
    for (at, pair) in letters.windows(2).enumerate() {
        let wide = |letter: &Letter| script::is_unspaced(Some(letter.c));
        // In right-to-left text the space belongs to the letter on the left.
        let before = if rtl { pair[0].space.max(pair[1].space) } else { pair[1].space };
        let least = match (wide(&pair[0]), wide(&pair[1])) {
            (true, true) => 0.8,
            (false, false) if korean(at) != korean(at + 1) => least.max(apart_from_figures),
            (false, false) if before == Space::Likely && !letter_spaced => {
                if rtl {
                    0.1
                } else {
                    0.06
                }
            }
            (false, false) => least,
            _ => least.max(0.45),
        };
        let written = before == Space::Written && gap(at) > if rtl || wide(&pair[0]) { 0.1 } else { -0.3 };
        spaces[at + 1] = gap(at) > least || written;
    }
    spaces
}
