//! The documents of a plan: their texts in windows, ranked for a few words.

pub mod names;

use crate::{
    documents::no_readable_text,
    fault::Code,
    node::spec::NodeSpec,
    run::state::Run,
    stop::Stop,
    strategy::map::rows::tables::tables_of,
    traits::{corpus::Text, tables::Table},
};
use regex::Regex;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, LazyLock},
};

/// Maximum number of documents that a plan looks at. In a larger folder they are those that a search for the question finds.
const MAX_DOCUMENTS: usize = 300;
/// Passages that a search of a larger folder gives.
const MAX_PASSAGES: usize = 100;
/// Length of a window, in characters: a small model reads about 400 tokens well.
const WINDOW_CHARS: usize = 1_800;
/// Maximum length of several paragraphs that make one passage, in characters.
const PARAGRAPH_CHARS: usize = 350;
/// Maximum number of definitions that are added to a window.
const MAX_DEFINITIONS: usize = 4;
/// Maximum number of windows whose paragraphs are ranked.
const MAX_RANKED: usize = 60;
/// Maximum length of a heading, in characters.
const MAX_HEADING_CHARS: usize = 80;
/// Maximum number of windows of one document.
const MAX_WINDOWS: usize = 400;
/// Maximum length of one line in a window, in characters.
const MAX_LINE_CHARS: usize = 400;
/// Weight of a word in a document's path or first line, beside one in a window's text, and in a paragraph's.
const TITLE_WEIGHT: f64 = 2.0;
const PARAGRAPH_TITLE_WEIGHT: f64 = 1.0;
/// Lines that a table may have beside its rows: its heading, its rule, its sheet.
const HEAD_LINES: usize = 3;
/// Characters of the beginning that two words share if one is an inflected form of the other.
pub const STEM_CHARS: usize = 5;

/// The name of a constant in code.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static CONSTANT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[A-Z][A-Z0-9_]{3,}\b").expect("constant pattern"));
/// A line that defines one.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static DEFINITION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:[\w()]+\s+)*([A-Z][A-Z0-9_]{3,})\s*(?::[^=]*)?=[^=]").expect("constant pattern"));

/// A document.
pub struct Document {
    pub path: String,
    /// Its kind, for people.
    pub kind: String,
    pub text: Arc<dyn Text>,
}

/// Lines of a document in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The document's place in [`Documents::all`].
    pub document: usize,
    /// The lines by number, from 1. Empty ones are left out.
    pub lines: Vec<(u64, String)>,
}

impl Window {
    /// Its paragraphs, short ones together: out of a short passage a small model takes every entry, out of a long one the first.
    pub fn paragraphs(&self) -> Vec<Window> {
        self.parts(PARAGRAPH_CHARS)
    }

    /// Its paragraphs, those with up to `max_chars` characters together in one.
    pub fn parts(&self, max_chars: usize) -> Vec<Window> {
        let mut paragraphs: Vec<Vec<(u64, String)>> = Vec::new();
        let mut before = None;
        for (number, line) in &self.lines {
            match paragraphs.last_mut() {
                Some(paragraph) if before == Some(number - 1) => paragraph.push((*number, line.clone())),
                _ => paragraphs.push(vec![(*number, line.clone())]),
            }
            before = Some(*number);
        }
        let chars = |lines: &[(u64, String)]| lines.iter().map(|(_, line)| line.chars().count()).sum::<usize>();
        let mut parts: Vec<Window> = Vec::new();
        for paragraph in paragraphs {
            match parts.last_mut() {
                // A heading belongs to what follows it.
                Some(part) if chars(&part.lines) + chars(&paragraph) <= max_chars || ends_in_heading(part) => {
                    part.lines.extend(paragraph);
                }
                _ => parts.push(Window { document: self.document, lines: paragraph }),
            }
        }
        parts
    }
}

