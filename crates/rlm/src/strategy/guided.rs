//! The guided REPL, for small models: the engine looks first, and what it finds is read in plain words, without any code. Where the lines do not say
//! it, or are many of a kind, the model writes code: held inside a fence, with the question repeated after each output. "Nothing found" is not
//! taken for an answer the first time. At the end the model reads again, now also what its code has found.
//!
//! Reading is apart from coding because a small model cannot do both at once: of 27 questions it answered 14 right where the answer had to be
//! written as Python, and 17 to 18 in plain words.

pub mod blocks;
pub mod evidence;
pub mod lookup;
pub mod table;

use crate::{
    calls::call::Prompt,
    node::{
        host::touch,
        turns::{Found, NodeSpec},
    },
    record::event::EventKind,
    shared::{Shared, Stop},
    strategy::{
        free::askable,
        guided::{
            blocks::{Block, Blocks, cut},
            evidence::Line,
        },
        prompt::render,
    },
    traits::{
        model::{Message, Role},
        repl::{CellOutcome, Context},
    },
};
use minijinja::context;
use regex::Regex;
use std::{collections::HashSet, sync::LazyLock};

/// The number of a line, in brackets at the end of an answer.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s*\[+(?:line )?(\d{1,4})\]+\.?$").expect("constant pattern"));

/// What a reply that reads begins with.
const ANSWER: &str = "Answer:";
/// What it says, after that, where the lines do not say it.
const NONE: &str = "not found";
/// What the user is told then.
const NOWHERE: &str = "Not found: no line that was read answers this. Ask with other words, those that stand in the documents, or with a larger model.";
/// What ends it.
const ANSWERED: [&str; 2] = ["\nQuestion:", "\n\n"];
/// Output tokens of reading: a few sentences.
const READ_OUTPUT: u32 = 240;
/// Where the line that fits best is one of many that read alike, they are to be counted, not read.
const COUNT: &str = "```python\n# Count:";
/// Where nothing fits yet, the model is free.
const FREE: &str = "```python\n#";
/// So many lines that read alike are more than one statement.
const MANY: usize = 3;
/// Turns after which a small model only repeats itself.
pub const MOST_TURNS: u32 = 6;
/// What ends code.
const CODED: &str = "\n```";
/// Output tokens of a turn of code: a few lines.
const CODE_OUTPUT: u32 = 320;
/// Output of one cell that the model sees, in characters.
pub const OUTPUT_CHARS: usize = 1_600;

/// Paths listed in the first message.
const LISTED: usize = 30;
/// Lines that share most with the question.
const LINES: usize = 6;
/// Passages looked up for the question.
const PASSAGES: usize = 4;
/// Those of them that come before the lines.
const FIRST_PASSAGES: usize = 2;
/// Characters of one line.
const LINE_CHARS: usize = 240;
/// Characters of all lines shown: reading them is most of a small model's time.
const SHOWN_CHARS: usize = 3_200;
/// Lines before and after a line that fits: sentences run over several.
const AROUND: u64 = 2;
/// Lines of the beginning that are shown of a document that is asked about alone.
const PEEK_LINES: usize = 3;

/// What the engine keeps in mind beside the model.
pub struct Guide {
    question: String,
    /// Lines the model has been shown, those that its code found first.
    shown: Vec<Line>,
    /// The lines are to be read before any code is written.
    unread: bool,
    warned: bool,
    /// Cells it has run, without their comments.
    ran: HashSet<String>,
    /// It ran what it had run before: a small model does not find out of a circle.
    circles: bool,
    /// What the next reply of code begins with.
    begin: &'static str,
}

/// The first two messages of the conversation in code, with the engine's own look at the texts.
pub async fn open(shared: &Shared, spec: &NodeSpec) -> Result<(Guide, Vec<Message>), Stop> {
    let mut pieces = Blocks::new(SHOWN_CHARS, LINE_CHARS);
    let mut peek = String::new();
    let (listing, more) = match &spec.context {
        Context::Placed { .. } => {
            peek = spec.context_head.clone().unwrap_or_default();
            (vec!["context".to_owned()], 0)
        }
        _ => {
            let listing = askable(shared, LISTED).await;
            look(shared, spec, &mut pieces).await?;
            if let (Context::Document { path }, Ok(text)) = (&spec.context, shared.corpus.text(&listing.concat()).await) {
                touch(shared, spec, path).await?;
                let lines = text.as_str().lines().filter(|line| !line.trim().is_empty()).take(PEEK_LINES);
                peek = lines.map(|line| cut(line, LINE_CHARS / 2)).collect::<Vec<_>>().join("\n");
            }
            let more = shared.corpus.overview().await.documents.saturating_sub(listing.len() as u64);
            (listing, more)
        }
    };
    let many = pieces.blocks.first().is_some_and(|best| best.alike >= MANY);
    let question = spec.question.clone();
    let first = render(
        "guided_first",
        context! { listing, more, peek, blocks => values(&pieces, |number| number), question => question.clone() },
    );
    let messages = vec![Message::new(Role::System, render("guided_system", context! {})), Message::new(Role::User, first)];
    let shown = pieces.lines();
    let (unread, begin) = (!many && !shown.is_empty(), if many { COUNT } else { FREE });
    Ok((Guide { question, shown, unread, warned: false, ran: HashSet::new(), circles: false, begin }, messages))
}

