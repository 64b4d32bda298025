//! Puts the pieces of a page in reading order: rows of tables side by side, columns one after the other.
//!
//! Programs write nearly every page in reading order. That order is kept, except that text comes before the text below it. So headers and footers,
//! which many programs write at the end, go where they are seen.

use super::pieces::Piece;

/// Pieces below each other: the lines of a paragraph or of a cell.
#[derive(Debug)]
pub struct Block {
    pub pieces: Vec<Piece>,
    pub left: f32,
    pub right: f32,
    pub top: f32,
    pub bottom: f32,
    pub size: f32,
}

impl Block {
    fn new(piece: Piece) -> Self {
        let (left, right, top, bottom, size) = (piece.left, piece.right, piece.top(), piece.bottom(), piece.size);
        Self { pieces: vec![piece], left, right, top, bottom, size }
    }

    fn push(&mut self, piece: Piece) {
        self.left = self.left.min(piece.left);
        self.right = self.right.max(piece.right);
        self.top = self.top.min(piece.top());
        self.bottom = self.bottom.max(piece.bottom());
        self.pieces.push(piece);
    }

    fn base(&self) -> f32 {
        self.pieces.last().map_or(0.0, |piece| piece.base)
    }
}

/// Blocks side by side.
#[derive(Debug)]
pub struct Row {
    pub cells: Vec<Block>,
    /// The cells are read side by side: this is a row of a table, or a line with wide gaps.
    pub together: bool,
    /// The row belongs to the same table as the row before it.
    pub joined: bool,
}

impl Row {
    fn left(&self) -> f32 {
        self.cells.iter().map(|cell| cell.left).fold(f32::INFINITY, f32::min)
    }

    fn right(&self) -> f32 {
        self.cells.iter().map(|cell| cell.right).fold(f32::NEG_INFINITY, f32::max)
    }

    fn top(&self) -> f32 {
        self.cells.iter().map(|cell| cell.top).fold(f32::INFINITY, f32::min)
    }

    fn bottom(&self) -> f32 {
        self.cells.iter().map(|cell| cell.bottom).fold(f32::NEG_INFINITY, f32::max)
    }

    fn is_line(&self) -> bool {
        self.cells.iter().all(|cell| cell.pieces.len() == 1)
    }
}

fn overlap(a: (f32, f32), b: (f32, f32)) -> f32 {
    a.1.min(b.1) - a.0.max(b.0)
}

/// The rows of a page in reading order.
pub fn rows(pieces: Vec<Piece>) -> Vec<Row> {
    let leading = leading(&pieces);
    let mut rows: Vec<Row> = Vec::new();
    for piece in pieces {
        let Some(row) = rows.last_mut() else {
            rows.push(Row { cells: vec![Block::new(piece)], together: false, joined: false });
            continue;
        };
        if continues(row, &piece, leading) {
            if let Some(cell) = row.cells.last_mut() {
                cell.push(piece);
            }
        } else if beside(row, &piece) {
            row.cells.push(Block::new(piece));
        } else {
            rows.push(Row { cells: vec![Block::new(piece)], together: false, joined: false });
        }
    }
    let rows = with_centred_cells(rows);
    let rows = tables(rows);
    arranged(rows)
}

/// The usual distance between lines, in multiples of the font size.
fn leading(pieces: &[Piece]) -> f32 {
    let mut steps: Vec<f32> = pieces
        .windows(2)
        .filter(|pair| overlap((pair[0].left, pair[0].right), (pair[1].left, pair[1].right)) > 0.0)
        .map(|pair| (pair[1].base - pair[0].base) / pair[0].size.max(pair[1].size))
        .filter(|step| (0.8..3.2).contains(step))
        .collect();
    if steps.len() < 3 {
        return 1.3;
    }
    steps.sort_by(f32::total_cmp);
    steps[steps.len() / 2].clamp(1.0, 2.6)
}

/// Whether the piece is the next line of the row's last cell.
fn continues(row: &Row, piece: &Piece, leading: f32) -> bool {
    let Some((cell, others)) = row.cells.split_last() else { return false };
    let step = piece.base - cell.base();
    let size = cell.size.max(piece.size);
    let alike = piece.size > cell.size * 0.8 && cell.size > piece.size * 0.8;
    let most = if cell.pieces.len() > 1 {
        // The spacing of its own lines is known.
        let first = cell.pieces[1].base - cell.pieces[0].base;
        f32::max(first * 1.25, size * 1.1)
    } else {
        size * f32::max(leading * 1.25, 1.45)
    };
    alike
        && step > size * 0.3
        && step < most
        && overlap((cell.left, cell.right), (piece.left, piece.right)) > 0.0
        && others.iter().all(|other| overlap((other.left, other.right), (piece.left, piece.right)) <= size * 0.2)
}

