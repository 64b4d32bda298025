//! Paragraph styles of a Word document.

use crate::formats::zip::xml::{self, Node, Xml};
use std::collections::HashMap;

/// Longest chain of styles that inherit from each other; circular chains end here.
const MAX_CHAIN: usize = 20;

/// A paragraph's list and its level in that list.
pub type ListPlace = (String, usize);

/// The styles by id.
#[derive(Default)]
pub struct Styles {
    all: HashMap<String, Style>,
    /// Style of paragraphs that name none.
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
    /// Parses the styles part.
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

    /// The list that the style's paragraphs belong to.
    pub fn list(&self, id: Option<&str>) -> Option<ListPlace> {
        let list = self.chain(id).find_map(|style| style.list.clone())?;
        let level = self.chain(id).find_map(|style| style.level).unwrap_or(0);
        Some((list, level))
    }

    /// Whether the style hides its text.
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

/// Direct formatting of a paragraph or run.
#[derive(Default)]
pub struct Properties {
    /// Id of its paragraph or character style.
    pub style: Option<String>,
    /// Id of its list; "0" removes a paragraph from its style's list.
    pub list: Option<String>,
    /// Level in the list, from 0.
    pub level: Option<usize>,
    /// Outline level: marks headings without a style.
    pub outline: Option<usize>,
    /// Whether the text is hidden.
    pub hidden: Option<bool>,
    /// Whether the paragraph's end was deleted, so that the next paragraph continues it.
    pub deleted: bool,
    /// Font name, needed for symbol fonts.
    pub font: Option<String>,
}

/// Reads `pPr` or `rPr` to its end.
pub fn properties(xml: &mut Xml<'_>) -> Properties {
    let mut found = Properties::default();
    let mut open = 1;
    // Change records repeat the old properties with the same elements.
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
