//! What the styles of a Word document say of its paragraphs.

use crate::formats::zip::xml::{self, Node, Xml};
use std::collections::HashMap;

/// Styles rest on each other, but not in circles.
const MAX_CHAIN: usize = 20;

/// Where a paragraph stands in a list: which one, and how deep.
pub type ListPlace = (String, usize);

/// The styles by their ids.
#[derive(Default)]
pub struct Styles {
    all: HashMap<String, Style>,
    /// Of paragraphs that name none.
    default: Option<String>,
}

#[derive(Default)]
struct Style {
    based_on: Option<String>,
    name: String,
    outline: Option<usize>,
    list: Option<String>,
    level: Option<usize>,
    hidden: Option<bool>,
}

impl Styles {
    /// Of the part that holds them.
    pub fn read(text: &str) -> Self {
        let mut xml = Xml::new(text);
        let mut styles = Self::default();
        while let Some(tag) = xml.next_open() {
            if xml::name(&tag) != "style" {
                continue;
            }
            let id = xml::attr(&tag, "styleId").unwrap_or_default().into_owned();
            if xml::attr(&tag, "type").as_deref() == Some("paragraph") && xml::attr(&tag, "default").as_deref() == Some("1") {
                styles.default = Some(id.clone());
            }
            styles.all.insert(id, style(&mut xml));
        }
        styles
    }

    /// Whether paragraphs of this style are headings.
    pub fn is_heading(&self, id: Option<&str>) -> bool {
        self.chain(id).find_map(|style| {
            let name = style.name.to_ascii_lowercase();
            if name == "title" || name.starts_with("heading ") {
                return Some(true);
            }
            style.outline.map(|level| level < 9)
        }) == Some(true)
    }

    /// The list that the style puts its paragraphs in.
    pub fn list(&self, id: Option<&str>) -> Option<ListPlace> {
        let list = self.chain(id).find_map(|style| style.list.clone())?;
        let level = self.chain(id).find_map(|style| style.level).unwrap_or(0);
        Some((list, level))
    }

    /// Whether the style hides its words.
    pub fn is_hidden(&self, id: Option<&str>) -> bool {
        self.chain(id).find_map(|style| style.hidden) == Some(true)
    }

    fn chain<'s>(&'s self, id: Option<&'s str>) -> impl Iterator<Item = &'s Style> {
        let first = id.or(self.default.as_deref()).and_then(|id| self.all.get(id));
        std::iter::successors(first, |style| self.all.get(style.based_on.as_deref()?)).take(MAX_CHAIN)
    }
}

fn style(xml: &mut Xml<'_>) -> Style {
    let mut style = Style::default();
    xml.each(|_, tag| {
        let value = || xml::attr(tag, "val").map(|value| value.into_owned());
        match xml::name(tag) {
            "name" => style.name = value().unwrap_or_default(),
            "basedOn" => style.based_on = value(),
            "outlineLvl" => style.outline = xml::number(tag, "val"),
            "numId" => style.list = value(),
            "ilvl" => style.level = xml::number(tag, "val"),
            "vanish" => style.hidden = Some(xml::switched_on(tag)),
            _ => {}
        }
        false
    });
    style
}

/// The styles of characters and paragraphs that stand at one place, as its own properties say.
#[derive(Default)]
pub struct Properties {
    /// Of a paragraph or of characters.
    pub style: Option<String>,
    /// The list by its number; "0" takes a paragraph out of the list of its style.
    pub list: Option<String>,
    /// How deep in it.
    pub level: Option<usize>,
    /// Headings may be marked without a style.
    pub outline: Option<usize>,
    /// The words are not shown.
    pub hidden: Option<bool>,
    /// The end of the paragraph was deleted: the next one goes on in it.
    pub deleted: bool,
    /// For symbol fonts.
    pub font: Option<String>,
}

/// Reads `pPr` or `rPr` to its end.
pub fn properties(xml: &mut Xml<'_>) -> Properties {
    let mut found = Properties::default();
    let mut open = 1;
    // What stood before a change is told in the same words.
    while open > 0 {
        match xml.next() {
            Node::Open(tag) => {
                let value = || xml::attr(&tag, "val").map(|value| value.into_owned());
                open += 1;
                match xml::name(&tag) {
                    "pPrChange" | "rPrChange" | "sectPr" | "numberingChange" => {
                        xml.skip();
                        open -= 1;
                    }
                    "pStyle" => found.style = value(),
                    "rStyle" => found.style = found.style.or_else(value),
                    "numId" => found.list = value(),
                    "ilvl" => found.level = xml::number(&tag, "val"),
                    "outlineLvl" => found.outline = xml::number(&tag, "val"),
                    "vanish" => found.hidden = Some(xml::switched_on(&tag)),
                    "del" | "moveFrom" => found.deleted = true,
                    "rFonts" => found.font = xml::attr(&tag, "ascii").map(|font| font.into_owned()),
                    _ => {}
                }
            }
            Node::Close => open -= 1,
            Node::Text(_) => {}
            Node::End => break,
        }
    }
    found
}
