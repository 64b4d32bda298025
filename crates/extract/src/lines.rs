//! Lines as people read them.

/// One form of line ends, no space at the ends of lines, at most one empty line in a row, none around.
pub fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 1;
    for line in text.lines().flat_map(|line| line.split(['\r', '\u{b}', '\u{c}', '\u{2028}', '\u{2029}'])) {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.extend(line.chars().filter(|&c| c != '\0'));
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Joins words that were divided at the end of a line: the rest of the word moves up. A hyphen that the document also writes inside a line
/// belongs to the word and stays.
pub fn join_divided_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split('\n').map(str::to_owned).peekable();
    while let Some(mut line) = lines.next() {
        if let Some(next) = lines.peek_mut()
            && let Some((start, soft)) = divided(&line)
            && next.starts_with(char::is_lowercase)
        {
            let end = next.find(char::is_whitespace).unwrap_or(next.len());
            let whole = format!("{}{}", &line[start..], &next[..end]);
            let keep = !soft && text.contains(whole.trim_end_matches(|c: char| !c.is_alphanumeric()));
            if !keep {
                line.truncate(line.trim_end_matches(['-', '\u{ad}', '\u{2010}']).len());
            }
            line.push_str(&next[..end]);
            *next = next[end..].trim_start().to_owned();
            if next.is_empty() {
                lines.next();
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    out.pop();
    out.replace('\u{ad}', "")
}

/// Where the divided word at the end of a line begins, and whether its hyphen is a soft one.
fn divided(line: &str) -> Option<(usize, bool)> {
    let stem = line.strip_suffix(['-', '\u{ad}', '\u{2010}'])?;
    let start = stem.rfind(|c: char| !c.is_alphabetic() && c != '\u{ad}').map_or(0, |at| at + 1);
    let start = (start..=stem.len()).find(|&at| line.is_char_boundary(at))?;
    (stem.len() >= start + 2 && stem.ends_with(char::is_lowercase)).then(|| (start, line.ends_with('\u{ad}')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_divided_at_the_end_of_a_line_is_joined_and_a_compound_keeps_its_hyphen() {
        assert_eq!(join_divided_words("the reser-\nvoir is full"), "the reservoir\nis full");
        assert_eq!(join_divided_words("a soft hy\u{ad}phen, a di\u{ad}\nvided word"), "a soft hyphen, a divided\nword");
        assert_eq!(join_divided_words("of cast-\niron mains, and cast-iron pipes"), "of cast-iron\nmains, and cast-iron pipes");
        assert_eq!(join_divided_words("Überfäl-\nle\nEnde"), "Überfälle\nEnde");
    }

    #[test]
    fn a_dash_a_number_and_a_name_after_a_hyphen_are_left_alone() {
        for text in ["pages 12-\n14", "he said -\nand left", "Mill-\nLane", "- first\n- second", "end-"] {
            assert_eq!(join_divided_words(text), text);
        }
    }

    #[test]
    fn tidy_lines_have_one_form_of_line_ends_and_no_blanks_around() {
        assert_eq!(tidy("\n\na  \r\nb\rc\u{c}d\n\n\n\ne\0\n\n"), "a\nb\nc\nd\n\ne");
    }
}