/// Blocks as the templates take them. Each line goes by the number that `number` makes of the one it has in its document.
fn values(pieces: &Blocks, mut number: impl FnMut(u64) -> u64) -> Vec<minijinja::Value> {
    let mut value = |block: &Block| {
        let lines: Vec<String> = block.lines.iter().map(|(at, line)| format!("{}: {line}", number(*at))).collect();
        context! { path => block.path.clone(), lines, alike => block.alike }
    };
    pieces.blocks.iter().map(&mut value).collect()
}

/// Blocks as they are read, their lines numbered from 1 on through all of them: each digit is a token to a small model, and so is each piece of a
/// path that it would have to write.
fn counted(pieces: &Blocks) -> Vec<minijinja::Value> {
    let mut count = 0;
    values(pieces, |_| {
        count += 1;
        count
    })
}

/// The answer with the place of the line whose number, as [`counted`], stands in brackets at its end.
fn placed(answer: &str, lines: &[Line]) -> String {
    let named = NUMBERED.captures(answer).and_then(|found| Some((found.get(0)?.start(), found[1].parse::<usize>().ok()?)));
    let line = named.and_then(|(at, number)| Some((at, lines.get(number.checked_sub(1)?)?)));
    match line {
        Some((at, line)) => format!("{} [[{}#L{}]]", answer[..at].trim_end(), line.path, line.line),
        None => answer.to_owned(),
    }
}

/// The engine's own look: the lines that share most with the question and the passages that rank best for it. Where many lines read alike these
/// say most; in prose and code the passages do.
async fn look(shared: &Shared, spec: &NodeSpec, pieces: &mut Blocks) -> Result<(), Stop> {
    let corpus = &shared.corpus;
    let lines = lookup::best_lines(corpus.as_ref(), &spec.question, LINES).await;
    let many = lines.first().is_some_and(|best| best.alike >= MANY);
    let passages = corpus.search(&spec.question, PASSAGES, None).await.unwrap_or_default();
    let documents: HashSet<&String> = passages.iter().map(|passage| &passage.path).collect();
    let (hits, documents) = (passages.len() as u64, documents.len() as u64);
    let event = EventKind::Searched { cell: 0, query: spec.question.clone(), hits, documents };
    shared.log.append(spec.node, event).await?;
    // The lines around one of many that read alike are other entries, not its context.
    let around = if many { 0 } else { AROUND };
    let of_lines = lines.iter().map(|found| {
        let line = found.line.line;
        (&found.line.path, line.saturating_sub(around), line + around, found.alike)
    });
    let mut of_passages = passages.iter().map(|passage| (&passage.path, passage.start_line, passage.end_line, 0));
    let first: Vec<_> = of_passages.by_ref().take(if many { 0 } else { FIRST_PASSAGES }).collect();
    for (path, start, end, alike) in first.into_iter().chain(of_lines).chain(of_passages) {
        touch(shared, spec, path).await?;
        if let Ok(text) = corpus.text(path).await {
            pieces.add(path, text.as_ref(), start, end, alike);
        }
    }
    Ok(())
}

impl Guide {
    /// The next reply is read out of lines, not written as code.
    pub fn reads(&self, last: bool) -> bool {
        self.unread || last || self.circles
    }

    /// What the model is asked next.
    pub fn prompt(&self, conversation: Vec<Message>, last: bool) -> Prompt {
        if !self.reads(last) {
            let (prefill, stop) = (Some(self.begin.to_owned()), vec![CODED.to_owned()]);
            return Prompt { messages: conversation, temperature: 0.0, prefill, stop, most_output: CODE_OUTPUT, grows: true };
        }
        let lines = render("guided_lines", context! { blocks => counted(&self.pieces()), question => self.question.clone() });
        let messages = vec![Message::new(Role::System, render("guided_read", context! {})), Message::new(Role::User, lines)];
        let (prefill, stop) = (Some(ANSWER.to_owned()), ANSWERED.map(str::to_owned).to_vec());
        Prompt { messages, temperature: 0.0, prefill, stop, most_output: READ_OUTPUT, grows: false }
    }

