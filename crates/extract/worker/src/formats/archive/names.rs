//! Paths of members: safe, readable and unique.

use plumb_extract::decode_text;
use std::{borrow::Cow, collections::HashMap};

/// Maximum length of one part of a path, which file systems accept.
const MAX_PART_BYTES: usize = 200;
/// Maximum number of parts of a path; of a deeper one the last parts are kept.
const MAX_DEPTH: usize = 40;

/// Makes paths unique.
#[derive(Default)]
pub struct Names {
    /// The paths given out, with the number to try for the next duplicate.
    given: HashMap<String, u64>,
}

impl Names {
    /// Turns a path into one that is safe and not yet given out.
    pub fn unique(&mut self, path: &str) -> String {
        let path = safe(path);
        let Some(next) = self.given.get(&path).copied() else {
            self.given.insert(path.clone(), 2);
            return path;
        };
        let mut number = next;
        loop {
            let other = numbered(&path, number);
            number += 1;
            if !self.given.contains_key(&other) {
                self.given.insert(path, number);
                self.given.insert(other.clone(), 2);
                return other;
            }
        }
    }
}

/// Adds a number: "a/report.pdf" becomes "a/report (2).pdf".
fn numbered(path: &str, number: u64) -> String {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    match path[name..].rfind('.').filter(|&at| at > 0) {
        Some(at) => format!("{} ({number}){}", &path[..name + at], &path[name + at..]),
        None => format!("{path} ({number})"),
    }
}

/// Makes a path relative, without `..` and control characters.
fn safe(path: &str) -> String {
    let parts = path.split(['/', '\\']).map(part).filter(|part| !matches!(part.as_str(), "" | "." | ".."));
    let parts: Vec<String> = parts.collect();
    let joined = parts[parts.len().saturating_sub(MAX_DEPTH)..].join("/");
    // "C:/a" becomes "a".
    let path = match joined.as_bytes() {
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => joined[3..].to_owned(),
        _ => joined,
    };
    if path.is_empty() { "unnamed".to_owned() } else { path }
}

/// Cleans and shortens one part of a path.
pub fn part(name: &str) -> String {
    let clean: String = name.chars().filter(|c| !is_hidden(*c)).collect();
    let clean = clean.trim();
    if clean.len() <= MAX_PART_BYTES {
        return clean.to_owned();
    }
    let ending = clean.rfind('.').filter(|&at| clean.len() - at <= 16).map_or("", |at| &clean[at..]);
    format!("{}…{ending}", clean[..clean.floor_char_boundary(MAX_PART_BYTES - 3 - ending.len())].trim_end())
}

/// Whether this is a control character or an invisible mark, such as one that turns the direction of text.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// Whether this is a file that operating systems leave in archives and nobody means to read.
pub fn is_clutter(path: &str) -> bool {
    let mut parts = path.split(['/', '\\']);
    let name = parts.next_back().unwrap_or_default();
    matches!(name, ".DS_Store" | "Thumbs.db" | "desktop.ini") || parts.any(|part| part == "__MACOSX")
}

/// Decodes the names in an archive. They share one encoding, which is guessed from all of them together. `None`: the encoding is unknown. In an
/// archive that may be `from_dos` it is probably the DOS code page.
pub fn decoded(names: &[Cow<'_, [u8]>], from_dos: bool) -> Vec<Option<String>> {
    let mut joined = Vec::new();
    let mut foreign = 0;
    for name in names.iter().filter(|name| std::str::from_utf8(name).is_err()) {
        joined.extend(name.iter().map(|&b| if matches!(b, b'\n' | b'\r' | 0) { b' ' } else { b }));
        joined.push(b'\n');
        foreign += 1;
    }
    let text = decode_text(&joined).ok().filter(|text| text.lines().count() == foreign && !(from_dos && mostly_latin(text)));
    let mut lines = text.as_deref().map(str::lines);
    let one = |name: &Cow<'_, [u8]>| match std::str::from_utf8(name) {
        Ok(name) => Some(name.to_owned()),
        Err(_) => lines.as_mut().and_then(Iterator::next).map(str::to_owned),
    };
    names.iter().map(one).collect()
}

/// Whether the characters outside ASCII are mostly Latin or symbols. In an archive from DOS that means that the guessed encoding is wrong.
fn mostly_latin(text: &str) -> bool {
    let (mut latin, mut other) = (0, 0);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        match c {
            '\u{80}'..='\u{24f}' | '\u{2000}'..='\u{2bff}' | '\u{ff61}'..='\u{ff9f}' | '\u{e000}'..='\u{f8ff}' | '\u{fffd}' => {
                latin += 1
            }
            _ => other += 1,
        }
    }
    latin >= other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_safe_and_unique() {
        let mut names = Names::default();
        assert_eq!(names.unique("/etc/../../a//b/./c.txt"), "etc/a/b/c.txt");
        assert_eq!(names.unique("C:\\Users\\me\\plan.pdf"), "Users/me/plan.pdf");
        assert_eq!(names.unique("x.txt"), "x.txt");
        assert_eq!(names.unique("x (2).txt"), "x (2).txt");
        assert_eq!(names.unique("./x.txt"), "x (3).txt");
        assert_eq!(names.unique("x.txt"), "x (4).txt");
        assert_eq!(names.unique(".."), "unnamed");
        assert_eq!(names.unique("a/.profile"), "a/.profile");
        assert_eq!(names.unique("a/.profile"), "a/.profile (2)");
        assert_eq!(names.unique("in\u{202e}fdp.exe\n"), "infdp.exe");
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = part(&format!("{}.docx", "é".repeat(300)));
        assert!(name.len() <= MAX_PART_BYTES && name.ends_with("é….docx"), "{name}");
    }

    #[test]
    fn many_equal_names_take_linear_time() {
        let mut names = Names::default();
        for _ in 0..100_000 {
            names.unique("a.txt");
        }
        assert_eq!(names.unique("a.txt"), "a (100001).txt");
    }
}