/// Whether the last paragraph of a window is one short line that is no sentence.
fn ends_in_heading(window: &Window) -> bool {
    let [.., (last, line)] = window.lines.as_slice() else { return false };
    let is_alone = window.lines.len() < 2 || window.lines[window.lines.len() - 2].0 + 1 < *last;
    let chars: usize = window.lines.iter().map(|(_, line)| line.chars().count()).sum();
    is_alone
        && chars <= 2 * PARAGRAPH_CHARS
        && line.chars().count() <= MAX_HEADING_CHARS
        && !line.ends_with(['.', '!', '?', ';', ','])
}

/// The documents that a plan looks at.
#[derive(Default)]
pub struct Documents {
    pub all: Vec<Document>,
    /// Number of documents in the folder.
    pub total: u64,
    /// Stems of each document's path and first line.
    titles: Vec<HashSet<String>>,
    /// The tables of each document.
    tables: Vec<Vec<Table>>,
    /// Documents that are nothing but rows.
    are_rows: Vec<bool>,
    windows: Vec<Window>,
    /// Stems of each window, with their number.
    words: Vec<HashMap<String, f64>>,
    /// Number of stems of each window.
    lengths: Vec<f64>,
    /// Number of windows that hold each stem, in their lines or their document's title.
    spread: HashMap<String, f64>,
}

