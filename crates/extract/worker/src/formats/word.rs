//! Word documents to text.

mod body;
mod math;
mod numbering;
pub mod numerals;
mod styles;
pub mod symbols;

use super::zip::blocks::{self, Blocks, Piece};
use super::zip::package::{Links, Package};
use super::zip::xml::{self, Xml};
use crate::Outcome;
use body::Body;
use numbering::Numbering;
use plumb_extract::{Failure, Kind};
use std::collections::HashSet;
use styles::Styles;

pub use math::line as equation;

/// Reads the document whose main part this is. Headers come first, footers last, notes after their paragraphs.
///
/// # Errors
/// What became of it, in plain words.
pub fn text(mut package: Package<'_>, main: &str) -> Outcome {
    let document = package.xml(main)?.ok_or_else(|| Failure::failed("damaged: its text is missing"))?;
    let links = Links::of(&mut package, main);
    let mut part = |kind: &str| links.of_kind(kind).next().and_then(|part| package.xml(part).ok().flatten()).unwrap_or_default();
    let (styles, numbering) = (Styles::read(&part("styles")), Numbering::read(&part("numbering")));
    let notes = ["footnotes", "endnotes", "comments"].map(&mut part);
    let margins = ["header", "footer"].map(|kind| {
        let mut known = HashSet::new();
        links.of_kind(kind).filter(|part| known.insert(*part)).map(str::to_owned).collect::<Vec<_>>()
    });

    let mut body = Body::new(&mut package);
    (body.styles, body.numbering) = (styles, numbering);
    for (text, kind) in notes.iter().zip(["footnote", "endnote", "comment"]) {
        read_notes(&mut body, text, kind);
    }
    body.links = links.by_id();
    let mut blocks = Blocks::default();
    let [headers, footers] = margins.map(|parts| parts.iter().map(|part| whole(&mut body, part)).collect::<Vec<_>>());
    add_once(&mut blocks, headers);
    let mut xml = Xml::new(&document);
    let mut pieces = Vec::new();
    while let Some(tag) = xml.next_open() {
        match xml::name(&tag) {
            "document" | "body" => {}
            "background" => xml.skip(),
            _ => body.block(&mut xml, &tag, &mut pieces),
        }
        pieces.drain(..).for_each(|piece| blocks.push(&piece));
        if blocks.is_full() {
            break;
        }
    }
    add_once(&mut blocks, footers);
    if xml.broken {
        blocks.doubts.push("a part of it is damaged, text may be missing".to_owned());
    }
    if body.foreign > 0 {
        blocks.doubts.push(format!("{} pieces of other files in it were not read", body.foreign));
    }
    blocks.finish(Kind::Docx)
}

/// The words of footnotes, endnotes and comments, each in one line.
fn read_notes(body: &mut Body<'_, '_>, text: &str, kind: &str) {
    let mut xml = Xml::new(text);
    while let Some(tag) = xml.next_open() {
        if xml::name(&tag) != kind {
            continue;
        }
        let id = xml::attr(&tag, "id").unwrap_or_default().into_owned();
        // Lines between text and notes are kept as notes too.
        let line =
            matches!(xml::attr(&tag, "type").as_deref(), Some("separator" | "continuationSeparator" | "continuationNotice"));
        let author = xml::attr(&tag, "author").map(|author| author.into_owned());
        let mut pieces = Vec::new();
        body.blocks(&mut xml, &mut pieces);
        let words = blocks::cell(pieces, &mut Vec::new());
        if !line && !words.is_empty() {
            let words = match author {
                Some(author) if kind == "comment" => format!("[comment by {author}] {words}"),
                _ => words,
            };
            body.notes.insert(format!("{kind} {id}"), words);
        }
    }
}

/// A header or a footer.
fn whole(body: &mut Body<'_, '_>, part: &str) -> Vec<Piece> {
    let text = body.package.xml(part).ok().flatten().unwrap_or_default();
    let mut xml = Xml::new(&text);
    let mut pieces = Vec::new();
    if xml.next_open().is_some() {
        body.blocks(&mut xml, &mut pieces);
    }
    pieces
}

/// Each section may repeat the headers of the one before.
fn add_once(blocks: &mut Blocks, all: Vec<Vec<Piece>>) {
    let mut known = HashSet::new();
    for pieces in all {
        if known.insert(format!("{pieces:?}")) {
            blocks.margin(&pieces);
        }
    }
}

#[cfg(test)]
#[path = "word/tests.rs"]
mod tests;
