//! Characters of symbol fonts, which use their own codes instead of Unicode.

/// Greek and mathematical characters of the Symbol font, from 0x20 and from 0xa0 on.
const SYMBOL_LOW: &str = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_ αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼ ";
const SYMBOL_HIGH: &str = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭";

/// The Unicode character for a code in a font, if it is a symbol font.
pub fn to_unicode(font: &str, code: u32) -> Option<char> {
    // Word moves the codes to Unicode's private use area.
    let code = if (0xf000..0xf100).contains(&code) { code - 0xf000 } else { code };
    if code > 0xff {
        return None;
    }
    let font = font.to_ascii_lowercase();
    if font.contains("wingdings") {
        return Some(wingdings(code, font.ends_with('2') || font.ends_with('3')));
    }
    if font.contains("webdings") {
        return Some(if code == 0x61 { '✔' } else { '•' });
    }
    if font == "symbol" || font.contains("opensymbol") || font.contains("standardsymbols") {
        return match code {
            0x20..0x80 => SYMBOL_LOW.chars().nth(code as usize - 0x20),
            0xa0.. => SYMBOL_HIGH.chars().nth(code as usize - 0xa0),
            _ => None,
        };
    }
    None
}

/// Whether characters in this font mean something else than their codes.
pub fn is_symbol_font(font: &str) -> bool {
    let font = font.to_ascii_lowercase();
    font == "symbol" || font.contains("wingdings") || font.contains("webdings")
}

/// Converts the text of a run in a symbol font.
pub fn text(font: &str, text: &str) -> String {
    text.chars().map(|c| to_unicode(font, c as u32).unwrap_or(c)).collect()
}

/// Maps only the characters that carry meaning; the others are ornaments.
fn wingdings(code: u32, second: bool) -> char {
    match (code, second) {
        (0x20, _) => ' ',
        (0xfc, false) | (0x50, true) => '✓',
        (0xfb, false) | (0x4f, true) => '✗',
        (0xfe, false) | (0x52, true) => '☑',
        (0xfd | 0x78, false) | (0x51, true) => '☒',
        (0xa8 | 0x6f | 0x71 | 0x72, false) | (0xa3, true) => '☐',
        (0xdf | 0xe7 | 0xef, false) => '←',
        (0xe0 | 0xe8 | 0xf0, false) => '→',
        (0xe1 | 0xf1, false) => '↑',
        (0xe2 | 0xf2, false) => '↓',
        (0x4a, false) => '☺',
        (0x4c, false) => '☹',
        (0x28, false) => '☎',
        (0x2a, false) => '✉',
        (0x8c..=0x94, false) => char::from_u32(0x2776 + code - 0x8c).unwrap_or('•'),
        (0x81..=0x89, false) => char::from_u32(0x2460 + code - 0x81).unwrap_or('•'),
        _ => '•',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greek_letters_and_boxes_of_symbol_fonts_become_unicode() {
        assert_eq!(text("Symbol", "abgDW"), "αβγΔΩ");
        assert_eq!(to_unicode("Symbol", 0xf0b3), Some('≥'));
        assert_eq!(to_unicode("Symbol", 0xd6), Some('√'));
        assert_eq!(to_unicode("Symbol", 0xe5), Some('∑'));
        assert_eq!(to_unicode("Wingdings", 0xf0fe), Some('☑'));
        assert_eq!(to_unicode("Arial", 0x61), None);
        assert_eq!(to_unicode("Symbol", 0x3b1), None);
    }
}
