//! The guided REPL, for small models. The engine looks first, and the model reads the lines found in plain words, without code. Where the lines do
//! not hold the answer, or are many of a kind, the model writes code inside a fence, and the question is repeated after each output. "Nothing
//! found" is not accepted as an answer the first time. At the end the model reads again, the lines that its code found included.
//!
//! Reading is apart from coding because a small model cannot do both at once: of 27 questions it answered 14 right where the answer had to be
//! written as Python, and 17 to 18 in plain words.

pub mod blocks;
pub mod evidence;
pub mod lookup;
pub mod table;

use crate::{
    calls::call::Prompt,
    fault::Fault,
    node::spec::{Found, Line, NodeSpec, Ran},
    prompts::render,
    record::event::EventKind,
    run::state::Run,
    stop::Stop,
    strategy::{
        Step, Strategy, Taken,
        cells::Cells,
        free::hint,
        guided::blocks::{Block, Blocks, cut},
    },
    traits::{
        model::{Message, Role},
        repl::Context,
    },
};
use async_trait::async_trait;
use minijinja::context;
use regex::Regex;
use std::{collections::HashSet, sync::LazyLock};

/// The number of a line, in brackets at the end of an answer.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s*\[+(?:line )?(\d{1,4})\]+\.?$").expect("constant pattern"));

/// The beginning of a reply that says that the lines hold no answer.
const NOT_FOUND: &str = "not found";
/// Texts that end a reply that reads.
const ANSWER_ENDS: [&str; 2] = ["\nQuestion:", "\n\n"];
/// Maximum length of a reply that reads, in tokens: a few sentences.
const MAX_ANSWER_TOKENS: u32 = 240;
/// Minimum number of lines like the best one that are to be counted, not read.
const MIN_ALIKE: usize = 3;
/// Maximum number of turns: after these a small model only repeats itself.
const MAX_TURNS: u32 = 6;
/// The text that ends code.
const CODE_END: &str = "\n```";
/// Maximum length of a turn of code, in tokens: a few lines.
const MAX_CODE_TOKENS: u32 = 320;
/// Maximum output of one cell that the model sees, in characters.
const MAX_OUTPUT_CHARS: usize = 1_600;

/// Maximum number of paths listed in the first message.
const MAX_LISTED: usize = 30;
/// Maximum number of lines looked up for the question.
const MAX_LINES: usize = 6;
/// Maximum number of passages looked up for the question.
const MAX_PASSAGES: usize = 4;
/// Passages that come before the lines.
const FIRST_PASSAGES: usize = 2;
/// Maximum length of one line, in characters.
const MAX_LINE_CHARS: usize = 240;
/// Maximum length of all lines shown, in characters: reading them is most of a small model's time.
const MAX_SHOWN_CHARS: usize = 3_200;
/// Lines before and after a line that fits: sentences run over several.
const LINES_AROUND: u64 = 2;
/// First lines that are shown of a document that is asked about alone.
const PEEK_LINES: usize = 3;

/// Leads a small model: shows it lines to read or has it write code, whichever fits.
pub struct Guided<'a> {
    run: &'a Run,
    spec: &'a NodeSpec,
    cells: Cells,
    /// Lines the model was shown, those that its code found first.
    shown: Vec<Line>,
    /// The lines are to be read before any code is written.
    is_unread: bool,
    /// The model was told that nothing was found.
    has_warned: bool,
    /// Cells that ran, without their comments.
    known_code: HashSet<String>,
    /// The model ran the same code again: a small one does not find out of a circle.
    goes_in_circles: bool,
    /// The beginning of the next reply that writes code.
    begin: Begin,
}

/// The beginning of a reply that writes code.
#[derive(Clone, Copy)]
enum Begin {
    /// The line that fits best is one of many that read alike: they are to be counted.
    Count,
    /// Nothing fits yet: the model is free.
    Look,
}

impl Begin {
    fn words(self) -> String {
        match self {
            Begin::Count => render("guided_begin_count", context! {}),
            Begin::Look => render("guided_begin_look", context! {}),
        }
    }
}

