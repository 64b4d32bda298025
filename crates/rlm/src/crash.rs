//! Ends a run whose engine panicked.

use crate::{
    fault::{Code, Fault},
    ids::NodeId,
    record::{
        event::{Event, EventKind, RunStatus},
        log::Log,
        totals::Totals,
    },
    traits::journal::{Journal, Watcher},
};
use std::sync::Arc;

/// Appends the last event of a run that a panic of the engine broke off: it failed, and keeps its best answer so far. `events` are its record.
///
/// # Errors
/// Only when the record cannot be written.
pub async fn record_crash(
    journal: Arc<dyn Journal>,
    watcher: Arc<dyn Watcher>,
    now_ms: fn() -> u64,
    events: &[Event],
) -> Result<(), Fault> {
    let Totals { answer, elapsed_ms, .. } = Totals::of(events);
    let message =
        "Plumb failed unexpectedly while it worked on this question. Everything found so far is kept: continue the run.";
    let error = Some(Fault::new(Code::Crashed, message));
    let next = events.last().map_or(0, |last| last.seq + 1);
    let finished = EventKind::Finished { status: RunStatus::Failed, answer, error, elapsed_ms };
    Log::new(journal, watcher, now_ms, next).append(NodeId(0), finished).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{BlobId, CallId},
        record::event::EVENT_VERSION,
    };
    use async_trait::async_trait;
    use std::sync::Mutex;

    /// Keeps appended events and watched events, in order.
    #[derive(Default)]
    struct Kept {
        appended: Mutex<Vec<Event>>,
        watched: Mutex<Vec<Event>>,
    }

    #[async_trait]
    impl Journal for Kept {
        async fn append(&self, event: &Event) -> Result<(), Fault> {
            self.appended.lock().unwrap().push(event.clone());
            Ok(())
        }
        async fn append_with(&self, event: &Event, _text: &str) -> Result<(), Fault> {
            self.append(event).await
        }
        async fn put_blob(&self, text: &str) -> Result<BlobId, Fault> {
            Ok(BlobId(text.to_owned()))
        }
        async fn blob(&self, id: &BlobId) -> Result<String, Fault> {
            Ok(id.0.clone())
        }
        async fn save_partial(&self, _node: NodeId, _call: Option<CallId>, _text: &str) -> Result<(), Fault> {
            Ok(())
        }
    }

    impl Watcher for Kept {
        fn event(&self, event: &Event) {
            self.watched.lock().unwrap().push(event.clone());
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
        let resumed = [event(0, best), event(1, EventKind::Resumed), event(2, EventKind::TurnStarted { turn: 2 })];
        let kept = Arc::new(Kept::default());
        record_crash(kept.clone(), kept.clone(), || 7_000, &resumed).await.unwrap();
        let appended = kept.appended.lock().unwrap();
        let [last] = &appended[..] else { panic!("one event, not {appended:?}") };
        assert_eq!((last.seq, last.at_ms, last.node), (3, 7_000, NodeId(0)));
        let EventKind::Finished { status, answer, error, elapsed_ms } = &last.kind else { panic!("{last:?}") };
        assert_eq!((*status, answer.as_str(), *elapsed_ms), (RunStatus::Failed, "41", 10));
        assert_eq!(error.as_ref().map(|error| error.code), Some(Code::Crashed));
        assert_eq!(*kept.watched.lock().unwrap(), *appended, "front ends see the end");
    }
}
