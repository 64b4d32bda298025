//! Numbers and dates as a spreadsheet displays them.

use calamine::ExcelDateTime;
use std::fmt::Write;

/// First day number past the last date a sheet supports.
const DATE_LIMIT_DAYS: f64 = 2_958_466.0;
/// Most decimals of a format; a double has no more digits.
const MAX_DECIMALS: usize = 15;

/// A cell's number format, as far as this module supports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// For positive numbers, negative numbers and zero.
    sections: Vec<Option<Section>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Section {
    before: String,
    after: String,
    whole: usize,
    decimals: usize,
    /// Trailing decimals that are omitted if zero.
    optional: usize,
    grouped: bool,
    percent: bool,
    /// Powers of a thousand to divide by.
    scale: i32,
    digits: bool,
}

impl Format {
    /// Parses a format code. `None` if it is the general format or an unsupported one.
    pub fn read(code: &str) -> Option<Self> {
        if code.is_empty()
            || code.eq_ignore_ascii_case("general")
            || code == "@"
            || code.contains("[>")
            || code.contains("[<")
            || code.contains("[=")
        {
            return None;
        }
        let sections: Vec<_> = split(code).iter().take(3).map(|part| section(part)).collect();
        sections.first()?.as_ref()?;
        Some(Self { sections })
    }

    /// Appends the number to `out`.
    pub fn write(&self, value: f64, out: &mut String) {
        let which = if value < 0.0 { 1 } else { usize::from(value == 0.0) * 2 };
        let has_own_section = self.sections.get(which).is_some_and(Option::is_some);
        let section = self.sections.get(if has_own_section { which } else { 0 });
        let Some(Some(section)) = section else { return general(value, out) };
        let shown = if which == 1 && has_own_section { -value } else { value };
        section.write(shown, out);
    }
}

impl Section {
    fn write(&self, value: f64, out: &mut String) {
        if !self.digits {
            // Literal text only, such as "-" for zero.
            out.push_str(self.before.trim());
            return;
        }
        let value = value * if self.percent { 100.0 } else { 1.0 } / 1000f64.powi(self.scale);
        if !value.is_finite() || value.abs() >= 1e15 {
            return general(value, out);
        }
        let mut digits = format!("{:.*}", self.decimals, rounded(value.abs(), self.decimals));
        if self.optional > 0 {
            let min_length = digits.len() - self.optional;
            while digits.len() > min_length && digits.ends_with('0') {
                digits.pop();
            }
            if digits.ends_with('.') {
                digits.pop();
            }
        }
        let negative = value < 0.0 && digits.bytes().any(|b| matches!(b, b'1'..=b'9'));
        let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
        // A format without mandatory digits shows nothing for zero.
        let whole = if self.whole == 0 && self.decimals == 0 && whole == "0" { "" } else { whole };
        let whole = format!("{}{whole}", "0".repeat(self.whole.saturating_sub(whole.len())));
        if negative {
            out.push('-');
        }
        out.push_str(&self.before);
        for (at, digit) in whole.chars().enumerate() {
            if self.grouped && at > 0 && (whole.len() - at) % 3 == 0 {
                out.push(',');
            }
            out.push(digit);
        }
        out.push_str(rest);
        out.push_str(&self.after);
    }
}

/// Rounds half up, as spreadsheets do; 1.005 counts as the decimal that was typed.
fn rounded(value: f64, decimals: usize) -> f64 {
    let scale = 10f64.powi(i32::try_from(decimals).unwrap_or(0));
    let scaled = value * scale;
    if scaled < 1e15 { (scaled * (1.0 + f64::EPSILON)).round() / scale } else { value }
}

