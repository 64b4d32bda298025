//! Splitting texts of any language, and code, into words for ranking. There is no list of stop words: rare words weigh more anyway.

/// Calls `take` with each word of `text`, lowercased: whole runs of letters and digits, the parts of `snake_case` and `camelCase` beside the
/// whole, and pairs of characters where words are written without spaces.
pub fn words(text: &str, mut take: impl FnMut(&str)) {
    let mut buffer = String::new();
    for run in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
        if run.is_empty() {
            continue;
        }
        if run.is_ascii() {
            identifier(run, &mut buffer, &mut take);
        } else {
            mixed(run, &mut buffer, &mut take);
        }
    }
}

fn one(word: &str, buffer: &mut String, take: &mut impl FnMut(&str)) {
    buffer.clear();
    if word.is_ascii() {
        buffer.push_str(word);
        buffer.make_ascii_lowercase();
    } else {
        buffer.extend(word.chars().flat_map(char::to_lowercase));
    }
    // Folds the plain plural of several languages. Wrong folds are the same in question and text.
    if buffer.len() > 3 && buffer.ends_with('s') && !buffer.ends_with("ss") {
        buffer.pop();
    }
    take(buffer);
}

fn identifier(run: &str, buffer: &mut String, take: &mut impl FnMut(&str)) {
    let run = run.trim_matches('_');
    if run.is_empty() {
        return;
    }
    one(run, buffer, take);
    let bytes = run.as_bytes();
    let mut start = 0;
    for at in 1..=bytes.len() {
        let edge = at == bytes.len() || bytes[at] == b'_' || bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase();
        if edge {
            if start < at && (start > 0 || at < bytes.len()) {
                one(&run[start..at], buffer, take);
            }
            start = if bytes.get(at) == Some(&b'_') { at + 1 } else { at };
        }
    }
}

fn mixed(run: &str, buffer: &mut String, take: &mut impl FnMut(&str)) {
    let mut start = 0;
    let mut previous: Option<(usize, char)> = None;
    let mut pairs = 0;
    for (at, character) in run.char_indices().chain([(run.len(), '_')]) {
        let dense = is_dense(character);
        match previous {
            Some((before, last)) if is_dense(last) => {
                if dense {
                    one(&run[before..at + character.len_utf8()], buffer, take);
                    pairs += 1;
                } else {
                    if pairs == 0 {
                        one(&run[before..at], buffer, take);
                    }
                    start = at;
                    pairs = 0;
                }
            }
            _ if dense || character == '_' => {
                if start < at {
                    one(&run[start..at], buffer, take);
                }
                start = at;
            }
            _ => {}
        }
        if character == '_' {
            start = at + 1;
        }
        previous = Some((at, character));
    }
}

/// Whether a script puts no space between words.
fn is_dense(character: char) -> bool {
    matches!(u32::from(character),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    fn words(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        super::words(text, |word| out.push(word.to_owned()));
        out
    }

    #[test]
    fn words_are_lowercased_and_plurals_folded() {
        assert_eq!(words("The Pumps' glass, 141.35 m"), ["the", "pump", "glass", "141", "35", "m"]);
        assert_eq!(words("Der Fluß ÜBER Ёлки"), ["der", "fluß", "über", "ёлки"]);
    }

    #[test]
    fn names_in_code_are_found_whole_and_in_parts() {
        assert_eq!(words("max_turns"), ["max_turn", "max", "turn"]);
        assert_eq!(words("readFile(P3)"), ["readfile", "read", "file", "p3"]);
        assert_eq!(words("__init__"), ["init"]);
    }

    #[test]
    fn scripts_without_spaces_are_split_into_pairs() {
        assert_eq!(words("上水池"), ["上水", "水池"]);
        assert_eq!(words("池"), ["池"]);
        assert_eq!(words("größe_池b"), ["größe", "池", "b"]);
    }
}
