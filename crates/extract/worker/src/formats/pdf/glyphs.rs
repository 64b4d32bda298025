//! Groups the characters of a page by direction, and turns each group to run from left to right and from top to bottom.

use super::{
    library::{Char, Drawing, Note, Page, Rect},
    notes, script,
};

/// A character and its position in a frame whose axes point right and down.
#[derive(Clone, Debug)]
pub struct Glyph {
    pub c: char,
    pub left: f32,
    pub right: f32,
    /// The baseline.
    pub base: f32,
    /// The font size.
    pub size: f32,
    /// The space before it.
    pub space: Space,
}

/// Whether there is a space before a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    No,
    /// pdfium infers a space from the gap.
    Likely,
    /// The document contains a space.
    Written,
}

/// The orientation of a frame on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    /// Turned clockwise by this many quarters, relative to the page as it is shown.
    Quarters(u8),
    /// Vertical text: columns from top to bottom, the first one on the right.
    Columns,
    /// Slanted by this many degrees.
    Degrees(i16),
}

/// Characters that run in one direction.
pub struct Frame {
    pub turn: Turn,
    pub glyphs: Vec<Glyph>,
    /// Vertical rules that divide cells: x, top and bottom.
    pub rules: Vec<[f32; 3]>,
}

/// The content of a page.
pub struct Content {
    /// Frames, the one with the most characters first.
    pub frames: Vec<Frame>,
    /// Width of the page as it is shown, in points; the height follows.
    pub width: f32,
    pub height: f32,
    /// Notes that the page itself does not show.
    pub notes: Vec<String>,
    /// Number of characters that are not spaces.
    pub characters: usize,
    /// Number of those away from the upper and lower edge.
    pub inner: usize,
    /// Number of those without a Unicode meaning.
    pub unknown: usize,
    /// The page has drawings beside its text.
    pub drawn: bool,
    /// The page has images.
    pub pictures: bool,
    /// Images cover most of the page.
    pub covered: bool,
}

/// Fraction of a page's height, at the top and at the bottom, where scans carry a page number or stamp.
const EDGE_FRACTION: f32 = 1.0 / 16.0;

/// Maximum number of objects to inspect on a page. More of them make a drawing, not a table.
const MAX_OBJECTS: i32 = 20_000;

/// The transformation from the page's own coordinates to the page as it is shown.
struct View {
    area: Rect,
    quarters: u32,
    width: f32,
    height: f32,
}

/// A page copied out of pdfium. Everything after this works without the library.
pub struct Raw {
    area: Rect,
    quarters: u32,
    chars: Vec<Char>,
    unreported: Vec<Rect>,
    drawing: Drawing,
    notes: Vec<Note>,
}

impl Raw {
    pub fn of(page: &Page) -> Self {
        let (area, quarters) = page.area();
        let chars = page.chars();
        let syllabic = chars.iter().any(|char| char::from_u32(char.code).is_some_and(script::is_syllabic));
        let unreported = if syllabic { page.unreported(MAX_OBJECTS) } else { Vec::new() };
        Self { area, quarters, chars, unreported, drawing: page.drawing(MAX_OBJECTS), notes: page.notes() }
    }
}

impl View {
    fn of(raw: &Raw) -> Self {
        let Raw { area, quarters, .. } = *raw;
        let (wide, high) = ((area.right - area.left).max(1.0), (area.top - area.bottom).max(1.0));
        let (width, height) = if quarters % 2 == 0 { (wide, high) } else { (high, wide) };
        Self { area, quarters, width, height }
    }

    fn point(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let Rect { left, bottom, right, top } = self.area;
        match self.quarters {
            0 => [x - left, top - y],
            1 => [y - bottom, x - left],
            2 => [right - x, y - bottom],
            _ => [top - y, right - x],
        }
    }