impl Documents {
    /// Reads the texts of a node's documents.
    ///
    /// # Errors
    /// `no_readable_text` where no document has text; `disk_full`.
    pub async fn read(run: &Run, spec: &NodeSpec) -> Result<Self, Stop> {
        let overview = run.corpus.overview().await;
        let entries = run.corpus.files(None, MAX_DOCUMENTS * 4).await.unwrap_or_default();
        let mut entries: Vec<_> = entries.into_iter().filter(|entry| entry.state.is_askable()).collect();
        if overview.documents > MAX_DOCUMENTS as u64 {
            let found = run.corpus.search(&spec.question, MAX_PASSAGES, None).await.unwrap_or_default();
            let found: HashSet<String> = found.into_iter().map(|passage| passage.path).collect();
            let (first, rest): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| found.contains(&entry.path));
            entries = first.into_iter().chain(rest).take(MAX_DOCUMENTS).collect();
        }
        let mut all = Vec::new();
        let mut unread = overview.skipped;
        for entry in entries {
            match run.corpus.text(&entry.path).await {
                Ok(text) => all.push(Document { path: entry.path, kind: entry.kind_name.into_owned(), text }),
                Err(fault) if fault.code == Code::DiskFull => return Err(fault.into()),
                Err(_) => unread += 1,
            }
        }
        if all.is_empty() {
            return Err(no_readable_text(unread).into());
        }
        Ok(Self::of(all, overview.documents))
    }

    fn of(all: Vec<Document>, total: u64) -> Self {
        let titles: Vec<HashSet<String>> = all.iter().map(|document| stems(&title(document)).into_keys().collect()).collect();
        let windows: Vec<Window> =
            all.iter().enumerate().flat_map(|(index, document)| windows(index, document.text.as_str())).collect();
        let words: Vec<HashMap<String, f64>> = windows.iter().map(stems_of).collect();
        let spread = spread_of(&titles, windows.iter().zip(&words));
        let tables: Vec<Vec<Table>> = all.iter().map(|document| tables_of(&document.path, document.text.as_str())).collect();
        let are_rows = all.iter().zip(&tables).map(|(document, tables)| is_table(document, tables)).collect();
        let lengths = words.iter().map(|words| words.values().sum()).collect();
        Documents { all, total, titles, tables, are_rows, windows, words, lengths, spread }
    }

    /// Windows that fit a few words, the best first, with their scores (BM25, with words of the document's title added).
    pub fn ranked(&self, words: &str) -> Vec<(f64, &Window)> {
        let index = Index {
            documents: self,
            wanted: stems(words),
            spread: &self.spread,
            of: self.windows.len(),
            title_weight: TITLE_WEIGHT,
        };
        let mean = mean(&self.lengths);
        let scored = self.windows.iter().zip(&self.words).zip(&self.lengths);
        let mut ranked: Vec<(f64, &Window)> =
            scored.map(|((window, words), length)| (index.score(window, words, length / mean), window)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        ranked
    }

    /// Paragraphs of the `most` windows of prose that fit a few words best. The rows of a folder that holds other texts are left out.
    pub fn paragraphs(&self, words: &str, most: usize) -> Vec<Window> {
        let best = self.ranked(words).into_iter().map(|(_, window)| window);
        let prose = best.filter(|window| self.all.len() == 1 || !self.is_table(window.document));
        prose.take(most).flat_map(Window::paragraphs).collect()
    }

    /// The paragraphs of the best windows, those that fit a few words best first, with their scores.
    pub fn ranked_paragraphs(&self, words: &str) -> Vec<(f64, Window)> {
        let wanted = stems(words);
        let paragraphs = self.paragraphs(words, MAX_RANKED);
        let words: Vec<HashMap<String, f64>> = paragraphs.iter().map(stems_of).collect();
        let lengths: Vec<f64> = words.iter().map(|words| words.values().sum()).collect();
        // Where all windows are ranked, their paragraphs tell better how rare a word is.
        let own = (self.windows.len() <= MAX_RANKED).then(|| spread_of(&self.titles, paragraphs.iter().zip(&words)));
        let (spread, of) = own.as_ref().map_or((&self.spread, self.windows.len()), |own| (own, paragraphs.len()));
        let index = Index { documents: self, wanted, spread, of, title_weight: PARAGRAPH_TITLE_WEIGHT };
        let mean = mean(&lengths);
        let mut ranked: Vec<(f64, Window)> = paragraphs
            .into_iter()
            .zip(words.iter().zip(&lengths))
            .map(|(window, (words, length))| (index.score(&window, words, length / mean), window))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        ranked
    }

    /// The first `most` of some passages, with the definitions of their constants. One that another holds, such as a quoted mail, is left out.
    pub fn distinct(&self, passages: impl IntoIterator<Item = Window>, most: usize) -> Vec<Window> {
        let mut chosen: Vec<(Window, HashMap<String, f64>)> = Vec::new();
        for window in passages {
            if chosen.len() == most {
                break;
            }
            let words = stems_of(&window);
            let holds = |a: &HashMap<String, f64>, b: &HashMap<String, f64>| b.keys().all(|stem| a.contains_key(stem));
            if !chosen.iter().any(|(_, known)| holds(known, &words) || holds(&words, known)) {
                chosen.push((window, words));
            }
        }
        chosen.into_iter().map(|(window, _)| self.with_definitions(window)).collect()
    }

    /// A window with the lines of its document that define the constants which it names, as a reader of code would look them up.
    fn with_definitions(&self, mut window: Window) -> Window {
        let names: HashSet<String> = window
            .lines
            .iter()
            .flat_map(|(_, line)| CONSTANT.find_iter(line).map(|name| name.as_str().to_owned()).collect::<Vec<_>>())
            .collect();
        if names.is_empty() {
            return window;
        }
        let is_definition = |line: &str| {
            DEFINITION.captures(line).and_then(|found| found.get(1)).is_some_and(|name| names.contains(name.as_str()))
        };
        let definitions =
            self.of_document(window.document).flat_map(|window| &window.lines).filter(|(_, line)| is_definition(line));
        let new: Vec<(u64, String)> =
            definitions.filter(|line| !window.lines.contains(line)).take(MAX_DEFINITIONS).cloned().collect();
        window.lines.extend(new);
        window.lines.sort_by_key(|(number, _)| *number);
        window
    }

    /// The tables of a document.
    pub fn tables(&self, document: usize) -> &[Table] {
        &self.tables[document]
    }

    /// Whether a document is nothing but rows: a table or a log.
    pub fn is_table(&self, document: usize) -> bool {
        self.are_rows[document]
    }

    /// All windows of a document, in order.
    pub fn of_document(&self, document: usize) -> impl Iterator<Item = &Window> {
        self.windows.iter().filter(move |window| window.document == document)
    }

    /// Number of documents in whose path or title a stem stands.
    fn titles_with(&self, stem: &str) -> usize {
        self.titles.iter().filter(|title| title.contains(stem)).count()
    }

    /// Whether the paths or titles of two documents share a word that most documents lack.
    pub fn are_alike(&self, a: usize, b: usize) -> bool {
        let is_rare = |stem: &String| stem.chars().any(char::is_alphabetic) && self.titles_with(stem) * 2 <= self.all.len();
        self.titles[a].intersection(&self.titles[b]).any(is_rare)
    }

    /// Other documents whose path and title share at least two words with a document's that most documents lack.
    pub fn related(&self, document: usize) -> Vec<usize> {
        let limit = (self.all.len() / 2).max(3);
        let is_rare = |stem: &&String| self.titles_with(stem) <= limit;
        let own: Vec<&String> = self.titles[document].iter().filter(is_rare).collect();
        let shared = |other: usize| own.iter().filter(|stem| self.titles[other].contains(**stem)).count();
        (0..self.all.len()).filter(|&other| other != document && !self.are_rows[other] && shared(other) >= 2).collect()
    }

    /// The documents of windows, each once, in order.
    pub fn documents_of<'w>(windows: impl IntoIterator<Item = &'w Window>) -> Vec<usize> {
        let mut seen = HashSet::new();
        windows.into_iter().map(|window| window.document).filter(|document| seen.insert(*document)).collect()
    }

    /// The mark of a line.
    pub fn mark(&self, document: usize, line: u64) -> String {
        format!("[[{}#L{line}]]", self.all[document].path)
    }

    /// Number of documents of each kind, the most frequent first.
    pub fn kinds(&self) -> Vec<(String, u64)> {
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        self.all.iter().for_each(|document| *kinds.entry(&document.kind).or_default() += 1);
        let mut kinds: Vec<_> = kinds.into_iter().map(|(kind, number)| (kind.to_owned(), number)).collect();
        kinds.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        kinds
    }
}

