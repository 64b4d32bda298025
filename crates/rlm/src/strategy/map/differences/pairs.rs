//! Pairs of claims that share rare words, and how likely each is a contradiction.

use crate::strategy::map::differences::{
    claims::{Claim, Folder, NEIGHBOUR_WEIGHT, Weights, Word},
    texts::{Form, Held},
    values::{Kind, Value},
};
use std::collections::{HashMap, HashSet};

/// A word that more statements of one document hold does not tell them apart.
const MAX_STATEMENTS_OF_WORD_IN_DOCUMENT: usize = 24;

/// A word that more statements of the folder hold leads to no pairs.
const MAX_STATEMENTS_OF_WORD: usize = 160;

/// Words of a statement that lead to pairs, rarest first.
const MAX_LEADING_WORDS: usize = 12;

/// Statements that one statement is compared with.
const MAX_PARTNERS: usize = 24;

/// Pairs of one document need this share of common words.
const MIN_SHARE_IN_DOCUMENT: f64 = 0.6;

/// Statements with this share of common words follow one template.
const TEMPLATE_SHARE: f64 = 0.7;

/// Numbers of one thing rarely differ by a larger factor.
const FAR_RATIO: f64 = 20.0;

/// Factor for documents that follow one template and describe different things.
const PARALLEL_FACTOR: f64 = 0.02;

/// Factor for words that neither statement itself holds.
const CONTEXT_FACTOR: f64 = 0.3;

/// Two claims that may contradict each other.
pub struct Pair {
    pub a: usize,
    pub b: usize,
    /// Share of common words, from 0 to 1.
    pub share: f64,
    pub score: f64,
    /// Both state the same value.
    pub agrees: bool,
}

