//! The text of charts and diagrams.

use crate::formats::zip::blocks::{self, Piece};
use crate::formats::zip::xml::{self, Node, Xml};

/// Most points of a chart that are read.
const MAX_POINTS: usize = 10_000;
/// Most series of a chart that are read.
const MAX_SERIES: usize = 256;

/// Reads a part: a chart as a table, or a diagram as a list.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut xml = Xml::new(text);
    let mut pieces = Vec::new();
    while let Some(tag) = xml.next_open() {
        match xml::name(&tag) {
            "chartSpace" => return chart(&mut xml),
            "dataModel" => {
                pieces.push(Piece::Gap);
                pieces.extend(paragraphs(&mut xml).into_iter().map(|words| Piece::Item(format!("- {words}"))));
                pieces.push(Piece::Gap);
            }
            _ => {}
        }
    }
    pieces
}

/// All paragraphs of drawn text in a part.
pub fn words(text: &str) -> Vec<String> {
    let mut xml = Xml::new(text);
    if xml.next_open().is_some() { paragraphs(&mut xml) } else { Vec::new() }
}

/// The non-empty paragraphs of drawn text in the element that just began.
fn paragraphs(xml: &mut Xml<'_>) -> Vec<String> {
    let mut found = Vec::new();
    xml.each(|xml, tag| {
        if xml::name(tag) != "p" {
            return false;
        }
        let mut words = String::new();
        xml.each(|xml, tag| match xml::name(tag) {
            "t" => {
                words.push_str(&xml.words());
                true
            }
            "br" => {
                words.push(' ');
                false
            }
            _ => false,
        });
        let words = blocks::in_one_line(&words);
        if !words.is_empty() {
            found.push(words);
        }
        true
    });
    found
}

/// A series of a chart: its name and its values.
#[derive(Default)]
struct Series {
    name: String,
    categories: Vec<String>,
    values: Vec<String>,
}

fn chart(xml: &mut Xml<'_>) -> Vec<Piece> {
    let (mut titles, mut all) = (Vec::new(), Vec::new());
    xml.each(|xml, tag| match xml::name(tag) {
        "title" => {
            titles.push(paragraphs(xml).join(" "));
            true
        }
        "ser" => {
            if all.len() < MAX_SERIES {
                all.push(series(xml));
            } else {
                xml.skip();
            }
            true
        }
        // `externalData` may embed the sheet that the chart was drawn from.
        "userShapes" | "externalData" => {
            xml.skip();
            true
        }
        _ => false,
    });
    let mut pieces: Vec<_> = titles.into_iter().map(Piece::Paragraph).collect();
    let heads: Vec<_> = std::iter::once("").chain(all.iter().map(|series| series.name.as_str())).collect();
    pieces.push(Piece::Gap);
    pieces.push(Piece::Row(blocks::row(&heads)));
    let points = all.iter().map(|series| series.values.len().max(series.categories.len())).max().unwrap_or(0);
    for point in 0..points {
        let category = all.iter().find_map(|series| series.categories.get(point)).map(String::as_str).unwrap_or_default();
        let values = all.iter().map(|series| series.values.get(point).map(String::as_str).unwrap_or_default());
        let cells: Vec<_> = std::iter::once(category).chain(values).collect();
        pieces.push(Piece::Row(blocks::row(&cells)));
    }
    pieces.push(Piece::Gap);
    pieces
}

fn series(xml: &mut Xml<'_>) -> Series {
    let mut series = Series::default();
    loop {
        match xml.next() {
            Node::Open(tag) => match xml::name(&tag) {
                "tx" => series.name = points(xml).join(" "),
                "cat" | "xVal" => series.categories = points(xml),
                "val" | "yVal" => series.values = points(xml),
                _ => xml.skip(),
            },
            Node::Close | Node::End => return series,
            Node::Text(_) => {}
        }
    }
}

/// The values cached in the chart.
fn points(xml: &mut Xml<'_>) -> Vec<String> {
    let (mut found, mut place) = (Vec::new(), 0usize);
    xml.each(|xml, tag| match xml::name(tag) {
        "pt" => {
            place = xml::number(tag, "idx").unwrap_or(found.len());
            false
        }
        "v" => {
            let words = blocks::in_one_line(&xml.words());
            if place < MAX_POINTS {
                if found.len() <= place {
                    found.resize(place + 1, String::new());
                }
                found[place] = words;
            }
            true
        }
        _ => false,
    });
    found
}
