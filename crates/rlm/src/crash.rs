//! Ends a run whose engine panicked.

use crate::{
    fault,
    fault::{Code, Fault},
    ids::NodeId,
    record::{
        event::{Event, EventKind, RunStatus},
        log::Log,
        totals::Totals,
    },
    traits::{
        clock::Clock,
        journal::{Journal, Watcher},
    },
};
use std::sync::Arc;

/// Appends the last event of a run that a panic of the engine broke off: it failed, and keeps its best answer so far. `events` are its record.
///
/// # Errors
/// Only when the record cannot be written.
pub async fn record_crash(
    journal: Arc<dyn Journal>,
    watcher: Arc<dyn Watcher>,
    clock: Arc<dyn Clock>,
    events: &[Event],
) -> Result<(), Fault> {
    let Totals { answer, elapsed_ms, .. } = Totals::of(events);
    let error = fault!(
        Code::Crashed,
        "Plumb failed unexpectedly while it worked on this question. Everything found so far is kept: continue the run."
    );
    let next = events.last().map_or(0, |last| last.seq + 1);
    let finished = EventKind::Finished { status: RunStatus::Failed, answer, error: Some(error), elapsed_ms };
    Log::new(journal, watcher, clock, next).append(NodeId(0), finished).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::CallId,
        record::event::EVENT_VERSION,
        testing::{clock::ManualClock, journal::MemoryJournal},
    };
    use parking_lot::Mutex;
    use std::time::Duration;

    /// Keeps the events that front ends see.
    #[derive(Default)]
    struct Watched(Mutex<Vec<Event>>);

    impl Watcher for Watched {
        fn event(&self, event: &Event) {
            self.0.lock().push(event.clone());
        }
        fn delta(&self, _node: NodeId, _call: Option<CallId>, _text: &str) {}
        fn loading(&self, _part: f32) {}
    }

    fn event(seq: u64, kind: EventKind) -> Event {
        Event { version: EVENT_VERSION, seq, at_ms: 1_000 + seq * 10, node: NodeId(0), kind }
    }

    #[tokio::test]
    async fn a_crashed_run_fails_and_keeps_its_best_answer() {
        let best = EventKind::Finished { status: RunStatus::Limit, answer: "41".to_owned(), error: None, elapsed_ms: 500 };
        let resumed = vec![event(0, best), event(1, EventKind::Resumed), event(2, EventKind::TurnStarted { turn: 2 })];
        let journal = Arc::new(MemoryJournal::with_events(resumed.clone(), None));
        let (watched, clock) = (Arc::new(Watched::default()), Arc::new(ManualClock::default()));
        clock.advance(Duration::from_secs(7));
        record_crash(journal.clone(), watched.clone(), clock.clone(), &resumed).await.unwrap();
        let last = journal.events().pop().unwrap();
        assert_eq!((last.seq, last.at_ms, last.node), (3, clock.now_ms(), NodeId(0)));
        let EventKind::Finished { status, answer, error, elapsed_ms } = &last.kind else { panic!("{last:?}") };
        assert_eq!((*status, answer.as_str(), *elapsed_ms), (RunStatus::Failed, "41", 10));
        assert_eq!(error.as_ref().map(|error| error.code), Some(Code::Crashed));
        assert_eq!(*watched.0.lock(), [last], "front ends see the end");
    }
}