/// Whether the piece stands beside the row, on one of its lines.
fn beside(row: &Row, piece: &Piece) -> bool {
    let apart = |cell: &Block| overlap((cell.left, cell.right), (piece.left, piece.right)) < piece.size * 0.2;
    let (top, bottom) = (row.top(), row.bottom());
    let middle = piece.base - piece.size * 0.25;
    row.cells.iter().all(apart) && top < middle && middle < bottom
}

/// Merges a vertically centred cell with its row. Its position made it a row of its own, because the cells after it begin above it.
fn with_centred_cells(rows: Vec<Row>) -> Vec<Row> {
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    for mut row in rows {
        if let Some(last) = out.last_mut()
            && row.top() < last.top()
            && last.bottom() < row.bottom()
            && last.bottom() - last.top() < (row.bottom() - row.top()) * 0.8
            && row.cells.iter().all(|cell| {
                last.cells.iter().all(|other| overlap((cell.left, cell.right), (other.left, other.right)) < cell.size * 0.2)
            })
        {
            last.cells.append(&mut row.cells);
            continue;
        }
        out.push(row);
    }
    out
}

/// Tells tables apart from columns.
fn tables(mut rows: Vec<Row>) -> Vec<Row> {
    let mut at = 0;
    while at < rows.len() {
        if rows[at].cells.len() < 2 {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < rows.len() && same_table(&rows[at..end], &rows[end]) {
            end += 1;
        }
        // Rows with a single cell at the end do not belong to the table.
        while rows[end - 1].cells.len() < 2 {
            end -= 1;
        }
        let many = rows[at..end].iter().filter(|row| row.cells.len() > 1).count() > 1;
        if many && is_prose(&rows[at..end]) {
            let columns = columns(rows.drain(at..end).collect());
            let count = columns.len();
            rows.splice(at..at, columns);
            at += count;
            continue;
        }
        for row in &mut rows[at..end] {
            row.together = many || row.is_line();
            row.joined = many;
        }
        rows[at].joined = false;
        at = end;
    }
    rows
}

/// Whether the row continues the table that ends with these rows.
fn same_table(table: &[Row], row: &Row) -> bool {
    let Some(last) = table.last() else { return false };
    let size = row.cells[0].size;
    let gap = row.top() - last.bottom();
    if gap < -size * 0.6 || gap > size * 2.5 {
        return false;
    }
    let Some(wide) = table.iter().rev().find(|row| row.cells.len() > 1) else { return false };
    if row.cells.len() == 1 {
        // A row with only one filled cell, or a heading between rows.
        return gap < size * 1.2 && row.is_line() && row.right() < wide.right() + size && row.left() > wide.left() - size;
    }
    // Apart from spanning cells, no cell may cover two cells of another row.
    let crossed = row
        .cells
        .iter()
        .filter(|cell| {
            wide.cells.iter().filter(|other| overlap((cell.left, cell.right), (other.left, other.right)) > size * 0.3).count() > 1
        })
        .count();
    crossed * 3 <= row.cells.len()
}

/// Whether these rows are columns of running text, written line by line across the page.
fn is_prose(rows: &[Row]) -> bool {
    if rows.len() < 6 || !rows.iter().all(|row| row.cells.len() <= 3 && row.is_line()) {
        return false;
    }
    let mut lengths: Vec<usize> = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.pieces[0].glyphs.len()).collect();
    lengths.sort_unstable();
    let full = |row: &&Row| row.cells.len() > 1;
    lengths[lengths.len() / 4] > 24 && rows.iter().filter(full).count() * 4 > rows.len() * 3
}

fn columns(rows: Vec<Row>) -> Vec<Row> {
    let mut columns: Vec<Block> = Vec::new();
    for block in rows.into_iter().flat_map(|row| row.cells) {
        let column = columns.iter_mut().find(|column| overlap((column.left, column.right), (block.left, block.right)) > 0.0);
        match column {
            Some(column) => block.pieces.into_iter().for_each(|piece| column.push(piece)),
            None => columns.push(block),
        }
    }
    columns.sort_by(|a, b| a.left.total_cmp(&b.left));
    columns.into_iter().map(|column| Row { cells: vec![column], together: false, joined: false }).collect()
}

/// Maximum number of rows to sort. No readable page has more, and sorting would take long.
const MAX_SORTED_ROWS: usize = 3000;

