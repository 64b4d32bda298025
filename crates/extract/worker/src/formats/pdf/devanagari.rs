//! Devanagari that a document has in the order of its signs on paper, put into the order in which it is spelled.
//!
//! The vowel sign I stands before the letters after which it is spelled, and the hook of an R that is spelled first stands after them.

const I: char = 'ि';
const VIRAMA: char = '्';
const NUKTA: char = '़';

/// A word that no speller writes: the page has its signs in the order of printing.
pub fn is_as_printed(word: &str) -> bool {
    word.starts_with(I)
}

/// The word as it is spelled.
pub fn spelled(word: &str) -> String {
    let printed: Vec<char> = word.chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(printed.len());
    // Where the last syllable begins, to which a hook belongs.
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
                // Two signs for one.
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

/// The end of the letters that are spelled as one group, from here on.
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
    fn signs_are_put_where_they_are_spelled() {
        for (printed, word) in
            [("िवभाग", "विभाग"), ("िरपोटर्", "रिपोर्ट"), ("वणर्न", "वर्णन"), ("नलाें", "नलों"), ("वषर्", "वर्ष"), ("िमलीं", "मिलीं")]
        {
            assert_eq!(spelled(printed), word);
        }
    }
}
