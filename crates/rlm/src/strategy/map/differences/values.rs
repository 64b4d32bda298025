//! Values in a text: numbers with their units, dates, times and addresses.

use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A kind of value. Values of different kinds are never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Number,
    Year,
    Date,
    Time,
    Weekday,
    Telephone,
    Address,
}

/// A value as a text states it.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    pub kind: Kind,
    /// As written, without its unit.
    pub text: String,
    /// The unit in one spelling, the start of the noun that follows, or nothing.
    pub unit: String,
    /// Size of a number, minutes of a time, year-month-day of a date as one number, a weekday from 0 for Monday, the digits of a telephone number.
    /// Zero for addresses.
    pub amount: f64,
}

impl Value {
    /// Both state the same, apart from their spelling.
    pub fn equals(&self, other: &Self) -> bool {
        match (self.kind, other.kind) {
            (Kind::Address, Kind::Address) => self.text.eq_ignore_ascii_case(&other.text),
            (Kind::Date, Kind::Date) => {
                let yearless = self.amount < 10_000.0 || other.amount < 10_000.0;
                if yearless { self.amount % 10_000.0 == other.amount % 10_000.0 } else { self.amount == other.amount }
            }
            _ => (self.amount - other.amount).abs() <= 1e-9 * self.amount.abs().max(1.0),
        }
    }
}

/// A value and its place in the text it was found in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub value: Value,
    /// Byte range of the value, without its unit.
    pub start: usize,
    pub end: usize,
    /// The word before a number without a unit, as in "gate 12".
    pub label: Option<String>,
}

/// Numbers in words. Those from twenty in tens may be followed by one of the first nine: `twenty-five`.
const NUMBER_WORDS: [(&str, f64); 54] = [
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("hundred", 100.0),
    ("zwei", 2.0),
    ("drei", 3.0),
    ("vier", 4.0),
    ("fünf", 5.0),
    ("sechs", 6.0),
    ("sieben", 7.0),
    ("acht", 8.0),
    ("neun", 9.0),
    ("zehn", 10.0),
    ("elf", 11.0),
    ("zwölf", 12.0),
    ("dreizehn", 13.0),
    ("vierzehn", 14.0),
    ("fünfzehn", 15.0),
    ("sechzehn", 16.0),
    ("siebzehn", 17.0),
    ("achtzehn", 18.0),
    ("neunzehn", 19.0),
    ("zwanzig", 20.0),
    ("dreißig", 30.0),
    ("vierzig", 40.0),
    ("fünfzig", 50.0),
    ("sechzig", 60.0),
    ("siebzig", 70.0),
    ("achtzig", 80.0),
    ("neunzig", 90.0),
    ("hundert", 100.0),
];

/// Hours in words.
const HOUR_WORDS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// Days of the week in English and German, Monday first.
const WEEKDAYS: [[&str; 2]; 7] = [
    ["monday", "montag"],
    ["tuesday", "dienstag"],
    ["wednesday", "mittwoch"],
    ["thursday", "donnerstag"],
    ["friday", "freitag"],
    ["saturday", "samstag"],
    ["sunday", "sonntag"],
];

/// Minimum number of digits of a telephone number that begins with 0 or a plus sign.
const MIN_TELEPHONE_DIGITS: usize = 9;

