//! The choice of a strategy: everything in one call where that is comfortable and cheaper, otherwise through the REPL; and the instructions it begins with.

use crate::{
    documents::Overview,
    fault::{Code, Fault},
    node::spec::NodeSpec,
    options::{Mode, ModeChoice},
    record::{replay::NodeRecord, story::count},
    run::state::Run,
    strategy::{Strategy, direct::Direct, free::Free, guided::Guided, map, map::Map},
    traits::model::{ModelProfile, Strength},
};
use parking_lot::Mutex;
use std::sync::Arc;

/// Maximum text in one call to a strong model, in tokens: the REPL's own prompts and turns take about as many.
const MAX_DIRECT_TOKENS_STRONG: u64 = 24_000;

/// Maximum text in one call to a small model, in tokens: of a longer one it speaks in general, and names no places.
const MAX_DIRECT_TOKENS_SMALL: u64 = 500;

/// The strategy of a node: the one place that tells modes apart.
pub(crate) fn strategy_of<'a>(
    mode: Mode,
    run: &'a Arc<Run>,
    spec: &'a NodeSpec,
    record: &'a Mutex<NodeRecord>,
) -> Box<dyn Strategy + 'a> {
    match mode {
        Mode::Direct => Box::new(Direct::new(run, spec)),
        Mode::Rlm => Box::new(Free::new(run, spec)),
        Mode::Guided => Box::new(Guided::new(run, spec)),
        Mode::Map => Box::new(Map::new(run, spec, record)),
    }
}

/// The mode of a question, and the reason in a sentence for people.
pub fn route(choice: ModeChoice, overview: &Overview, profile: &ModelProfile) -> (Mode, String) {
    let tokens = overview.tokens_estimate;
    let long = long_mode(profile);
    match choice {
        ModeChoice::Direct => (Mode::Direct, "You asked for the whole text in one call.".to_owned()),
        ModeChoice::Rlm => (Mode::Rlm, "You asked for step by step.".to_owned()),
        ModeChoice::Guided => (Mode::Guided, "You asked for guided steps.".to_owned()),
        ModeChoice::Map => (Mode::Map, "You asked for Plumb's own plans.".to_owned()),
        ModeChoice::Auto => {
            let max_tokens = match profile.strength {
                Strength::Strong | Strength::Recursive => MAX_DIRECT_TOKENS_STRONG.min(u64::from(profile.window_tokens) / 2),
                Strength::Small => MAX_DIRECT_TOKENS_SMALL.min(u64::from(profile.window_tokens) / 4),
            };
            let words = count(tokens);
            if tokens <= max_tokens {
                (Mode::Direct, format!("The text is short (about {words} tokens), so the model reads all of it at once."))
            } else if long == Mode::Map {
                (long, format!("The text is long (about {words} tokens) and the model is small, so Plumb plans the steps."))
            } else {
                (long, format!("The text is long (about {words} tokens), so the model looks into it step by step."))
            }
        }
    }
}

/// The mode that follows where the first one failed because the text was longer than the model can take, and the reason. `None` where the user
/// chose the first one, or another would fail alike.
pub(crate) fn reroute(mode: Mode, choice: ModeChoice, fault: &Fault, profile: &ModelProfile) -> Option<(Mode, String)> {
    let is_rerouted = mode == Mode::Direct && choice != ModeChoice::Direct && fault.code == Code::TooLong;
    is_rerouted.then(|| (long_mode(profile), "The text is longer than the model can take at once.".to_owned()))
}

/// The mode for a text that is too long for one call.
fn long_mode(profile: &ModelProfile) -> Mode {
    match profile.strength {
        Strength::Small => Mode::Map,
        Strength::Strong | Strength::Recursive => Mode::Rlm,
    }
}

/// The mode of the REPL that suits a model.
pub fn repl_mode(profile: &ModelProfile) -> Mode {
    match profile.strength {
        Strength::Small => Mode::Guided,
        Strength::Strong | Strength::Recursive => Mode::Rlm,
    }
}

/// Instructions that most questions of a mode begin with: a model on this computer can read them before the first one comes.
pub fn instructions(mode: Mode) -> Vec<String> {
    match mode {
        Mode::Map => map::instructions(),
        Mode::Direct | Mode::Guided | Mode::Rlm => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(tokens_estimate: u64, window_tokens: u32, strength: Strength) -> Mode {
        let profile = ModelProfile {
            name: "m".into(),
            window_tokens,
            max_output_tokens: 1000,
            strength,
            price: None,
            local: false,
            prefill: false,
            attends: false,
            concurrency: None,
        };
        route(ModeChoice::Auto, &Overview { tokens_estimate, ..Overview::default() }, &profile).0
    }

    #[test]
    fn short_texts_go_straight_to_the_model() {
        assert_eq!(mode(20_000, 128_000, Strength::Strong), Mode::Direct);
        assert_eq!(mode(20_000, 32_000, Strength::Strong), Mode::Rlm);
        assert_eq!(mode(1_000_000, 2_000_000, Strength::Strong), Mode::Rlm);
        assert_eq!(mode(400, 16_000, Strength::Small), Mode::Direct);
        assert_eq!(mode(5_000, 16_000, Strength::Small), Mode::Map);
    }
}