    /// The rectangle as left, top, right, bottom.
    fn rect(&self, rect: Rect) -> [f32; 4] {
        let [a, b] = self.point([rect.left, rect.bottom]);
        let [c, d] = self.point([rect.right, rect.top]);
        [a.min(c), b.min(d), a.max(c), b.max(d)]
    }
}

impl Turn {
    /// Converts a point of the page as it is shown to the frame.
    fn point(self, [x, y]: [f32; 2], width: f32, height: f32) -> [f32; 2] {
        match self {
            Turn::Quarters(0) => [x, y],
            Turn::Quarters(1) | Turn::Columns => [y, width - x],
            Turn::Quarters(2) => [width - x, height - y],
            Turn::Quarters(_) => [height - y, x],
            Turn::Degrees(degrees) => {
                let (sin, cos) = f32::from(degrees).to_radians().sin_cos();
                [x * cos + y * sin, y * cos - x * sin]
            }
        }
    }

    /// Converts a rectangle (left, top, right, bottom) of the frame back to the page as it is shown.
    pub fn back(self, [left, top, right, bottom]: [f32; 4], width: f32, height: f32) -> [f32; 4] {
        let point = |[x, y]: [f32; 2]| match self {
            Turn::Quarters(0) => [x, y],
            Turn::Quarters(1) | Turn::Columns => [width - y, x],
            Turn::Quarters(2) => [width - x, height - y],
            Turn::Quarters(_) => [y, height - x],
            Turn::Degrees(degrees) => {
                let (sin, cos) = f32::from(degrees).to_radians().sin_cos();
                [x * cos - y * sin, y * cos + x * sin]
            }
        };
        let corners = [[left, top], [right, top], [left, bottom], [right, bottom]].map(point);
        let [xs, ys] = [corners.map(|corner| corner[0]), corners.map(|corner| corner[1])];
        let least = |of: [f32; 4]| of.into_iter().fold(f32::INFINITY, f32::min);
        let most = |of: [f32; 4]| of.into_iter().fold(f32::NEG_INFINITY, f32::max);
        [least(xs), least(ys), most(xs), most(ys)]
    }
}

/// Builds the content of a page.
pub fn content(raw: &Raw) -> Content {
    let view = View::of(raw);
    let mut content = Content {
        frames: Vec::new(),
        width: view.width,
        height: view.height,
        notes: Vec::new(),
        characters: 0,
        inner: 0,
        unknown: 0,
        drawn: false,
        pictures: false,
        covered: false,
    };
    let chars = visible(raw, &view, &mut content);
    let columns = runs_in_columns(&chars);
    let mut space = Space::No;
    for char in chars {
        if char.c == ' ' {
            // Spaces that pdfium inferred have no width.
            space = space.max(if char.area[0] == char.area[2] && char.area[1] == char.area[3] {
                Space::Likely
            } else {
                Space::Written
            });
            continue;
        }
        let turn = if columns && char.turn == Turn::Quarters(0) { Turn::Columns } else { char.turn };
        let frame = match content.frames.iter_mut().position(|frame| frame.turn == turn) {
            Some(at) => &mut content.frames[at],
            None => content.frames.push_mut(Frame { turn, glyphs: Vec::new(), rules: Vec::new() }),
        };
        frame.glyphs.push(char.in_frame(turn, &view, std::mem::replace(&mut space, Space::No)));
    }
    widen(&raw.unreported, &view, &mut content);
    add_drawing(&raw.drawing, &view, &mut content);
    notes::add(&raw.notes, |area| view.rect(area), &mut content);
    content.frames.sort_by_key(|frame| std::cmp::Reverse(frame.glyphs.len()));
    content
}

/// A character and its position on the page as it is shown.
struct Placed {
    c: char,
    origin: [f32; 2],
    area: [f32; 4],
    size: f32,
    turn: Turn,
    /// The area covers only the ink.
    tight: bool,
}

