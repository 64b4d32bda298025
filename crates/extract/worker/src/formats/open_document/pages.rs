//! The slides of an OpenDocument presentation.

use super::body::Body;
use crate::formats::slides::order::{self, Area};
use crate::formats::zip::blocks::{Blocks, Piece};
use crate::formats::zip::xml::{self, Node, Xml};
use quick_xml::events::BytesStart;

struct Shape {
    area: Option<Area>,
    title: bool,
    pieces: Vec<Piece>,
}

/// Reads one slide, followed by its notes.
pub fn page(body: &mut Body<'_, '_>, xml: &mut Xml<'_>, number: usize, blocks: &mut Blocks) {
    let (mut shapes, mut notes) = (Vec::new(), Vec::new());
    while let Some(tag) = xml.child() {
        match xml::name(&tag) {
            "notes" => self::notes(body, xml, &mut notes),
            "forms" | "event-listeners" | "par" | "seq" | "settings" => xml.skip(),
            _ => shapes.push(shape(body, xml, &tag)),
        }
    }
    blocks.place(format!("slide {number}"));
    let (titles, others): (Vec<_>, Vec<_>) = shapes.into_iter().partition(|shape| shape.title);
    let areas: Vec<_> = others.iter().map(|shape| shape.area).collect();
    let sorted = order::reading_order(&areas).into_iter().filter_map(|at| others.get(at));
    for piece in titles.iter().chain(sorted).flat_map(|shape| &shape.pieces) {
        blocks.push(piece);
    }
    if notes
        .iter()
        .any(|piece| !matches!(piece, Piece::Gap) && !matches!(piece, Piece::Paragraph(text) if text.trim().is_empty()))
    {
        blocks.place(format!("slide {number}, notes"));
        blocks.paragraph("Notes:");
        notes.iter().for_each(|piece| blocks.push(piece));
    }
}

fn shape(body: &mut Body<'_, '_>, xml: &mut Xml<'_>, tag: &BytesStart<'_>) -> Shape {
    let title = xml::attr(tag, "class").as_deref() == Some("title");
    let empty = xml::attr(tag, "placeholder").as_deref() == Some("true");
    let mut pieces = Vec::new();
    body.block(xml, tag, &mut pieces);
    if empty {
        pieces.clear();
    }
    // Items keep the lines of one shape together.
    let lines = pieces.into_iter().map(|piece| if let Piece::Paragraph(text) = piece { Piece::Item(text) } else { piece });
    let pieces = std::iter::once(Piece::Gap).chain(lines).chain([Piece::Gap]).collect();
    Shape { area: area(tag), title, pieces }
}

/// Reads the frames with text; the others show the slide, its number and the date.
fn notes(body: &mut Body<'_, '_>, xml: &mut Xml<'_>, to: &mut Vec<Piece>) {
    loop {
        match xml.next() {
            Node::Open(tag) => {
                let class = xml::attr(&tag, "class").unwrap_or_default();
                if xml::name(&tag) == "page-thumbnail" || !matches!(&*class, "" | "notes") {
                    xml.skip();
                } else {
                    to.extend(shape(body, xml, &tag).pieces);
                }
            }
            Node::Close | Node::End => return,
            Node::Text(_) => {}
        }
    }
}

fn area(tag: &BytesStart<'_>) -> Option<Area> {
    let get = |name| length(&xml::attr(tag, name)?);
    Some(Area { left: get("x")?, top: get("y")?, width: get("width")?, height: get("height").unwrap_or(0) })
}

/// Converts a length such as "2.5cm" to hundredths of a millimetre.
fn length(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic() || c == '%');
    let unit = match &text[digits.len()..] {
        "cm" => 1000.0,
        "mm" => 100.0,
        "in" => 2540.0,
        "pt" => 2540.0 / 72.0,
        "pc" => 2540.0 / 6.0,
        _ => return None,
    };
    Some((digits.trim().parse::<f64>().ok()? * unit) as i64)
}
