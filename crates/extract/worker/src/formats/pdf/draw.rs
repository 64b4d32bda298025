//! Draws a page as an image, with the boxes of its words.

use super::{
    failure,
    glyphs::{self, Content, Raw},
    hyphens, library,
    library::Document,
    lines::{self, Line},
    whole,
};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use plumb_extract::{Drawn, Failure, WordBox};

/// Maximum width of an image, in pixels.
const MAX_WIDTH_PIXELS: u32 = 8192;
/// Maximum number of pixels of an image.
const MAX_PIXELS: u64 = 40_000_000;

/// Draws a page, counted from 0, as an image `width` pixels wide, with the boxes of its words. Very long pages come out narrower.
pub fn draw(bytes: &[u8], page: u32, width: u32) -> Result<Drawn, Failure> {
    let library = library::load().map_err(Failure::passing)?;
    let whole = whole(&library, bytes);
    let document = Document::open(&library, &whole).map_err(|refused| failure(&refused, bytes))?;
    let unread = || Failure::failed(format!("page {} could not be read", page.saturating_add(1)));
    let opened = document.page(page).ok_or_else(unread)?;
    let content = glyphs::content(&Raw::of(&opened));
    let shape = f64::from(content.height / content.width);
    let widest = (MAX_PIXELS as f64 / shape.max(1e-6)).sqrt().min(f64::from(MAX_WIDTH_PIXELS));
    let width = f64::from(width.max(1)).min(widest).max(1.0) as u32;
    let height = (f64::from(width) * shape).round().clamp(1.0, f64::from(MAX_WIDTH_PIXELS * 4)) as u32;
    let mut pixels = opened.draw(width, height).ok_or_else(unread)?;
    // Converts BGRX to RGB in place.
    for at in 0..pixels.len() / 4 {
        let [blue, green, red] = [pixels[at * 4], pixels[at * 4 + 1], pixels[at * 4 + 2]];
        pixels[at * 3..at * 3 + 3].copy_from_slice(&[red, green, blue]);
    }
    pixels.truncate(pixels.len() / 4 * 3);
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up)
        .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
        .map_err(|e| Failure::failed(format!("the page could not be drawn: {e}")))?;
    let (points, pages) = (content.width, document.pages());
    Ok(Drawn { width, height, points, pages, png, words: boxes(&content, lines(&document, page, &content)) })
}

/// The lines of the page as its text has them: a word divided over two pages belongs to the first page.
fn lines(document: &Document, page: u32, content: &Content) -> Vec<Line> {
    let other =
        |page: Option<u32>| page.and_then(|page| document.page(page)).map(|page| lines::lines(&glyphs::content(&Raw::of(&page))));
    let mut lines = lines::lines(content);
    if let Some(mut before) = other(page.checked_sub(1)) {
        hyphens::join_pages(&mut before, &mut lines);
    }
    if let Some(mut after) = other(page.checked_add(1)) {
        hyphens::join_pages(&mut lines, &mut after);
    }
    lines
}

fn boxes(content: &Content, lines: Vec<Line>) -> Vec<WordBox> {
    let mut boxes = Vec::new();
    for (number, line) in lines.into_iter().enumerate() {
        let Some(turn) = line.turn else { continue };
        for word in line.words.into_iter().filter(|word| word.area != [0.0; 4]) {
            let [left, top, right, bottom] = turn.back(word.area, content.width, content.height);
            let (wide, high) = (content.width, content.height);
            let [left, top, right, bottom] =
                [left / wide, top / high, right / wide, bottom / high].map(|part| part.clamp(0.0, 1.0));
            boxes.push(WordBox { line: number as u32, text: word.text, area: [left, top, right - left, bottom - top] });
        }
    }
    boxes
}