/// Splits a format code into its sections.
fn split(code: &str) -> Vec<String> {
    let (mut parts, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for c in code.chars() {
        if c == ';' && !quoted && !escaped {
            parts.push(String::new());
            continue;
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped && !quoted;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

/// Parses a section. `None` if it holds more than digits, separators and literals around them.
fn section(code: &str) -> Option<Section> {
    let mut section = Section::default();
    let (mut in_decimals, mut ended) = (false, false);
    let mut rest = code.chars().peekable();
    let mut commas = 0;
    while let Some(c) = rest.next() {
        let mut literal = String::new();
        match c {
            '0' | '#' | '?' => {
                // Digits after a literal, as in phone numbers.
                if ended {
                    return None;
                }
                section.digits = true;
                if commas > 0 {
                    section.grouped = true;
                    commas = 0;
                }
                if in_decimals {
                    section.decimals += 1;
                    section.optional = if c == '0' { 0 } else { section.optional + 1 };
                } else {
                    section.whole += usize::from(c == '0');
                }
                continue;
            }
            '.' if section.digits && !in_decimals && !ended => {
                in_decimals = true;
                section.digits = true;
                continue;
            }
            ',' if section.digits && !ended => {
                commas += 1;
                continue;
            }
            '%' => {
                section.percent = true;
                literal.push('%');
            }
            'E' | 'e' if matches!(rest.peek(), Some('+' | '-')) => return None,
            '/' | '@' => return None,
            '"' => literal.extend(rest.by_ref().take_while(|&c| c != '"')),
            '\\' => literal.extend(rest.next()),
            '_' => {
                rest.next();
                continue;
            }
            '*' => {
                rest.next();
                continue;
            }
            '[' => {
                let inner: String = rest.by_ref().take_while(|&c| c != ']').collect();
                // "[$€-407]" is a currency; anything else is a colour.
                if let Some(sign) = inner.strip_prefix('$') {
                    literal.push_str(sign.split('-').next().unwrap_or_default());
                }
            }
            c => literal.push(c),
        }
        if section.digits {
            ended |= !literal.is_empty();
            section.after.push_str(&literal);
        } else {
            section.before.push_str(&literal);
        }
    }
    section.scale = commas;
    let is_supported = section.decimals <= MAX_DECIMALS && section.whole <= 20 && section.scale <= 4;
    let letters = |text: &str| text.eq_ignore_ascii_case("general");
    (is_supported && !letters(&section.before)).then_some(section)
}

/// Appends a number in the general format, with no more digits than a sheet keeps.
pub fn general(value: f64, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = if value == value.trunc() && value.abs() < 1e15 {
        write!(out, "{}", value as i64)
    } else if !value.is_finite() {
        write!(out, "#NUM!")
    } else if value.abs() >= 1e21 || value.abs() < 1e-7 {
        write!(out, "{}", fifteen_digits(value)).map(|()| use_exponent(out, value))
    } else {
        write!(out, "{}", fifteen_digits(value))
    };
}

/// Rewrites a number with many zeros in scientific notation.
fn use_exponent(out: &mut String, value: f64) {
    let long = format!("{}", fifteen_digits(value));
    if value != 0.0 {
        out.truncate(out.len() - long.len());
        let short = format!("{:E}", fifteen_digits(value));
        out.push_str(&short);
    }
}

/// Rounds to fifteen significant digits, so that 0.1 + 0.2 is 0.3.
fn fifteen_digits(value: f64) -> f64 {
    let plain = format!("{value}");
    if plain.len() <= 16 { value } else { format!("{value:.14e}").parse().unwrap_or(value) }
}

/// Appends a date or a duration; sheets store both in days.
pub fn date(date: &ExcelDateTime, out: &mut String) {
    let days = date.as_f64();
    if !(0.0..DATE_LIMIT_DAYS).contains(&days) {
        return general(days, out);
    }
    let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
    // Writing to a String cannot fail.
    let _ = if date.is_duration() {
        let seconds = (days * 86_400.0).round() as u64;
        write!(out, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    } else if (hour, minute, second, milli) == (0, 0, 0, 0) {
        write!(out, "{year:04}-{month:02}-{day:02}")
    } else {
        let mut written = Ok(());
        if days >= 1.0 {
            written = write!(out, "{year:04}-{month:02}-{day:02} ");
        }
        written = written.and_then(|()| write!(out, "{hour:02}:{minute:02}"));
        if second > 0 { written.and_then(|()| write!(out, ":{second:02}")) } else { written }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str, value: f64) -> String {
        let mut out = String::new();
        match Format::read(code) {
            Some(format) => format.write(value, &mut out),
            None => general(value, &mut out),
        }
        out
    }

    #[test]
    fn numbers_follow_their_format() {
        for (code, value, expected) in [
            ("General", 0.1 + 0.2, "0.3"),
            ("General", 1_234_567.0, "1234567"),
            ("General", 1.0 / 3.0, "0.333333333333333"),
            ("General", 1e-9, "1E-9"),
            ("General", 6.02e23, "6.02E23"),
            ("0%", 0.125, "13%"),
            ("0.0%", 0.125, "12.5%"),
            ("#,##0.00", -1234.5, "-1,234.50"),
            ("#,##0.00 \"€\"", 1234.5, "1,234.50 €"),
            ("[$€-407] #,##0", 1_234_567.0, "€ 1,234,567"),
            ("\"$\"#,##0_);[Red]\\(\"$\"#,##0\\)", -1234.0, "($1,234)"),
            ("0.##", 2.5, "2.5"),
            ("0.##", 2.0, "2"),
            ("000", 7.0, "007"),
            ("0.00", 1.005, "1.01"),
            ("0.0,,\"M\"", 12_345_678.0, "12.3M"),
            ("0.00E+00", 12345.0, "12345"),
            ("# ?/?", 0.5, "0.5"),
            ("_-* #,##0.00_-;-* #,##0.00_-;_-* \"-\"??_-;_-@_-", 0.0, "-"),
            ("000-00-0000", 123_456_789.0, "123456789"),
        ] {
            assert_eq!(shown(code, value), expected, "{code} {value}");
        }
    }
}
