//! Statements of different documents that speak of the same thing and hold different values.
//!
//! No model reads the texts. Statements are matched by rare words (inverse document frequency, Spärck Jones 1972) through an inverted
//! index; a pair ranks by the words it shares, and by how sure it is that both values measure the same.

pub mod entries;
mod texts;
mod values;

#[cfg(test)]
mod tests;

pub use values::{Kind, Value};

use std::collections::{BTreeMap, HashMap, HashSet};
use texts::{Form, Parts};

/// Maximum number of statements compared, shared out among the documents.
const MAX_STATEMENTS: usize = 60_000;

/// Statements that each document may compare, however many documents there are.
const MIN_STATEMENTS_OF_DOCUMENT: usize = 40;

/// A word that more statements of one document hold does not tell them apart.
const MAX_STATEMENTS_OF_WORD_IN_DOCUMENT: usize = 24;

/// A word that more statements of the folder hold leads to no pairs.
const MAX_STATEMENTS_OF_WORD: usize = 160;

/// Words of a statement that lead to pairs, rarest first.
const MAX_LEADING_WORDS: usize = 12;

/// Statements that one statement is compared with.
const MAX_PARTNERS: usize = 24;

/// Pairs with a lower score are not reported.
const MIN_SCORE: f64 = 0.06;

/// Pairs of one document need this share of common words.
const MIN_SHARE_IN_DOCUMENT: f64 = 0.6;

/// Statements with this share of common words follow one template.
const TEMPLATE_SHARE: f64 = 0.7;

/// Numbers of one thing rarely differ by a larger factor.
const FAR_RATIO: f64 = 20.0;

/// Factor for documents that follow one template and describe different things.
const PARALLEL_FACTOR: f64 = 0.05;

/// Words within this distance of a value count in full, in bytes.
const NEAR_BYTES: f64 = 60.0;

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
    pairs.iter().take(limit).map(|pair| folder.candidate(pair)).collect()
}

/// A word of a folder.
type Word = u32;

/// Words with their weights from 0 to 1, sorted by word.
type Weights = Vec<(Word, f64)>;

/// Weight of words of the heading that a statement stands under.
const HEADING_WEIGHT: f64 = 0.7;

/// Weight of words of the document's name and title.
const TITLE_WEIGHT: f64 = 0.69;

/// Weight of words of the neighbouring sentences.
const NEIGHBOUR_WEIGHT: f64 = 0.35;

/// Factor for words that neither statement itself holds.
const CONTEXT_FACTOR: f64 = 0.3;

/// One value of a statement with the words that say what it measures.
struct Claim {
    document: usize,
    sentence: usize,
    /// Index among the sentence's values.
    held: usize,
    words: Weights,
    /// Words of the sentence itself or of the value's name, sorted.
    own: Vec<Word>,
    /// Total weight of the words of the sentence itself.
    own_weight: f64,
    /// The unit, a name's words or the word before the value: one of them must be shared.
    measures: Vec<Word>,
    unit: Option<Word>,
}

/// Two claims that may contradict each other.
struct Pair {
    a: usize,
    b: usize,
    /// Share of common words, from 0 to 1.
    share: f64,
    score: f64,
    /// Both state the same value.
    agrees: bool,
}

struct Folder<'a> {
    documents: &'a [(String, String)],
    parts: Vec<Parts>,
    claims: Vec<Claim>,
    /// Claims of each statement, by document and sentence.
    statements: Vec<Vec<usize>>,
    titles: Vec<HashSet<Word>>,
    vocabularies: Vec<HashSet<Word>>,
    rarity: Vec<f64>,
}

