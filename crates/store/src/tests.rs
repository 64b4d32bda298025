//! Tests across the modules of the store, and their fixtures.

mod faults;
mod forks;
mod history;
mod old_history;
mod owners;
mod spending;

use crate::Store;
use plumb_rlm::{
    documents::Include,
    ids::{CallId, NodeId, RunId},
    money::Usd,
    options::{KeySource, Limits, ModeChoice, ModelChoice, RunOptions},
    record::event::{EVENT_VERSION, Event, EventKind, RunStatus},
    usage::{Finish, Usage},
};

pub(crate) fn event(seq: u64, kind: EventKind) -> Event {
    Event { version: EVENT_VERSION, seq, at_ms: 1_000 + seq, node: NodeId(0), kind }
}

pub(crate) fn started(seq: u64, question: &str) -> Event {
    let model = ModelChoice { provider: "server".into(), name: "big".into(), base_url: None, key: KeySource::None, price: None };
    let options = RunOptions {
        mode: ModeChoice::Auto,
        model,
        sub_model: None,
        limits: Limits::default(),
        repl_command: None,
        include: Include::default(),
        seed: 0,
    };
    event(
        seq,
        EventKind::RunStarted {
            question: question.into(),
            sources: vec!["/b".into(), "/a".into()],
            name: "papers".into(),
            options,
            documents: 2,
            skipped: 0,
            tokens_estimate: 10,
        },
    )
}

pub(crate) fn reply(seq: u64, text: &str, cost_usd: Option<Usd>) -> Event {
    let usage = Usage { input_tokens: 1, output_tokens: 1, ..Usage::default() };
    event(
        seq,
        EventKind::Reply {
            turn: 1,
            text: text.into(),
            usage,
            usage_estimated: false,
            cost_usd,
            elapsed_ms: 5,
            finish: Finish::Stop,
        },
    )
}

pub(crate) fn called(seq: u64, call: u32, cost_usd: Option<Usd>) -> Event {
    let usage = Usage { input_tokens: 1, output_tokens: 1, ..Usage::default() };
    event(
        seq,
        EventKind::CallFinished {
            call: CallId(call),
            text: "yes".into(),
            error: None,
            usage,
            usage_estimated: false,
            cost_usd,
            elapsed_ms: 5,
            finish: Finish::Stop,
        },
    )
}

pub(crate) fn finished(seq: u64, status: RunStatus) -> Event {
    event(seq, EventKind::Finished { status, answer: "42".into(), error: None, elapsed_ms: 7 })
}

/// A name that no run has.
pub(crate) fn new_run() -> RunId {
    RunId(uuid::Uuid::now_v7().to_string())
}

/// A run with one first event.
pub(crate) async fn begin(store: &Store, question: &str) -> (RunId, std::sync::Arc<dyn plumb_rlm::traits::journal::Journal>) {
    let run = new_run();
    let journal = store.journal(&run);
    journal.append(&started(0, question)).await.unwrap();
    (run, journal)
}
