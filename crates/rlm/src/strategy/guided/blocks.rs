//! Pieces of documents for a small model: a few lines in a row, numbered, the best piece first.

use crate::{
    node::spec::Line,
    strategy::guided::table::{self, Columns},
    traits::corpus::Text,
};
use std::collections::BTreeMap;

/// Lines in a row of one document.
pub struct Block {
    /// The document.
    pub path: String,
    /// Lines by number, from 1. Empty lines are left out.
    pub lines: BTreeMap<u64, String>,
    /// Number of other lines that differ from its first one only in their numbers.
    pub alike: usize,
}

/// Blocks within a budget.
pub struct Blocks {
    pub blocks: Vec<Block>,
    /// Bytes that can still be added.
    room: usize,
    line_chars: usize,
}

impl Blocks {
    /// For about `room` bytes in lines of at most `line_chars` characters.
    pub fn new(room: usize, line_chars: usize) -> Self {
        Blocks { blocks: Vec::new(), room, line_chars }
    }

    /// Adds the lines `first` to `last` to the block that they touch, or as a new one, as far as there is room.
    pub fn add(&mut self, path: &str, text: &dyn Text, first: u64, last: u64, alike: usize) {
        let first = first.max(1);
        let touches = |block: &Block| {
            let span = block.lines.keys().next().zip(block.lines.keys().next_back());
            block.path == path && span.is_some_and(|(a, b)| first <= b + 2 && last + 2 >= *a)
        };
        let index = match self.blocks.iter().position(touches) {
            Some(index) => index,
            None if self.room == 0 => return,
            None => {
                self.blocks.push(Block { path: path.to_owned(), lines: BTreeMap::new(), alike });
                self.blocks.len() - 1
            }
        };
        let from = first.saturating_sub(table::REACH_LINES).max(1);
        let mut columns = Columns::new(from == 1);
        let lines = (from..).zip(text.as_str().lines().skip((from - 1) as usize)).take_while(|(number, _)| *number <= last);
        for (number, line) in lines {
            let named = columns.follow(line);
            if self.room == 0 || number < first || line.trim().is_empty() || self.blocks[index].lines.contains_key(&number) {
                continue;
            }
            self.put(index, number, named.as_deref().unwrap_or(line).trim_end());
        }
        if self.blocks[index].lines.is_empty() {
            self.blocks.remove(index);
        }
    }

    /// Adds a line that was shown, to the last block if that is of the same document.
    pub fn add_line(&mut self, line: &Line) {
        if self.room == 0 || self.blocks.iter().any(|block| block.path == line.path && block.lines.contains_key(&line.line)) {
            return;
        }
        if self.blocks.last().is_none_or(|block| block.path != line.path) {
            self.blocks.push(Block { path: line.path.clone(), lines: BTreeMap::new(), alike: 0 });
        }
        self.put(self.blocks.len() - 1, line.line, &line.text);
    }

    fn put(&mut self, index: usize, number: u64, line: &str) {
        let line = cut(line, self.line_chars);
        self.room = self.room.saturating_sub(line.len());
        self.blocks[index].lines.insert(number, line);
    }

    /// All lines, the best block's first.
    pub fn lines(&self) -> Vec<Line> {
        let of = |block: &Block| {
            let line = |(number, text): (&u64, &String)| Line { path: block.path.clone(), line: *number, text: text.clone() };
            block.lines.iter().map(line).collect::<Vec<_>>()
        };
        self.blocks.iter().flat_map(of).collect()
    }
}

/// The beginning of a long line.
pub fn cut(line: &str, chars: usize) -> String {
    match line.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbered;

    impl Text for Numbered {
        fn as_str(&self) -> &str {
            "one\ntwo\n\nfour\nfive\nsix\nseven\neight\nnine\nten"
        }
        fn digest(&self) -> &str {
            ""
        }
        fn place(&self, _line: u64) -> Option<String> {
            None
        }
    }

    #[test]
    fn pieces_that_touch_join_the_better_one() {
        let mut blocks = Blocks::new(1_000, 100);
        blocks.add("a", &Numbered, 8, 9, 0);
        blocks.add("a", &Numbered, 1, 2, 0);
        blocks.add("a", &Numbered, 6, 7, 0);
        let spans: Vec<Vec<u64>> = blocks.blocks.iter().map(|block| block.lines.keys().copied().collect()).collect();
        assert_eq!(spans, [vec![6, 7, 8, 9], vec![1, 2]]);
    }

    #[test]
    fn lines_of_one_document_in_a_row_are_one_block() {
        let mut blocks = Blocks::new(1_000, 100);
        let line = |path: &str, line| Line { path: path.into(), line, text: "words".into() };
        [line("a", 9), line("a", 2), line("b", 1), line("a", 9), line("a", 4)].iter().for_each(|line| blocks.add_line(line));
        let spans: Vec<(&str, Vec<u64>)> =
            blocks.blocks.iter().map(|block| (block.path.as_str(), block.lines.keys().copied().collect())).collect();
        assert_eq!(spans, [("a", vec![2, 9]), ("b", vec![1]), ("a", vec![4])]);
    }

    #[test]
    fn empty_lines_cost_nothing_of_the_budget() {
        let mut blocks = Blocks::new(8, 100);
        blocks.add("a", &Numbered, 1, 10, 0);
        assert_eq!(blocks.lines().iter().map(|line| line.line).collect::<Vec<_>>(), [1, 2, 4]);
    }
}
