//! The characters of a page, turned so that each group of them runs from left to right and from top to bottom.

use super::{
    library::{Char, Drawing, Note, Page, Rect},
    notes, script,
};

/// A character where it stands, in a frame where right and down are more.
#[derive(Clone, Debug)]
pub struct Glyph {
    pub c: char,
    pub left: f32,
    pub right: f32,
    /// The line on which it stands.
    pub base: f32,
    /// Of the font.
    pub size: f32,
    /// What stands before it.
    pub space: Space,
}

/// Whether there is a space before a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    No,
    /// pdfium thinks so, by the gap.
    Likely,
    /// The document has one.
    Written,
}

/// How a frame lies on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    /// As the page is shown, turned clockwise by this many quarters.
    Quarters(u8),
    /// Columns of characters from the top, the first one on the right.
    Columns,
    /// Aslant, by this many degrees.
    Degrees(i16),
}

/// Characters that run in one direction.
pub struct Frame {
    pub turn: Turn,
    pub glyphs: Vec<Glyph>,
    /// Upright lines that divide: where, and from which height to which.
    pub rules: Vec<[f32; 3]>,
}

/// What stands on a page.
pub struct Content {
    /// The most characters first.
    pub frames: Vec<Frame>,
    /// Of the page as it is shown.
    pub width: f32,
    pub height: f32,
    /// Notes that are not seen on the page.
    pub notes: Vec<String>,
    /// Characters that are no spaces; how many of them stand not at the upper or lower edge; and how many have no meaning.
    pub characters: usize,
    pub inner: usize,
    pub unknown: usize,
    /// Something is drawn that is no text.
    pub drawn: bool,
    /// There are images.
    pub pictures: bool,
    /// They cover most of the page.
    pub covered: bool,
}

/// The part of a page's height, above and below, where what was scanned gets its number or stamp.
const EDGE: f32 = 1.0 / 16.0;

/// More than this is a drawing, not a table.
const MOST_OBJECTS: i32 = 20_000;

/// How the page's own space is shown.
struct View {
    area: Rect,
    quarters: u32,
    width: f32,
    height: f32,
}

/// A page as pdfium has it; what is made of it needs pdfium no more.
pub struct Raw {
    area: Rect,
    quarters: u32,
    chars: Vec<Char>,
    silent: Vec<Rect>,
    drawing: Drawing,
    notes: Vec<Note>,
}

impl Raw {
    pub fn of(page: &Page) -> Self {
        let (area, quarters) = page.area();
        let chars = page.chars();
        let syllabic = chars.iter().any(|char| char::from_u32(char.code).is_some_and(script::is_syllabic));
        let silent = if syllabic { page.silent(MOST_OBJECTS) } else { Vec::new() };
        Self { area, quarters, chars, silent, drawing: page.drawing(MOST_OBJECTS), notes: page.notes() }
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

    /// Left, top, right, bottom.
    fn rect(&self, rect: Rect) -> [f32; 4] {
        let [a, b] = self.point([rect.left, rect.bottom]);
        let [c, d] = self.point([rect.right, rect.top]);
        [a.min(c), b.min(d), a.max(c), b.max(d)]
    }
}

impl Turn {
    /// From the page as it is shown.
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

    /// Back to the page as it is shown: left, top, right, bottom.
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

/// What stands on the page.
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
            // pdfium's own ones have no width.
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
    widen(&raw.silent, &view, &mut content);
    add_drawing(&raw.drawing, &view, &mut content);
    notes::add(&raw.notes, |area| view.rect(area), &mut content);
    content.frames.sort_by_key(|frame| std::cmp::Reverse(frame.glyphs.len()));
    content
}

/// A character on the page as it is shown.
struct Placed {
    c: char,
    origin: [f32; 2],
    area: [f32; 4],
    size: f32,
    turn: Turn,
    /// The area is only where the ink is.
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
            // How far it reaches is not told by a box that lies aslant.
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
        // What lies beside the visible part of the page is not read: printers put their own marks there.
        let middle = [(area[0] + area[2]) / 2.0, (area[1] + area[3]) / 2.0];
        if !(-2.0..=view.width + 2.0).contains(&middle[0]) || !(-2.0..=view.height + 2.0).contains(&middle[1]) {
            continue;
        }
        content.characters += 1;
        let edge = view.height * EDGE;
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

/// The direction of the text on the page as it is shown.
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

/// What the character says: a space, a sign, or that it has no meaning. `None`: it is not to be read.
fn meaning(char: &Char) -> Option<char> {
    // A hyphen at the end of a line, as pdfium marks it.
    let code = if matches!(char.code, 2 | 0xfffe) { u32::from('-') } else { char.code };
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    match c {
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        _ if c.is_whitespace() => Some(' '),
        // Codes of a font that does not say what they mean; the letters beside them may tell.
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

/// Most signs of East Asian scripts stand below the one before: the text runs in columns.
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

/// A syllable may be drawn in pieces of which only the first is known: the others make it as wide as it is.
fn widen(silent: &[Rect], view: &View, content: &mut Content) {
    let Some(frame) = content.frames.iter_mut().find(|frame| frame.turn == Turn::Quarters(0)) else { return };
    let shares = |pair: &[Glyph]| script::is_syllabic(pair[1].c) && (pair[0].left - pair[1].left).abs() < 0.01;
    if !frame.glyphs.windows(2).any(shares) || frame.glyphs.len() > MOST_OBJECTS as usize {
        return;
    }
    let mut lines: Vec<usize> = (0..frame.glyphs.len()).collect();
    lines.sort_by(|&a, &b| frame.glyphs[a].base.total_cmp(&frame.glyphs[b].base));
    for &ink in silent {
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
    // Some scanners write a page in strips.
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
