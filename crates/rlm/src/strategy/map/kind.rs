//! The kind of a question, as the model sorts it.

use crate::{record::event::PlanKind, strategy::map::steps::scores};

/// Maximum length of a reply that names a kind, in tokens.
pub const MAX_TOKENS: u32 = 6;

/// The kinds by the words that the prompt has for them.
const KINDS: [(&str, PlanKind); 8] = [
    ("fact", PlanKind::Fact),
    ("rows", PlanKind::Rows),
    ("list", PlanKind::List),
    ("compare", PlanKind::Compare),
    ("summary", PlanKind::Summary),
    ("overview", PlanKind::Overview),
    ("differences", PlanKind::Differences),
    ("steps", PlanKind::Steps),
];

/// Log-likelihood that each kind has for any question, as measured over 110 questions of all kinds with the built-in model.
const PRIORS: [f64; 8] = [-4.3, -3.2, -3.1, -3.1, -3.0, -4.5, -6.1, -3.6];

/// Part of a kind's prior that is taken off its score. Batch calibration (arXiv 2309.17249) takes off all of it, with the mean of a balanced batch;
/// what people ask is not balanced.
const CALIBRATION: f64 = 0.6;

/// The continuations to score.
pub fn choices() -> Vec<String> {
    KINDS.map(|(word, _)| format!(" {word}")).to_vec()
}

/// The kind that a reply names: the one with the best score, or the word itself where the model cannot score.
pub fn chosen(reply: &str) -> Option<PlanKind> {
    chosen_of(reply, |_| true)
}

/// The kind for a question that no table answers.
pub fn chosen_without_tables(reply: &str) -> Option<PlanKind> {
    chosen_of(reply, |kind| matches!(kind, PlanKind::Fact | PlanKind::Compare | PlanKind::Steps))
}

fn chosen_of(reply: &str, may_be: impl Fn(PlanKind) -> bool) -> Option<PlanKind> {
    let scored = scores(reply).filter_map(|(word, score)| {
        let kind = KINDS.iter().position(|(known, kind)| *known == word && may_be(*kind))?;
        Some((score - CALIBRATION * PRIORS[kind], KINDS[kind].1))
    });
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, kind)| kind);
    best.or_else(|| {
        let words = reply.to_lowercase();
        let named = words.split(|c: char| !c.is_alphabetic()).filter_map(|word| KINDS.iter().find(|(known, _)| *known == word));
        named.map(|(_, kind)| *kind).find(|kind| may_be(*kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_score_beyond_its_prior_is_chosen() {
        assert_eq!(chosen("-0.1 fact\n-3.0 rows"), Some(PlanKind::Fact));
        assert_eq!(chosen("-0.56 compare\n-1.08 differences"), Some(PlanKind::Differences));
    }

    #[test]
    fn a_model_without_scores_names_a_kind() {
        assert_eq!(chosen("Answer: List."), Some(PlanKind::List));
        assert_eq!(chosen("I do not know"), None);
    }
}