impl<'a> Guided<'a> {
    /// For the node `spec`.
    pub fn new(run: &'a Run, spec: &'a NodeSpec) -> Self {
        Guided {
            run,
            spec,
            cells: Cells::default(),
            shown: Vec::new(),
            is_unread: false,
            has_warned: false,
            known_code: HashSet::new(),
            goes_in_circles: false,
            begin: Begin::Look,
        }
    }

    /// The engine's own look: the lines that share most with the question and the passages that rank best for it. Among many lines that read
    /// alike the lines say most; in prose and code the passages do.
    async fn look(&self, pieces: &mut Blocks) -> Result<(), Fault> {
        let Guided { run, spec, .. } = self;
        let corpus = &run.corpus;
        let lines = lookup::best_lines(corpus.as_ref(), &spec.question, MAX_LINES).await;
        let many = lines.first().is_some_and(|best| best.alike >= MIN_ALIKE);
        let passages = corpus.search(&spec.question, MAX_PASSAGES, None).await.unwrap_or_default();
        let documents: HashSet<&String> = passages.iter().map(|passage| &passage.path).collect();
        let (hits, documents) = (passages.len() as u64, documents.len() as u64);
        let event = EventKind::Searched { cell: 0, query: spec.question.clone(), hits, documents };
        run.log.append(spec.node, event).await?;
        // The lines around one of many that read alike are other entries, not its context.
        let around = if many { 0 } else { LINES_AROUND };
        let of_lines = lines.iter().map(|found| {
            let line = found.line.line;
            (&found.line.path, line.saturating_sub(around), line + around, found.alike)
        });
        let mut of_passages = passages.iter().map(|passage| (&passage.path, passage.start_line, passage.end_line, 0));
        let first: Vec<_> = of_passages.by_ref().take(if many { 0 } else { FIRST_PASSAGES }).collect();
        for (path, start, end, alike) in first.into_iter().chain(of_lines).chain(of_passages) {
            run.touch(spec.node, path).await?;
            if let Ok(text) = corpus.text(path).await {
                pieces.add(path, text.as_ref(), start, end, alike);
            }
        }
        Ok(())
    }

    /// The next reply is read out of lines, not written as code.
    fn reads(&self, is_last: bool) -> bool {
        self.is_unread || is_last || self.goes_in_circles
    }

    /// The lines to read.
    fn pieces(&self) -> Blocks {
        let mut pieces = Blocks::new(MAX_SHOWN_CHARS, MAX_LINE_CHARS);
        self.shown.iter().for_each(|line| pieces.add_line(line));
        pieces
    }

    /// Takes an answer that was read, with the place it most likely rests on where the model named none. `None`: the lines do not say it, and
    /// the model has not looked for others yet.
    fn read(&mut self, reply: &str, is_last: bool) -> Option<String> {
        let is_first = std::mem::take(&mut self.is_unread);
        let reply = reply.trim();
        let begin = render("guided_begin_answer", context! {});
        let answer = reply.strip_prefix(&begin).unwrap_or(reply).trim();
        if !answer.is_empty() && !answer.to_lowercase().starts_with(NOT_FOUND) {
            return Some(evidence::attach(&placed(answer, &self.pieces().lines()), &self.shown));
        }
        (!is_first || is_last).then(|| render("guided_not_found", context! {}))
    }

    /// Notes the code of a reply, to see whether the model goes in circles.
    fn note_code(&mut self) {
        let lines = self.cells.codes.iter().flat_map(|cell| cell.lines());
        let code = lines.filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
        self.goes_in_circles |= !self.known_code.insert(code);
    }

    /// Takes an answer that code gave, with the place it most likely rests on where the model named none. `None`: nothing was found on the way
    /// to it, so it deserves a second look.
    fn given(&mut self, answer: &str, found: &Found, is_last: bool) -> Option<String> {
        let unfounded = matches!(found, Found::Nothing(_)) || answer.trim().is_empty();
        if unfounded && !self.has_warned && !is_last {
            self.has_warned = true;
            return None;
        }
        // A computed answer, such as a number of lines, rests on the lines that the code found, not on one that happens to hold the same number.
        let rests_on = match found {
            Found::Something(lines) => lines.get(..1).unwrap_or(&self.shown),
            _ => &self.shown,
        };
        Some(evidence::attach(answer, rests_on))
    }

