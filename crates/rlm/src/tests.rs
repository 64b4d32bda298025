//! Tests of whole runs over scripted parts.

mod calls;
mod children;
mod host;
mod plans;
mod prompts;
mod resume;
mod turns;

use crate::{
    fault::{Code, Fault},
    options::ModeChoice,
    record::event::{Event, EventKind, RunStatus},
    testing::{
        model::{Reaction, ScriptedModel},
        stage::{Stage, end},
    },
    traits::model::{ModelRequest, Role, Strength},
};

/// A strong model's stage in the free REPL.
fn free(replies: &'static [&'static str]) -> Stage {
    Stage::new(ModeChoice::Rlm, ScriptedModel::replies(Strength::Strong, replies.iter().copied()))
}

/// A model whose reply depends on the number of replies in the conversation, so that it is the same however often it is asked.
fn by_turn(strength: Strength, replies: &'static [&'static str]) -> ScriptedModel {
    ScriptedModel::new(strength, move |request, _| {
        let turn = request.messages.iter().filter(|message| message.role == Role::Assistant).count();
        Reaction::from(replies[turn.min(replies.len() - 1)])
    })
}

/// Runs a question whose record can be written.
async fn ask(stage: &Stage) -> Vec<Event> {
    let (events, ended) = stage.ask("How much is the fee?").await;
    ended.unwrap();
    events
}

/// How a run must have ended.
fn ended(events: &[Event]) -> (RunStatus, String, Option<Fault>) {
    end(events).unwrap()
}

fn notices(events: &[Event]) -> Vec<Code> {
    let code = |event: &Event| match &event.kind {
        EventKind::Notice(fault) => Some(fault.code),
        _ => None,
    };
    events.iter().filter_map(code).collect()
}

fn count(events: &[Event], is_counted: impl Fn(&EventKind) -> bool) -> usize {
    events.iter().filter(|event| is_counted(&event.kind)).count()
}

/// The messages of a request as text.
fn text(request: &ModelRequest) -> String {
    request.messages.iter().map(|message| format!("{:?}: {}\n", message.role, message.content)).collect()
}