impl<'a> Folder<'a> {
    fn new(documents: &'a [(String, String)]) -> Self {
        let parts: Vec<Parts> = documents.iter().map(|(path, text)| texts::parts(path, text)).collect();
        let mut lexicon = Lexicon::default();
        let mut titles = Vec::new();
        let mut vocabularies = Vec::new();
        let mut sentences_of_word: Vec<u32> = Vec::new();
        let mut sentence_words: Vec<Vec<Vec<(usize, Word)>>> = Vec::new();
        for ((path, _), parts) in documents.iter().zip(&parts) {
            let name = path.rsplit_once('.').map_or(path.as_str(), |(name, _)| name);
            let name = name.rsplitn(3, '/').take(1).collect::<Vec<_>>().join(" ");
            let title: HashSet<Word> =
                lexicon.words(&format!("{name} {}", parts.title)).into_iter().map(|(_, word)| word).collect();
            let mut vocabulary = title.clone();
            let mut words_of_document = Vec::new();
            for sentence in &parts.sentences {
                let words = lexicon.words(&sentence.text);
                let distinct: HashSet<Word> = words.iter().map(|(_, word)| *word).collect();
                sentences_of_word.resize(lexicon.ids.len(), 0);
                for word in distinct {
                    vocabulary.insert(word);
                    if let Some(count) = sentences_of_word.get_mut(word as usize) {
                        *count += 1;
                    }
                }
                words_of_document.push(words);
            }
            titles.push(title);
            vocabularies.push(vocabulary);
            sentence_words.push(words_of_document);
        }
        let total = parts.iter().map(|parts| parts.sentences.len()).sum::<usize>() as f64 + 1.0;
        let mut folder =
            Self { documents, parts, claims: Vec::new(), statements: Vec::new(), titles, vocabularies, rarity: Vec::new() };
        let quota = (MAX_STATEMENTS / documents.len().max(1)).max(MIN_STATEMENTS_OF_DOCUMENT);
        let mut claims = Vec::new();
        let mut statements = Vec::new();
        let mut names = Vec::new();
        for (document, parts) in folder.parts.iter().enumerate() {
            let valued = parts.sentences.iter().enumerate().filter(|(_, sentence)| !sentence.values.is_empty());
            for (index, sentence) in valued.take(quota) {
                names.push((document, index, lexicon.words(&sentence.heading)));
            }
        }
        let name_words: Vec<Vec<Vec<Word>>> = names
            .iter()
            .map(|(document, index, _)| {
                let held = &folder.parts[*document].sentences[*index].values;
                held.iter().map(|held| lexicon.words(&held.name).into_iter().map(|(_, word)| word).collect()).collect()
            })
            .collect();
        let units: Vec<Vec<(Option<Word>, Option<Word>)>> = names
            .iter()
            .map(|(document, index, _)| {
                let held = &folder.parts[*document].sentences[*index].values;
                let mut id = |word: &str| (!word.is_empty()).then(|| lexicon.id(&values::stem(word)));
                held.iter()
                    .map(|held| (id(&held.placed.value.unit), id(held.placed.label.as_deref().unwrap_or_default())))
                    .collect()
            })
            .collect();
        sentences_of_word.resize(lexicon.ids.len(), 0);
        let letters = lexicon.letters();
        folder.rarity = sentences_of_word
            .iter()
            .zip(letters)
            .map(|(count, letters)| {
                let rarity = (total / f64::from((*count).max(1))).ln() / total.ln().max(1.0);
                rarity.max(0.02) * if letters < 4 { 0.5 } else { 1.0 }
            })
            .collect();
        for (position, (document, index, heading)) in names.iter().enumerate() {
            let of_sentence = folder.parts[*document].sentences[*index].values.iter().enumerate();
            let mut statement = Vec::new();
            for (held, _) in of_sentence {
                let (unit, label) = units[position][held];
                let claim = folder.claim(
                    (*document, *index, held),
                    &sentence_words[*document],
                    heading,
                    &name_words[position][held],
                    unit,
                    label,
                );
                statement.push(claims.len());
                claims.push(claim);
            }
            statements.push(statement);
        }
        (folder.claims, folder.statements) = (claims, statements);
        folder
    }

    fn claim(
        &self,
        (document, index, held): (usize, usize, usize),
        sentences: &[Vec<(usize, Word)>],
        heading: &[(usize, Word)],
        name: &[Word],
        unit: Option<Word>,
        label: Option<Word>,
    ) -> Claim {
        let sentence = &self.parts[document].sentences[index];
        let placed = &sentence.values[held].placed;
        // In the words' order, so that sums are the same on resume.
        let mut weights: BTreeMap<Word, f64> = BTreeMap::new();
        let mut add = |word: Word, weight: f64| {
            let entry = weights.entry(word).or_insert(0.0);
            *entry = entry.max(weight);
        };
        name.iter().for_each(|word| add(*word, 1.0));
        let cells = if sentence.form == Form::Row { cell_ranges(&sentence.text) } else { Vec::new() };
        for (at, word) in sentences.get(index).into_iter().flatten() {
            let at = *at;
            match sentence.form {
                Form::Row => {
                    let weight = cells.iter().find(|cell| cell.0 <= at && at < cell.2).map_or(0.0, |cell| {
                        let is_value =
                            sentence.values.iter().any(|held| cell.0 <= held.placed.start && held.placed.start < cell.2);
                        if is_value {
                            0.0
                        } else if at < cell.1 {
                            0.3
                        } else {
                            0.9
                        }
                    });
                    if weight > 0.0 {
                        add(*word, weight);
                    }
                }
                Form::Setting => add(*word, if name.contains(word) { 1.0 } else { 0.5 }),
                Form::Prose => {
                    let distance = if at < placed.start { placed.start - at } else { at.saturating_sub(placed.end) } as f64;
                    let is_number = placed.start <= at && at < placed.end;
                    if !is_number {
                        add(*word, (NEAR_BYTES / distance.max(NEAR_BYTES)).max(0.4));
                    }
                }
            }
        }
        let own_weight: f64 = weights.iter().map(|(word, weight)| self.rarity(*word) * weight).sum();
        let own: Vec<Word> = weights.keys().copied().collect();
        let mut add = |word: Word, weight: f64| {
            let entry = weights.entry(word).or_insert(0.0);
            *entry = entry.max(weight);
        };
        heading.iter().for_each(|(_, word)| add(*word, HEADING_WEIGHT));
        self.titles[document].iter().for_each(|word| add(*word, TITLE_WEIGHT));
        if sentence.form != Form::Row {
            let all = &self.parts[document].sentences;
            for near in index.saturating_sub(2)..(index + 2).min(all.len()) {
                if near != index && all[near].block == sentence.block {
                    sentences[near].iter().for_each(|(_, word)| add(*word, NEIGHBOUR_WEIGHT));
                }
            }
        }
        if let Some(unit) = unit {
            weights.entry(unit).and_modify(|weight| *weight *= 0.5);
        }
        let words: Weights = weights.into_iter().collect();
        let measures = name.iter().copied().chain(unit).chain(label).collect();
        Claim { document, sentence: index, held, words, own, own_weight, measures, unit }
    }

