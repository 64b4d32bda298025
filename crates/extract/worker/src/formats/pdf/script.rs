//! Properties of single characters.

/// Whether this is a character of an East Asian script or its punctuation.
pub fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{9fff}' | '\u{a000}'..='\u{a4cf}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Whether this is Korean, which has spaces between words.
pub fn is_korean(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}')
}

/// Whether this belongs to a script without spaces, so that lines are joined without a space.
pub fn is_unspaced(c: Option<char>) -> bool {
    c.is_some_and(|c| is_wide(c) && !is_korean(c))
}

/// Whether this letter runs from right to left.
pub fn is_rtl(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        && !is_mark(c)
        && !matches!(c, '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' | '\u{60c}' | '\u{66a}'..='\u{66c}')
}

/// Whether this is a combining mark of the letter before it.
pub fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}'
        | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}'
        | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Maps private-use bullets and arrows of common office fonts to Unicode; other private-use characters have no meaning.
pub fn without_private_use(c: char) -> char {
    match c {
        '\u{f0b7}' | '\u{f06c}' | '\u{f09f}' | '\u{f0a8}' => '•',
        '\u{f0a7}' | '\u{f06e}' | '\u{f071}' => '▪',
        '\u{f0d8}' => '➢',
        '\u{f0fc}' => '✓',
        '\u{f0e0}' => '→',
        '\u{f02d}' => '-',
        '\u{f0be}' => '—',
        // Old-style figures and small capitals.
        '\u{f730}'..='\u{f739}' | '\u{f761}'..='\u{f77a}' => char::from((c as u32 - 0xf700) as u8),
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

/// Standalone accents, each with its letters and the composed characters.
const ACCENTED: [(&[char], &str, &str); 13] = [
    (&['˛', '\u{328}'], "AEIUaeiu", "ĄĘĮŲąęįų"),
    (&['˙', '\u{307}'], "ZzCcGgEeI", "ŻżĊċĠġĖėİ"),
    (&['¯', '\u{2c9}', '\u{304}'], "AEIOUaeiou", "ĀĒĪŌŪāēīōū"),
    (&['`', '\u{2cb}', '\u{300}'], "AEIOUaeiouNn", "ÀÈÌÒÙàèìòùǸǹ"),
    (&['´', '\u{2ca}', '\u{301}'], "AEIOUYaeiouyCcLlNnRrSsZzıg", "ÁÉÍÓÚÝáéíóúýĆćĹĺŃńŔŕŚśŹźíǵ"),
    (&['ˆ', '\u{302}'], "AEIOUaeiouCcGgHhJjSsWwYyı", "ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷî"),
    (&['¨', '\u{308}'], "AEIOUYaeiouyı", "ÄËÏÖÜŸäëïöüÿï"),
    (&['˜', '\u{303}'], "ANOanoIiUu", "ÃÑÕãñõĨĩŨũ"),
    (&['ˇ', '\u{30c}'], "CcDEeNnRrSTZzsdtlLUu", "ČčĎĚěŇňŘřŠŤŽžšďťľĽǓǔ"),
    (&['˚', '\u{30a}'], "AaUu", "ÅåŮů"),
    (&['¸', '\u{327}'], "CcSsTtKkLlNnRrGEe", "ÇçŞşŢţĶķĻļŅņŖŗĢȨȩ"),
    (&['˘', '\u{306}'], "AaGgUuIiEeOo", "ĂăĞğŬŭĬĭĔĕŎŏ"),
    (&['˝', '\u{30b}'], "OoUu", "ŐőŰű"),
];

/// Composes an accent and a letter that were printed over each other.
pub fn with_accent(accent: char, letter: char) -> Option<char> {
    let (_, letters, whole) = ACCENTED.iter().find(|(accents, ..)| accents.contains(&accent))?;
    whole.chars().nth(letters.chars().position(|c| c == letter)?)
}

/// Whether this may be the accent of a letter near it.
pub fn is_accent(c: char) -> bool {
    c > '\u{5f}' && !c.is_ascii_alphanumeric() && ACCENTED.iter().any(|(accents, ..)| accents.contains(&c))
}

/// Converts to superscript: 5³ is not 53, and a footnote number does not belong to the word before it.
pub fn raised(c: char) -> char {
    match c {
        '0'..='9' => RAISED[c as usize - '0' as usize],
        '-' | '−' => '⁻',
        '+' => '⁺',
        _ => c,
    }
}

const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// Whether this is a superscript digit.
pub fn is_raised(c: char) -> bool {
    RAISED.contains(&c)
}

/// Whether this belongs to Devanagari or another script that joins signs into syllables.
pub fn is_syllabic(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Whether this is a code for a ligature in TeX's fonts.
pub fn is_ligature_code(c: char) -> bool {
    ligature(c).is_some()
}

fn ligature(c: char) -> Option<&'static str> {
    const LIGATURES: [&str; 5] = ["ff", "fi", "fl", "ffi", "ffl"];
    match c {
        '\u{b}'..='\u{f}' => LIGATURES.get(c as usize - 0xb).copied(),
        '\u{1b}'..='\u{1f}' => LIGATURES.get(c as usize - 0x1b).copied(),
        _ => None,
    }
}

/// Replaces codes without a meaning by their meaning in TeX's fonts if their position in the word allows it, else by one replacement character.
pub fn resolve_codes(word: &mut String) {
    if !word.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        return;
    }
    let chars: Vec<char> = word.chars().collect();
    let letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphabetic());
    let mut out = String::with_capacity(word.len());
    for (at, &c) in chars.iter().enumerate() {
        let (before, after) = (letter(at.checked_sub(1)), letter(Some(at + 1)));
        match (c, ligature(c)) {
            (_, Some(letters)) if before || after => out.push_str(letters),
            ('\u{f}' | '\u{88}' | '\u{95}', _) if chars.len() == 1 => out.push('•'),
            ('\u{10}' | '\u{93}', _) if !before && after => out.push('“'),
            ('\u{11}' | '\u{94}', _) if !after => out.push('”'),
            ('\u{12}' | '\u{84}', _) if !before && after => out.push('„'),
            ('\u{15}' | '\u{96}', _) => out.push('–'),
            ('\u{16}' | '\u{97}', _) => out.push('—'),
            ('\u{92}', _) => out.push('’'),
            ('\u{80}', _) => out.push('€'),
            _ if c.is_control() || c == char::REPLACEMENT_CHARACTER => {
                if !out.ends_with(char::REPLACEMENT_CHARACTER) {
                    out.push(char::REPLACEMENT_CHARACTER);
                }
            }
            _ => out.push(c),
        }
    }
    *word = out;
}
