//! Tidies the lines of a text.

/// Unifies line ends, and removes trailing spaces, repeated empty lines, and empty lines at both ends.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidy_unifies_line_ends_and_removes_outer_blanks() {
        assert_eq!(tidy("\n\na  \r\nb\rc\u{c}d\n\n\n\ne\0\n\n"), "a\nb\nc\nd\n\ne");
    }
}
