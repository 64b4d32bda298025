//! Statements of different documents that speak of the same thing and hold different values.
//!
//! No model reads the texts. Statements are matched by rare words (inverse document frequency, Spärck Jones 1972) through an inverted
//! index; a pair ranks by the words it shares, and by how sure it is that both values measure the same.

mod claims;
pub mod entries;
mod pairs;
mod texts;
mod values;

#[cfg(test)]
mod tests;

pub use values::Value;

use claims::{Claim, Folder};
use pairs::Pair;
use std::collections::HashSet;

/// Pairs with a lower score are not reported.
const MIN_SCORE: f64 = 0.03;

/// A sentence, table row or setting that holds a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub path: String,
    /// Line of the value, from 1.
    pub line: u64,
    /// The sentence, after the heading or title it stands under.
    pub text: String,
    pub values: Vec<Value>,
}

/// Two statements that may contradict each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub a: Statement,
    pub b: Statement,
    /// Above 0; higher is likelier to be a contradiction.
    pub score: f64,
}

/// Finds at most `limit` pairs of statements that may contradict each other, the likeliest first.
///
/// `documents` are pairs of a path and a text. Time grows with the length of the texts, not with the number of pairs.
pub fn candidates(documents: &[(String, String)], limit: usize) -> Vec<Candidate> {
    let folder = Folder::new(documents);
    let mut pairs = folder.pairs();
    folder.rank(&mut pairs);
    pairs.retain(|pair| pair.score >= MIN_SCORE);
    pairs.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (a.a, a.b).cmp(&(b.a, b.b))));
    let mut seen = HashSet::new();
    pairs.retain(|pair| seen.insert(folder.key(pair)));
    folder.keep_best_of_claim(&mut pairs);
    pairs.iter().take(limit).map(|pair| candidate(&folder, pair)).collect()
}

/// Both statements of a pair.
fn candidate(folder: &Folder<'_>, pair: &Pair) -> Candidate {
    Candidate { a: statement(folder, &folder.claims[pair.a]), b: statement(folder, &folder.claims[pair.b]), score: pair.score }
}

/// The statement of a claim, its value first.
fn statement(folder: &Folder<'_>, claim: &Claim) -> Statement {
    let parts = &folder.parts[claim.document];
    let sentence = &parts.sentences[claim.sentence];
    let heading = if sentence.heading.is_empty() { &parts.title } else { &sentence.heading };
    let is_shown = !heading.is_empty() && !sentence.text.contains(heading.as_str());
    let text = if is_shown { format!("{heading}: {}", sentence.text) } else { sentence.text.clone() };
    let line = sentence.values[claim.held].line;
    let first = std::iter::once(claim.held);
    let order = first.chain((0..sentence.values.len()).filter(|held| *held != claim.held));
    let values = order.map(|held| sentence.values[held].placed.value.clone()).collect();
    Statement { path: folder.documents[claim.document].0.clone(), line, text, values }
}
