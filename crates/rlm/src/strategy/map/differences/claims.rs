//! The values of a folder's texts, each with weighted words that say what it measures.

use crate::strategy::map::differences::{
    texts::{self, Form, Parts},
    values::{self, Value},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Maximum number of statements compared, shared out among the documents.
const MAX_STATEMENTS: usize = 60_000;

/// Statements that each document may compare, however many documents there are.
const MIN_STATEMENTS_OF_DOCUMENT: usize = 40;

/// Words within this distance of a value count in full, in bytes.
const NEAR_BYTES: f64 = 60.0;

/// Weight of words of the heading that a statement stands under.
const HEADING_WEIGHT: f64 = 0.7;

/// Weight of words of the document's name and title.
const TITLE_WEIGHT: f64 = 0.69;

/// Weight of words of the neighbouring sentences.
pub const NEIGHBOUR_WEIGHT: f64 = 0.35;

/// A word of a folder.
pub type Word = u32;

/// Words with their weights from 0 to 1, sorted by word.
pub type Weights = Vec<(Word, f64)>;

/// One value of a statement with the words that say what it measures.
pub struct Claim {
    pub document: usize,
    pub sentence: usize,
    /// Index among the sentence's values.
    pub held: usize,
    pub words: Weights,
    /// Words of the sentence itself or of the value's name, sorted.
    pub own: Vec<Word>,
    /// Total weight of the words of the sentence itself.
    pub own_weight: f64,
    /// The unit, a name's words or the word before the value: one of them must be shared.
    pub measures: Vec<Word>,
    pub unit: Option<Word>,
}

/// The values of a folder, and the words around each.
pub struct Folder<'a> {
    pub documents: &'a [(String, String)],
    pub parts: Vec<Parts>,
    pub claims: Vec<Claim>,
    /// Claims of each statement, by document and sentence.
    pub statements: Vec<Vec<usize>>,
    pub titles: Vec<HashSet<Word>>,
    pub vocabularies: Vec<HashSet<Word>>,
    pub rarity: Vec<f64>,
}

impl<'a> Folder<'a> {
    pub fn new(documents: &'a [(String, String)]) -> Self {
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

    pub fn rarity(&self, word: Word) -> f64 {
        self.rarity.get(word as usize).copied().unwrap_or(1.0)
    }

    pub fn value(&self, claim: &Claim) -> &Value {
        &self.parts[claim.document].sentences[claim.sentence].values[claim.held].placed.value
    }
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
