//! The record of one run, as the engine writes it.

use crate::{
    Store,
    books::Asked,
    packing::pack,
    record::{EventWrite, Write},
};
use async_trait::async_trait;
use plumb_rlm::{
    event::{BlobId, CallId, Event, NodeId, RunId},
    journal::{Journal, JournalError},
};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// One run's record. While it is held, the run is at work.
pub(crate) struct RunJournal {
    pub(crate) store: Store,
    pub(crate) run_id: RunId,
    pub(crate) asked: Mutex<Asked>,
}

#[async_trait]
impl Journal for RunJournal {
    async fn append(&self, event: &Event) -> Result<(), JournalError> {
        let write = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            EventWrite::new(&self.run_id.0, self.store.owner_id(), event, &mut asked, self.store.reserves())?
        };
        Ok(self.store.writer().write(Write::Event(Box::new(write))).await?)
    }

    async fn put_blob(&self, text: &str) -> Result<BlobId, JournalError> {
        let id = BlobId::of(text);
        self.store.writer().write(Write::Blob { run_id: self.run_id.0.clone(), id: id.clone(), packed: pack(text) }).await?;
        Ok(id)
    }

    async fn blob(&self, id: &BlobId) -> Result<String, JournalError> {
        Ok(self.store.blob(id).await?)
    }

    async fn save_partial(&self, node: NodeId, call: Option<CallId>, text: &str) -> Result<(), JournalError> {
        let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64);
        let write = Write::Partial { run_id: self.run_id.0.clone(), node, call, packed: pack(text), at_ms };
        Ok(self.store.writer().write(write).await?)
    }
}
