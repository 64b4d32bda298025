//! Asks a question or continues a run, and follows it to its end.

use crate::terminal::tell;
use crate::{
    arguments::{self, Output},
    history,
    interrupt::Interrupts,
    outcome::{self, Exit},
    spending,
};
use plumb_api::{
    Plumb,
    event::EventKind,
    fault,
    fault::{Code, Fault},
    ids::RunId,
    story::Told,
    types::{Ask, Nothing, OpenLibrary, Resume, RunRef, SetInclude, SetLocalOnly, Update},
};
use std::{fs::File, io::Write};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// `plumb ask`.
pub async fn ask(plumb: &Plumb, arguments: arguments::Ask) -> Result<Exit, Fault> {
    let updates = plumb.updates();
    let sources = arguments.paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let library = plumb.open_library(OpenLibrary { sources }).await?;
    if arguments.local_only {
        plumb.set_local_only(SetLocalOnly { library: library.id.clone(), local_only: true }).await?;
    }
    // As in the window, the choice stays for later questions.
    if arguments.include.is_any() {
        plumb.set_include(SetInclude { library: library.id.clone(), include: arguments.include.into() }).await?;
    }
    let (model, sub_model) = arguments.models()?;
    let limits = arguments.limits(plumb.settings(Nothing {}).await?.limits);
    let request = Ask {
        question: arguments.question.clone(),
        library: library.id,
        mode: arguments.mode.into(),
        model,
        sub_model,
        limits: Some(limits),
        repl_command: arguments.repl_command.clone(),
        seed: arguments.seed,
    };
    if arguments.estimate {
        spending::estimated(&plumb.estimate(request).await?, arguments.output.json);
        return Ok(Exit::Answered);
    }
    let interrupts = Interrupts::listen()?;
    let run = plumb.ask(request).await?;
    follow(plumb, run.run_id, updates, interrupts, &arguments.output).await
}

/// `plumb resume`.
pub async fn resume(plumb: &Plumb, arguments: arguments::Resume) -> Result<Exit, Fault> {
    let updates = plumb.updates();
    let request = Resume {
        run: arguments.run,
        base_url: arguments.base_url,
        key: arguments.key.source(),
        sub_key: arguments.sub.key(),
        sub_base_url: arguments.sub.sub_base_url,
        max_cost_usd: arguments.max_cost,
    };
    let interrupts = Interrupts::listen()?;
    let run = plumb.resume(request).await?;
    follow(plumb, run.run_id, updates, interrupts, &arguments.output).await
}

/// Shows progress until the run ends. Ctrl-C stops the run, not the program, so the run's end is still recorded and shown.
async fn follow(
    plumb: &Plumb,
    run: RunId,
    mut updates: Receiver<Update>,
    mut interrupts: Interrupts,
    output: &Output,
) -> Result<Exit, Fault> {
    let reference = || RunRef { run: run.0.clone() };
    let mut next = 0;
    loop {
        tokio::select! {
            update = updates.recv() => match update {
                Ok(Update::Event { run: of, event }) if of == run => progress(&event, &mut next),
                // Every run ends with this update.
                Ok(Update::Runs) if !is_running(plumb, reference()).await => break,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
            () = interrupts.next() => {
                tell!("Stopping …");
                // Stopping fails if the run has just ended by itself.
                let _ = plumb.stop(reference()).await;
            }
        }
    }
    if let Some(file) = &output.events {
        let events = plumb.run(reference()).await?.events;
        write_events(file, &events).map_err(|e| {
            fault!(
                Code::Unwritable,
                "Plumb could not write the events to {file}: {reason}. Choose another file.",
                file = file.display(),
                reason = e
            )
        })?;
    }
    Ok(outcome::finished(&plumb.answer(reference()).await?, output.json))
}

async fn is_running(plumb: &Plumb, run: RunRef) -> bool {
    plumb.run(run).await.is_ok_and(|run| run.summary.status == plumb_api::types::RunState::Running)
}

fn write_events(file: &std::path::Path, events: &[Told]) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(File::create(file)?);
    for Told { event, .. } in events {
        serde_json::to_writer(&mut out, event)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Prints an event for a person who waits.
fn progress(told: &Told, calls: &mut u32) {
    let event = &told.event;
    let indent = if event.node.0 > 0 { "    " } else { "" };
    let doing = told.steps.first().map_or("", |step| step.running.as_ref().unwrap_or(&step.words).title.as_str());
    match &event.kind {
        EventKind::RunStarted { name, documents, skipped, .. } => tell!("{name}: {documents} documents, {skipped} left out"),
        EventKind::Routed { reason, .. } => tell!("{reason}"),
        EventKind::TurnStarted { turn } => tell!("{indent}Step {turn}: {doing} …"),
        EventKind::CellStarted { code, .. } => {
            for line in code.lines() {
                tell!("{indent}  | {line}");
            }
        }
        EventKind::CellFinished { outcome, .. } => {
            let text = outcome.output.trim_end();
            let shown: Vec<&str> = text.lines().take(12).collect();
            for line in &shown {
                tell!("{indent}  > {line}");
            }
            let more = text.lines().count() - shown.len();
            if more > 0 {
                tell!("{indent}  > … {more} more lines");
            }
            if let Some(error) = &outcome.error {
                tell!("{indent}  ! {}", error.lines().last().unwrap_or_default());
            }
        }
        EventKind::StepStarted { .. } => tell!("{indent}  {doing} …"),
        EventKind::CallStarted { prompt_head, .. } => {
            *calls += 1;
            tell!("{indent}  sub-call {calls}: {}", prompt_head.lines().next().unwrap_or_default());
        }
        _ => history::notes(told).for_each(|words| tell!("{indent}{words}")),
    }
}
