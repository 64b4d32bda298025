//! Pieces of lines: characters that stand on one line with no more than the spaces of a sentence between them.

use super::{
    glyphs::{Frame, Glyph},
    script,
};

/// Parts of a line that are farther apart than this, in sizes of the font, are not one piece, even where one is written after the other.
const WIDE: f32 = 1.15;
/// As above, where they are not.
const NARROW: f32 = 0.6;
/// As above, where they are long.
const CLOSE: f32 = 0.2;

/// A piece of a line.
#[derive(Clone, Debug)]
pub struct Piece {
    /// From left to right, or as they were written where that is the same.
    pub glyphs: Vec<Glyph>,
    pub left: f32,
    pub right: f32,
    pub base: f32,
    pub size: f32,
    /// Its place in the order in which the page was written.
    pub order: usize,
}

impl Piece {
    pub fn top(&self) -> f32 {
        self.base - self.size * 0.75
    }

    pub fn bottom(&self) -> f32 {
        self.base + self.size * 0.25
    }
}

/// All pieces, in the order in which the page was written.
pub fn pieces(frame: &Frame) -> Vec<Piece> {
    let runs = runs(frame);
    let mut groups = Groups::new(runs.len());
    // Sorted by where they stand, those that may belong together are near each other.
    let mut near: Vec<usize> = (0..runs.len()).collect();
    near.sort_by(|&a, &b| runs[a].base.total_cmp(&runs[b].base));
    let largest = runs.iter().map(|run| run.size).fold(0.0, f32::max).min(100.0);
    for (at, &a) in near.iter().enumerate() {
        for &b in near[at + 1..].iter().take(400) {
            if runs[b].base - runs[a].base > largest * 0.7 {
                break;
            }
            if belong(&runs[a], &runs[b], &frame.rules) {
                groups.join(a, b);
            }
        }
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); runs.len()];
    for at in 0..runs.len() {
        members[groups.of(at)].push(at);
    }
    let mut runs: Vec<Option<Piece>> = runs.into_iter().map(Some).collect();
    let mut pieces: Vec<Piece> = Vec::new();
    for members in members.into_iter().filter(|members| !members.is_empty()) {
        let mut parts: Vec<Piece> = members.into_iter().filter_map(|at| runs[at].take()).collect();
        parts.sort_by(|a, b| a.left.total_cmp(&b.left));
        pieces.extend(joined(parts));
    }
    pieces.sort_by_key(|piece| piece.order);
    pieces
}

