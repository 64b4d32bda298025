//! Paragraphs, lists and tables of an OpenDocument.

use super::styles::{self, LEVELS, Styles};
use crate::formats::zip::blocks::{self, Piece};
use crate::formats::zip::package::Package;
use crate::formats::zip::xml::{self, Node, Xml};
use quick_xml::events::BytesStart;
use std::collections::{HashMap, HashSet};

/// Most columns of a table. Only files built to exhaust memory have more.
const MAX_COLUMNS: usize = 1000;
/// Most repetitions of a row.
const MAX_REPEATS: usize = 1000;
/// Longest text that is repeated, in bytes.
const MAX_REPEATED_BYTES: usize = 2000;
/// Most objects nested in each other.
const MAX_OBJECT_DEPTH: usize = 3;

/// Reads the text of one document.
pub struct Body<'b, 'p> {
    pub package: &'b mut Package<'p>,
    pub styles: Styles,
    /// Counters of the open list, one per level.
    list: Vec<u32>,
    list_style: String,
    /// Counters of ended lists that may continue later, by id and by style.
    ended: HashMap<String, Vec<u32>>,
    headings: [u32; LEVELS],
    object_depth: usize,
    /// Objects already read: each is read once.
    seen: HashSet<String>,
}

/// A paragraph being read.
#[derive(Default)]
pub struct Paragraph {
    pub text: String,
    /// Text boxes, pictures and notes, which follow the paragraph.
    pub after: Vec<Piece>,
}

impl<'b, 'p> Body<'b, 'p> {
    pub fn new(package: &'b mut Package<'p>, styles: Styles) -> Self {
        let (list, list_style, ended) = (Vec::new(), String::new(), HashMap::new());
        Self { package, styles, list, list_style, ended, headings: [0; LEVELS], object_depth: 0, seen: HashSet::new() }
    }

    /// Reads the content of the element that just began.
    pub fn blocks(&mut self, xml: &mut Xml<'_>, to: &mut Vec<Piece>) {
        loop {
            match xml.next() {
                Node::Open(tag) => self.block(xml, &tag, to),
                Node::Close | Node::End => return,
                Node::Text(_) => {}
            }
        }
    }

    /// Reads one element, or its content if it only wraps others.
    pub fn block(&mut self, xml: &mut Xml<'_>, tag: &BytesStart<'_>, to: &mut Vec<Piece>) {
        match xml::name(tag) {
            "p" => {
                let paragraph = self.paragraph(xml, tag);
                to.push(Piece::Paragraph(paragraph.text));
                to.extend(paragraph.after);
            }
            "h" => self.heading(xml, tag, to),
            "list" => self.list(xml, tag, to),
            "table" => self.table(xml, to),
            "frame" | "image" | "object" => self.frame(xml, tag, to),
            "section" if xml::attr(tag, "display").as_deref() == Some("none") => xml.skip(),
            "annotation" => to.extend(self.annotation(xml)),
            name if is_invisible(name) => xml.skip(),
            _ => self.blocks(xml, to),
        }
    }

    fn heading(&mut self, xml: &mut Xml<'_>, tag: &BytesStart<'_>, to: &mut Vec<Piece>) {
        let level = xml::number::<usize>(tag, "outline-level").unwrap_or(1).clamp(1, LEVELS);
        let is_header = xml::attr(tag, "is-list-header").as_deref() == Some("true");
        let paragraph = self.paragraph(xml, tag);
        let mut label = String::new();
        if !is_header {
            let start = self.styles.outline().get(level - 1).and_then(|level| level.start).unwrap_or(1);
            let count = &mut self.headings[level - 1];
            *count = if *count == 0 { start } else { count.saturating_add(1) };
            self.headings[level..].fill(0);
            if !self.styles.outline().is_empty() {
                label = styles::label(self.styles.outline(), &self.headings[..level]);
            }
        }
        let space = if label.is_empty() { "" } else { " " };
        if !paragraph.text.trim().is_empty() {
            to.push(Piece::Heading(format!("{label}{space}{}", paragraph.text.trim())));
        }
        to.extend(paragraph.after);
    }

