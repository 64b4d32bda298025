//! Lessons from a server's refusals about one of its models. All calls share them while the program runs, so only the first call pays for each.

use super::limits::Limits;
use std::collections::BTreeSet;

/// The lessons so far.
#[derive(Debug)]
pub struct Learned {
    /// Parameters that the model does not take.
    pub refused: BTreeSet<&'static str>,
    /// Maximum length of prompt and reply together, in the model's tokens.
    window: Option<u64>,
    /// Maximum length of one reply, in the model's tokens.
    reply: Option<u64>,
    /// The model's tokens for each of ours.
    tokens_ratio: f64,
}

/// Minimum room for a reply, in tokens: with less than this, and less than asked for, the prompt does not fit.
const MIN_REPLY_TOKENS: u32 = 256;
/// Tokens that servers count for the structure of a conversation.
const STRUCTURE_TOKENS: u64 = 16;
/// Ratio by which the tokens of two texts differ between two tokenizers.
const RATIO_SPREAD: f64 = 1.05;
/// Initial ratio: other tokenizers make up to a quarter more tokens.
const INITIAL_TOKENS_RATIO: f64 = 1.25;

impl Default for Learned {
    fn default() -> Self {
        Learned { refused: BTreeSet::new(), window: None, reply: None, tokens_ratio: INITIAL_TOKENS_RATIO }
    }
}

impl Learned {
    /// Whether a refusal has named a limit.
    pub fn is_limited(&self) -> bool {
        self.window.is_some() || self.reply.is_some()
    }

    /// The length of reply to ask for, at most `asked` tokens, after a prompt that has `counted` tokens of ours. Leaves it to the server to decide
    /// whether the prompt fits at all.
    pub fn room(&self, asked: u32, counted: u64) -> u32 {
        let prompt = (counted as f64 * self.tokens_ratio * RATIO_SPREAD) as u64 + STRUCTURE_TOKENS;
        let room = self.window.map_or(u64::from(asked), |window| window.saturating_sub(prompt));
        let room = room.max(u64::from(MIN_REPLY_TOKENS)).min(self.reply.unwrap_or(u64::MAX));
        at_most(asked, room)
    }

    /// Learns the limits in a refusal. Returns the length of reply with which the same prompt fits; `None` where it does not fit, or where the server
    /// refused the call for another reason.
    pub fn learn(&mut self, limits: Limits, asked: u32, counted: u64) -> Option<u32> {
        self.reply = limits.reply.or(self.reply);
        self.window = limits.window.or(self.window);
        if let Some(prompt) = limits.prompt.filter(|prompt| *prompt > 0 && counted > 0) {
            self.tokens_ratio = prompt as f64 / counted as f64;
        }
        let room = match limits {
            Limits { window: Some(window), prompt: Some(prompt), .. } => {
                at_most(asked, window.saturating_sub(prompt + STRUCTURE_TOKENS))
            }
            Limits { reply: Some(reply), .. } => at_most(asked, reply),
            // Without the prompt's length, it may be the prompt that does not fit.
            _ => return None,
        };
        (room < asked && room >= MIN_REPLY_TOKENS.min(asked)).then_some(room)
    }
}

fn at_most(asked: u32, room: u64) -> u32 {
    asked.min(u32::try_from(room).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_gets_the_room_that_the_prompt_leaves() {
        let mut learned = Learned::default();
        assert!(!learned.is_limited() && learned.room(8_192, 50_000) == 8_192);
        let said = |window: u64, prompt: u64| Limits { window: Some(window), prompt: Some(prompt), reply: None };
        // The server counts 500 tokens where we count 400.
        assert_eq!(learned.learn(said(8_192, 500), 8_192, 400), Some(7_676));
        assert_eq!(learned.room(8_192, 400), 8_192 - 525 - 16);
        assert_eq!(learned.room(100, 400), 100);
        // The server decides whether it fits after all.
        assert_eq!(learned.room(8_192, 8_000), 256);
        assert_eq!(learned.learn(said(8_192, 8_100), 8_192, 8_000), None, "it does not fit");
        assert_eq!(learned.learn(said(8_192, 8_100), 50, 8_000), None, "there is room for what was asked");
    }

    #[test]
    fn a_longest_reply_is_learned_and_other_refusals_ignored() {
        let mut learned = Learned::default();
        assert_eq!(learned.learn(Limits::default(), 8_192, 400), None);
        assert!(!learned.is_limited());
        assert_eq!(learned.learn(Limits { reply: Some(4_096), ..Limits::default() }, 8_192, 400), Some(4_096));
        assert_eq!((learned.room(8_192, 400), learned.room(50, 400)), (4_096, 50));
    }

    #[test]
    fn a_window_alone_leaves_room_for_another_tokenizer() {
        let mut learned = Learned::default();
        assert_eq!(learned.learn(Limits { window: Some(8_192), ..Limits::default() }, 8_192, 4_000), None);
        assert_eq!(learned.room(8_192, 4_000), 8_192 - 5_250 - 16);
    }
}
