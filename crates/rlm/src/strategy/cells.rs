//! The cells of one reply, on their way through the REPL.

use crate::{
    node::spec::{Found, Ran},
    prompts::render,
    record::replay::ReplyRecord,
    strategy::{
        Step,
        fence::{self, TextAnswer},
    },
    traits::repl::{CellEnding, CellOutcome},
    usage::Finish,
};
use minijinja::context;

/// Characters of an output that is kept as the best answer so far.
const BEST_CHARS: usize = 4_000;

/// The cells of the latest reply, and the best answer of all replies.
#[derive(Default)]
pub struct Cells {
    pub codes: Vec<String>,
    /// Outcomes of the first cells.
    pub ran: Vec<Ran>,
    /// The last cell is only a part of the code that the model was writing, so it does not run.
    is_cut_off: bool,
    /// An answer in the text beside the code.
    said: Option<String>,
    replies_without_code: u32,
    pub best: String,
}

impl Cells {
    /// Reads a reply. Returns the step that follows from it where it holds no code; [`Step::Again`] stands for a hint.
    ///
    /// `holds_cut_off`: the last cell of a reply that was cut off does not run, unless `cells_on_record` say that it did.
    pub fn read(&mut self, reply: &ReplyRecord, cells_on_record: usize, holds_cut_off: bool, is_last: bool) -> Option<Step> {
        let mut parsed = fence::parse(&reply.text);
        let is_part = reply.finish == Finish::Length && parsed.unclosed && cells_on_record < parsed.cells.len();
        self.is_cut_off = holds_cut_off && is_part;
        // A variable is looked up after the code beside it has run.
        if let Some(TextAnswer::Variable(name)) = parsed.answer.take_if(|answer| matches!(answer, TextAnswer::Variable(_)))
            && !self.is_cut_off
        {
            parsed.cells.push(format!("FINAL_VAR({name:?})"));
        }
        (self.codes, self.ran) = (parsed.cells, Vec::new());
        self.said = parsed.answer.map(|(TextAnswer::Words(words) | TextAnswer::Variable(words))| words);
        if !self.codes.is_empty() {
            return None;
        }
        if let Some(words) = self.said.take() {
            return Some(Step::Said(words));
        }
        self.replies_without_code += 1;
        self.best = reply.text.trim().to_owned();
        // A second reply without code is the model's way of answering.
        let is_answer = !self.best.is_empty() && (self.replies_without_code > 1 || is_last);
        Some(if is_answer { Step::Said(self.best.clone()) } else { Step::Again })
    }

    /// Keeps the outcome of a cell.
    pub fn ran(&mut self, ran: Ran) {
        let output = ran.outcome.output.trim();
        if !output.is_empty() {
            self.best = output.chars().take(BEST_CHARS).collect();
        }
        self.ran.push(ran);
    }

    /// The next step while there is code to run or an answer beside it; `None` once the model is to be told the outcomes.
    pub fn next(&mut self) -> Option<Step> {
        if self.has_failed() {
            return None;
        }
        match self.codes.get(self.ran.len()) {
            Some(_) if self.is_cut_off && self.ran.len() + 1 == self.codes.len() => {
                self.ran.push(Ran { outcome: not_run(), found: Found::Unknown });
                None
            }
            Some(code) => Some(Step::Run(code.clone())),
            None => self.said.take().map(Step::Said),
        }
    }

    /// Cells did not run because one before them failed.
    pub fn are_skipped(&self) -> bool {
        self.ran.len() < self.codes.len()
    }

    fn has_failed(&self) -> bool {
        self.ran.last().is_some_and(|ran| ran.outcome.ending != CellEnding::Done)
    }
}

/// The outcome of code that was cut off.
fn not_run() -> CellOutcome {
    let error = Some(render("cut_off", context! {}));
    CellOutcome { error, ..CellOutcome::ended(CellEnding::Raised) }
}