    fn list(&mut self, xml: &mut Xml<'_>, tag: &BytesStart<'_>, to: &mut Vec<Piece>) {
        let outermost = self.list.is_empty();
        let style = xml::attr(tag, "style-name").map(|style| style.into_owned());
        let name = xml::attr(tag, "id").map(|name| format!("#{name}"));
        let outer_style = self.list_style.clone();
        if let Some(style) = style {
            self.list_style = style;
        }
        let mut counts = vec![0];
        if outermost {
            let continues = xml::attr(tag, "continue-numbering").as_deref() == Some("true");
            let other = xml::attr(tag, "continue-list").map(|other| format!("#{other}"));
            let other = other.or_else(|| continues.then(|| self.list_style.clone()));
            if let Some(before) = other.and_then(|other| self.ended.get(&other)) {
                counts.clone_from(before);
            }
            to.push(Piece::Gap);
        }
        let depth = self.list.len();
        self.list.push(counts[0]);
        self.items(xml, to);
        let counts = self.list.split_off(depth.min(self.list.len()));
        if outermost {
            self.ended.insert(self.list_style.clone(), counts.clone());
            if let Some(name) = name {
                self.ended.insert(name, counts);
            }
            to.push(Piece::Gap);
        }
        self.list_style = outer_style;
    }

    fn items(&mut self, xml: &mut Xml<'_>, to: &mut Vec<Piece>) {
        loop {
            match xml.next() {
                Node::Open(tag) => {
                    let counted = xml::name(&tag) == "list-item";
                    self.item(xml, xml::number(&tag, "start-value"), counted, to);
                }
                Node::Close | Node::End => return,
                Node::Text(_) => {}
            }
        }
    }

    fn item(&mut self, xml: &mut Xml<'_>, start: Option<u32>, counted: bool, to: &mut Vec<Piece>) {
        let depth = self.list.len();
        let mut first = counted;
        while let Some(tag) = xml.child() {
            match xml::name(&tag) {
                "p" | "h" => {
                    let heading = xml::name(&tag) == "h";
                    let paragraph = self.paragraph(xml, &tag);
                    let label = if std::mem::take(&mut first) { self.next_label(depth, start) } else { String::new() };
                    let text = paragraph.text.trim();
                    let space = if label.is_empty() { "" } else { " " };
                    if text.is_empty() {
                        // The number of an empty item carries no information.
                    } else if heading {
                        let label = if label == "-" { "" } else { &label };
                        to.push(Piece::Heading(format!("{label}{space}{text}").trim().to_owned()));
                    } else {
                        to.push(Piece::Item(format!("{}{label}{space}{text}", "  ".repeat(depth.saturating_sub(1)))));
                    }
                    to.extend(paragraph.after);
                }
                "list" => {
                    // Items that only hold a nested list are not counted.
                    first = false;
                    self.list(xml, &tag, to);
                }
                _ => self.block(xml, &tag, to),
            }
        }
    }

    fn next_label(&mut self, depth: usize, start: Option<u32>) -> String {
        let levels = self.styles.list(&self.list_style);
        let usual = levels.get(depth.saturating_sub(1)).and_then(|level| level.start).unwrap_or(1);
        if let Some(count) = self.list.last_mut() {
            *count = start.unwrap_or(if *count == 0 { usual } else { count.saturating_add(1) });
        }
        styles::label(levels, &self.list)
    }

    /// Reads a paragraph to its end.
    pub fn paragraph(&mut self, xml: &mut Xml<'_>, tag: &BytesStart<'_>) -> Paragraph {
        let mut paragraph = Paragraph::default();
        if self.styles.is_hidden(xml::attr(tag, "style-name").as_deref()) {
            xml.skip();
        } else {
            self.inline(xml, &mut paragraph);
        }
        paragraph
    }

