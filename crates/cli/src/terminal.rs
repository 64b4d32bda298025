//! Prints text. Words of models and documents reach the terminal as plain text: nothing in them moves the cursor, sets a title, makes a link or
//! writes to the clipboard.

use serde::Serialize;

/// Whether a character acts on the terminal or misleads the eye: control characters, and those that change the direction of text.
fn acts(character: char) -> bool {
    let control = character.is_control() && !matches!(character, '\n' | '\t');
    control || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Replaces each character that acts on the terminal by U+FFFD.
pub fn plain(text: &str) -> String {
    text.chars().map(|character| if acts(character) { '\u{fffd}' } else { character }).collect()
}

/// JSON of the same value on one line, with those characters escaped.
pub fn json(value: &impl Serialize) -> String {
    let line = serde_json::to_string(value).unwrap_or_default();
    // Most lines are plain ASCII and need no second look.
    if line.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return line;
    }
    let escaped = |c: char| if acts(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    if line.chars().any(acts) { line.chars().map(escaped).collect() } else { line }
}

/// Prints a line on standard output.
macro_rules! say {
    ($($words:tt)*) => { println!("{}", $crate::terminal::plain(&format!($($words)*))) };
}

/// Prints a line on standard error: progress and errors.
macro_rules! tell {
    ($($words:tt)*) => { eprintln!("{}", $crate::terminal::plain(&format!($($words)*))) };
}

pub(crate) use {say, tell};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_act_on_a_terminal_show_as_marks() {
        assert_eq!(
            plain("a\u{1b}]8;;http://x\u{7}b\u{9b}31m\u{7f}\r\n\tc\u{202e}"),
            "a\u{fffd}]8;;http://x\u{fffd}b\u{fffd}31m\u{fffd}\u{fffd}\n\tc\u{fffd}"
        );
    }

    #[test]
    fn json_keeps_its_value_without_raw_control_characters() {
        let value = "a\u{1b}\u{9b}\u{7f}\u{202e}\n😀";
        let line = json(&value);
        assert!(!line.chars().any(acts) && !line.contains('\n'));
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), value);
    }
}
