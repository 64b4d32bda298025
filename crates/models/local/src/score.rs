//! Likelihoods of given continuations: to choose takes a small model a tenth of the time that it takes to write, and the choice comes with its
//! certainty.

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

/// Continuations of one prompt, and their log-likelihoods so far.
pub struct Choices {
    choices: Vec<(String, Vec<LlamaToken>)>,
    scores: Vec<f32>,
    /// Choices of several tokens whose rest is still to be read, the next one last.
    left: Vec<usize>,
}

impl Choices {
    /// The tokens of `choices` as a reply would have them.
    pub fn new(model: &LlamaModel, choices: &[String]) -> Self {
        let tokens = |choice: &String| (choice.clone(), model.vocab().tokenize(choice.as_bytes(), false, false));
        let choices: Vec<_> = choices.iter().map(tokens).filter(|(_, tokens)| !tokens.is_empty()).collect();
        let left = (0..choices.len()).rev().filter(|&choice| choices[choice].1.len() > 1).collect();
        Choices { choices, scores: Vec::new(), left }
    }

    /// Number of tokens of all of them.
    pub fn tokens(&self) -> usize {
        self.choices.iter().map(|(_, tokens)| tokens.len()).sum()
    }

    /// Scores the first token of each, from the logits after the prompt.
    pub fn begin(&mut self, logits: &[f32]) {
        let first: Vec<LlamaToken> = self.choices.iter().map(|(_, tokens)| tokens[0]).collect();
        self.scores = log_likelihoods(logits, &first);
    }

    /// Whether the first tokens are scored.
    pub fn has_begun(&self) -> bool {
        !self.scores.is_empty()
    }

    /// The next choice whose rest is to be read, with its tokens.
    pub fn next(&mut self) -> Option<(usize, Vec<LlamaToken>)> {
        self.left.pop().map(|choice| (choice, self.choices[choice].1.clone()))
    }

    /// Adds the log-likelihood of a choice's rest.
    pub fn add(&mut self, choice: usize, rest: f32) {
        self.scores[choice] += rest;
    }

    /// One line a choice: its log-likelihood and itself.
    pub fn lines(&self) -> String {
        let line = |((choice, _), score): (&(String, Vec<LlamaToken>), &f32)| format!("{score:.4} {}", choice.trim());
        self.choices.iter().zip(&self.scores).map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Log-likelihoods of `tokens`, from the logits of the whole vocabulary.
pub fn log_likelihoods(logits: &[f32], tokens: &[LlamaToken]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    let whole = most + sum.ln() as f32;
    tokens.iter().map(|token| logits.get(token.0 as usize).map_or(f32::MIN, |logit| logit - whole)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likelihoods_of_all_tokens_add_up_to_one() {
        let scores = log_likelihoods(&[1.0, 3.0, 2.0], &[LlamaToken(0), LlamaToken(1), LlamaToken(2)]);
        assert!((scores.iter().map(|score| score.exp()).sum::<f32>() - 1.0).abs() < 1e-5, "{scores:?}");
        assert!((scores[1] - scores[2] - 1.0).abs() < 1e-5, "{scores:?}");
    }
}
