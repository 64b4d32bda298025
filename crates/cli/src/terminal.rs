//! What is printed. Words of models and documents reach the terminal as text only: nothing in them moves the cursor, sets a title, makes a link or
//! writes to the clipboard.

use serde::Serialize;

/// Whether a terminal, or the eye, could take a character for something else than itself: control characters, and those that turn the direction
/// of the text around them.
fn acts(character: char) -> bool {
    let control = character.is_control() && !matches!(character, '\n' | '\t');
    control || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text, with a mark for each character that would act on the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|character| if acts(character) { '\u{fffd}' } else { character }).collect()
}

/// JSON on one line, in which those characters are written as escapes: the same value.
pub fn json(value: &impl Serialize) -> String {
    let line = serde_json::to_string(value).unwrap_or_default();
    // Most lines are letters that every terminal knows.
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

/// Prints a line on standard error: progress, and what went wrong.
macro_rules! tell {
    ($($words:tt)*) => { eprintln!("{}", $crate::terminal::plain(&format!($($words)*))) };
}

pub(crate) use {say, tell};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_as_a_mark() {
        assert_eq!(
            plain("a\u{1b}]8;;http://x\u{7}b\u{9b}31m\u{7f}\r\n\tc\u{202e}"),
            "a\u{fffd}]8;;http://x\u{fffd}b\u{fffd}31m\u{fffd}\u{fffd}\n\tc\u{fffd}"
        );
    }

    #[test]
    fn json_holds_the_same_value_and_no_raw_control_character() {
        let value = "a\u{1b}\u{9b}\u{7f}\u{202e}\n😀";
        let line = json(&value);
        assert!(!line.chars().any(acts) && !line.contains('\n'));
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), value);
    }
}
