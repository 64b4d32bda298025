//! Converts Devanagari from visual order, the order of the signs on paper, to logical order, the order of spelling.
//!
//! The vowel sign I is printed before the letters that it follows in spelling. The hook of an R is printed after the letters that it precedes.

const I: char = 'ि';
const VIRAMA: char = '्';
const NUKTA: char = '़';

/// Whether a word is in visual order, which no correct spelling allows.
pub fn is_visual_order(word: &str) -> bool {
    word.starts_with(I)
}

/// The word in logical order.
pub fn to_logical_order(word: &str) -> String {
    let printed: Vec<char> = word.chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(printed.len());
    // The start of the last syllable, to which a hook belongs.
    let mut syllable = 0;
    let mut at = 0;
    while at < printed.len() {
        let c = printed[at];
        if c == I {
            let end = consonants(&printed, at + 1);
            syllable = out.len();
            out.extend(&printed[at + 1..end]);
            out.push(I);
            at = end;
        } else if c == 'र' && printed.get(at + 1) == Some(&VIRAMA) && syllable < out.len() {
            out.splice(syllable..syllable, ['र', VIRAMA]);
            at += 2;
        } else if is_consonant(c) {
            let end = consonants(&printed, at);
            syllable = out.len();
            out.extend(&printed[at..end]);
            at = end;
        } else {
            match (out.last(), c) {
                // Two signs that print as one vowel.
                (Some('ा'), 'े' | 'ै') => {
                    out.pop();
                    out.push(if c == 'े' { 'ो' } else { 'ौ' });
                }
                _ => out.push(c),
            }
            if !is_sign(c) {
                syllable = out.len();
            }
            at += 1;
        }
    }
    out.into_iter().collect()
}

/// The end of the consonant cluster that begins at `at`.
fn consonants(printed: &[char], mut at: usize) -> usize {
    while printed.get(at).copied().is_some_and(is_consonant) {
        at += 1;
        at += usize::from(printed.get(at) == Some(&NUKTA));
        if printed.get(at) != Some(&VIRAMA) || !printed.get(at + 1).copied().is_some_and(is_consonant) {
            break;
        }
        at += 1;
    }
    at
}

fn is_consonant(c: char) -> bool {
    matches!(c, 'क'..='ह' | '\u{958}'..='\u{95f}')
}

fn is_sign(c: char) -> bool {
    matches!(c, 'ऀ'..='ः' | 'ऺ'..='ॏ' | 'ॕ'..='ॗ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_move_to_logical_order() {
        for (printed, word) in
            [("िवभाग", "विभाग"), ("िरपोटर्", "रिपोर्ट"), ("वणर्न", "वर्णन"), ("नलाें", "नलों"), ("वषर्", "वर्ष"), ("िमलीं", "मिलीं")]
        {
            assert_eq!(to_logical_order(printed), word);
        }
    }
}
