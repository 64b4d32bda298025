//! The outcome of a command: its last lines and its exit status.

use crate::{
    sent,
    terminal::{self, say, tell},
};
use plumb_api::{
    fault::{Code, Fault},
    types::{Answer, RunState},
};
use serde_json::json;
use std::process::ExitCode;

/// Exit statuses. Clap uses 2 for wrong usage.
#[derive(Clone, Copy)]
pub enum Exit {
    Answered,
    Failed,
    Limit,
    Stopped,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Answered => 0,
            Exit::Failed => 1,
            Exit::Limit => 3,
            Exit::Stopped => 130,
        })
    }
}

/// The message with the command to type, where the window has a button.
fn in_a_terminal(code: Code, message: &str) -> String {
    let how = match code {
        Code::LimitMonth => " In a terminal: plumb spending --limit USD.",
        Code::NoModel => " In a terminal: --model PROVIDER:NAME.",
        _ => "",
    };
    format!("{message}{how}")
}

/// Prints a run's outcome and returns its exit status.
pub fn finished(answer: &Answer, as_json: bool) -> Exit {
    let mut answer = answer.clone();
    if let Some(error) = &mut answer.error {
        error.message = in_a_terminal(error.code, &error.message);
    }
    let answer = &answer;
    if as_json {
        println!("{}", terminal::json(answer));
    } else {
        print_answer(answer);
    }
    match answer.status {
        RunState::Answered => Exit::Answered,
        RunState::Limit => Exit::Limit,
        RunState::Stopped => Exit::Stopped,
        RunState::Failed | RunState::Interrupted | RunState::Running => Exit::Failed,
    }
}

/// Prints the answer for people: its text on standard output, the rest on standard error.
fn print_answer(answer: &Answer) {
    if !answer.answer.is_empty() {
        say!("{}", answer.answer.trim_end());
    }
    for (number, citation) in answer.citations.iter().enumerate() {
        let checked = match citation.verified {
            plumb_api::event::QuoteCheck::QuoteFound => "quote found",
            plumb_api::event::QuoteCheck::PlaceFound => "place found",
            plumb_api::event::QuoteCheck::NotFound => "NOT FOUND",
        };
        say!("  [{}] {}, {} ({checked})", number + 1, citation.path, citation.place);
    }
    if let Some(error) = &answer.error {
        tell!("{}", error.message);
    }
    let tokens = answer.usage.input_tokens + answer.usage.output_tokens;
    let cost = answer.cost_usd.map_or("price unknown".to_owned(), |cost| format!("${cost:.6}"));
    let seconds = answer.elapsed_ms as f64 / 1000.0;
    let (steps, calls) = (counted(answer.turns, "step"), counted(answer.calls, "sub-call"));
    for line in sent::lines(answer.sent.as_ref()) {
        tell!("{line}");
    }
    tell!("{steps}, {calls}, {tokens} tokens, {cost}, {seconds:.1} s, run {}", answer.run_id);
}

/// "1 step", "2 steps".
pub fn counted(number: impl Into<u64>, what: &str) -> String {
    let number = number.into();
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Prints a fault that came before the run started.
pub fn failed(error: &Fault, as_json: bool) {
    let error = &Fault { message: in_a_terminal(error.code, &error.message), ..error.clone() };
    if as_json {
        println!(
            "{}",
            terminal::json(&json!({"run_id": null, "status": "failed", "answer": "", "citations": [], "error": error}))
        );
    } else {
        tell!("plumb: {}", error.message);
    }
}
