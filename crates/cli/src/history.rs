//! The history: lists and shows past questions.

use crate::outcome::{self, Exit};
use crate::sent;
use crate::terminal::{self, say, tell};
use plumb_api::{
    Plumb,
    event::EventKind,
    fault::Fault,
    story::{Step, Told},
    types::{ListRuns, RunRef},
};
use serde_json::json;

/// `plumb runs`.
pub async fn runs(plumb: &Plumb, as_json: bool, limit: u32) -> Result<Exit, Fault> {
    let runs = plumb.runs(ListRuns { limit, containing: None }).await?;
    if as_json {
        let rows: Vec<_> = runs
            .iter()
            .map(|run| {
                json!({
                    "run_id": run.run_id,
                    "question": run.question,
                    "status": run.status,
                    "started_at": run.started_at_ms,
                    "cost_usd": run.cost_usd,
                })
            })
            .collect();
        println!("{}", terminal::json(&rows));
    } else if runs.is_empty() {
        say!("No questions yet. Ask one: plumb ask \"QUESTION\" FOLDER");
    } else {
        for run in runs {
            let status = json!(run.status);
            say!("{}  {:<11}  {}  {}", run.run_id, status.as_str().unwrap_or_default(), run.name, run.question);
        }
    }
    Ok(Exit::Answered)
}

/// `plumb show`. The exit status says whether the run could be shown, not how it ended.
pub async fn show(plumb: &Plumb, run: String, as_json: bool) -> Result<Exit, Fault> {
    let answer = plumb.answer(RunRef { run: run.clone() }).await?;
    if !as_json {
        let run = plumb.run(RunRef { run }).await?;
        say!("{}\n", run.summary.question);
        for event in &run.events {
            step(event);
        }
        println!();
    }
    outcome::finished(&answer, as_json);
    if let (Some(ledger), false) = (&answer.sent, as_json) {
        for line in sent::documents(ledger) {
            tell!("{line}");
        }
    }
    Ok(Exit::Answered)
}

/// A step in one line.
fn line(step: &Step) -> String {
    let detail = step.words.detail.as_ref().map(|detail| format!(": {detail}"));
    format!("{}{}", step.words.title, detail.unwrap_or_default())
}

/// Notices, waits and similar steps of an event, in lines.
pub fn notes(told: &Told) -> impl Iterator<Item = String> {
    let is_note = |step: &&Step| step.key.starts_with("note:") || step.key.starts_with("wait:");
    told.steps.iter().filter(is_note).map(line)
}

/// Prints an event of the trace, indented by its depth in the recursion.
fn step(told: &Told) {
    let event = &told.event;
    let indent = if event.node.0 > 0 { "    " } else { "" };
    let block = |mark: &str, text: &str| {
        for line in text.trim_end().lines() {
            say!("{indent}  {mark} {line}");
        }
    };
    match &event.kind {
        EventKind::Routed { reason, .. } => say!("{reason}"),
        EventKind::Searched { query, hits, documents, .. } => {
            say!("{indent}Searched for {query:?}: {hits} places in {documents} documents")
        }
        EventKind::Reply { turn, usage, elapsed_ms, .. } => {
            say!("{indent}Step {turn}: {} + {} tokens, {elapsed_ms} ms", usage.input_tokens, usage.output_tokens);
        }
        EventKind::CellStarted { code, .. } => block("|", code),
        EventKind::CellFinished { outcome, .. } => {
            block(">", &outcome.output);
            if let Some(error) = &outcome.error {
                block("!", error);
            }
            told.steps.iter().for_each(|step| say!("{indent}  {}", line(step)));
        }
        EventKind::CallStarted { call, prompt_head, .. } => say!("{indent}  sub-call {}: {prompt_head:?}", call.0 + 1),
        EventKind::CallFinished { call, text, error, .. } => {
            let head: String = text.chars().take(200).collect();
            let incomplete = told.steps.iter().find(|step| step.key == format!("call:{}", call.0));
            let ended = incomplete.map(|step| format!(" ({})", step.words.title)).unwrap_or_default();
            say!("{indent}  reply {}{ended}: {}", call.0 + 1, error.as_ref().map_or(head, |fault| fault.message.clone()));
        }
        _ => notes(told).for_each(|words| say!("{indent}{words}")),
    }
}