/// Moves rows before the rows below them; otherwise keeps the order.
fn arranged(rows: Vec<Row>) -> Vec<Row> {
    // From here on, columns are separate rows.
    let mut rows: Vec<Row> = rows
        .into_iter()
        .flat_map(|row| {
            if row.together || row.cells.len() < 2 {
                vec![row]
            } else {
                row.cells.into_iter().map(|cell| Row { cells: vec![cell], together: false, joined: false }).collect()
            }
        })
        .collect();
    if rows.len() > MAX_SORTED_ROWS {
        return rows;
    }
    let bounds: Vec<[f32; 4]> = rows.iter().map(|row| [row.left(), row.top(), row.right(), row.bottom()]).collect();
    let alone: Vec<bool> = (0..rows.len()).map(|at| is_alone(&bounds, at)).collect();
    let feet: Vec<bool> = (0..rows.len()).map(|at| alone[at] && rows[at].is_line() && is_foot(&bounds, at)).collect();
    let higher = |a: usize, b: usize| {
        let ([_, top, _, bottom], [_, other_top, _, _]) = (bounds[a], bounds[b]);
        bottom <= other_top + (bottom - top).min(6.0) * 0.5 && top < other_top
    };
    let share = |a: usize, b: usize| overlap((bounds[a][0], bounds[a][2]), (bounds[b][0], bounds[b][2])) > 0.0;
    let topmost: Vec<bool> = (0..rows.len()).map(|b| (0..rows.len()).all(|a| a == b || !higher(a, b) || !share(a, b))).collect();
    // A row with nothing above it heads a column, so only a line with nothing beside it may come before it.
    let above = |a: usize, b: usize| higher(a, b) && (share(a, b) || topmost[b] && alone[a] || feet[b]);
    // The number of rows that must come before each row.
    let mut waits: Vec<usize> = (0..rows.len()).map(|b| (0..rows.len()).filter(|&a| a != b && above(a, b)).count()).collect();
    let mut order = Vec::with_capacity(rows.len());
    let mut done = vec![false; rows.len()];
    let mut first = 0;
    while order.len() < rows.len() {
        while first < rows.len() && done[first] {
            first += 1;
        }
        // The topmost row always waits for none.
        let next = (first..rows.len()).find(|&at| !done[at] && waits[at] == 0).unwrap_or(first);
        done[next] = true;
        for other in (0..rows.len()).filter(|&other| !done[other] && above(next, other)) {
            waits[other] -= 1;
        }
        order.push(next);
    }
    let mut sorted: Vec<Option<Row>> = rows.drain(..).map(Some).collect();
    let mut out: Vec<Row> = order.into_iter().filter_map(|at| sorted[at].take()).collect();
    notes_last(&mut out);
    out
}

/// Whether nothing stands beside the row.
fn is_alone(bounds: &[[f32; 4]], at: usize) -> bool {
    let [_, top, _, bottom] = bounds[at];
    let slack = (bottom - top).min(6.0) * 0.3;
    bounds.iter().enumerate().all(|(other, &[_, other_top, _, other_bottom])| {
        other == at || other_bottom <= top + slack || bottom <= other_top + slack
    })
}

/// Whether the row stands below all others, with a gap.
fn is_foot(bounds: &[[f32; 4]], at: usize) -> bool {
    let [_, top, _, bottom] = bounds[at];
    bounds.iter().enumerate().all(|(other, other_bounds)| other == at || top - other_bounds[3] > (bottom - top) * 0.8)
}

/// Moves footnotes of a column after the other columns, so that they break no sentence.
fn notes_last(rows: &mut Vec<Row>) {
    let Some(body) = body_size(rows) else { return };
    let mut at = 0;
    let mut left = rows.len();
    while left > 0 && at + 1 < rows.len() {
        left -= 1;
        let (row, next) = (&rows[at], &rows[at + 1]);
        let small = row.cells.len() == 1 && row.cells[0].size < body * 0.93;
        // The text continues farther up, in the next column.
        let jumps = next.top() < row.top() - body * 4.0 && overlap((row.left(), row.right()), (next.left(), next.right())) <= 0.0;
        let begins = row.cells[0].pieces[0].glyphs.first().is_some_and(|first| !first.c.is_alphabetic());
        let below = rows.iter().all(|other| {
            overlap((row.left(), row.right()), (other.left(), other.right())) <= 0.0
                || other.top() <= row.top()
                || other.cells[0].size < body * 0.93
        });
        if small && jumps && begins && below {
            let row = rows.remove(at);
            // The footer of the page stays last.
            let place = rows.iter().rposition(|other| other.top() < row.bottom()).map_or(rows.len(), |last| last + 1);
            rows.insert(place, row);
        } else {
            at += 1;
        }
    }
}

/// The font size of most letters.
pub fn body_size(rows: &[Row]) -> Option<f32> {
    let mut sizes: Vec<(i64, usize)> = Vec::new();
    for piece in rows.iter().flat_map(|row| &row.cells).flat_map(|cell| &cell.pieces) {
        let size = (piece.size * 10.0) as i64;
        match sizes.iter_mut().find(|(other, _)| *other == size) {
            Some((_, count)) => *count += piece.glyphs.len(),
            None => sizes.push((size, piece.glyphs.len())),
        }
    }
    sizes.into_iter().max_by_key(|&(_, count)| count).map(|(size, _)| size as f32 / 10.0)
}