    /// The message after cells ran: where a search found nothing, with the lines that come closest to its query.
    async fn tell(&mut self) -> Result<String, Fault> {
        let Guided { run, spec, .. } = *self;
        let ran = &self.cells.ran;
        let output = ran.iter().map(|ran| ran.outcome.output.trim_end()).filter(|o| !o.is_empty()).collect::<Vec<_>>().join("\n");
        let error = ran.iter().rev().find_map(|ran| ran.outcome.error.clone());
        let lines_of = |ran: &Ran| match &ran.found {
            Found::Something(lines) => lines.clone(),
            _ => Vec::new(),
        };
        let mut found: Vec<Line> = ran.iter().flat_map(lines_of).collect();
        let nothing = ran.iter().find_map(|ran| match &ran.found {
            Found::Nothing(query) => Some(query),
            _ => None,
        });
        let close = match nothing {
            Some(query) => lookup::best_lines(run.corpus.as_ref(), query, MAX_LINES / 2).await,
            None => Vec::new(),
        };
        run.given.lines(&run.log, spec.node, close.iter().map(|found| &found.line.path)).await?;
        let lines: Vec<String> = close.iter().map(|found| cut(&found.line.shown(), MAX_LINE_CHARS)).collect();
        let question = spec.question.clone();
        let told = render("guided_output", context! { output, error, nothing, lines, question });
        found.extend(close.into_iter().map(|found| found.line));
        self.shown.splice(0..0, found);
        self.begin = Begin::Look;
        Ok(told)
    }
}

#[async_trait]
impl Strategy for Guided<'_> {
    fn max_turns(&self, limit: u32) -> u32 {
        limit.clamp(1, MAX_TURNS)
    }

    fn max_output_chars(&self) -> usize {
        MAX_OUTPUT_CHARS
    }

    fn uses_findings(&self) -> bool {
        true
    }

    /// Opens the conversation in code, with the engine's own look at the texts.
    async fn open(&mut self) -> Result<Vec<Message>, Stop> {
        let Guided { run, spec, .. } = *self;
        let mut pieces = Blocks::new(MAX_SHOWN_CHARS, MAX_LINE_CHARS);
        let (mut listing, mut more, mut peek) = (vec!["context".to_owned()], 0, String::new());
        if matches!(spec.context, Context::Placed { .. }) {
            peek = spec.context_head.clone().unwrap_or_default();
        } else {
            listing = run.askable(MAX_LISTED).await;
            self.look(&mut pieces).await?;
            if let (Context::Document { path }, Ok(text)) = (&spec.context, run.corpus.text(&listing.concat()).await) {
                run.touch(spec.node, path).await?;
                let lines = text.as_str().lines().filter(|line| !line.trim().is_empty()).take(PEEK_LINES);
                peek = lines.map(|line| cut(line, MAX_LINE_CHARS / 2)).collect::<Vec<_>>().join("\n");
            }
            more = run.corpus.overview().await.documents.saturating_sub(listing.len() as u64);
        }
        let (question, blocks) = (spec.question.clone(), values(&pieces, |number| number));
        let first = render("guided_first", context! { listing, more, peek, blocks, question });
        let many = pieces.blocks.first().is_some_and(|best| best.alike >= MIN_ALIKE);
        self.shown = pieces.lines();
        self.is_unread = !many && !self.shown.is_empty();
        self.begin = if many { Begin::Count } else { Begin::Look };
        Ok(vec![Message::new(Role::System, render("guided_system", context! {})), Message::new(Role::User, first)])
    }

    fn prompt(&self, conversation: Vec<Message>, is_last: bool) -> Prompt {
        if !self.reads(is_last) {
            return Prompt {
                prefill: Some(self.begin.words()),
                stop: vec![CODE_END.to_owned()],
                max_output_tokens: MAX_CODE_TOKENS,
                grows: true,
                ..Prompt::new(conversation)
            };
        }
        let question = self.spec.question.clone();
        let lines = render("guided_lines", context! { blocks => counted(&self.pieces()), question });
        let messages = vec![Message::new(Role::System, render("guided_read", context! {})), Message::new(Role::User, lines)];
        Prompt {
            prefill: Some(render("guided_begin_answer", context! {})),
            stop: ANSWER_ENDS.map(str::to_owned).to_vec(),
            max_output_tokens: MAX_ANSWER_TOKENS,
            ..Prompt::new(messages)
        }
    }

    async fn take(&mut self, taken: Taken<'_>, is_last: bool) -> Result<Step, Stop> {
        match taken {
            Taken::Reply { reply, .. } if self.reads(is_last) => {
                return Ok(self.read(&reply.text, is_last).map_or(Step::Again, Step::Said));
            }
            // The few lines that a small model may write are mostly complete before its limit, so code that was cut off runs too.
            Taken::Reply { reply, cells_on_record } => match self.cells.read(reply, cells_on_record, false, is_last) {
                Some(Step::Again) => return Ok(Step::Tell(hint(self.spec))),
                Some(step) => return Ok(step),
                None => self.note_code(),
            },
            Taken::Ran(ran) => {
                let answer = ran.outcome.answer.as_ref().and_then(|answer| self.given(answer, &ran.found, is_last));
                self.cells.ran(ran);
                if let Some(answer) = answer {
                    return Ok(Step::Answer(answer));
                }
            }
        }
        Ok(match self.cells.next() {
            Some(step) => step,
            None => Step::Tell(self.tell().await?),
        })
    }

    fn best(&self) -> &str {
        &self.cells.best
    }
}