/// Starts of the months' names in English, German, French and Spanish, with the month's number.
const MONTHS: [(&str, u32); 24] = [
    ("jan", 1),
    ("jän", 1),
    ("ene", 1),
    ("feb", 2),
    ("fév", 2),
    ("mar", 3),
    ("mär", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("juin", 6),
    ("jun", 6),
    ("juil", 7),
    ("jul", 7),
    ("aug", 8),
    ("aoû", 8),
    ("ago", 8),
    ("sep", 9),
    ("o", 10),
    ("nov", 11),
    ("d", 12),
    ("déc", 12),
];

const MONTH_PATTERN: &str = "jan(?:uary|uar|vier)?|jänner|enero|feb(?:ruary|ruar|rero)?|février|mar(?:ch|s|zo)?|märz|apr(?:il)?|avril|abril|may|mai|mayo\
                             |june?|juni|juin|junio|july?|juli|juillet|julio|aug(?:ust)?|août|agosto|sept?(?:ember|embre|iembre)?|oct(?:ober|obre|ubre)?\
                             |okt(?:ober)?|nov(?:ember|embre|iembre)?|de[cz](?:ember)?|décembre|diciembre";

/// Words that follow numbers without being their unit.
const NOT_UNITS: [&str; 64] = [
    "about", "after", "again", "all", "and", "are", "aber", "auf", "aus", "before", "bei", "but", "by", "can", "das", "der",
    "die", "each", "else", "half", "for", "from", "für", "has", "have", "ist", "into", "its", "less", "may", "mit", "more",
    "most", "must", "nach", "nicht", "not", "oder", "only", "past", "per", "shall", "side", "sind", "than", "that", "the",
    "then", "they", "this", "und", "until", "von", "was", "were", "when", "where", "which", "while", "will", "with", "within",
    "without", "would",
];

/// Words before a number that make it a place in a document.
const PLACES: [&str; 25] = [
    "abs",
    "absatz",
    "abschnitt",
    "annex",
    "appendix",
    "art",
    "article",
    "artikel",
    "chapter",
    "clause",
    "fig",
    "figure",
    "item",
    "kapitel",
    "no",
    "nr",
    "number",
    "page",
    "paragraph",
    "part",
    "punkt",
    "section",
    "seite",
    "table",
    "version",
];

static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    let words = NUMBER_WORDS.map(|(word, _)| word).join("|");
    let hours = HOUR_WORDS.join("|");
    let weekdays = WEEKDAYS.concat().join("|");
    let currency = r"(?:[£€$¥]|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|JPY)\b)";
    let pattern = format!(
        r"(?x)
        (?P<address> [\w.+-]+@[\w-]+(?:\.[\w-]+)+ | https?://[^\s<>\x22')\]]+ | \b\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?\b
            | \b[a-z][\w-]*(?:\.[a-z][\w-]*)+:\d{{2,5}}\b )
        | \b(?P<iy>\d{{4}})-(?P<im>\d{{2}})-(?P<id>\d{{2}})\b
        | \b(?P<nd>\d{{1,2}})[./](?P<nm>\d{{1,2}})[./](?P<ny>\d{{4}})\b
        | \b(?P<sd>\d{{1,2}})[/-](?P<sm>\d{{1,2}})[/-](?P<sy>\d{{2}})\b
        | (?i:\b(?P<td>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?(?P<tm>{MONTH_PATTERN})\b\.?(?:,?\s+(?P<ty>\d{{4}})\b)?)
        | (?i:\b(?P<um>{MONTH_PATTERN})\.?\s+(?P<ud>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<uy>\d{{4}})\b)?)
        | (?P<telephone>(?:\+|\b0)\d[\d\x20()/-]{{6,}}\d)\b
        | (?i:\b(?P<weekday>{weekdays})s?\b)
        | (?i:\b(?P<clock>\d{{1,2}}|{hours})(?:[.:](?P<past>\d{{2}}))?(?:\s?(?P<half>[ap])\.?m\b\.?|\s(?P<part>uhr|o['’]clock|(?:at|in\sthe)\s(?:night|morning|afternoon|evening))\b))
        | \b(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::\d{{2}})?\b
        | (?:(?P<before>{currency})\s?)?(?P<number>\d{{1,3}}(?:[,.'’\x{{202f}}\x{{a0}}]\d{{3}})+(?:[.,]\d{{1,2}})?|\d+(?:[.,]\d+)?)
        | (?i:\b(?P<word>{words})(?:[-\s](?P<ones>two|three|four|five|six|seven|eight|nine))?\b)"
    );
    #[expect(clippy::expect_used, reason = "the pattern is constant and the tests compile it")]
    let value = Regex::new(&pattern).expect("a valid pattern");
    value
});

/// The one spelling of a unit of measure or a currency.
pub(super) fn known_unit(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" | "sekunde" | "sekunden" => "second",
        "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => "millisecond",
        "min" | "mins" | "minute" | "minutes" | "minuten" => "minute",
        "h" | "hr" | "hrs" | "hour" | "hours" | "stunde" | "stunden" => "hour",
        "day" | "days" | "tag" | "tage" | "tagen" => "day",
        "week" | "weeks" | "woche" | "wochen" => "week",
        "month" | "months" | "monat" | "monate" | "monaten" => "month",
        "year" | "years" | "yr" | "yrs" | "jahr" | "jahre" | "jahren" => "year",
        "kg" | "kilo" | "kilos" | "kilogram" | "kilograms" | "kilogramm" => "kg",
        "g" | "gram" | "grams" | "gramm" => "g",
        "t" | "ton" | "tons" | "tonne" | "tonnes" | "tonnen" => "t",
        "km" | "kilometre" | "kilometres" | "kilometer" | "kilometers" => "km",
        "m" | "metre" | "metres" | "meter" | "meters" => "m",
        "cm" => "cm",
        "mm" => "mm",
        "kb" | "kib" | "kilobyte" | "kilobytes" | "kibibyte" | "kibibytes" => "kb",
        "mb" | "mib" | "megabyte" | "megabytes" | "mebibyte" | "mebibytes" => "mb",
        "gb" | "gib" | "gigabyte" | "gigabytes" | "gibibyte" | "gibibytes" => "gb",
        "%" | "percent" | "prozent" | "pct" => "%",
        "€" | "eur" | "euro" | "euros" => "eur",
        "£" | "gbp" | "pound" | "pounds" => "gbp",
        "$" | "usd" | "dollar" | "dollars" => "usd",
        "¥" | "jpy" | "yen" => "jpy",
        "chf" | "franken" => "chf",
        "sek" => "sek",
        "nok" => "nok",
        "dkk" => "dkk",
        "pln" => "pln",
        _ => return None,
    })
}

/// The part of a word that its inflected forms share.
pub(super) fn stem(word: &str) -> String {
    let mut stem: String = word.chars().flat_map(char::to_lowercase).collect();
    let letters = stem.chars().count();
    if (4..=5).contains(&letters) && stem.ends_with('s') && !stem.ends_with("ss") {
        stem.pop();
    }
    stem.char_indices().nth(5).map(|(end, _)| end).inspect(|end| stem.truncate(*end));
    stem
}

/// Size of a written number. A separator with three digits behind it groups thousands.
pub(super) fn amount(written: &str) -> f64 {
    let parts: Vec<&str> = written.split(|c: char| !c.is_ascii_digit()).collect();
    let Some((last, rest)) = parts.split_last() else { return 0.0 };
    let decimal =
        !rest.is_empty() && last.len() != 3 || rest.len() == 1 && rest.first().is_some_and(|first| first.starts_with('0'));
    let text = if decimal { format!("{}.{last}", rest.concat()) } else { parts.concat() };
    text.parse().unwrap_or(0.0)
}

/// Finds the values of a text in order.
pub(super) fn find(text: &str) -> Vec<Placed> {
    VALUE.captures_iter(text).filter_map(|found| read(text, &found)).collect()
}

fn read(text: &str, found: &Captures<'_>) -> Option<Placed> {
    let whole = found.get(0)?;
    let placed = |kind, unit: &str, amount| {
        let written = whole.as_str().trim().to_owned();
        Placed {
            value: Value { kind, text: written, unit: unit.to_owned(), amount },
            start: whole.start(),
            end: whole.end(),
            label: None,
        }
    };
    let digits = |name: &str| found.name(name).and_then(|group| group.as_str().parse::<u32>().ok());
    if found.name("address").is_some() {
        let mut address = placed(Kind::Address, if whole.as_str().contains('@') { "mail" } else { "host" }, 0.0);
        address.value.text = address.value.text.trim_end_matches(['.', ',', ';', ':']).to_owned();
        return Some(address);
    }
    for (year, month, day) in [("iy", "im", "id"), ("ny", "nm", "nd"), ("sy", "sm", "sd"), ("ty", "tm", "td"), ("uy", "um", "ud")]
    {
        let (Some(day), Some(month)) = (digits(day), found.name(month)) else { continue };
        let month = month.as_str().parse().ok().or_else(|| month_number(month.as_str()))?;
        let is_date = (1..=31).contains(&day) && (1..=12).contains(&month);
        let year = digits(year).map_or(0, |number| if year == "sy" { 2_000 + number } else { number });
        return is_date.then(|| placed(Kind::Date, "", f64::from(year * 10_000 + month * 100 + day)));
    }
    if let Some(number) = found.name("telephone") {
        let digits: String = number.as_str().chars().filter(char::is_ascii_digit).collect();
        let is_long = digits.len() >= MIN_TELEPHONE_DIGITS;
        return is_long.then(|| placed(Kind::Telephone, "", digits.parse().unwrap_or_default()));
    }
    if let Some(day) = found.name("weekday") {
        let day = day.as_str().to_lowercase();
        // It belongs to the date that follows it.
        let after = text[whole.end()..].trim_start_matches([',', '.', ' ']);
        let next = VALUE.captures(after).filter(|next| next.get(0).is_some_and(|next| next.start() == 0));
        if next.and_then(|next| read(after, &next)).is_some_and(|next| next.value.kind == Kind::Date) {
            return None;
        }
        let number = WEEKDAYS.iter().position(|names| names.contains(&day.as_str()))?;
        return Some(placed(Kind::Weekday, "", number as f64));
    }
    if let Some(hour) = found.name("clock") {
        return minutes(hour.as_str(), found).map(|minutes| placed(Kind::Time, "", minutes));
    }
    if let (Some(hour), Some(minute)) = (digits("hour"), digits("minute")) {
        return (hour < 25 && minute < 60).then(|| placed(Kind::Time, "", f64::from(hour * 60 + minute)));
    }
    let number = found.name("number").or_else(|| found.name("word"))?;
    let start = found.name("before").unwrap_or(number).start();
    let end = found.name("ones").unwrap_or(number).end();
    let (before, after) = (&text[..start], &text[end..]);
    let size = match found.name("word") {
        Some(word) => {
            let of = |word: &str| NUMBER_WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, size)| *size);
            let tens = of(&word.as_str().to_lowercase())?;
            match found.name("ones").and_then(|ones| of(ones.as_str())) {
                Some(ones) if (20.0..100.0).contains(&tens) => tens + ones,
                Some(_) => return None,
                None => tens,
            }
        }
        None if is_part_of_a_name(before, after) => return None,
        None => amount(number.as_str()),
    };
    let unit = match found.name("before") {
        Some(currency) => known_unit(currency.as_str())?.to_owned(),
        None => unit_after(after)?,
    };
    let previous = last_word(before).map(|word| numbered(before, word));
    if unit.is_empty() && previous.is_some_and(|word| PLACES.contains(&word.to_lowercase().as_str())) {
        return None;
    }
    let is_year = unit.is_empty() || known_unit(&unit).is_none();
    let is_year = is_year && number.as_str().len() == 4 && found.name("word").is_none() && (1900.0..2100.0).contains(&size);
    let mut placed = placed(if is_year { Kind::Year } else { Kind::Number }, if is_year { "" } else { &unit }, size);
    placed.label = previous.filter(|word| placed.value.unit.is_empty() && !is_function_word(word)).map(stem);
    if found.name("word").is_some() && placed.value.unit.is_empty() && placed.label.is_none() {
        return None;
    }
    (placed.start, placed.end) = (start, end);
    Some(placed)
}

/// Minutes from midnight of a time with a word for the part of the day: `7.30 pm`, `ten at night`, `22 Uhr`.
fn minutes(hour: &str, found: &Captures<'_>) -> Option<f64> {
    let named = HOUR_WORDS.iter().position(|word| word.eq_ignore_ascii_case(hour)).and_then(|at| u32::try_from(at + 1).ok());
    let hour: u32 = named.or_else(|| hour.parse().ok()).filter(|hour| *hour < 25)?;
    let minute: u32 = found.name("past").map_or(Some(0), |past| past.as_str().parse().ok()).filter(|minute| *minute < 60)?;
    let part = found.name("part").map_or(String::new(), |part| part.as_str().to_lowercase());
    let is_late = found.name("half").is_some_and(|half| half.as_str().eq_ignore_ascii_case("p"))
        || ["afternoon", "evening"].iter().any(|late| part.ends_with(late))
        || part.ends_with("night") && (6..12).contains(&hour);
    let is_early = found.name("half").is_some_and(|half| half.as_str().eq_ignore_ascii_case("a")) || part.ends_with("morning");
    let hour = match hour {
        12 if is_early || part.ends_with("night") => 0,
        1..12 if is_late => hour + 12,
        hour => hour,
    };
    Some(f64::from(hour * 60 + minute))
}

/// The digits belong to an article number, a path, a range or the like.
fn is_part_of_a_name(before: &str, after: &str) -> bool {
    let mut back = before.chars().rev();
    let previous = back.next();
    let joined = matches!(previous, Some('-' | '–')) && back.next().is_some_and(char::is_alphanumeric);
    let mut ahead = after.chars();
    let next = ahead.next();
    let goes_on = matches!(next, Some('-' | '–')) && ahead.next().is_some_and(|c| c.is_ascii_digit());
    let glued = previous.is_some_and(|c| c.is_alphanumeric() || "_#/.:".contains(c));
    joined || goes_on || glued || matches!(next, Some('_' | '/' | ':'))
}

/// The number of the month whose whole name a word is, from 1.
pub(super) fn month_named(word: &str) -> Option<u32> {
    let is_date = find(&format!("1 {word}")).first().is_some_and(|placed| placed.value.kind == Kind::Date);
    (is_date && word.chars().count() > 2).then(|| month_number(word)).flatten()
}

fn month_number(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    MONTHS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, number)| *number)
}