/// What windows are ranked by (BM25, with words of the document's title added).
struct Index<'d> {
    documents: &'d Documents,
    wanted: HashMap<String, f64>,
    /// Number of windows that hold each stem, and of all.
    spread: &'d HashMap<String, f64>,
    of: usize,
    title_weight: f64,
}

impl Index<'_> {
    /// How well a window with some stems fits those that are wanted. `length` is in mean lengths.
    fn score(&self, window: &Window, words: &HashMap<String, f64>, length: f64) -> f64 {
        const K1: f64 = 1.2;
        const B: f64 = 0.6;
        let title = &self.documents.titles[window.document];
        let of = |stem: &String| {
            let times = words.get(stem).copied().unwrap_or(0.0);
            let weight = times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length));
            let in_title = if title.contains(stem) { self.title_weight } else { 0.0 };
            self.rarity(stem) * (weight + in_title)
        };
        self.wanted.keys().map(of).sum()
    }

    /// Rarity of a stem among the windows. 0 for one in none.
    fn rarity(&self, stem: &str) -> f64 {
        let of = self.of as f64;
        self.spread.get(stem).map_or(0.0, |spread| (1.0 + (of - spread + 0.5) / (spread + 0.5)).ln())
    }
}

/// Number of windows that hold each stem, in their lines or their document's title.
fn spread_of<'w>(
    titles: &[HashSet<String>],
    windows: impl Iterator<Item = (&'w Window, &'w HashMap<String, f64>)>,
) -> HashMap<String, f64> {
    let mut spread: HashMap<String, f64> = HashMap::new();
    for (window, words) in windows {
        let in_title = titles[window.document].iter().filter(|stem| !words.contains_key(*stem));
        for stem in words.keys().chain(in_title) {
            *spread.entry(stem.clone()).or_default() += 1.0;
        }
    }
    spread
}

/// Mean of lengths, at least 1.
fn mean(lengths: &[f64]) -> f64 {
    (lengths.iter().sum::<f64>() / lengths.len().max(1) as f64).max(1.0)
}

/// A document's path and its first line with words.
pub fn title(document: &Document) -> String {
    format!("{} {}", document.path, heading(document.text.as_str()))
}

/// Whether at least nine tenths of a document's lines are rows of its tables.
fn is_table(document: &Document, tables: &[Table]) -> bool {
    let lines = document.text.as_str().lines().filter(|line| !line.trim().is_empty()).count();
    let rows: usize = tables.iter().map(|table| table.rows.len()).sum();
    rows > 0 && (rows + HEAD_LINES) * 10 >= lines * 9
}

