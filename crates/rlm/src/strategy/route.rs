//! Which way to answer: everything in one call where that is comfortable and cheaper, otherwise through the REPL.

use crate::{
    documents::Overview,
    options::{Mode, ModeChoice},
    traits::model::{ModelProfile, Strength},
};

/// Tokens that a strong model reads at once before the REPL is the cheaper way: its own prompts and turns take about as many.
const DIRECT_STRONG: u64 = 24_000;

/// The same for a small model, which reads slowly and loses itself in long texts.
const DIRECT_SMALL: u64 = 1_200;

/// The way, and why, in a sentence for people.
pub fn route(choice: ModeChoice, overview: &Overview, profile: &ModelProfile) -> (Mode, String) {
    let tokens = overview.tokens_estimate;
    let repl = repl_mode(profile);
    match choice {
        ModeChoice::Direct => (Mode::Direct, "You asked for the whole text in one call.".to_owned()),
        ModeChoice::Rlm => (Mode::Rlm, "You asked for step by step.".to_owned()),
        ModeChoice::Guided => (Mode::Guided, "You asked for guided steps.".to_owned()),
        ModeChoice::Auto => {
            let most = match profile.strength {
                Strength::Strong | Strength::Recursive => DIRECT_STRONG.min(u64::from(profile.window_tokens) / 2),
                Strength::Small => DIRECT_SMALL.min(u64::from(profile.window_tokens) / 4),
            };
            let words = grouped(tokens);
            if tokens <= most {
                (Mode::Direct, format!("The text is short (about {words} tokens), so the model reads all of it at once."))
            } else if repl == Mode::Guided {
                (repl, format!("The text is long (about {words} tokens) and the model is small, so it is led step by step."))
            } else {
                (repl, format!("The text is long (about {words} tokens), so the model looks into it step by step."))
            }
        }
    }
}

/// 57,111
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

/// Which REPL suits a model.
pub fn repl_mode(profile: &ModelProfile) -> Mode {
    match profile.strength {
        Strength::Small => Mode::Guided,
        Strength::Strong | Strength::Recursive => Mode::Rlm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(tokens_estimate: u64, window_tokens: u32, strength: Strength) -> Mode {
        let profile = ModelProfile {
            name: "m".into(),
            window_tokens,
            max_output_tokens: 1000,
            strength,
            price: None,
            local: false,
            prefill: false,
            concurrency: None,
        };
        route(ModeChoice::Auto, &Overview { tokens_estimate, ..Overview::default() }, &profile).0
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 57_111, 1_000_000].map(grouped), ["0", "999", "1,000", "57,111", "1,000,000"]);
    }

    #[test]
    fn a_text_that_fits_comfortably_goes_straight_to_the_model() {
        assert_eq!(way(20_000, 128_000, Strength::Strong), Mode::Direct);
        assert_eq!(way(20_000, 32_000, Strength::Strong), Mode::Rlm);
        assert_eq!(way(1_000_000, 2_000_000, Strength::Strong), Mode::Rlm);
        assert_eq!(way(1_000, 16_000, Strength::Small), Mode::Direct);
        assert_eq!(way(5_000, 16_000, Strength::Small), Mode::Guided);
    }
}