/// The unit behind a number: nothing where none follows, `None` for an ordinal.
fn unit_after(after: &str) -> Option<String> {
    if let Some(sign) = after.trim_start().chars().next().filter(|c| "%€£$¥".contains(*c)) {
        return Some(known_unit(sign.encode_utf8(&mut [0; 4])).unwrap_or_default().to_owned());
    }
    let attached = after.starts_with(char::is_alphabetic);
    let mut words = after.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty());
    if !attached && !after.starts_with([' ', '\t', '-', '\u{a0}', '\u{202f}']) {
        return Some(String::new());
    }
    let first = words.next().unwrap_or_default();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let (first_bare, ends) = (bare(first), first.ends_with(|c: char| !c.is_alphanumeric()));
    if attached {
        let ordinal = matches!(first_bare.to_lowercase().as_str(), "st" | "nd" | "rd" | "th" | "er" | "e");
        return (!ordinal).then(|| known_unit(&first_bare).unwrap_or_default().to_owned()).filter(|unit| !unit.is_empty());
    }
    let second = words.next().map(bare).unwrap_or_default();
    if first_bare.eq_ignore_ascii_case("per") && second.eq_ignore_ascii_case("cent") {
        return Some("%".to_owned());
    }
    if let Some(known) =
        known_unit(&first_bare).or_else(|| known_unit(&second).filter(|_| !ends && !is_function_word(&first_bare)))
    {
        return Some(known.to_owned());
    }
    let is_unit = first.starts_with(char::is_alphabetic) && !is_function_word(&first_bare);
    Some(if is_unit { stem(&first_bare) } else { String::new() })
}

fn is_function_word(word: &str) -> bool {
    word.chars().count() < 3 || NOT_UNITS.contains(&word.to_lowercase().as_str())
}

/// The thing that has a number, as in "bay, number 12": the word before `word` where that only says that a number follows.
fn numbered<'t>(before: &'t str, word: &'t str) -> &'t str {
    let says_number = ["number", "no", "nr"].iter().any(|known| known.eq_ignore_ascii_case(word));
    let owner =
        before.rfind(word).filter(|_| says_number).and_then(|at| last_word(before[..at].trim_end_matches([',', '(', ' '])));
    owner.filter(|owner| !is_function_word(owner)).unwrap_or(word)
}

fn last_word(before: &str) -> Option<&str> {
    let trimmed = before.trim_end_matches([' ', '\t', '=', '-', '.', ':', '\u{a0}']);
    let start = trimmed.char_indices().rev().take_while(|(_, c)| c.is_alphabetic()).last()?.0;
    Some(&trimmed[start..])
}
