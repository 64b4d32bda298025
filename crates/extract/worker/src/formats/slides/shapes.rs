//! The shapes on a slide.

use super::drawing;
use super::order::{self, Area};
use crate::formats::word::{numerals, symbols};
use crate::formats::zip::blocks::{self, Piece};
use crate::formats::zip::package::{Links, Package};
use crate::formats::zip::xml::{self, Node, Xml};
use quick_xml::events::BytesStart;
use std::collections::{HashMap, HashSet};

const LEVELS: usize = 9;

/// A text, a table, a picture or a group of shapes.
#[derive(Default)]
pub struct Shape {
    area: Option<Area>,
    /// Type of the placeholder it fills, if any: "title", "body", "ftr".
    pub role: Option<String>,
    /// Index of the placeholder among several.
    placeholder: Option<String>,
    pub pieces: Vec<Piece>,
    inner: Vec<Shape>,
}

/// The areas of the placeholders in a layout or master.
#[derive(Default)]
pub struct Layout {
    by_index: HashMap<String, Area>,
    by_role: HashMap<String, Area>,
}

impl Layout {
    /// Adds the areas of a layout or master that are not yet known.
    pub fn add(&mut self, text: &str) {
        for shape in read(text, &mut |_| Vec::new()) {
            let Some(area) = shape.area else { continue };
            if let Some(place) = shape.placeholder {
                self.by_index.entry(place).or_insert(area);
            }
            if let Some(role) = shape.role {
                self.by_role.entry(role).or_insert(area);
            }
        }
    }

    fn area(&self, shape: &Shape) -> Option<Area> {
        let role = shape.role.as_deref()?;
        let by_index = shape.placeholder.as_ref().and_then(|place| self.by_index.get(place));
        let role = if role == "ctrTitle" { "title" } else { role };
        by_index.or_else(|| self.by_role.get(role)).copied()
    }
}

/// The shapes of a slide in file order. Linked parts are read from `package`.
pub fn of_slide(package: &mut Package<'_>, links: &Links, text: &str) -> Vec<Shape> {
    let mut seen = HashSet::new();
    read(text, &mut |id| {
        if !seen.insert(id.to_owned()) {
            return Vec::new();
        }
        let part = links.target(id).and_then(|part| package.xml(part).ok().flatten());
        part.map(|text| drawing::pieces(&text)).unwrap_or_default()
    })
}

/// Sorts shapes into reading order, titles first.
pub fn in_order(shapes: Vec<Shape>, layout: &Layout) -> Vec<Shape> {
    let (titles, others): (Vec<_>, Vec<_>) =
        shapes.into_iter().partition(|shape| matches!(shape.role.as_deref(), Some("title" | "ctrTitle")));
    let areas: Vec<_> = others.iter().map(|shape| shape.area.or_else(|| layout.area(shape))).collect();
    let mut places: Vec<_> = others.into_iter().map(Some).collect();
    let sorted = order::reading_order(&areas).into_iter().filter_map(|at| places.get_mut(at)?.take());
    let mut all: Vec<_> = titles.into_iter().chain(sorted).collect();
    for shape in &mut all {
        let inner = std::mem::take(&mut shape.inner);
        if !inner.is_empty() {
            shape.pieces.extend(in_order(inner, layout).into_iter().flat_map(|shape| shape.pieces));
        }
    }
    all
}

fn read(text: &str, part: &mut dyn FnMut(&str) -> Vec<Piece>) -> Vec<Shape> {
    let mut xml = Xml::new(text);
    while let Some(tag) = xml.next_open() {
        if xml::name(&tag) == "spTree" {
            let mut tree = Shape::default();
            shape(&mut xml, &mut tree, part);
            return tree.inner;
        }
    }
    Vec::new()
}

/// Reads the content of the element that just began into a shape.
fn shape(xml: &mut Xml<'_>, into: &mut Shape, part: &mut dyn FnMut(&str) -> Vec<Piece>) {
    while let Some(tag) = xml.child() {
        match xml::name(&tag) {
            "sp" | "graphicFrame" | "grpSp" | "pic" | "cxnSp" | "contentPart" => {
                let mut inner = Shape::default();
                shape(xml, &mut inner, part);
                into.inner.push(inner);
            }
            "ph" => {
                into.role = Some(xml::attr(&tag, "type").map_or_else(|| "body".to_owned(), |role| role.into_owned()));
                into.placeholder = xml::attr(&tag, "idx").map(|place| place.into_owned());
                xml.skip();
            }
            "off" | "ext" => {
                area(&tag, into.area.get_or_insert_default());
                xml.skip();
            }
            "cNvPr" => {
                let words = blocks::in_one_line(&xml::attr(&tag, "descr").unwrap_or_default());
                if !words.is_empty() {
                    into.pieces.push(Piece::Paragraph(format!("[image: {words}]")));
                }
                xml.skip();
            }
            "txBody" => {
                let lines = text_body(xml);
                into.pieces.push(Piece::Gap);
                into.pieces.extend(lines.into_iter().map(Piece::Item));
                into.pieces.push(Piece::Gap);
            }
            "tbl" => table(xml, &mut into.pieces),
            "chart" | "relIds" => {
                let id = xml::attr(&tag, ":dm").or_else(|| xml::attr(&tag, ":id")).unwrap_or_default();
                into.pieces.extend(part(&id));
                xml.skip();
            }
            "Fallback" | "style" | "extLst" | "blipFill" | "ln" => xml.skip(),
            _ => shape(xml, into, part),
        }
    }
}