impl Folder<'_> {
    /// Compares the statements that share rare words.
    pub fn pairs(&self) -> Vec<Pair> {
        let mut postings: HashMap<Word, HashMap<usize, Vec<usize>>> = HashMap::new();
        let mut by_unit: HashMap<(usize, Word), Vec<usize>> = HashMap::new();
        let mut by_title: HashMap<Word, Vec<usize>> = HashMap::new();
        let mut leading: Vec<Weights> = Vec::new();
        for (statement, claims) in self.statements.iter().enumerate() {
            let mut words: HashMap<Word, f64> = HashMap::new();
            for claim in claims.iter().map(|claim| &self.claims[*claim]) {
                for (word, weight) in claim.words.iter().filter(|(_, weight)| *weight > NEIGHBOUR_WEIGHT) {
                    let entry = words.entry(*word).or_insert(0.0);
                    *entry = entry.max(*weight * self.rarity(*word));
                }
                if let Some(unit) = claim.unit {
                    by_unit.entry((claim.document, unit)).or_default().push(statement);
                }
            }
            let document = self.claims[claims[0]].document;
            for word in words.keys() {
                postings.entry(*word).or_default().entry(document).or_default().push(statement);
            }
            let mut words: Weights = words.into_iter().collect();
            words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            leading.push(words);
        }
        for (document, title) in self.titles.iter().enumerate() {
            title.iter().for_each(|word| by_title.entry(*word).or_default().push(document));
        }
        let mut useful: HashMap<Word, Vec<usize>> = HashMap::new();
        for (word, documents) in postings {
            let distinct = documents.into_values().filter(|list| list.len() <= MAX_STATEMENTS_OF_WORD_IN_DOCUMENT);
            let mut list: Vec<usize> = distinct.flatten().collect();
            if list.len() <= MAX_STATEMENTS_OF_WORD {
                list.sort_unstable();
                useful.insert(word, list);
            }
        }
        let mut done = HashSet::new();
        let mut pairs = Vec::new();
        for (statement, words) in leading.iter().enumerate() {
            let mut partners: HashMap<usize, f64> = HashMap::new();
            let leads = words.iter().filter_map(|(word, weight)| Some((useful.get(word)?, weight)));
            for (list, weight) in leads.take(MAX_LEADING_WORDS) {
                list.iter().for_each(|partner| *partners.entry(*partner).or_insert(0.0) += weight);
            }
            let claims = &self.statements[statement];
            for (word, weight) in words.iter().take(MAX_LEADING_WORDS) {
                let titled = by_title.get(word).filter(|documents| documents.len() <= MAX_STATEMENTS_OF_WORD_IN_DOCUMENT);
                for document in titled.into_iter().flatten() {
                    let units = claims.iter().filter_map(|claim| self.claims[*claim].unit);
                    let same = units.filter_map(|unit| by_unit.get(&(*document, unit)));
                    let same = same.filter(|list| list.len() <= MAX_STATEMENTS_OF_WORD_IN_DOCUMENT).flatten();
                    same.for_each(|partner| *partners.entry(*partner).or_insert(0.0) += weight);
                }
            }
            partners.remove(&statement);
            let mut partners: Vec<(usize, f64)> = partners.into_iter().collect();
            partners.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            for (partner, _) in partners.into_iter().take(MAX_PARTNERS) {
                if done.insert((statement.min(partner), statement.max(partner))) {
                    self.compare(statement.min(partner), statement.max(partner), &mut pairs);
                }
            }
        }
        pairs
    }

    /// Adds a pair for each two values of two statements that measure the same.
    fn compare(&self, first: usize, second: usize, pairs: &mut Vec<Pair>) {
        for a in &self.statements[first] {
            for b in &self.statements[second] {
                pairs.extend(self.judge(*a, *b));
            }
        }
    }

    fn judge(&self, first: usize, second: usize) -> Option<Pair> {
        let (a, b) = (&self.claims[first], &self.claims[second]);
        let (value, other) = (self.value(a), self.value(b));
        let (sentence, other_sentence) =
            (&self.parts[a.document].sentences[a.sentence], &self.parts[b.document].sentences[b.sentence]);
        let is_one_document = a.document == b.document;
        if value.kind != other.kind || is_one_document && (sentence.form, other_sentence.form) != (Form::Prose, Form::Prose) {
            return None;
        }
        let certainty = certainty(a, b, value.kind, [sentence.form, other_sentence.form])?;
        let (mut shared, mut count) = (0.0, 0);
        let mut rest = b.words.as_slice();
        for (word, weight) in &a.words {
            rest = &rest[rest.partition_point(|(other, _)| other < word)..];
            if let Some((_, other)) = rest.first().filter(|(other, _)| other == word) {
                let is_context = a.own.binary_search(word).is_err() && b.own.binary_search(word).is_err();
                shared += self.rarity(*word) * weight * other * if is_context { CONTEXT_FACTOR } else { 1.0 };
                count += 1;
            }
        }
        let share = (shared / (a.own_weight * b.own_weight).sqrt().max(0.3)).min(1.0);
        if count == 0 || is_one_document && share < MIN_SHARE_IN_DOCUMENT {
            return None;
        }
        let mut score = share.sqrt() * shared / (shared + 1.0) * certainty;
        if is_one_document {
            score *= 0.35;
        }
        if sentence.form == Form::Row && other_sentence.form == Form::Row {
            score *= 0.5;
        }
        let (low, high) = (value.amount.abs().min(other.amount.abs()), value.amount.abs().max(other.amount.abs()));
        if value.kind == Kind::Number && low * FAR_RATIO < high {
            score *= 0.6;
        }
        let names = |held: &[Held], wanted: &Value| {
            held.iter().any(|held| held.placed.value.kind == wanted.kind && held.placed.value.equals(wanted))
        };
        if names(&sentence.values, other) || names(&other_sentence.values, value) {
            score *= 0.15;
        }
        Some(Pair { a: first, b: second, share, score, agrees: value.equals(other) })
    }

    /// Lowers the scores of pairs that other pairs explain.
    pub fn rank(&self, pairs: &mut [Pair]) {
        let parallel = self.parallel_documents(pairs);
        // By a claim and the other's document: the best score, and how many pairs come near it.
        let mut best: HashMap<usize, f64> = HashMap::new();
        let mut confirmed: HashMap<(usize, usize), f64> = HashMap::new();
        for pair in pairs.iter() {
            for (claim, other) in [(pair.a, pair.b), (pair.b, pair.a)] {
                let document = self.claims[other].document;
                if pair.agrees {
                    // A pair that agrees was lowered as one that names the other's value.
                    let entry = confirmed.entry((claim, document)).or_insert(0.0);
                    *entry = entry.max(pair.score / 0.15);
                } else {
                    let entry = best.entry(claim).or_insert(0.0);
                    *entry = entry.max(pair.score);
                }
            }
        }
        let mut rivals: HashMap<(usize, usize), usize> = HashMap::new();
        for pair in pairs.iter().filter(|pair| !pair.agrees) {
            for (claim, other) in [(pair.a, pair.b), (pair.b, pair.a)] {
                if pair.score >= 0.85 * best.get(&claim).copied().unwrap_or(0.0) {
                    *rivals.entry((claim, self.claims[other].document)).or_insert(0) += 1;
                }
            }
        }
        for pair in pairs.iter_mut() {
            if pair.agrees {
                pair.score = 0.0;
                continue;
            }
            let (a, b) = (&self.claims[pair.a], &self.claims[pair.b]);
            let mut factor = 1.0;
            for (claim, document) in [(pair.a, b.document), (pair.b, a.document)] {
                factor *= (pair.score / best.get(&claim).copied().unwrap_or(pair.score).max(1e-9)).min(1.0);
                if confirmed.get(&(claim, document)).is_some_and(|score| *score >= 0.8 * pair.score) {
                    factor *= 0.3;
                }
                factor /= (rivals.get(&(claim, document)).copied().unwrap_or(1).max(1) as f64).sqrt();
            }
            if parallel.contains(&(a.document.min(b.document), a.document.max(b.document))) {
                factor *= PARALLEL_FACTOR;
            }
            pair.score *= factor;
        }
    }

    /// Keeps the first pair of each claim with each other document.
    pub fn keep_best_of_claim(&self, pairs: &mut Vec<Pair>) {
        let mut taken = HashSet::new();
        pairs.retain(|pair| {
            let sides = [(pair.a, self.claims[pair.b].document), (pair.b, self.claims[pair.a].document)];
            let is_new = sides.iter().all(|side| !taken.contains(side));
            taken.extend(sides.into_iter().filter(|_| is_new));
            is_new
        });
    }

    /// Pairs of documents that follow one template and describe different things.
    fn parallel_documents(&self, pairs: &[Pair]) -> HashSet<(usize, usize)> {
        let mut alike: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
        for pair in pairs.iter().filter(|pair| pair.share >= TEMPLATE_SHARE) {
            let (a, b) = (self.claims[pair.a].document, self.claims[pair.b].document);
            if a != b {
                let (count, different) = alike.entry((a.min(b), a.max(b))).or_insert((0, 0));
                *count += 1;
                *different += usize::from(!pair.agrees);
            }
        }
        let is_parallel = |((a, b), (count, different)): (&(usize, usize), &(usize, usize))| {
            let names_differ =
                !self.titles[*a].is_subset(&self.vocabularies[*b]) && !self.titles[*b].is_subset(&self.vocabularies[*a]);
            *count >= 2 && (2 * different > *count || names_differ && 4 * different > *count)
        };
        alike.iter().filter(|(pair, counts)| is_parallel((pair, counts))).map(|(pair, _)| *pair).collect()
    }

    /// Two pairs with one key hold the same two values.
    pub fn key(&self, pair: &Pair) -> (String, String) {
        let [a, b] = [pair.a, pair.b].map(|claim| {
            let value = self.value(&self.claims[claim]);
            if value.kind == Kind::Address {
                value.text.to_lowercase()
            } else {
                format!("{:?} {} {}", value.kind, value.amount, value.unit)
            }
        });
        if a < b { (a, b) } else { (b, a) }
    }
}

