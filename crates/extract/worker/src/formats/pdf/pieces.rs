//! Groups characters into pieces of lines, separated by no more than the spaces of a sentence.

use super::{
    glyphs::{Frame, Glyph},
    script,
};

/// Maximum gap within a piece whose parts were written one after the other, in multiples of the font size.
const MAX_SEQUENTIAL_GAP: f32 = 1.15;
/// Maximum gap within a piece whose parts were written apart, in multiples of the font size.
const MAX_SEPARATE_GAP: f32 = 0.6;
/// Maximum gap within a piece whose parts were written apart and are long, in multiples of the font size.
const MAX_LONG_GAP: f32 = 0.2;

/// A piece of a line.
#[derive(Clone, Debug)]
pub struct Piece {
    /// From left to right, or in writing order where that is the same.
    pub glyphs: Vec<Glyph>,
    pub left: f32,
    pub right: f32,
    pub base: f32,
    pub size: f32,
    /// Its index in the writing order of the page.
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

/// All pieces, in the writing order of the page.
pub fn pieces(frame: &Frame) -> Vec<Piece> {
    let runs = runs(frame);
    let mut groups = Groups::new(runs.len());
    // After sorting by baseline, runs that may belong together are near each other.
    let mut near: Vec<usize> = (0..runs.len()).collect();
    near.sort_by(|&a, &b| runs[a].base.total_cmp(&runs[b].base));
    let largest = runs.iter().map(|run| run.size).fold(0.0, f32::max).min(100.0);
    for (at, &a) in near.iter().enumerate() {
        for &b in near[at + 1..].iter().take(400) {
            if runs[b].base - runs[a].base > largest * 0.7 {
                break;
            }
            if belong_together(&runs[a], &runs[b], &frame.rules) {
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
    // The largest letters set the baseline; among equal sizes, the longest run does.
    let weight = |piece: &Piece| (piece.size * 4.0) as i64 * 1000 + piece.glyphs.len().min(999) as i64;
    let main = parts.iter().max_by_key(|piece| weight(piece))?;
    let (base, size) = (main.base, main.size);
    let order = parts.iter().map(|part| part.order).min()?;
    let left = parts.iter().map(|part| part.left).fold(f32::INFINITY, f32::min);
    let right = parts.iter().map(|part| part.right).fold(f32::NEG_INFINITY, f32::max);
    // Text written over a part, such as an accent or a word in a gap, is sorted in among its letters.
    let over = parts
        .windows(2)
        .any(|pair| pair[1].left < pair[0].right - size * 0.3 && pair[1].glyphs.len().min(pair[0].glyphs.len()) < 4);
    let mut glyphs: Vec<Glyph> = parts.into_iter().flat_map(|part| part.glyphs).collect();
    if over {
        glyphs.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    Some(Piece { glyphs, left, right, base, size, order })
}

/// Groups characters that follow each other from left to right.
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
    runs.iter_mut().for_each(|run| sort_ligatures(&mut run.glyphs));
    runs
}

/// Sorts the letters of right-to-left ligatures, which share a position, from left to right like the other letters.
fn sort_ligatures(glyphs: &mut [Glyph]) {
    let mut start = 0;
    while start + 1 < glyphs.len() {
        let left = glyphs[start].left;
        let shared =
            glyphs[start..].iter().take_while(|glyph| (glyph.left - left).abs() < 0.01 && script::is_rtl(glyph.c)).count();
        let end = start + shared.max(1);
        // Text that runs to the left was written in reading order.
        let leftward = match (glyphs.get(end), start.checked_sub(1).map(|before| &glyphs[before])) {
            (Some(next), _) if script::is_rtl(next.c) => next.left < left,
            (_, Some(last)) => last.left > left,
            _ => true,
        };
        match &mut glyphs[start..end] {
            // Lam-alef, by far the most common ligature, occurs in either order.
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
        // These are sorted later.
        return (glyph.left - last.right).max(last.left - glyph.right) < size * MAX_SEPARATE_GAP;
    }
    glyph.left > last.left - size * 0.4 && glyph.left - last.right < size * MAX_SEQUENTIAL_GAP
}

/// Whether two runs are neighbouring parts of one line.
fn belong_together(a: &Piece, b: &Piece, rules: &[[f32; 3]]) -> bool {
    let (one, two) = if a.left <= b.left { (a, b) } else { (b, a) };
    let (large, small) = if a.size >= b.size { (a, b) } else { (b, a) };
    let gap = two.left - one.right;
    let away = (a.base - b.base).abs();
    let size = large.size;
    if gap > size * MAX_SEQUENTIAL_GAP || divided(rules, one.right, two.left, (a.base + b.base) / 2.0) {
        return false;
    }
    if away < size * 0.12 {
        // A wide gap in a line written without a break is a stretched space.
        let first = if a.order < b.order { a } else { b };
        let after = a.order.abs_diff(b.order) <= first.glyphs.len() + 2;
        // Long runs that were written apart are lines of different columns, however close they are.
        let columns = a.glyphs.len().min(b.glyphs.len()) > 12 && !a.glyphs.iter().any(|glyph| script::is_rtl(glyph.c));
        let most = if after {
            MAX_SEQUENTIAL_GAP
        } else if columns {
            MAX_LONG_GAP
        } else {
            MAX_SEPARATE_GAP
        };
        return gap < small.size.min(size) * most;
    }
    // Superscripts and subscripts: smaller, and close to a letter.
    let raised = small.size < size * 0.9 && away < size * 0.62;
    // Accents and signs in formulas stand a little higher or lower.
    let few = a.glyphs.len().min(b.glyphs.len()) <= 2;
    let rtl = |run: &Piece| run.glyphs.iter().any(|glyph| script::is_rtl(glyph.c));
    let most = if rtl(a) && rtl(b) { 0.62 } else { 0.4 };
    let overlaps = gap < size * 0.1 && away < size * most && few;
    let is_mark = |run: &Piece| run.glyphs.iter().all(|glyph| script::is_mark(glyph.c));
    let mark = gap < 0.0 && away < size * 0.9 && (is_mark(a) || is_mark(b));
    (raised || overlaps || mark) && gap < size * 0.35
}

/// Whether a vertical rule stands between.
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

/// Disjoint sets, merged pair by pair (union-find).
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
