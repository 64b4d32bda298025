//! Text of DOCX documents.

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

/// Reads the document whose main part is `main`: headers first, footers last, notes after their paragraphs.
///
/// # Errors
/// Why there is no text, in plain words.
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
        blocks.doubts.push("part of it is damaged: text may be missing".to_owned());
    }
    if body.foreign > 0 {
        blocks.doubts.push(format!("{} embedded pieces of other files were not read", body.foreign));
    }
    blocks.finish(Kind::Docx)
}

/// Reads footnotes, endnotes or comments, each as one line.
fn read_notes(body: &mut Body<'_, '_>, text: &str, kind: &str) {
    let mut xml = Xml::new(text);
    while let Some(tag) = xml.next_open() {
        if xml::name(&tag) != kind {
            continue;
        }
        let id = xml::attr(&tag, "id").unwrap_or_default().into_owned();
        // Note separators are stored as notes too.
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

/// Reads a header or footer.
fn whole(body: &mut Body<'_, '_>, part: &str) -> Vec<Piece> {
    let text = body.package.xml(part).ok().flatten().unwrap_or_default();
    let mut xml = Xml::new(&text);
    let mut pieces = Vec::new();
    if xml.next_open().is_some() {
        body.blocks(&mut xml, &mut pieces);
    }
    pieces
}

/// Adds each header or footer once; sections often repeat those of the section before.
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
