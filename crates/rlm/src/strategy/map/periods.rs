//! Amounts for the span of time that a question asks for: a rent a month times twelve, where it asks for the year. The engine multiplies; small
//! models do so badly.

use crate::{
    prompts::{context, render},
    strategy::map::differences::entries::amounts_in,
};
use regex::Regex;
use std::sync::LazyLock;

/// Spans of time in English, German, French and Spanish, with their number in a year: "a month", "per calendar month", "monthly", but not "two months".
const SPANS: [(&str, f64, &str); 4] = [
    (
        "year",
        1.0,
        r"(?:NEXT)year\b|\b(?:yearly|annual(?:ly)?|annum)\b|(?:NEXT)jahr\b|\bjährlich|(?:NEXT)an(?:née)?\b|\bannuel|(?:NEXT)año\b|\banual",
    ),
    (
        "quarter",
        4.0,
        r"(?:NEXT)quarter\b|\bquarterly\b|(?:NEXT)(?:quartal|vierteljahr)\b|\bvierteljährlich|(?:NEXT)trimestre\b|\btrimest(?:riel|ral)",
    ),
    ("month", 12.0, r"(?:NEXT)month\b|\bmonthly\b|(?:NEXT)monat\b|\bmonatlich|(?:NEXT)mois\b|\bmensuel|(?:NEXT)mes\b|\bmensual"),
    (
        "week",
        52.0,
        r"(?:NEXT)week\b|\bweekly\b|(?:NEXT)woche\b|\bwöchentlich|(?:NEXT)semaine\b|\bhebdomadaire|(?:NEXT)semana\b|\bsemanal",
    ),
];

/// The words before a span for which an amount is due.
const NEXT: &str = r"\b(?:a|per|each|every|this|the|pro|im|jeden|jedes|je|par|chaque|por|cada|al)\s+(?:calendar\s+)?";

/// The patterns of the spans.
#[allow(clippy::expect_used, reason = "constant patterns, covered by tests")]
static PATTERNS: LazyLock<Vec<(&str, f64, Regex)>> = LazyLock::new(|| {
    let pattern = |words: &str| Regex::new(&format!("(?i){}", words.replace("NEXT", NEXT))).expect("constant pattern");
    SPANS.map(|(name, per_year, words)| (name, per_year, pattern(words))).into()
});

/// The digits of an amount.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static DIGITS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d[\d.,' ]*").expect("constant pattern"));

/// An amount for the span of time that a question asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// As the text has it: "£100 a month".
    pub stated: String,
    /// "£1,200 a year".
    pub asked: String,
}

impl Converted {
    /// Says that both are the same.
    pub fn shown(&self) -> String {
        render("map_converted", context! { stated => self.stated.clone(), asked => self.asked.clone() })
    }
}

/// Converts amounts that a text states for one span of time to the span in the question.
pub fn converted(question: &str, path: &str, text: &str) -> Vec<Converted> {
    let Some((_, wanted, per_year)) = spans(question).into_iter().next() else { return Vec::new() };
    let amount = |amount: &str, span: &str| render("map_amount", context! { amount, span });
    let mut found = Vec::new();
    for entry in amounts_in(path, text) {
        let at = entry.text.find(&entry.value).unwrap_or_default();
        let nearest = spans(&entry.text).into_iter().min_by_key(|(place, ..)| place.abs_diff(at));
        let Some((_, span, times)) = nearest else { continue };
        if span != wanted {
            let asked = with_number(&entry.value, entry.amount * times / per_year);
            let new = Converted { stated: amount(&entry.value, span), asked: amount(&asked, wanted) };
            if !found.contains(&new) {
                found.push(new);
            }
        }
    }
    found
}

/// The spans that a text names, by their places, with their number in a year.
fn spans(text: &str) -> Vec<(usize, &'static str, f64)> {
    let of = |(name, per_year, pattern): &'static (&'static str, f64, Regex)| {
        pattern.find_iter(text).map(|found| (found.start(), *name, *per_year)).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = PATTERNS.iter().flat_map(of).collect();
    found.sort_by_key(|(at, ..)| *at);
    found
}

/// An amount with another number in place of its own.
pub fn with_number(amount: &str, number: f64) -> String {
    let digits = DIGITS.find(amount).map_or("", |digits| digits.as_str().trim_end());
    if digits.is_empty() { written(number) } else { amount.replace(digits, &written(number)) }
}

/// A number with a comma for thousands, and two decimals where it has any.
pub fn written(number: f64) -> String {
    let whole = number.round();
    let (digits, decimals) = if (number - whole).abs() < 0.005 {
        (format!("{whole:.0}"), String::new())
    } else {
        let text = format!("{number:.2}");
        let (digits, decimals) = text.split_once('.').unwrap_or((&text, "00"));
        (digits.to_owned(), format!(".{decimals}"))
    };
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &decimals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_for_the_span_that_is_asked_for() {
        let of =
            |question: &str, text: &str| converted(question, "hut.md", text).iter().map(Converted::shown).collect::<Vec<_>>();
        assert_eq!(
            of("What does the hut cost a year?", "The rent of the hut is £1,250 a month."),
            ["£1,250 a month is £15,000 a year"]
        );
        assert_eq!(
            of("What is the monthly rent?", "We pay EUR 100 every quarter, back in eight weeks."),
            ["EUR 100 a quarter is EUR 33.33 a month"]
        );
        assert!(of("What is the monthly rent?", "We pay £100 a month.").is_empty());
        assert!(of("What is the rent?", "We pay £100 a month.").is_empty());
    }

    #[test]
    fn the_nearest_span_counts() {
        let text = "For one year the fee is raised, and £40 a month is due.";
        assert_eq!(converted("What is the yearly fee?", "a.md", text)[0].asked, "£480 a year");
    }
}