    /// What is read.
    fn pieces(&self) -> Blocks {
        let mut pieces = Blocks::new(SHOWN_CHARS, LINE_CHARS);
        self.shown.iter().for_each(|line| pieces.add_line(line));
        pieces
    }

    /// Takes an answer that was read, with the place it most likely rests on where the model named none. `None`: the lines do not say it, and
    /// the model has not looked for others yet.
    pub fn read(&mut self, reply: &str, last: bool) -> Option<String> {
        let first = std::mem::take(&mut self.unread);
        let reply = reply.trim();
        let answer = reply.strip_prefix(ANSWER).unwrap_or(reply).trim();
        if !answer.is_empty() && !answer.to_lowercase().starts_with(NONE) {
            return Some(evidence::attach(&placed(answer, &self.pieces().lines()), &self.shown));
        }
        (!first || last).then(|| NOWHERE.to_owned())
    }

    /// Notes the code of a reply, to see whether the model runs in circles.
    pub fn note(&mut self, cells: &[String]) {
        let code = cells.iter().flat_map(|cell| cell.lines()).filter(|line| !line.trim_start().starts_with('#'));
        self.circles |= !self.ran.insert(code.collect::<Vec<_>>().join("\n"));
    }

    /// Takes an answer, with the place it most likely rests on where the model named none. `None`: nothing was found on the way to it, so it
    /// deserves a second look.
    pub fn take(&mut self, answer: &str, found: &Found, last: bool) -> Option<String> {
        let unfounded = matches!(found, Found::Nothing(_)) || answer.trim().is_empty();
        if unfounded && !self.warned && !last {
            self.warned = true;
            return None;
        }
        // What code computes, such as a number of lines, rests on what it found, not on a line that happens to hold the same number.
        let rests_on = match found {
            Found::Something(lines) => lines.get(..1).unwrap_or(&self.shown),
            _ => &self.shown,
        };
        Some(evidence::attach(answer, rests_on))
    }

    /// What the model is told after its cell: where a search found nothing, also the lines that come closest to what it looked for.
    pub async fn tell(&mut self, shared: &Shared, spec: &NodeSpec, outcomes: &[(CellOutcome, Found)]) -> Result<String, Stop> {
        let output = outcomes.iter().map(|(o, _)| o.output.trim_end()).filter(|o| !o.is_empty()).collect::<Vec<_>>().join("\n");
        let error = outcomes.iter().rev().find_map(|(outcome, _)| outcome.error.clone());
        let lines_of = |(_, found): &(CellOutcome, Found)| match found {
            Found::Something(lines) => lines.clone(),
            _ => Vec::new(),
        };
        let mut found: Vec<Line> = outcomes.iter().flat_map(lines_of).collect();
        let nothing = outcomes.iter().find_map(|(_, found)| match found {
            Found::Nothing(query) => Some(query),
            _ => None,
        });
        let close = match nothing {
            Some(query) => lookup::best_lines(shared.corpus.as_ref(), query, LINES / 2).await,
            None => Vec::new(),
        };
        shared.given.lines(&shared.log, spec.node, close.iter().map(|found| &found.line.path)).await?;
        let lines: Vec<String> = close.iter().map(|found| cut(&found.line.shown(), LINE_CHARS)).collect();
        found.extend(close.into_iter().map(|found| found.line));
        self.shown.splice(0..0, found);
        self.begin = FREE;
        Ok(render("guided_output", context! { output, error, nothing, lines, question => spec.question.clone() }))
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
    fn the_number_of_a_line_that_was_read_becomes_its_place() {
        for answer in ["12 guests [2]", "12 guests[2].", "12 guests [[2]]", "12 guests [line 2]"] {
            assert_eq!(placed(answer, &lines()), "12 guests [[b.md#L70]]");
        }
    }

    #[test]
    fn brackets_that_name_no_line_that_was_read_stay_as_they_are() {
        for answer in ["12 guests [3]", "12 guests [0]", "x[1] is 12", "12 guests [[b.md#L70]]", "12 guests"] {
            assert_eq!(placed(answer, &lines()), answer);
        }
    }

    #[test]
    fn what_is_read_is_numbered_in_the_order_in_which_its_places_are_looked_up() {
        let mut pieces = Blocks::new(SHOWN_CHARS, LINE_CHARS);
        lines().iter().for_each(|line| pieces.add_line(line));
        let text = render("guided_lines", context! { blocks => counted(&pieces), question => "How many?" });
        assert!(text.contains("1: Guests") && text.contains("2: The hut"), "{text}");
        assert_eq!(pieces.lines(), lines());
    }
}
