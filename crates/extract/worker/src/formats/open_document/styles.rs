//! OpenDocument styles: list labels, heading numbers and hidden text.

use crate::formats::word::numerals;
use crate::formats::zip::xml::{self, Xml};
use quick_xml::events::BytesStart;
use std::collections::{HashMap, HashSet};

pub const LEVELS: usize = 10;

/// How the items of a list level are labelled.
#[derive(Clone, Default)]
pub struct Level {
    /// Word's name for the number format; "bullet" for bullets.
    format: String,
    before: String,
    after: String,
    /// How many levels the label shows.
    shown: usize,
    pub start: Option<u32>,
}

/// The styles by name.
#[derive(Default)]
pub struct Styles {
    lists: HashMap<String, Vec<Level>>,
    /// The levels of numbered headings.
    outline: Vec<Level>,
    hidden: HashSet<String>,
}

impl Styles {
    /// Adds the styles of a part, up to where its text begins.
    pub fn add(&mut self, text: &str) {
        let mut xml = Xml::new(text);
        let mut style = String::new();
        while let Some(tag) = xml.next_open() {
            match xml::name(&tag) {
                "body" | "master-styles" => return,
                "style" => style = xml::attr(&tag, "name").unwrap_or_default().into_owned(),
                "text-properties" if xml::attr(&tag, "display").as_deref() == Some("none") => {
                    self.hidden.insert(style.clone());
                }
                "list-style" => {
                    let name = xml::attr(&tag, "name").unwrap_or_default().into_owned();
                    self.lists.insert(name, levels(&mut xml));
                }
                "outline-style" => self.outline = levels(&mut xml),
                _ => {}
            }
        }
    }

    /// Whether text in this style is hidden.
    pub fn is_hidden(&self, style: Option<&str>) -> bool {
        style.is_some_and(|style| self.hidden.contains(style))
    }

    /// The levels of a list.
    pub fn list(&self, name: &str) -> &[Level] {
        self.lists.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The levels of headings.
    pub fn outline(&self) -> &[Level] {
        &self.outline
    }
}

/// The label of an item, from the counters of its levels.
pub fn label(levels: &[Level], counts: &[u32]) -> String {
    let Some(own) = counts.len().checked_sub(1).and_then(|at| levels.get(at)) else { return "-".to_owned() };
    if own.format == "bullet" {
        return "-".to_owned();
    }
    if own.format == "none" {
        return String::new();
    }
    let from = counts.len().saturating_sub(own.shown.max(1));
    let numbers: Vec<_> = counts
        .iter()
        .zip(levels)
        .skip(from)
        .filter(|(_, level)| !matches!(level.format.as_str(), "bullet" | "none"))
        .map(|(&count, level)| numerals::format_number(count, &level.format))
        .collect();
    format!("{}{}{}", own.before, numbers.join("."), own.after).trim().to_owned()
}

fn levels(xml: &mut Xml<'_>) -> Vec<Level> {
    let mut levels = vec![Level { format: "none".to_owned(), ..Level::default() }; LEVELS];
    xml.each(|_, tag| {
        let kind = xml::name(tag);
        if !kind.starts_with("list-level-style") && kind != "outline-level-style" {
            return false;
        }
        let place = xml::number::<usize>(tag, "level").unwrap_or(1).saturating_sub(1);
        if let Some(level) = levels.get_mut(place) {
            *level = level_from_tag(tag, kind);
        }
        false
    });
    levels
}

fn level_from_tag(tag: &BytesStart<'_>, kind: &str) -> Level {
    let get = |name| xml::attr(tag, name).map(|value| value.into_owned()).unwrap_or_default();
    let counted = match get("num-format").as_str() {
        "" => "none",
        "a" => "lowerLetter",
        "A" => "upperLetter",
        "i" => "lowerRoman",
        "I" => "upperRoman",
        "1st" => "ordinal",
        format if format.starts_with(['一', '壹']) => "chineseCounting",
        _ => "decimal",
    };
    let format = if kind.ends_with("number") || kind.starts_with("outline") { counted } else { "bullet" };
    Level {
        format: format.to_owned(),
        before: get("num-prefix"),
        after: get("num-suffix"),
        shown: xml::number(tag, "display-levels").unwrap_or(1),
        start: xml::number(tag, "start-value"),
    }
}
