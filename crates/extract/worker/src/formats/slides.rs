//! Text of PPTX presentations, slide by slide.

pub mod drawing;
pub mod order;
mod shapes;

use super::zip::blocks::{self, Blocks, Piece};
use super::zip::package::{Links, Package};
use super::zip::xml::{self, Xml};
use crate::Outcome;
use plumb_extract::{Failure, Kind};
use shapes::{Layout, Shape};
use std::collections::HashSet;

/// Reads the presentation whose main part is `main`, with each slide followed by its notes.
///
/// # Errors
/// Why there is no text, in plain words.
pub fn text(mut package: Package<'_>, main: &str) -> Outcome {
    let presentation = package.xml(main)?.ok_or_else(|| Failure::failed("damaged: its list of slides is missing"))?;
    let links = Links::of(&mut package, main);
    let mut blocks = Blocks::default();
    let mut unread = 0;
    // Footers repeat on every slide; each is kept once.
    let mut footers = HashSet::new();
    let mut xml = Xml::new(&presentation);
    let mut number = 0;
    while let Some(tag) = xml.next_open() {
        if xml::name(&tag) != "sldId" {
            continue;
        }
        let Some(id) = xml::attr(&tag, ":id") else { continue };
        number += 1;
        match links.target(&id).map(|part| (part, package.xml(part))) {
            Some((part, Ok(Some(text)))) => slide(&mut package, part, &text, number, &mut blocks, &mut footers),
            _ => unread += 1,
        }
        if blocks.is_full() {
            break;
        }
    }
    if unread > 0 {
        blocks.doubts.push(format!("{unread} of {number} slides are damaged and could not be read"));
    }
    blocks.finish(Kind::Pptx)
}

fn slide(package: &mut Package<'_>, part: &str, text: &str, number: usize, blocks: &mut Blocks, footers: &mut HashSet<String>) {
    let links = Links::of(package, part);
    let mut layout = Layout::default();
    if let Some(of_layout) = links.of_kind("slideLayout").next() {
        let of_master = Links::of(package, of_layout).of_kind("slideMaster").next().map(str::to_owned);
        for part in std::iter::once(of_layout.to_owned()).chain(of_master) {
            layout.add(&package.xml(&part).ok().flatten().unwrap_or_default());
        }
    }
    let found = shapes::in_order(shapes::of_slide(package, &links, text), &layout);
    blocks.place(format!("slide {number}"));
    let is_margin = |shape: &Shape| matches!(shape.role.as_deref(), Some("ftr" | "hdr" | "dt" | "sldNum"));
    for shape in found.iter().filter(|shape| !is_margin(shape)) {
        shape.pieces.iter().for_each(|piece| blocks.push(piece));
    }
    for shape in found.iter().filter(|shape| matches!(shape.role.as_deref(), Some("ftr" | "hdr"))) {
        shape.pieces.iter().filter(|piece| footers.insert(format!("{piece:?}"))).for_each(|piece| blocks.push(piece));
    }
    for part in links.of_kind("comments") {
        comments(&package.xml(part).ok().flatten().unwrap_or_default(), blocks);
    }
    if let Some(part) = links.of_kind("notesSlide").next() {
        let text = package.xml(part).ok().flatten().unwrap_or_default();
        let links = Links::of(package, part);
        let notes = shapes::of_slide(package, &links, &text);
        // A notes page also shows the slide's picture, its number and a date.
        let words = notes.into_iter().filter(|shape| matches!(shape.role.as_deref(), None | Some("body")));
        let words: Vec<_> = words.flat_map(|shape| shape.pieces).collect();
        if words.iter().any(|piece| *piece != Piece::Gap) {
            blocks.place(format!("slide {number}, notes"));
            blocks.paragraph("Notes:");
            words.iter().for_each(|piece| blocks.push(piece));
        }
    }
}

/// Adds the comments of a slide, legacy or modern.
fn comments(text: &str, blocks: &mut Blocks) {
    let mut xml = Xml::new(text);
    while let Some(tag) = xml.next_open() {
        let words = match xml::name(&tag) {
            "text" => xml.words(),
            "txBody" => shapes::text_body(&mut xml).join(" "),
            _ => continue,
        };
        let words = blocks::in_one_line(&words);
        if !words.is_empty() {
            blocks.paragraph(&format!("[comment] {words}"));
        }
    }
}