/// How sure it is that two values measure the same, from 0 to 1. `None` if they cannot.
fn certainty(a: &Claim, b: &Claim, kind: Kind, forms: [Form; 2]) -> Option<f64> {
    let speaks_of = |claim: &Claim, word: Word| {
        let found = claim.words.binary_search_by_key(&word, |(word, _)| *word);
        found.is_ok_and(|at| claim.words[at].1 > NEIGHBOUR_WEIGHT)
    };
    let shares_name = a.measures.iter().any(|word| Some(*word) != a.unit && b.measures.contains(word));
    let is_one_name = [(a, b), (b, a)].iter().any(|(a, b)| a.measures.iter().all(|word| b.measures.contains(word)));
    if !(forms.contains(&Form::Prose) || shares_name && is_one_name) {
        return None;
    }
    let is_plain = |form: Form, claim: &Claim, unit| form != Form::Prose && speaks_of(claim, unit);
    Some(match (a.unit, b.unit) {
        (Some(unit), Some(other)) if unit == other => 1.0,
        (Some(unit), None) if is_plain(forms[1], b, unit) => 0.9,
        (None, Some(unit)) if is_plain(forms[0], a, unit) => 0.9,
        (Some(_), _) | (_, Some(_)) => return None,
        (None, None) if shares_name => 0.9,
        (None, None)
            if a.measures.iter().any(|word| speaks_of(b, *word)) || b.measures.iter().any(|word| speaks_of(a, *word)) =>
        {
            0.7
        }
        (None, None) if matches!(kind, Kind::Address | Kind::Telephone) => 0.7,
        (None, None) if matches!(kind, Kind::Year | Kind::Time | Kind::Date | Kind::Weekday) => 0.4,
        (None, None) => return None,
    })
}
