//! Paragraphs and tables of a Word document.

use super::math;
use super::numbering::Numbering;
use super::styles::{self, Properties, Styles};
use super::symbols;
use crate::formats::slides::drawing;
use crate::formats::zip::blocks::{self, Piece};
use crate::formats::zip::package::Package;
use crate::formats::zip::xml::{self, Node, Xml};
use quick_xml::events::BytesStart;
use std::collections::HashMap;

/// Most columns of a table. Only files built to exhaust memory have more.
const MAX_COLUMNS: usize = 1000;

/// Reads the parts of one document: text, notes, headers and footers.
pub struct Body<'b, 'p> {
    pub package: &'b mut Package<'p>,
    pub styles: Styles,
    pub numbering: Numbering,
    /// Targets of the current part's relationships, by id.
    pub links: HashMap<String, String>,
    /// Text of footnotes, endnotes and comments, by kind and id: "footnote 2".
    pub notes: HashMap<String, String>,
    /// For each open field: whether its result has begun.
    fields: Vec<bool>,
    /// Number of the last note.
    counted: usize,
    last_list: Option<String>,
    /// Text whose paragraph continues in the next one.
    carried: String,
    /// How many embedded pieces of other files were skipped.
    pub foreign: usize,
}

/// A paragraph being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    properties: Properties,
    /// Text boxes, pictures and notes, which follow the paragraph.
    after: Vec<Piece>,
}

impl<'b, 'p> Body<'b, 'p> {
    pub fn new(package: &'b mut Package<'p>) -> Self {
        Self {
            package,
            styles: Styles::default(),
            numbering: Numbering::default(),
            links: HashMap::new(),
            notes: HashMap::new(),
            fields: Vec::new(),
            counted: 0,
            last_list: None,
            carried: String::new(),
            foreign: 0,
        }
    }