/// The first line with words.
pub fn heading(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| line.chars().any(char::is_alphabetic)).unwrap_or_default()
}

/// Stems of a window's lines.
fn stems_of(window: &Window) -> HashMap<String, f64> {
    stems(&window.lines.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n"))
}

/// Stems of a text with the number of times that each occurs: the beginnings of its words, in lower case. Words of one character are left out.
fn stems(text: &str) -> HashMap<String, f64> {
    let mut stems: HashMap<String, f64> = HashMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1) {
        let stem: String = word.to_lowercase().chars().take(STEM_CHARS).collect();
        *stems.entry(stem).or_default() += 1.0;
    }
    stems
}

/// Parts a text into windows at its empty lines and headings where it has some, with no line in two of them.
fn windows(document: usize, text: &str) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut lines: Vec<(u64, String)> = Vec::new();
    let mut chars = 0;
    let mut is_break = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            is_break = true;
            continue;
        }
        // A window ends at a break once it is mostly full, and anywhere once it is full.
        if !lines.is_empty() && (chars >= WINDOW_CHARS || is_break && chars >= WINDOW_CHARS * 2 / 3) {
            windows.push(Window { document, lines: std::mem::take(&mut lines) });
            chars = 0;
            if windows.len() == MAX_WINDOWS {
                return windows;
            }
        }
        is_break = false;
        let line: String = line.chars().take(MAX_LINE_CHARS).collect();
        chars += line.chars().count();
        lines.push((number, line));
    }
    if !lines.is_empty() {
        windows.push(Window { document, lines });
    }
    windows
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::testing::corpus::text_of;

    pub fn documents(texts: &[(&str, &str)]) -> Documents {
        let document =
            |(path, text): &(&str, &str)| Document { path: (*path).to_owned(), kind: "text".to_owned(), text: text_of(text) };
        Documents::of(texts.iter().map(document).collect(), texts.len() as u64)
    }

    #[test]
    fn windows_keep_every_line_once_and_break_at_paragraphs() {
        let paragraph = "A line of about forty characters of text.\n".repeat(32);
        let text = format!("{paragraph}\n{paragraph}\n{paragraph}");
        let windows = windows(0, &text);
        let numbers: Vec<u64> = windows.iter().flat_map(|window| window.lines.iter().map(|(number, _)| *number)).collect();
        assert_eq!(numbers.len(), 96);
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(windows.iter().map(|window| window.lines.len()).collect::<Vec<_>>(), [32, 32, 32]);
    }

    #[test]
    fn the_title_of_a_document_counts_for_its_windows() {
        let all = documents(&[("canoe.md", "The fee is 40 pounds."), ("raft.md", "The fee is 50 pounds. It floats.")]);
        let best = |words: &str| all.all[all.ranked(words)[0].1.document].path.clone();
        assert_eq!(best("What is the fee for the raft?"), "raft.md");
        assert_eq!(best("What does the canoe cost as a fee?"), "canoe.md");
    }

    #[test]
    fn constants_come_with_their_definitions() {
        let far = "A line that stands between them, of about sixty characters.\n\n".repeat(12);
        let text = format!("MAX_GUESTS = 12\nBEDS: int = 9\n\n{far}def book(guests):\n    return guests <= MAX_GUESTS\n");
        let all = documents(&[("hut.py", &text), ("boats.py", "MAX_GUESTS = 3\n")]);
        let ranked = all.ranked_paragraphs("book guests").into_iter().map(|(_, window)| window);
        let best = all.distinct(ranked, 1).remove(0);
        assert_eq!(best.lines.first(), Some(&(1, "MAX_GUESTS = 12".to_owned())));
        assert!(
            best.lines.iter().any(|(_, line)| line.contains("return guests"))
                && best.lines.iter().all(|(number, _)| *number != 2),
            "{best:?}"
        );
    }

    #[test]
    fn inflected_forms_match() {
        assert_eq!(stems("Insured").keys().next(), stems("insurance").keys().next());
    }
}