fn area(tag: &BytesStart<'_>, area: &mut Area) {
    let get = |name| xml::number(tag, name);
    if xml::name(tag) == "off" {
        (area.left, area.top) = (get("x").unwrap_or(0), get("y").unwrap_or(0));
    } else if let (Some(width), Some(height)) = (get("cx"), get("cy")) {
        (area.width, area.height) = (width, height);
    }
}

/// The paragraphs of a text, with their list labels.
pub fn text_body(xml: &mut Xml<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut counts = [0u32; LEVELS];
    loop {
        match xml.next() {
            Node::Open(tag) if xml::name(&tag) == "p" => {
                let mut line = Line::default();
                paragraph(xml, &mut line);
                let level = line.level.min(LEVELS - 1);
                if line.text.trim().is_empty() {
                    continue;
                }
                counts[level + 1..].fill(0);
                let label = match &line.number {
                    Some((format, start)) => {
                        counts[level] = if counts[level] == 0 { *start } else { counts[level].saturating_add(1) };
                        numbered(counts[level], format)
                    }
                    None => {
                        counts[level] = 0;
                        if line.bullet { "- ".to_owned() } else { String::new() }
                    }
                };
                lines.push(format!("{}{label}{}", "  ".repeat(level), line.text.trim()));
            }
            Node::Open(_) => xml.skip(),
            Node::Close | Node::End => return lines,
            Node::Text(_) => {}
        }
    }
}

#[derive(Default)]
struct Line {
    text: String,
    level: usize,
    bullet: bool,
    number: Option<(String, u32)>,
}

fn paragraph(xml: &mut Xml<'_>, line: &mut Line) {
    while let Some(tag) = xml.child() {
        match xml::name(&tag) {
            "pPr" => {
                line.level = xml::number(&tag, "lvl").unwrap_or(0);
                xml.each(|_, tag| {
                    match xml::name(tag) {
                        "buChar" | "buBlip" => line.bullet = true,
                        "buAutoNum" => {
                            let format = xml::attr(tag, "type").unwrap_or_default().into_owned();
                            line.number = Some((format, xml::number(tag, "startAt").unwrap_or(1)));
                        }
                        _ => {}
                    }
                    false
                });
            }
            "r" | "fld" => run(xml, &mut line.text),
            "br" => {
                line.text.push('\n');
                xml.skip();
            }
            "oMathPara" | "oMath" => line.text.push_str(&crate::formats::word::equation(xml)),
            "endParaRPr" | "Fallback" => xml.skip(),
            _ => paragraph(xml, line),
        }
    }
}

fn run(xml: &mut Xml<'_>, text: &mut String) {
    let mut font: Option<String> = None;
    loop {
        match xml.next() {
            Node::Open(tag) => match xml::name(&tag) {
                "t" => {
                    let words = xml.words();
                    match &font {
                        Some(font) => text.push_str(&symbols::text(font, &words)),
                        None => text.push_str(&words),
                    }
                }
                "rPr" => xml.each(|_, tag| {
                    if matches!(xml::name(tag), "latin" | "sym") {
                        font =
                            xml::attr(tag, "typeface").map(|font| font.into_owned()).filter(|font| symbols::is_symbol_font(font));
                    }
                    false
                }),
                _ => xml.skip(),
            },
            Node::Close | Node::End => return,
            Node::Text(_) => {}
        }
    }
}

/// The label of a numbered item: 1 in the format "alphaLcParenR" is "a)".
fn numbered(value: u32, format: &str) -> String {
    let kinds = [("alphaLc", "lowerLetter"), ("alphaUc", "upperLetter"), ("romanLc", "lowerRoman"), ("romanUc", "upperRoman")];
    let kind = kinds.iter().find(|(name, _)| format.starts_with(name)).map_or("decimal", |(_, kind)| kind);
    let number = numerals::format_number(value, kind);
    match format {
        format if format.ends_with("ParenBoth") => format!("({number}) "),
        format if format.ends_with("ParenR") => format!("{number}) "),
        format if format.ends_with("Plain") => format!("{number} "),
        _ => format!("{number}. "),
    }
}

fn table(xml: &mut Xml<'_>, to: &mut Vec<Piece>) {
    let mut row: Option<Vec<String>> = None;
    to.push(Piece::Gap);
    let (mut open, mut rows) = (1usize, Vec::new());
    while open > 0 {
        match xml.next() {
            Node::Open(tag) => match xml::name(&tag) {
                "tr" => {
                    rows.extend(row.replace(Vec::new()));
                    open += 1;
                }
                "tc" => {
                    let text = cell(xml);
                    if let Some(row) = &mut row {
                        row.push(text);
                    }
                }
                "tblPr" | "tblGrid" => xml.skip(),
                _ => open += 1,
            },
            Node::Close => open -= 1,
            Node::End => break,
            Node::Text(_) => {}
        }
    }
    rows.extend(row);
    to.extend(rows.iter().map(|row| Piece::Row(blocks::row(row))));
    to.push(Piece::Gap);
}

fn cell(xml: &mut Xml<'_>) -> String {
    let mut lines = Vec::new();
    loop {
        match xml.next() {
            Node::Open(tag) if xml::name(&tag) == "txBody" => lines = text_body(xml),
            Node::Open(_) => xml.skip(),
            Node::Close | Node::End => return blocks::in_one_line(&lines.join(" ")),
            Node::Text(_) => {}
        }
    }
}