    /// Reads one element, or its content if it only wraps others.
    pub fn block(&mut self, xml: &mut Xml<'_>, tag: &BytesStart<'_>, to: &mut Vec<Piece>) {
        match xml::name(tag) {
            "p" => self.paragraph(xml, to),
            "tbl" => self.table(xml, to),
            "del" | "moveFrom" | "Fallback" | "sdtPr" | "tblPr" | "sectPr" => xml.skip(),
            "oMathPara" | "oMath" => to.push(Piece::Paragraph(math::line(xml))),
            "altChunk" => {
                self.foreign += 1;
                xml.skip();
            }
            _ => self.blocks(xml, to),
        }
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

    fn paragraph(&mut self, xml: &mut Xml<'_>, to: &mut Vec<Piece>) {
        let mut paragraph = Paragraph { text: std::mem::take(&mut self.carried), ..Paragraph::default() };
        self.inline(xml, &mut paragraph);
        let Paragraph { text, properties, after } = paragraph;
        if properties.deleted {
            self.carried = text;
            to.extend(after);
            return;
        }
        let style = properties.style.as_deref();
        let list = properties.list.clone().or_else(|| self.styles.list(style).map(|(list, _)| list));
        if list != self.last_list {
            // A gap keeps consecutive lists apart.
            to.push(Piece::Gap);
            self.last_list.clone_from(&list);
        }
        let label = self.label(list, &properties);
        let heading = properties.outline.map_or_else(|| self.styles.is_heading(style), |level| level < 9);
        if text.trim().is_empty() {
            // Word counts empty items but shows only their numbers.
        } else if heading {
            let counted = label.filter(|(label, _)| label != "-" && !label.is_empty());
            let label = counted.map(|(label, _)| label + " ").unwrap_or_default();
            to.push(Piece::Heading(label + text.trim()));
        } else if let Some((label, level)) = label {
            let space = if label.is_empty() { "" } else { " " };
            to.push(Piece::Item(format!("{}{label}{space}{}", "  ".repeat(level), text.trim())));
        } else {
            to.push(Piece::Paragraph(text));
        }
        to.extend(after);
    }

    /// The list label of a paragraph and its level.
    fn label(&mut self, list: Option<String>, properties: &Properties) -> Option<(String, usize)> {
        let list = list.filter(|list| list != "0")?;
        let of_style = self.styles.list(properties.style.as_deref()).map(|(_, level)| level);
        let level = properties.level.or(of_style).unwrap_or(0).min(8);
        Some((self.numbering.next(&list, level, &self.styles)?, level))
    }

    /// Whether text is visible here: field codes are not.
    fn shown(&self) -> bool {
        self.fields.iter().all(|&result| result)
    }

    fn inline(&mut self, xml: &mut Xml<'_>, paragraph: &mut Paragraph) {
        loop {
            match xml.next() {
                Node::Open(tag) => match xml::name(&tag) {
                    "r" => self.run(xml, paragraph),
                    "pPr" => paragraph.properties = styles::properties(xml),
                    "del" | "moveFrom" | "sdtPr" | "sdtEndPr" | "Fallback" | "fldData" => xml.skip(),
                    "oMathPara" | "oMath" => {
                        let line = math::line(xml);
                        push_equation(&mut paragraph.text, &line);
                    }
                    "ruby" => self.ruby(xml, paragraph),
                    _ => self.inline(xml, paragraph),
                },
                Node::Close | Node::End => return,
                Node::Text(_) => {}
            }
        }
    }

    /// Reads a word with its reading (ruby). The reading comes first in the file but follows the word in the text.
    fn ruby(&mut self, xml: &mut Xml<'_>, paragraph: &mut Paragraph) {
        let (mut reading, mut base) = (Paragraph::default(), Paragraph::default());
        loop {
            match xml.next() {
                Node::Open(tag) => match xml::name(&tag) {
                    "rt" => self.inline(xml, &mut reading),
                    "rubyBase" => self.inline(xml, &mut base),
                    _ => xml.skip(),
                },
                Node::Close | Node::End => break,
                Node::Text(_) => {}
            }
        }
        paragraph.text.push_str(&base.text);
        if !reading.text.is_empty() {
            paragraph.text.push_str(&format!("({})", reading.text));
        }
    }

    fn run(&mut self, xml: &mut Xml<'_>, paragraph: &mut Paragraph) {
        let mut font = None;
        let mut hidden = false;
        while let Some(tag) = xml.child() {
            let name = xml::name(&tag);
            if name == "rPr" {
                let properties = styles::properties(xml);
                let by_style = || properties.style.as_deref().is_some_and(|style| self.styles.is_hidden(Some(style)));
                hidden = properties.hidden.unwrap_or_else(by_style);
                font = properties.font.filter(|font| symbols::is_symbol_font(font));
                continue;
            }
            if name == "fldChar" {
                match xml::attr(&tag, "fldCharType").as_deref() {
                    Some("begin") => self.fields.push(false),
                    Some("separate") => self.fields.last_mut().into_iter().for_each(|result| *result = true),
                    Some("end") => drop(self.fields.pop()),
                    _ => {}
                }
                xml.skip();
                continue;
            }
            if hidden || !self.shown() {
                xml.skip();
                continue;
            }
            match name {
                "t" => {
                    let words = xml.words();
                    match &font {
                        Some(font) => paragraph.text.push_str(&symbols::text(font, &words)),
                        None => paragraph.text.push_str(&words),
                    }
                }
                "drawing" | "pict" | "object" | "AlternateContent" => self.drawing(xml, paragraph),
                "ruby" => self.ruby(xml, paragraph),
                _ => {
                    self.sign(name, &tag, paragraph);
                    xml.skip();
                }
            }
        }
    }

    /// Reads an element that stands for a character or a note.
    fn sign(&mut self, name: &str, tag: &BytesStart<'_>, paragraph: &mut Paragraph) {
        match name {
            "tab" | "ptab" => paragraph.text.push('\t'),
            "br" | "cr" => paragraph.text.push('\n'),
            "noBreakHyphen" => paragraph.text.push('-'),
            "sym" => {
                let code = xml::attr(tag, "char").and_then(|code| u32::from_str_radix(&code, 16).ok()).unwrap_or(0);
                let font = xml::attr(tag, "font").unwrap_or_default();
                paragraph.text.extend(symbols::to_unicode(&font, code).or_else(|| char::from_u32(code)));
            }
            "footnoteReference" | "endnoteReference" => {
                let kind = name.trim_end_matches("Reference");
                let id = format!("{kind} {}", xml::attr(tag, "id").unwrap_or_default());
                // Each note is written once.
                if let Some(words) = self.notes.remove(&id) {
                    self.counted += 1;
                    paragraph.text.push_str(&format!("[{}]", self.counted));
                    paragraph.after.push(Piece::Note(format!("[{}] {words}", self.counted)));
                }
            }
            "commentReference" => {
                let id = format!("comment {}", xml::attr(tag, "id").unwrap_or_default());
                if let Some(words) = self.notes.remove(&id) {
                    paragraph.after.push(Piece::Note(words));
                }
            }
            _ => {}
        }
    }

    fn drawing(&mut self, xml: &mut Xml<'_>, paragraph: &mut Paragraph) {
        while let Some(tag) = xml.child() {
            match xml::name(&tag) {
                "txbxContent" => {
                    // A text box interrupts the paragraph but not its fields.
                    let fields = std::mem::take(&mut self.fields);
                    let carried = std::mem::take(&mut self.carried);
                    self.blocks(xml, &mut paragraph.after);
                    (self.fields, self.carried) = (fields, carried);
                }
                "Fallback" => xml.skip(),
                "docPr" | "textpath" => {
                    let words = xml::attr(&tag, "descr").or_else(|| xml::attr(&tag, "string")).unwrap_or_default();
                    if !words.trim().is_empty() {
                        let word_art = xml::name(&tag) == "textpath";
                        let words = blocks::in_one_line(&words);
                        paragraph.after.push(Piece::Paragraph(if word_art { words } else { format!("[image: {words}]") }));
                    }
                    xml.skip();
                }
                "chart" | "relIds" => {
                    let id = xml::attr(&tag, ":dm").or_else(|| xml::attr(&tag, ":id")).unwrap_or_default();
                    if let Some(part) = self.links.remove(&*id)
                        && let Ok(Some(text)) = self.package.xml(&part)
                    {
                        paragraph.after.extend(drawing::pieces(&text));
                    }
                    xml.skip();
                }
                _ => self.drawing(xml, paragraph),
            }
        }
    }

    fn table(&mut self, xml: &mut Xml<'_>, to: &mut Vec<Piece>) {
        to.push(Piece::Gap);
        let mut notes = Vec::new();
        self.rows(xml, to, &mut notes);
        to.push(Piece::Gap);
        to.append(&mut notes);
    }

    fn rows(&mut self, xml: &mut Xml<'_>, to: &mut Vec<Piece>, notes: &mut Vec<Piece>) {
        loop {
            match xml.next() {
                Node::Open(tag) => match xml::name(&tag) {
                    "tr" => self.row(xml, to, notes),
                    "tblPr" | "tblGrid" | "Fallback" => xml.skip(),
                    _ => self.rows(xml, to, notes),
                },
                Node::Close | Node::End => return,
                Node::Text(_) => {}
            }
        }
    }

    fn row(&mut self, xml: &mut Xml<'_>, to: &mut Vec<Piece>, notes: &mut Vec<Piece>) {
        let mut row = Row::default();
        self.cells(xml, &mut row);
        if row.deleted {
            return;
        }
        let contents = |pieces: &[Piece]| pieces.iter().filter(|piece| !matches!(piece, Piece::Note(_) | Piece::Gap)).count();
        if let [only] = row.cells.as_slice()
            && contents(only) > 1
        {
            // A single cell is a box around text, not a table.
            to.extend(row.cells.pop().unwrap_or_default());
            return;
        }
        let cells: Vec<_> = row.cells.into_iter().map(|pieces| blocks::cell(pieces, notes)).collect();
        to.push(Piece::Row(blocks::row(&cells)));
    }

    fn cells(&mut self, xml: &mut Xml<'_>, row: &mut Row) {
        loop {
            match xml.next() {
                Node::Open(tag) => match xml::name(&tag) {
                    "tc" => self.cell(xml, row),
                    "trPr" => xml.each(|_, tag| {
                        match xml::name(tag) {
                            "del" => row.deleted = true,
                            "gridBefore" => row.space(xml::number(tag, "val").unwrap_or(0)),
                            _ => {}
                        }
                        false
                    }),
                    "tblPrEx" | "Fallback" => xml.skip(),
                    _ => self.cells(xml, row),
                },
                Node::Close | Node::End => return,
                Node::Text(_) => {}
            }
        }
    }

    fn cell(&mut self, xml: &mut Xml<'_>, row: &mut Row) {
        let (mut pieces, mut columns, mut continues) = (Vec::new(), 1usize, false);
        loop {
            match xml.next() {
                Node::Open(tag) if xml::name(&tag) == "tcPr" => xml.each(|_, tag| {
                    match xml::name(tag) {
                        "gridSpan" => columns = xml::number(tag, "val").unwrap_or(1),
                        "vMerge" | "hMerge" => continues = xml::attr(tag, "val").as_deref() != Some("restart"),
                        _ => {}
                    }
                    false
                }),
                Node::Open(tag) => self.block(xml, &tag, &mut pieces),
                Node::Close | Node::End => break,
                Node::Text(_) => {}
            }
        }
        if row.cells.len() < MAX_COLUMNS {
            row.cells.push(if continues { Vec::new() } else { pieces });
            // Empty cells keep values under their headings.
            row.space(columns.saturating_sub(1));
        }
    }
}

#[derive(Default)]
struct Row {
    cells: Vec<Vec<Piece>>,
    deleted: bool,
}

impl Row {
    fn space(&mut self, columns: usize) {
        let columns = columns.min(MAX_COLUMNS.saturating_sub(self.cells.len()));
        self.cells.extend(std::iter::repeat_n(Vec::new(), columns));
    }
}

/// Appends an equation to a sentence, set apart by spaces.
fn push_equation(text: &mut String, words: &str) {
    if text.ends_with(|c: char| c.is_alphanumeric()) {
        text.push(' ');
    }
    text.push_str(words);
}
