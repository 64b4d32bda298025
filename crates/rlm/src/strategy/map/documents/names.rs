//! The names in a question: a passage that fits its words may be about another thing.

use super::{Documents, stems};
use std::collections::HashSet;

/// Shortest word by which a question names documents, in characters.
const MIN_TITLE_CHARS: usize = 4;

impl Documents {
    /// Stems of a question's words that name documents, which stand in few titles and few passages (words such as "for" may stand in a title too), and
    /// of those that name somebody or something else, which are written with a capital and stand in some documents.
    pub fn names_in(&self, question: &str) -> Vec<String> {
        if self.all.len() < 2 {
            return Vec::new();
        }
        let (titles, windows) = ((self.all.len() / 4).max(1), (self.windows.len() as f64 / 4.0).max(1.0));
        let is_rare = |stem: &String| self.spread.get(stem).is_some_and(|spread| *spread <= windows);
        let is_title = |stem: &String| is_rare(stem) && (1..=titles).contains(&self.titles_with(stem));
        let is_known = |stem: &String| (1..=self.all.len() / 2).contains(&self.documents_with(stem));
        let mut names: HashSet<String> = stems(question).into_keys().filter(is_title).collect();
        names.extend(capitalised(question).into_iter().flat_map(|word| stems(word).into_keys()).filter(is_known));
        names.into_iter().collect()
    }

    /// Documents whose paths or titles hold a longer word of a question that most lack.
    pub fn titled(&self, question: &str) -> HashSet<usize> {
        let is_title =
            |stem: &String| stem.chars().count() >= MIN_TITLE_CHARS && (1..=self.all.len() / 2).contains(&self.titles_with(stem));
        let words: Vec<String> = stems(question).into_keys().filter(is_title).collect();
        (0..self.all.len()).filter(|document| words.iter().any(|stem| self.titles[*document].contains(stem))).collect()
    }

    /// Whether a document lacks one of the names in a question, and so speaks of something else.
    pub fn is_about_another(&self, document: usize, names: &[String]) -> bool {
        names.iter().any(|stem| !self.names(document, stem))
    }

    /// Whether a stem stands in a document, its path or its title.
    fn names(&self, document: usize, stem: &str) -> bool {
        let mut windows = self.windows.iter().zip(&self.words);
        self.titles[document].contains(stem)
            || windows.any(|(window, words)| window.document == document && words.contains_key(stem))
    }

    /// Number of documents in which a stem stands, in their paths and titles too.
    fn documents_with(&self, stem: &str) -> usize {
        (0..self.all.len()).filter(|&document| self.names(document, stem)).count()
    }
}

/// Words of a text with a capital that does not begin a sentence. None in a language that writes all nouns so.
pub fn capitalised(text: &str) -> Vec<&str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let begins = |index: usize| {
        let before = index.checked_sub(1).map_or("", |before| words[before].trim_end_matches(['*', '_', '"', ')']));
        !before.contains(char::is_alphanumeric) || before.ends_with(['.', '?', '!', ':'])
    };
    let has_capital = |word: &str| word.chars().count() > 2 && word.chars().next().is_some_and(char::is_uppercase);
    let found: Vec<&str> =
        (0..words.len()).filter(|&index| !begins(index) && has_capital(words[index])).map(|index| words[index]).collect();
    if found.len() * 4 > words.len() { Vec::new() } else { found }
}

#[cfg(test)]
mod tests {
    use super::{super::Document, *};
    use crate::testing::corpus::text_of;

    #[test]
    fn a_document_without_the_name_in_a_question_is_about_another() {
        let document =
            |(path, text): (&str, &str)| Document { path: path.to_owned(), kind: "text".to_owned(), text: text_of(text) };
        let texts = [
            ("a.md", "Notes\n\nVera rents the hut."),
            ("b.md", "Notes\n\nOtto rents the barn."),
            ("c.md", "Notes\n\nThe pier is long."),
            ("d.md", "Notes\n\nBoats leak."),
        ];
        let all = Documents::of(texts.map(document).into(), 4);
        let others = |question: &str| -> Vec<usize> {
            let names = all.names_in(question);
            (0..4).filter(|&document| all.is_about_another(document, &names)).collect()
        };
        assert_eq!(others("How large is the place that Vera rents?"), [1, 2, 3]);
        assert_eq!(others("How large is the place that Ludmilla rents?"), [0usize; 0]);
        assert_eq!(capitalised("Who is it? Otto or Vera?"), ["Vera?"]);
        assert_eq!(capitalised("**Who looks after what.** From now on Vera does."), ["Vera"]);
        assert!(capitalised("- Parcels up to 20 kg go by boat.").is_empty());
        assert!(capitalised("Wer hat das Boot von der Hütte zum Steg gebracht?").is_empty());
    }
}
