//! The data that strategies and nodes exchange.

use crate::{
    ids::{CallId, NodeId},
    options::Mode,
    stop::Stop,
    traits::{
        corpus::{Hit, Passage},
        model::Model,
        repl::{CellOutcome, Context},
    },
};
use std::sync::Arc;

/// A node's task.
pub struct NodeSpec {
    pub node: NodeId,
    /// The sub-call that the node answers; `None` for the root.
    pub parent: Option<CallId>,
    /// Depth in the recursion; the root is 0.
    pub depth: u32,
    pub question: String,
    pub context: Context,
    /// The first characters of a context that was handed over as a text.
    pub context_head: Option<String>,
    pub mode: Mode,
    pub model: Arc<dyn Model>,
}

/// How a node ended.
pub struct NodeEnd {
    /// The answer, or the best so far.
    pub answer: String,
    /// The reason that there is no answer.
    pub stop: Option<Stop>,
    pub elapsed_ms: u64,
}

/// A line that a model was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub path: String,
    /// Line number, from 1.
    pub line: u64,
    pub text: String,
}

impl From<&Hit> for Line {
    fn from(hit: &Hit) -> Self {
        Line { path: hit.path.clone(), line: hit.line, text: hit.text.trim().to_owned() }
    }
}

impl Line {
    /// The line as models see it: `path:line: text`.
    pub fn shown(&self) -> String {
        format!("{}:{}: {}", self.path, self.line, self.text)
    }

    /// The lines of a passage that are not empty.
    pub fn of_passage(passage: &Passage) -> impl Iterator<Item = Line> {
        let line = |(line, text): (u64, &str)| Line { path: passage.path.clone(), line, text: text.trim().to_owned() };
        (passage.start_line..).zip(passage.text.lines()).filter(|(_, text)| !text.trim().is_empty()).map(line)
    }
}

/// Results of a cell's searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The first lines that were found.
    Something(Vec<Line>),
    /// The last query that found nothing.
    Nothing(String),
    /// There was no search, or the cell is from the record.
    Unknown,
}

/// A cell that ran.
pub struct Ran {
    pub outcome: CellOutcome,
    pub found: Found,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_passage_carry_their_numbers() {
        let passage = Passage { path: "a.md".into(), start_line: 7, end_line: 9, text: "one\n\nthree".into(), score: 1.0 };
        let line = |line, text: &str| Line { path: "a.md".into(), line, text: text.into() };
        assert_eq!(Line::of_passage(&passage).collect::<Vec<_>>(), [line(7, "one"), line(9, "three")]);
    }
}