fn joined(parts: Vec<Piece>) -> Option<Piece> {
    // The line is that of the largest letters, and of them the most.
    let weight = |piece: &Piece| (piece.size * 4.0) as i64 * 1000 + piece.glyphs.len().min(999) as i64;
    let main = parts.iter().max_by_key(|piece| weight(piece))?;
    let (base, size) = (main.base, main.size);
    let order = parts.iter().map(|part| part.order).min()?;
    let left = parts.iter().map(|part| part.left).fold(f32::INFINITY, f32::min);
    let right = parts.iter().map(|part| part.right).fold(f32::NEG_INFINITY, f32::max);
    // What is written over a part, as an accent or into a gap, has its place among its letters.
    let over = parts
        .windows(2)
        .any(|pair| pair[1].left < pair[0].right - size * 0.3 && pair[1].glyphs.len().min(pair[0].glyphs.len()) < 4);
    let mut glyphs: Vec<Glyph> = parts.into_iter().flat_map(|part| part.glyphs).collect();
    if over {
        glyphs.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    Some(Piece { glyphs, left, right, base, size, order })
}

/// Characters as they follow each other from left to right.
fn runs(frame: &Frame) -> Vec<Piece> {
    let mut runs: Vec<Piece> = Vec::new();
    for (order, glyph) in frame.glyphs.iter().enumerate() {
        if let Some(run) = runs.last_mut()
            && let Some(last) = run.glyphs.last()
            && follows(last, glyph, run)
            && !divided(&frame.rules, last.right, glyph.left, glyph.base)
        {
            run.right = run.right.max(glyph.right);
            run.left = run.left.min(glyph.left);
            run.size = run.size.max(glyph.size);
            run.glyphs.push(glyph.clone());
            continue;
        }
        let Glyph { left, right, base, size, .. } = *glyph;
        runs.push(Piece { glyphs: vec![glyph.clone()], left, right, base, size, order });
    }
    runs.iter_mut().for_each(|run| turn_ligatures(&mut run.glyphs));
    runs
}

/// The letters of a ligature share a place. In right-to-left text they must be sorted as the rest is: from left to right.
fn turn_ligatures(glyphs: &mut [Glyph]) {
    let mut start = 0;
    while start + 1 < glyphs.len() {
        let left = glyphs[start].left;
        let shared =
            glyphs[start..].iter().take_while(|glyph| (glyph.left - left).abs() < 0.01 && script::is_rtl(glyph.c)).count();
        let end = start + shared.max(1);
        // Where the text goes to the left, it was written as it is read.
        let leftward = match (glyphs.get(end), start.checked_sub(1).map(|before| &glyphs[before])) {
            (Some(next), _) if script::is_rtl(next.c) => next.left < left,
            (_, Some(last)) => last.left > left,
            _ => true,
        };
        match &mut glyphs[start..end] {
            // Lam and alef, by far the most common one, is in either order.
            [one, two] if one.c == 'ل' && is_alef(two.c) => std::mem::swap(one, two),
            [one, two] if is_alef(one.c) && two.c == 'ل' => {}
            shared if leftward => shared.reverse(),
            _ => {}
        }
        start = end;
    }
}

fn follows(last: &Glyph, glyph: &Glyph, run: &Piece) -> bool {
    let size = last.size.max(glyph.size);
    if (glyph.base - run.base).abs() > size * 0.12 || glyph.size < last.size * 0.6 || last.size < glyph.size * 0.6 {
        return false;
    }
    if script::is_rtl(glyph.c) || script::is_rtl(last.c) {
        // They are put in order later.
        return (glyph.left - last.right).max(last.left - glyph.right) < size * NARROW;
    }
    glyph.left > last.left - size * 0.4 && glyph.left - last.right < size * WIDE
}

/// Two runs are parts of one line, beside each other.
fn belong(a: &Piece, b: &Piece, rules: &[[f32; 3]]) -> bool {
    let (one, two) = if a.left <= b.left { (a, b) } else { (b, a) };
    let (large, small) = if a.size >= b.size { (a, b) } else { (b, a) };
    let gap = two.left - one.right;
    let away = (a.base - b.base).abs();
    let size = large.size;
    if gap > size * WIDE || divided(rules, one.right, two.left, (a.base + b.base) / 2.0) {
        return false;
    }
    if away < size * 0.12 {
        // A wide gap within a line that is written without a break is a space that was stretched.
        let first = if a.order < b.order { a } else { b };
        let after = a.order.abs_diff(b.order) <= first.glyphs.len() + 2;
        // Long ones that were written apart are lines of columns, be these ever so close.
        let columns = a.glyphs.len().min(b.glyphs.len()) > 12 && !a.glyphs.iter().any(|glyph| script::is_rtl(glyph.c));
        let most = if after {
            WIDE
        } else if columns {
            CLOSE
        } else {
            NARROW
        };
        return gap < small.size.min(size) * most;
    }
    // Raised and lowered: smaller, and close to a letter.
    let raised = small.size < size * 0.9 && away < size * 0.62;
    // Accents, and signs of formulas, which stand a little higher or lower.
    let few = a.glyphs.len().min(b.glyphs.len()) <= 2;
    let rtl = |run: &Piece| run.glyphs.iter().any(|glyph| script::is_rtl(glyph.c));
    let most = if rtl(a) && rtl(b) { 0.62 } else { 0.4 };
    let overlaps = gap < size * 0.1 && away < size * most && few;
    let is_mark = |run: &Piece| run.glyphs.iter().all(|glyph| script::is_mark(glyph.c));
    let mark = gap < 0.0 && away < size * 0.9 && (is_mark(a) || is_mark(b));
    (raised || overlaps || mark) && gap < size * 0.35
}

/// An upright line stands between.
fn divided(rules: &[[f32; 3]], right: f32, left: f32, base: f32) -> bool {
    if rules.is_empty() || left < right - 1.0 {
        return false;
    }
    let from = rules.partition_point(|rule| rule[0] < right - 1.0);
    rules[from..].iter().take_while(|rule| rule[0] <= left + 1.0).any(|&[_, top, bottom]| top < base && base < bottom + 2.0)
}

fn is_alef(c: char) -> bool {
    matches!(c, 'ا' | 'أ' | 'إ' | 'آ')
}

/// Sets that are joined pair by pair.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn of(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }
}