impl Placed {
    fn in_frame(&self, turn: Turn, view: &View, space: Space) -> Glyph {
        let [x, base] = turn.point(self.origin, view.width, view.height);
        let [left, top, right, bottom] = self.area;
        let size = self.size;
        let corner = |point| turn.point(point, view.width, view.height);
        match turn {
            Turn::Columns => {
                let middle = (left + right) / 2.0;
                Glyph { c: self.c, left: top, right: bottom, base: view.width - middle + size * 0.35, size, space }
            }
            // The box of a slanted character does not reveal its width.
            Turn::Degrees(_) => Glyph { c: self.c, left: x, right: x + size * 0.5, base, size, space },
            Turn::Quarters(_) => {
                let ([a, _], [b, _]) = (corner([left, top]), corner([right, bottom]));
                let start = if self.tight { x.min(a.max(b)) } else { a.min(b) };
                Glyph { c: self.c, left: start, right: a.max(b).max(start), base, size, space }
            }
        }
    }
}

fn visible(raw: &Raw, view: &View, content: &mut Content) -> Vec<Placed> {
    let mut chars = Vec::with_capacity(raw.chars.len());
    for char in &raw.chars {
        let Some(c) = meaning(char) else { continue };
        let area = view.rect(char.area);
        let [x, y] = view.point(char.origin);
        if c == ' ' {
            chars.push(Placed { c, origin: [x, y], area, size: char.size, turn: Turn::Quarters(0), tight: false });
            continue;
        }
        // Characters outside the visible part of the page are printers' marks, not text.
        let middle = [(area[0] + area[2]) / 2.0, (area[1] + area[3]) / 2.0];
        if !(-2.0..=view.width + 2.0).contains(&middle[0]) || !(-2.0..=view.height + 2.0).contains(&middle[1]) {
            continue;
        }
        content.characters += 1;
        let edge = view.height * EDGE_FRACTION;
        content.inner += usize::from((edge..=view.height - edge).contains(&middle[1]));
        content.unknown += usize::from(c == char::REPLACEMENT_CHARACTER || c.is_control() && !script::is_ligature_code(c));
        let turn = turn(char.along, view.quarters);
        let upright = matches!(turn, Turn::Quarters(1 | 3));
        let (pen, start, end) = if upright { (y, area[1], area[3]) } else { (x, area[0], area[2]) };
        let tight = (start - pen).abs().min((end - pen).abs()) > 0.01;
        let size = if char.size.is_finite() && char.size > 0.1 { char.size } else { (area[3] - area[1]).max(1.0) };
        chars.push(Placed { c, origin: [x, y], area, size, turn, tight });
    }
    chars
}

/// The orientation of text on the page as it is shown.
fn turn([a, b]: [f32; 2], quarters: u32) -> Turn {
    if b == 0.0 && a > 0.0 && quarters == 0 {
        return Turn::Quarters(0);
    }
    let degrees = (-b).atan2(a).to_degrees() + quarters as f32 * 90.0;
    let nearest = (degrees / 90.0).round();
    if (degrees - nearest * 90.0).abs() < 8.0 {
        Turn::Quarters((nearest as i32).rem_euclid(4) as u8)
    } else {
        Turn::Degrees(((degrees / 3.0).round() as i16 * 3).rem_euclid(360))
    }
}

/// The character to read: a space, a sign, or the replacement character if it has no meaning. `None`: skip it.
fn meaning(char: &Char) -> Option<char> {
    // pdfium marks a hyphen at the end of a line with these codes.
    let code = if matches!(char.code, 2 | 0xfffe) { u32::from('-') } else { char.code };
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    match c {
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        _ if c.is_whitespace() => Some(' '),
        // The font does not map these codes to Unicode; the letters beside them may reveal their meaning.
        _ if c.is_control() => Some(c),
        // Pieces of large brackets: the upper one stands for the whole.
        '\u{f8eb}' => Some('('),
        '\u{f8f6}' => Some(')'),
        '\u{f8ee}' => Some('['),
        '\u{f8f9}' => Some(']'),
        '\u{f8f1}' => Some('{'),
        '\u{f8fc}' => Some('}'),
        '\u{f8e5}'..='\u{f8fe}' => None,
        _ => Some(script::without_private_use(c)),
    }
}