/// Blocks as template values. `number` turns a line's number in its document into the one that is shown.
fn values(pieces: &Blocks, mut number: impl FnMut(u64) -> u64) -> Vec<minijinja::Value> {
    let mut value = |block: &Block| {
        let lines: Vec<String> = block.lines.iter().map(|(at, line)| format!("{}: {line}", number(*at))).collect();
        context! { path => block.path.clone(), lines, alike => block.alike }
    };
    pieces.blocks.iter().map(&mut value).collect()
}

/// Blocks to read, their lines numbered from 1 through all of them: to a small model each digit is a token, and so is each piece of a path that
/// it would have to write.
fn counted(pieces: &Blocks) -> Vec<minijinja::Value> {
    let mut count = 0;
    values(pieces, |_| {
        count += 1;
        count
    })
}

/// The answer with the place of the line whose number, as in [`counted`], stands in brackets at its end.
fn placed(answer: &str, lines: &[Line]) -> String {
    let named = NUMBERED.captures(answer).and_then(|found| Some((found.get(0)?.start(), found[1].parse::<usize>().ok()?)));
    let line = named.and_then(|(at, number)| Some((at, lines.get(number.checked_sub(1)?)?)));
    match line {
        Some((at, line)) => format!("{} [[{}#L{}]]", answer[..at].trim_end(), line.path, line.line),
        None => answer.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let line = |path: &str, line, text: &str| Line { path: path.into(), line, text: text.into() };
        vec![line("hut/rules.md", 6, "Guests sign the book."), line("b.md", 70, "The hut takes 12 guests.")]
    }

    #[test]
    fn a_line_number_in_brackets_becomes_its_place() {
        for answer in ["12 guests [2]", "12 guests[2].", "12 guests [[2]]", "12 guests [line 2]"] {
            assert_eq!(placed(answer, &lines()), "12 guests [[b.md#L70]]");
        }
    }

    #[test]
    fn brackets_without_a_line_number_stay() {
        for answer in ["12 guests [3]", "12 guests [0]", "x[1] is 12", "12 guests [[b.md#L70]]", "12 guests"] {
            assert_eq!(placed(answer, &lines()), answer);
        }
    }

    #[test]
    fn lines_are_numbered_in_the_order_of_their_places() {
        let mut pieces = Blocks::new(MAX_SHOWN_CHARS, MAX_LINE_CHARS);
        lines().iter().for_each(|line| pieces.add_line(line));
        let text = render("guided_lines", context! { blocks => counted(&pieces), question => "How many?" });
        assert!(text.contains("1: Guests") && text.contains("2: The hut"), "{text}");
        assert_eq!(pieces.lines(), lines());
    }
}
