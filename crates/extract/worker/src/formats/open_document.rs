//! Text of OpenDocument texts and presentations.

pub mod body;
mod pages;
pub mod styles;

use super::zip::blocks::{Blocks, Piece};
use super::zip::package::Package;
use super::zip::xml::{self, Xml};
use crate::Outcome;
use body::Body;
use plumb_extract::{Failure, Kind};
use styles::Styles;

/// Reads a text, with its headers first and its footers last, or the slides of a presentation.
///
/// # Errors
/// Why there is no text, in plain words.
pub fn text(mut package: Package<'_>, kind: Kind) -> Outcome {
    let content = package.xml("content.xml")?.ok_or_else(|| Failure::failed("damaged: its text is missing"))?;
    let common = package.xml("styles.xml").ok().flatten().unwrap_or_default();
    let mut styles = Styles::default();
    styles.add(&common);
    let mut own = Body::new(&mut package, styles);
    let mut blocks = Blocks::default();
    let margins = if kind == Kind::Odt { margins(&mut own, &common) } else { [Vec::new(), Vec::new()] };
    own.styles.add(&content);
    let [headers, footers] = margins;
    blocks.margin(&headers);
    let mut xml = Xml::new(&content);
    let mut pieces = Vec::new();
    let mut number = 0;
    while let Some(tag) = xml.next_open() {
        match xml::name(&tag) {
            "document-content" | "body" | "text" | "presentation" | "drawing" => {}
            "page" => {
                number += 1;
                pages::page(&mut own, &mut xml, number, &mut blocks);
            }
            _ => own.block(&mut xml, &tag, &mut pieces),
        }
        pieces.drain(..).for_each(|piece| blocks.push(&piece));
        if blocks.is_full() {
            break;
        }
    }
    blocks.margin(&footers);
    if xml.broken {
        blocks.doubts.push("part of it is damaged: text may be missing".to_owned());
    }
    blocks.finish(kind)
}

/// The distinct headers and footers of all page styles.
fn margins(body: &mut Body<'_, '_>, styles: &str) -> [Vec<Piece>; 2] {
    let mut margins = [Vec::new(), Vec::new()];
    // They use the styles of `styles.xml`, where they are defined.
    let mut xml = Xml::new(styles);
    let mut in_master = false;
    while let Some(tag) = xml.next_open() {
        let name = xml::name(&tag);
        in_master |= name == "master-styles";
        if !in_master || !(name.starts_with("header") || name.starts_with("footer")) {
            continue;
        }
        let mut pieces = Vec::new();
        if xml::attr(&tag, "display").as_deref() == Some("false") {
            xml.skip();
            continue;
        }
        body.blocks(&mut xml, &mut pieces);
        let to = &mut margins[usize::from(name.starts_with("footer"))];
        for piece in pieces {
            if !to.contains(&piece) {
                to.push(piece);
            }
        }
    }
    margins
}