    fn inline(&mut self, xml: &mut Xml<'_>, to: &mut Paragraph) {
        loop {
            let tag = match xml.next() {
                Node::Open(tag) => tag,
                Node::Text(text) => {
                    push_collapsed(&mut to.text, &text);
                    continue;
                }
                Node::Close | Node::End => return,
            };
            match xml::name(&tag) {
                "s" => {
                    let count = xml::number::<usize>(&tag, "c").unwrap_or(1).min(200);
                    to.text.extend(std::iter::repeat_n(' ', count));
                    xml.skip();
                }
                "tab" => {
                    to.text.push('\t');
                    xml.skip();
                }
                "line-break" => {
                    to.text.push('\n');
                    xml.skip();
                }
                "span" if self.styles.is_hidden(xml::attr(&tag, "style-name").as_deref()) => xml.skip(),
                "note" => self.note(xml, to),
                "annotation" => to.after.extend(self.annotation(xml)),
                "ruby-text" => {
                    let reading = xml.words();
                    to.text.push_str(&format!("({})", reading.trim()));
                }
                // Drawings have paragraphs of their own.
                "p" | "list" | "table" => self.block(xml, &tag, &mut to.after),
                "frame" | "image" | "object" => self.frame(xml, &tag, &mut to.after),
                name if is_invisible(name) => xml.skip(),
                _ => self.inline(xml, to),
            }
        }
    }

    fn note(&mut self, xml: &mut Xml<'_>, to: &mut Paragraph) {
        let (mut mark, mut pieces) = (String::new(), Vec::new());
        loop {
            match xml.next() {
                Node::Open(tag) if xml::name(&tag) == "note-citation" => mark = xml.words(),
                Node::Open(tag) if xml::name(&tag) == "note-body" => {
                    let list = std::mem::take(&mut self.list);
                    self.blocks(xml, &mut pieces);
                    self.list = list;
                }
                Node::Open(_) => xml.skip(),
                Node::Close | Node::End => break,
                Node::Text(_) => {}
            }
        }
        let mut inner = Vec::new();
        let words = blocks::cell(pieces, &mut inner);
        to.text.push_str(&format!("[{}]", mark.trim()));
        to.after.push(Piece::Note(format!("[{}] {words}", mark.trim())));
        to.after.append(&mut inner);
    }

    fn annotation(&mut self, xml: &mut Xml<'_>) -> Option<Piece> {
        let (mut author, mut pieces) = (String::new(), Vec::new());
        loop {
            match xml.next() {
                Node::Open(tag) => match xml::name(&tag) {
                    "creator" => author = xml.words(),
                    "p" | "list" => self.block(xml, &tag, &mut pieces),
                    _ => xml.skip(),
                },
                Node::Close | Node::End => break,
                Node::Text(_) => {}
            }
        }
        let words = blocks::cell(pieces, &mut Vec::new());
        let by = if author.is_empty() { String::new() } else { format!(" by {author}") };
        (!words.is_empty()).then(|| Piece::Note(format!("[comment{by}] {words}")))
    }

    /// Reads a frame: alternative forms of one object, or text.
    fn frame(&mut self, xml: &mut Xml<'_>, tag: &BytesStart<'_>, to: &mut Vec<Piece>) {
        if xml::name(tag) == "object"
            && let Some(folder) = xml::attr(tag, "href")
        {
            self.object(&folder, to);
        }
        let list = std::mem::take(&mut self.list);
        while let Some(tag) = xml.child() {
            match xml::name(&tag) {
                "desc" | "title" => {
                    let words = blocks::in_one_line(&xml.words());
                    let piece = Piece::Paragraph(format!("[image: {words}]"));
                    if !words.is_empty() && !to.contains(&piece) {
                        to.push(piece);
                    }
                }
                _ => self.block(xml, &tag, to),
            }
        }
        self.list = list;
    }

    /// Reads an embedded equation or chart.
    fn object(&mut self, folder: &str, to: &mut Vec<Piece>) {
        let part = format!("{}/content.xml", folder.trim_start_matches("./").trim_end_matches('/'));
        if self.object_depth >= MAX_OBJECT_DEPTH || !self.seen.insert(part.clone()) {
            return;
        }
        let Ok(Some(text)) = self.package.xml(&part) else { return };
        let mut xml = Xml::new(&text);
        let Some(root) = xml.next_open() else { return };
        self.object_depth += 1;
        if xml::name(&root) == "math" {
            // The annotation holds the formula as it was typed.
            let mut typed = String::new();
            xml.each(|xml, tag| {
                let found = xml::name(tag) == "annotation";
                if found {
                    typed = xml.words();
                }
                found
            });
            to.push(Piece::Paragraph(blocks::in_one_line(&typed)));
        } else if text.contains("<office:chart") {
            // A chart keeps its data as a table.
            self.blocks(&mut xml, to);
        }
        self.object_depth -= 1;
    }

