//! The kind of a question: the model sorts it, and its meaning is compared with examples.

use crate::{
    prompts::{context, render},
    record::event::PlanKind,
    strategy::map::steps::scores,
};

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

/// What the closeness of a question to the examples of a kind counts, beside the model's log-likelihood, and how many of the closest count.
const CLOSENESS: f64 = 10.0;
const CLOSEST: usize = 16;
/// What counts for a kind that a model names which cannot score, and against one that it leaves out.
const NAMED: f64 = 2.0;
const LEFT_OUT: f64 = -9.0;

/// Questions of all kinds, to which a question's meaning is compared.
pub struct Examples {
    kinds: Vec<usize>,
    pub questions: Vec<String>,
}

impl Examples {
    /// Reads them: one a line, after the word for its kind.
    pub fn new() -> Self {
        let text = render("map_kinds", context! {});
        let example = |line: &str| {
            let (word, question) = line.split_once(": ")?;
            Some((KINDS.iter().position(|(known, _)| *known == word)?, question.to_owned()))
        };
        let (kinds, questions) = text.lines().filter_map(example).unzip();
        Examples { kinds, questions }
    }
}

/// How well each kind fits a question, in the order of the words.
pub struct Fit([f64; 8]);

impl Fit {
    /// From a model's reply, and how close the examples are to the question; none where that is not known.
    pub fn new(reply: &str, examples: &Examples, closeness: &[f32]) -> Self {
        let mut fit = [0.0; 8];
        let scored: Vec<(&str, f64)> = scores(reply).collect();
        let words = reply.to_lowercase();
        let named = words.split(|c: char| !c.is_alphabetic()).find_map(|word| KINDS.iter().position(|(known, _)| *known == word));
        for (kind, (word, _)) in KINDS.iter().enumerate() {
            let score = scored.iter().find(|(scored, _)| scored == word).map(|(_, score)| score - CALIBRATION * PRIORS[kind]);
            let unscored = if scored.is_empty() { 0.0 } else { LEFT_OUT };
            fit[kind] = score.unwrap_or(unscored);
            if scored.is_empty() && named == Some(kind) {
                fit[kind] += NAMED;
            }
            let mut close: Vec<f64> = closeness
                .iter()
                .zip(&examples.kinds)
                .filter(|(_, of)| **of == kind)
                .map(|(close, _)| f64::from(*close))
                .collect();
            close.sort_by(|a, b| b.total_cmp(a));
            close.truncate(CLOSEST);
            fit[kind] += CLOSENESS * close.iter().sum::<f64>() / close.len().max(1) as f64;
        }
        Fit(fit)
    }

    /// The kind that fits best.
    pub fn best(&self) -> PlanKind {
        self.best_of(|_| true)
    }

    /// The best kind for a question that no table answers.
    pub fn best_without_tables(&self) -> PlanKind {
        self.best_of(|kind| matches!(kind, PlanKind::Fact | PlanKind::Compare | PlanKind::Steps | PlanKind::List))
    }

    fn best_of(&self, may_be: impl Fn(PlanKind) -> bool) -> PlanKind {
        let kinds = KINDS.iter().zip(self.0).filter(|((_, kind), _)| may_be(*kind));
        // The first of those that fit alike.
        kinds.reduce(|a, b| if b.1 > a.1 { b } else { a }).map_or(PlanKind::Fact, |((_, kind), _)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(reply: &str) -> PlanKind {
        Fit::new(reply, &Examples::new(), &[]).best()
    }

    #[test]
    fn the_best_score_beyond_its_prior_is_chosen() {
        assert_eq!(best("-0.1 fact\n-3.0 rows"), PlanKind::Fact);
        assert_eq!(best("-0.56 compare\n-1.08 differences"), PlanKind::Differences);
    }

    #[test]
    fn a_model_without_scores_names_a_kind() {
        assert_eq!(best("Answer: List."), PlanKind::List);
        assert_eq!(best("I do not know"), PlanKind::Fact);
    }

    #[test]
    fn close_examples_tip_the_scales() {
        let examples = Examples::new();
        let all = KINDS.iter().enumerate().all(|(kind, _)| examples.kinds.iter().filter(|of| **of == kind).count() >= CLOSEST);
        assert!(all, "each kind has enough examples");
        let close = |word: &str| -> Vec<f32> {
            examples.kinds.iter().map(|kind| if KINDS[*kind].0 == word { 0.4 } else { 0.2 }).collect()
        };
        let reply = "-1.0 overview\n-1.2 summary";
        let of = |word: &str| Fit::new(reply, &examples, &close(word)).best();
        assert_eq!((best(reply), of("overview"), of("summary")), (PlanKind::Overview, PlanKind::Overview, PlanKind::Summary));
        assert_eq!(Fit::new("-0.1 rows", &examples, &close("compare")).best_without_tables(), PlanKind::Compare);
    }
}
