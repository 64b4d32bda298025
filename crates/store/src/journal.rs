//! The journal of a run, through which the engine writes events.

use crate::{
    store::{Held, Store},
    write::{
        Write,
        blob::Blob,
        books::Asked,
        event::{EventWrite, ToClear},
        packing::pack,
    },
};
use async_trait::async_trait;
use parking_lot::Mutex;
use plumb_rlm::{
    fault::Fault,
    ids::{BlobId, CallId, NodeId, RunId},
    record::event::Event,
    traits::journal::Journal,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// The journal of one run. The run counts as running while someone holds it.
struct RunJournal {
    store: Store,
    run_id: RunId,
    _held: Arc<Held>,
    asked: Mutex<Asked>,
    /// Parts of replies are stored, to be deleted when the replies end.
    partials: AtomicBool,
}

impl Store {
    /// The journal of a new run, whose first event is `RunStarted`. The run counts as running while someone holds it.
    pub fn journal(&self, run_id: &RunId) -> Arc<dyn Journal> {
        self.journal_of(run_id, Asked::default(), false)
    }

    /// `partials`: parts of replies may be stored from before.
    pub(crate) fn journal_of(&self, run_id: &RunId, asked: Asked, partials: bool) -> Arc<dyn Journal> {
        Arc::new(RunJournal {
            store: self.clone(),
            run_id: run_id.clone(),
            _held: self.hold(run_id),
            asked: Mutex::new(asked),
            partials: AtomicBool::new(partials),
        })
    }
}

impl RunJournal {
    async fn write_event(&self, event: &Event, text: Option<Blob>) -> Result<(), Fault> {
        let to_clear = ToClear { partials: self.partials.load(Ordering::Relaxed), reserved: self.store.reserves() };
        let write = {
            let mut asked = self.asked.lock();
            EventWrite::new(&self.run_id.0, self.store.owner_id(), event, text, &mut asked, to_clear)?
        };
        self.store.writer().write(Write::Event(Box::new(write))).await
    }
}

#[async_trait]
impl Journal for RunJournal {
    async fn append(&self, event: &Event) -> Result<(), Fault> {
        self.write_event(event, None).await
    }

    async fn append_with(&self, event: &Event, text: &str) -> Result<(), Fault> {
        self.write_event(event, Some(Blob::of(text))).await
    }

    async fn put_blob(&self, text: &str) -> Result<BlobId, Fault> {
        let blob = Blob::of(text);
        let id = blob.id.clone();
        self.store.writer().write(Write::Blob { run_id: self.run_id.0.clone(), blob }).await?;
        Ok(id)
    }

    async fn blob(&self, id: &BlobId) -> Result<String, Fault> {
        self.store.blob(id).await
    }

    async fn save_partial(&self, node: NodeId, call: Option<CallId>, text: &str) -> Result<(), Fault> {
        let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64);
        self.partials.store(true, Ordering::Relaxed);
        let write = Write::Partial { run_id: self.run_id.0.clone(), node, call, packed: pack(text), at_ms };
        self.store.writer().write(write).await
    }
}