    fn table(&mut self, xml: &mut Xml<'_>, to: &mut Vec<Piece>) {
        let list = std::mem::take(&mut self.list);
        let mut notes = Vec::new();
        to.push(Piece::Gap);
        self.rows(xml, to, &mut notes);
        to.push(Piece::Gap);
        to.append(&mut notes);
        self.list = list;
    }

    fn rows(&mut self, xml: &mut Xml<'_>, to: &mut Vec<Piece>, notes: &mut Vec<Piece>) {
        loop {
            match xml.next() {
                Node::Open(tag) => match xml::name(&tag) {
                    "table-row" => {
                        let repeat = xml::number::<usize>(&tag, "number-rows-repeated").unwrap_or(1);
                        self.row(xml, repeat, to, notes);
                    }
                    "table-column" | "table-columns" | "table-header-columns" | "table-column-group" => xml.skip(),
                    "table-header-rows" | "table-rows" | "table-row-group" => self.rows(xml, to, notes),
                    _ => xml.skip(),
                },
                Node::Close | Node::End => return,
                Node::Text(_) => {}
            }
        }
    }

    fn row(&mut self, xml: &mut Xml<'_>, repeat: usize, to: &mut Vec<Piece>, notes: &mut Vec<Piece>) {
        let mut cells: Vec<Vec<Piece>> = Vec::new();
        loop {
            match xml.next() {
                Node::Open(tag) => {
                    let repeat = xml::number::<usize>(&tag, "number-columns-repeated").unwrap_or(1);
                    let mut pieces = Vec::new();
                    self.blocks(xml, &mut pieces);
                    if xml::name(&tag) == "covered-table-cell" {
                        pieces.clear();
                    }
                    // Long text is not repeated.
                    let room = if repeat > 1 && size(&pieces) > MAX_REPEATED_BYTES {
                        1
                    } else {
                        MAX_COLUMNS.saturating_sub(cells.len())
                    };
                    cells.extend(std::iter::repeat_n(pieces, repeat.min(room)));
                }
                Node::Close | Node::End => break,
                Node::Text(_) => {}
            }
        }
        let contents = |pieces: &[Piece]| {
            let counts = |piece: &&Piece| match piece {
                Piece::Note(_) | Piece::Gap => false,
                Piece::Paragraph(text) => !text.trim().is_empty(),
                _ => true,
            };
            pieces.iter().filter(counts).count()
        };
        if let [only] = cells.as_slice()
            && contents(only) > 1
        {
            // A single cell is a box around text, not a table.
            to.extend(cells.pop().unwrap_or_default());
            return;
        }
        let cells: Vec<_> = cells.into_iter().map(|pieces| blocks::cell(pieces, notes)).collect();
        let row = blocks::row(&cells);
        if !row.is_empty() {
            let repeat = if row.len() > MAX_REPEATED_BYTES { 1 } else { repeat.min(MAX_REPEATS) };
            to.extend(std::iter::repeat_n(Piece::Row(row), repeat));
        }
    }
}

fn size(pieces: &[Piece]) -> usize {
    let one = |piece: &Piece| match piece {
        Piece::Paragraph(text) | Piece::Heading(text) | Piece::Item(text) | Piece::Row(text) | Piece::Note(text) => text.len(),
        Piece::Gap => 0,
    };
    pieces.iter().map(one).sum()
}

/// Whether an element is meant for programs, not readers.
fn is_invisible(name: &str) -> bool {
    name.ends_with("-source") && name != "data-source"
        || name.ends_with("-decls")
        || matches!(
            name,
            "tracked-changes"
                | "forms"
                | "annotation-end"
                | "event-listeners"
                | "scripts"
                | "script"
                | "binary-data"
                | "settings"
                | "automatic-styles"
                | "font-face-decls"
                | "meta"
        )
}

/// Appends text with each run of white space collapsed to one space.
fn push_collapsed(out: &mut String, text: &str) {
    for c in text.chars() {
        if !matches!(c, ' ' | '\t' | '\r' | '\n') {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with([' ', '\n', '\t']) {
            out.push(' ');
        }
    }
}