/// Whether the text is vertical: most East Asian characters stand below the one before.
fn runs_in_columns(chars: &[Placed]) -> bool {
    let (mut below, mut beside) = (0, 0);
    for pair in chars.windows(2) {
        let [one, two] = pair else { continue };
        if script::is_wide(one.c) && script::is_wide(two.c) {
            let middle = |char: &Placed| (char.area[0] + char.area[2]) / 2.0;
            let (x, y) = (middle(two) - middle(one), two.origin[1] - one.origin[1]);
            below += usize::from(x.abs() < one.size * 0.3 && y > one.size * 0.3 && y < one.size * 2.0);
            beside += usize::from(y.abs() < one.size * 0.3);
        }
    }
    below > 4 && below > beside * 2
}

/// Widens syllables to their full width. pdfium may report only the first of the pieces that draw a syllable.
fn widen(unreported: &[Rect], view: &View, content: &mut Content) {
    let Some(frame) = content.frames.iter_mut().find(|frame| frame.turn == Turn::Quarters(0)) else { return };
    let shares = |pair: &[Glyph]| script::is_syllabic(pair[1].c) && (pair[0].left - pair[1].left).abs() < 0.01;
    if !frame.glyphs.windows(2).any(shares) || frame.glyphs.len() > MAX_OBJECTS as usize {
        return;
    }
    let mut lines: Vec<usize> = (0..frame.glyphs.len()).collect();
    lines.sort_by(|&a, &b| frame.glyphs[a].base.total_cmp(&frame.glyphs[b].base));
    for &ink in unreported {
        let [left, top, right, bottom] = view.rect(ink);
        if right - left < 0.1 {
            continue;
        }
        let from = lines.partition_point(|&at| frame.glyphs[at].base < top);
        let near = lines[from..].iter().take_while(|&&at| frame.glyphs[at].base < bottom + frame.glyphs[at].size * 1.2);
        let before = near.copied().filter(|&at| {
            let Glyph { left: start, right: end, size, .. } = frame.glyphs[at];
            start < left + size * 0.1 && left < end + size * 0.3
        });
        if let Some(at) = before.max_by(|&a, &b| frame.glyphs[a].left.total_cmp(&frame.glyphs[b].left)) {
            frame.glyphs[at].right = frame.glyphs[at].right.max(right);
        }
    }
}

fn add_drawing(drawing: &Drawing, view: &View, content: &mut Content) {
    content.drawn = drawing.forms + drawing.paths.len() + drawing.images.len() > 0;
    content.pictures = !drawing.images.is_empty();
    let area = |&image: &Rect| {
        let [left, top, right, bottom] = view.rect(image);
        (right.min(view.width) - left.max(0.0)).max(0.0) * (bottom.min(view.height) - top.max(0.0)).max(0.0)
    };
    // Some scanners store a page as strips, so areas are added up.
    content.covered = drawing.images.iter().map(area).sum::<f32>() > view.width * view.height * 0.5;
    for frame in &mut content.frames {
        let Turn::Quarters(_) = frame.turn else { continue };
        for &path in &drawing.paths {
            let [left, top, right, bottom] = view.rect(path);
            let [a, b] = frame.turn.point([left, top], view.width, view.height);
            let [c, d] = frame.turn.point([right, bottom], view.width, view.height);
            let (wide, high) = ((a - c).abs(), (b - d).abs());
            if wide < 2.5 && high > 5.0 {
                frame.rules.push([(a + c) / 2.0, b.min(d), b.max(d)]);
            }
        }
        frame.rules.sort_by(|one, two| one[0].total_cmp(&two[0]));
    }
}
