//! What the refusals of a server have taught about one of its models. It is known to all calls for as long as the program runs, so that only the first
//! one pays for it.

use super::limits::Limits;
use std::collections::BTreeSet;

/// What is known.
#[derive(Debug)]
pub struct Learned {
    /// Parameters that it does not take.
    pub refused: BTreeSet<&'static str>,
    /// Prompt and reply together, in its tokens.
    window: Option<u64>,
    /// One reply.
    reply: Option<u64>,
    /// So many of its tokens are one of ours.
    of_ours: f64,
}

/// With less room than this, or than was asked for, a prompt does not fit.
const LEAST_ROOM: u32 = 256;
/// Servers count the frame of a conversation, too.
const FRAME: u64 = 16;
/// How much two texts differ in what they need in another tokenizer.
const SPREAD: f64 = 1.05;

impl Default for Learned {
    fn default() -> Self {
        Learned { refused: BTreeSet::new(), window: None, reply: None, of_ours: 1.25 }
    }
}

impl Learned {
    /// Whether there is a limit to keep.
    pub fn is_limited(&self) -> bool {
        self.window.is_some() || self.reply.is_some()
    }

    /// How long a reply may be asked for, of `asked` tokens, after a prompt that has `counted` of ours. Whether there is room at all, the server says.
    pub fn room(&self, asked: u32, counted: u64) -> u32 {
        let prompt = (counted as f64 * self.of_ours * SPREAD) as u64 + FRAME;
        let room = self.window.map_or(u64::from(asked), |window| window.saturating_sub(prompt));
        let room = room.max(u64::from(LEAST_ROOM)).min(self.reply.unwrap_or(u64::MAX));
        at_most(asked, room)
    }

    /// Takes in what the refusal of a call said. Gives the length of reply with which the same prompt fits; none where it does not fit, or where this was
    /// not what the call was refused for.
    pub fn limits(&mut self, limits: Limits, asked: u32, counted: u64) -> Option<u32> {
        self.reply = limits.reply.or(self.reply);
        self.window = limits.window.or(self.window);
        if let Some(prompt) = limits.prompt.filter(|prompt| *prompt > 0 && counted > 0) {
            self.of_ours = prompt as f64 / counted as f64;
        }
        let room = match limits {
            Limits { window: Some(window), prompt: Some(prompt), .. } => at_most(asked, window.saturating_sub(prompt + FRAME)),
            Limits { reply: Some(reply), .. } => at_most(asked, reply),
            // Without the length of the prompt it may as well be the prompt that does not fit.
            _ => return None,
        };
        (room < asked && room >= LEAST_ROOM.min(asked)).then_some(room)
    }
}

fn at_most(asked: u32, room: u64) -> u32 {
    asked.min(u32::try_from(room).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_asked_for_in_the_room_that_the_prompt_leaves() {
        let mut learned = Learned::default();
        assert!(!learned.is_limited() && learned.room(8_192, 50_000) == 8_192);
        let said = |window: u64, prompt: u64| Limits { window: Some(window), prompt: Some(prompt), reply: None };
        // The server makes 500 tokens of what we take for 400.
        assert_eq!(learned.limits(said(8_192, 500), 8_192, 400), Some(7_676));
        assert_eq!(learned.room(8_192, 400), 8_192 - 525 - 16);
        assert_eq!(learned.room(100, 400), 100);
        // Whether it fits after all, the server says.
        assert_eq!(learned.room(8_192, 8_000), 256);
        assert_eq!(learned.limits(said(8_192, 8_100), 8_192, 8_000), None, "it does not fit");
        assert_eq!(learned.limits(said(8_192, 8_100), 50, 8_000), None, "there is room for what was asked");
    }

    #[test]
    fn a_longest_reply_is_kept_and_a_refusal_for_something_else_changes_nothing() {
        let mut learned = Learned::default();
        assert_eq!(learned.limits(Limits::default(), 8_192, 400), None);
        assert!(!learned.is_limited());
        assert_eq!(learned.limits(Limits { reply: Some(4_096), ..Limits::default() }, 8_192, 400), Some(4_096));
        assert_eq!((learned.room(8_192, 400), learned.room(50, 400)), (4_096, 50));
    }

    #[test]
    fn a_window_that_comes_without_the_prompts_length_leaves_room_for_another_tokenizer() {
        let mut learned = Learned::default();
        assert_eq!(learned.limits(Limits { window: Some(8_192), ..Limits::default() }, 8_192, 4_000), None);
        assert_eq!(learned.room(8_192, 4_000), 8_192 - 5_250 - 16);
    }
}
