//! List and heading numbers, counted as Word counts them.

use super::numerals;
use super::styles::Styles;
use crate::formats::zip::xml::{self, Xml};
use std::collections::{HashMap, HashSet};

const LEVELS: usize = 9;

#[derive(Clone, Default)]
struct Level {
    start: Option<u32>,
    format: String,
    /// Pattern of the label, such as `%1.%2)`.
    text: String,
    /// The level whose items restart this one; 0 for never.
    restart: Option<usize>,
    /// Whether all numbers in the label are decimal.
    plain: bool,
}

/// The kinds of lists and their counters.
#[derive(Default)]
pub struct Numbering {
    kinds: HashMap<String, Vec<Level>>,
    /// Kinds that are defined by the list of a style.
    linked: HashMap<String, String>,
    lists: HashMap<String, List>,
    counts: HashMap<String, [Option<u32>; LEVELS]>,
    started: HashSet<String>,
}

#[derive(Default)]
struct List {
    kind: String,
    starts: [Option<u32>; LEVELS],
    levels: HashMap<usize, Level>,
}

impl Numbering {
    /// Parses the numbering part.
    pub fn read(text: &str) -> Self {
        let mut xml = Xml::new(text);
        let mut found = Self::default();
        while let Some(tag) = xml.next_open() {
            match xml::name(&tag) {
                "abstractNum" => {
                    let id = xml::attr(&tag, "abstractNumId").unwrap_or_default().into_owned();
                    let mut levels = vec![Level::default(); LEVELS];
                    xml.each(|xml, tag| match xml::name(tag) {
                        "lvl" => {
                            let place = xml::number(tag, "ilvl").unwrap_or(0);
                            let read = level(xml);
                            if let Some(level) = levels.get_mut(place) {
                                *level = read;
                            }
                            true
                        }
                        "numStyleLink" => {
                            found.linked.insert(id.clone(), xml::attr(tag, "val").unwrap_or_default().into_owned());
                            false
                        }
                        _ => false,
                    });
                    found.kinds.insert(id, levels);
                }
                "num" => {
                    let id = xml::attr(&tag, "numId").unwrap_or_default().into_owned();
                    found.lists.insert(id, list(&mut xml));
                }
                _ => {}
            }
        }
        found
    }

    /// Counts one more item and returns its label: "-" for items without a number. `None` if there is no such list.
    pub fn next(&mut self, list: &str, level: usize, styles: &Styles) -> Option<String> {
        let level = level.min(LEVELS - 1);
        let entry = self.lists.get(list)?;
        let kind = self.kind(&entry.kind, styles, 0)?;
        let levels = self.kinds.get(&kind)?;
        let at = |place: usize| entry.levels.get(&place).or_else(|| levels.get(place));
        let own = at(level)?;
        let start = |place: usize| entry.starts[place].or_else(|| at(place)?.start).unwrap_or(1);
        let counts = self.counts.entry(kind).or_default();
        if self.started.insert(list.to_owned()) {
            // A list with its own start restarts even after other lists of its kind.
            for (count, start) in counts.iter_mut().zip(&entry.starts) {
                if start.is_some() {
                    *count = None;
                }
            }
        }
        counts[level] = Some(counts[level].map_or_else(|| start(level), |count| count.saturating_add(1)));
        for (place, count) in counts.iter_mut().enumerate().skip(level + 1) {
            // `restart` counts levels from 1: a level restarts after items of the level it names or of any above.
            if at(place).and_then(|level| level.restart).is_none_or(|restart| restart > level) {
                *count = None;
            }
        }
        if own.format == "bullet" {
            return Some("-".to_owned());
        }
        let mut label = String::new();
        let mut rest = own.text.chars().peekable();
        while let Some(c) = rest.next() {
            match rest.peek().and_then(|c| c.to_digit(10)).filter(|_| c == '%') {
                Some(number @ 1..=9) => {
                    rest.next();
                    let place = number as usize - 1;
                    let value = counts[place].unwrap_or_else(|| start(place));
                    let format = at(place).map(|level| level.format.as_str()).unwrap_or_default();
                    label.push_str(&numerals::format_number(value, if own.plain && place < level { "decimal" } else { format }));
                }
                _ => label.push(c),
            }
        }
        Some(label.trim().to_owned())
    }

    fn kind(&self, id: &str, styles: &Styles, depth: usize) -> Option<String> {
        match self.linked.get(id) {
            Some(style) if depth < 5 => {
                let (list, _) = styles.list(Some(style))?;
                self.kind(&self.lists.get(&list)?.kind, styles, depth + 1)
            }
            _ => Some(id.to_owned()),
        }
    }
}

fn list(xml: &mut Xml<'_>) -> List {
    let mut list = List::default();
    let mut place = 0;
    xml.each(|xml, tag| {
        match xml::name(tag) {
            "abstractNumId" => list.kind = xml::attr(tag, "val").unwrap_or_default().into_owned(),
            "lvlOverride" => place = xml::number(tag, "ilvl").unwrap_or(0),
            "startOverride" => {
                if let Some(start) = list.starts.get_mut(place) {
                    *start = xml::number(tag, "val");
                }
            }
            "lvl" => {
                list.levels.insert(place, level(xml));
                return true;
            }
            _ => {}
        }
        false
    });
    list
}

fn level(xml: &mut Xml<'_>) -> Level {
    let mut level = Level { format: "decimal".to_owned(), ..Level::default() };
    xml.each(|_, tag| {
        match xml::name(tag) {
            "start" => level.start = xml::number(tag, "val"),
            "numFmt" => level.format = xml::attr(tag, "val").unwrap_or_default().into_owned(),
            "lvlText" => level.text = xml::attr(tag, "val").unwrap_or_default().into_owned(),
            "lvlRestart" => level.restart = xml::number(tag, "val"),
            "isLgl" => level.plain = xml::switched_on(tag),
            _ => {}
        }
        false
    });
    level
}
