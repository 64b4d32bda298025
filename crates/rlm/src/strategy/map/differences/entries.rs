//! Dates and amounts of money that the prose of a document states.

use super::{
    texts::{Form, clipped, parts},
    values::{self, Kind, Value},
};

/// A date or an amount of money, with the sentence that states it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// As written, an amount with its unit.
    pub value: String,
    /// Year, month and day of a date as one number; the size of an amount.
    pub amount: f64,
    /// Line of the value, from 1.
    pub line: u64,
    /// The sentence.
    pub text: String,
}

/// Dates in the prose of a document, in the order of its lines.
pub fn dates_in(path: &str, text: &str) -> Vec<Entry> {
    entries_in(path, text, |value| value.kind == Kind::Date)
}

/// Amounts of money in the prose of a document, in the order of its lines.
pub fn amounts_in(path: &str, text: &str) -> Vec<Entry> {
    entries_in(path, text, |value| value.kind == Kind::Number && CURRENCIES.contains(&value.unit.as_str()))
}

/// The first amount of money of a few words, else the first number with a unit: as written, and its size.
pub fn measure_of(text: &str) -> Option<(String, f64)> {
    let numbers: Vec<Value> =
        values::find(text).into_iter().map(|placed| placed.value).filter(|value| value.kind == Kind::Number).collect();
    let money = numbers.iter().find(|value| CURRENCIES.contains(&value.unit.as_str()));
    let chosen = money.or_else(|| numbers.iter().find(|value| !value.unit.is_empty()))?;
    Some((written(chosen), chosen.amount))
}

/// Year, month and day of a document as one number: the first date or year in its path, else in its beginning.
pub fn date_of(path: &str, text: &str) -> Option<u32> {
    let dated = |text: &str| {
        let dates = values::find(text).into_iter().map(|placed| placed.value).filter(|value| value.kind == Kind::Date);
        // One without its year is smaller.
        dates.map(|date| date.amount as u32).find(|date| *date >= 10_000)
    };
    let years = path.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 4);
    let year = || years.filter_map(|digits| digits.parse().ok()).find(|year| YEARS.contains(year)).map(|year: u32| year * 10_000);
    dated(&path.replace(['_', '/'], " ")).or_else(year).or_else(|| dated(clipped(text, HEAD_BYTES)))
}

/// The month that a text names, from 1. One that is also another word counts only with a capital.
pub fn month_in(text: &str) -> Option<u32> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().next().is_some_and(char::is_uppercase));
    words.skip_while(|word| text.trim_start().starts_with(word)).find_map(values::month_named)
}

/// Numbers of four digits that are years.
const YEARS: std::ops::Range<u32> = 1_900..2_100;

/// Length of a document's beginning, in bytes.
const HEAD_BYTES: usize = 600;

/// Units that are money.
const CURRENCIES: [&str; 6] = ["gbp", "eur", "usd", "chf", "jpy", "inr"];

/// Maximum length of an entry's sentence, in bytes.
const MAX_ENTRY_BYTES: usize = 260;

fn entries_in(path: &str, text: &str, is_wanted: impl Fn(&Value) -> bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let parts = parts(path, text);
    for sentence in parts.sentences.iter().filter(|sentence| sentence.form == Form::Prose) {
        for held in sentence.values.iter().filter(|held| is_wanted(&held.placed.value)) {
            let value = &held.placed.value;
            let clip = clipped(&sentence.text, MAX_ENTRY_BYTES);
            let text = if clip.len() < sentence.text.len() { format!("{clip}…") } else { clip.to_owned() };
            entries.push(Entry { value: written(value), amount: value.amount, line: held.line, text });
        }
    }
    entries
}

/// A value as written, an amount without its sign with its unit.
fn written(value: &Value) -> String {
    let is_bare = value.kind == Kind::Number && value.text.chars().all(|c| c.is_ascii_digit() || ".,' ".contains(c));
    if is_bare { format!("{} {}", value.text, value.unit.to_uppercase()) } else { value.text.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_a_document_stands_in_its_name_or_its_beginning() {
        let text = "# Minutes\n\nThe club met on 4 May 2023. The next meeting is in 2024.\n";
        assert_eq!(date_of("minutes/2022-03-01_board.md", text), Some(20_220_301));
        assert_eq!(date_of("minutes-16-05-24.md", text), Some(20_240_516));
        assert_eq!(date_of("minutes-2021.md", text), Some(20_210_000));
        assert_eq!(date_of("minutes.md", text), Some(20_230_504));
        assert_eq!(date_of("minutes.md", "No date."), None);
    }

    #[test]
    fn dates_and_amounts_come_with_their_sentences_and_lines() {
        let text = "Rules of the hut\n\nThe fee of £90 has to be paid\nby 3 June 2024. Boats are free.\n";
        let of =
            |entries: Vec<Entry>| entries.into_iter().map(|entry| (entry.value, entry.amount, entry.line)).collect::<Vec<_>>();
        assert_eq!(of(dates_in("hut.md", text)), [("3 June 2024".to_owned(), 20_240_603.0, 4)]);
        assert_eq!(of(amounts_in("hut.md", text)), [("£90".to_owned(), 90.0, 3)]);
        assert!(dates_in("hut.md", text)[0].text.starts_with("The fee of £90"));
    }
}
