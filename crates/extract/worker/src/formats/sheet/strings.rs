//! Shared strings and cell styles of an XLSX workbook.

use super::number::Format;
use crate::formats::zip::xml::{self, Node, Xml};
use std::collections::HashMap;

/// The shared strings, concatenated.
#[derive(Default)]
pub struct Strings {
    all: String,
    ends: Vec<usize>,
}

impl Strings {
    /// Parses the shared strings part.
    pub fn read(text: &str) -> Self {
        let mut strings = Self::default();
        let mut xml = Xml::new(text);
        while let Some(tag) = xml.next_open() {
            if xml::name(&tag) == "si" {
                item(&mut xml, &mut strings.all);
                strings.ends.push(strings.all.len());
            }
        }
        strings
    }

    /// The string with this index.
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let start = at.checked_sub(1).and_then(|at| self.ends.get(at)).copied().unwrap_or(0);
        self.all.get(start..end)
    }
}

/// Appends a string, which may consist of several runs. Phonetic readings are left out.
fn item(xml: &mut Xml<'_>, to: &mut String) {
    let start = to.len();
    loop {
        match xml.next() {
            Node::Open(tag) => match xml::name(&tag) {
                "t" => to.push_str(&xml.words()),
                "rPh" | "phoneticPr" => xml.skip(),
                _ => item(xml, to),
            },
            Node::Close | Node::End => break,
            Node::Text(_) => {}
        }
    }
    unescape(to, start);
}

/// Decodes `_x000D_` and the like, which stand for characters that XML cannot hold.
pub fn unescape(text: &mut String, start: usize) {
    if !text[start..].contains("_x") {
        return;
    }
    let escaped = text.split_off(start);
    let mut rest = escaped.as_str();
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 7).and_then(|code| code.strip_suffix('_'));
        match code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32) {
            Some(c) => {
                text.push_str(&rest[..at]);
                text.push(c);
                rest = &rest[at + 7..];
            }
            None => {
                text.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    text.push_str(rest);
}

/// How a style displays numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    General,
    Date,
    Duration,
    Number(Format),
}

/// Parses the cell styles, in order of their index.
pub fn styles(text: &str) -> Vec<Shown> {
    let (mut codes, mut all, mut in_cells) = (HashMap::new(), Vec::new(), false);
    let mut xml = Xml::new(text);
    while let Some(tag) = xml.next_open() {
        match xml::name(&tag) {
            "numFmt" => {
                let code = xml::attr(&tag, "formatCode").unwrap_or_default().into_owned();
                codes.insert(xml::number::<u32>(&tag, "numFmtId").unwrap_or(0), code);
            }
            "cellXfs" => in_cells = true,
            "cellStyles" | "dxfs" => in_cells = false,
            "xf" if in_cells => {
                let number = xml::number::<u32>(&tag, "numFmtId").unwrap_or(0);
                all.push(codes.get(&number).map_or_else(|| builtin(number), |code| shown(code)));
            }
            _ => {}
        }
    }
    all
}

fn builtin(number: u32) -> Shown {
    match number {
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => Shown::Date,
        46 => Shown::Duration,
        _ => u16::try_from(number).ok().and_then(super::biff::builtin).map_or(Shown::General, shown),
    }
}

/// Classifies a format code: codes with date or time letters are dates.
fn shown(code: &str) -> Shown {
    let first = code.split(';').next().unwrap_or_default();
    let (mut quoted, mut rest, mut date) = (false, first.chars().peekable(), false);
    while let Some(c) = rest.next() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\\' | '_' | '*' => drop(rest.next()),
            '[' => {
                let inner: String = rest.by_ref().take_while(|&c| c != ']').collect();
                if !inner.is_empty() && inner.chars().all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's')) {
                    return Shown::Duration;
                }
            }
            'G' if first.eq_ignore_ascii_case("general") => return Shown::General,
            'd' | 'm' | 'y' | 'h' | 's' | 'D' | 'M' | 'Y' | 'H' | 'S' => date = true,
            _ => {}
        }
    }
    if date { Shown::Date } else { Format::read(code).map_or(Shown::General, Shown::Number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_distinguish_dates_and_durations_from_numbers() {
        assert_eq!(shown("yyyy-mm-dd"), Shown::Date);
        assert_eq!(shown("[$-409]d mmm yy;@"), Shown::Date);
        assert_eq!(shown("[h]:mm:ss"), Shown::Duration);
        assert_eq!(shown("General"), Shown::General);
        assert!(matches!(shown("0.00 \"days\""), Shown::Number(_)));
        assert!(matches!(shown("[Red]#,##0_m"), Shown::Number(_)));
    }

    #[test]
    fn readings_are_left_out_and_escapes_decoded() {
        let strings = Strings::read(
            "<sst><si><r><t>a</t></r><r><t> b</t></r><rPh><t>no</t></rPh></si><si><t>x_x000D_y _xnot_</t></si><si/></sst>",
        );
        assert_eq!([0, 1, 2, 3].map(|at| strings.get(at)), [Some("a b"), Some("x\ry _xnot_"), Some(""), None]);
    }
}