    fn rarity(&self, word: Word) -> f64 {
        self.rarity.get(word as usize).copied().unwrap_or(1.0)
    }

    fn value(&self, claim: &Claim) -> &Value {
        &self.parts[claim.document].sentences[claim.sentence].values[claim.held].placed.value
    }

    /// Compares the statements that share rare words.
    fn pairs(&self) -> Vec<Pair> {
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
        let names = |held: &[texts::Held], wanted: &Value| {
            held.iter().any(|held| held.placed.value.kind == wanted.kind && held.placed.value.equals(wanted))
        };
        if names(&sentence.values, other) || names(&other_sentence.values, value) {
            score *= 0.15;
        }
        Some(Pair { a: first, b: second, share, score, agrees: value.equals(other) })
    }

    /// Lowers the scores of pairs that other pairs explain.
    fn rank(&self, pairs: &mut [Pair]) {
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
    fn keep_best_of_claim(&self, pairs: &mut Vec<Pair>) {
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
    fn key(&self, pair: &Pair) -> (String, String) {
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

    fn candidate(&self, pair: &Pair) -> Candidate {
        Candidate { a: self.statement(&self.claims[pair.a]), b: self.statement(&self.claims[pair.b]), score: pair.score }
    }

    fn statement(&self, claim: &Claim) -> Statement {
        let parts = &self.parts[claim.document];
        let sentence = &parts.sentences[claim.sentence];
        let heading = if sentence.heading.is_empty() { &parts.title } else { &sentence.heading };
        let is_shown = !heading.is_empty() && !sentence.text.contains(heading.as_str());
        let text = if is_shown { format!("{heading}: {}", sentence.text) } else { sentence.text.clone() };
        let line = sentence.values[claim.held].line;
        // The value that differs comes first.
        let first = std::iter::once(claim.held);
        let order = first.chain((0..sentence.values.len()).filter(|held| *held != claim.held));
        let values = order.map(|held| sentence.values[held].placed.value.clone()).collect();
        Statement { path: self.documents[claim.document].0.clone(), line, text, values }
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
        (None, None) if matches!(kind, Kind::Address) => 0.7,
        (None, None) if matches!(kind, Kind::Year | Kind::Time | Kind::Date) => 0.4,
        (None, None) => return None,
    })
}

/// Byte ranges of a row's cells: start of the header, start of the cell, end.
fn cell_ranges(row: &str) -> Vec<(usize, usize, usize)> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for cell in row.split("; ") {
        let end = start + cell.len();
        ranges.push((start, start + cell.find(": ").map_or(0, |colon| colon + 2), end));
        start = end + 2;
    }
    ranges
}

/// Numbers words by their stems.
#[derive(Default)]
struct Lexicon {
    ids: HashMap<String, Word>,
}

impl Lexicon {
    fn id(&mut self, stem: &str) -> Word {
        if let Some(id) = self.ids.get(stem) {
            return *id;
        }
        let id = Word::try_from(self.ids.len()).unwrap_or(Word::MAX);
        self.ids.insert(stem.to_owned(), id);
        id
    }

    /// The words of a text with their byte offsets, without single letters.
    fn words(&mut self, text: &str) -> Vec<(usize, Word)> {
        let words = texts::positioned_words(text).into_iter();
        let words = words.filter(|(_, word)| word.chars().nth(1).is_some());
        words.map(|(at, word)| (at, self.id(&values::stem(values::known_unit(&word).unwrap_or(&word))))).collect()
    }

    fn letters(&self) -> Vec<usize> {
        let mut letters = vec![0; self.ids.len()];
        for (stem, id) in &self.ids {
            letters[*id as usize] = stem.chars().count();
        }
        letters
    }
}
