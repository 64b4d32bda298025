//! Documents whose text code or a prompt has received.

use crate::{
    fault::Fault,
    ids::NodeId,
    record::{event::EventKind, log::Log},
    traits::corpus::Text,
};
use std::collections::{HashMap, HashSet};
use tokio::sync::Mutex;

/// Documents whose text code or a prompt has received. The lock is held until the event is on disk, so no text can leave before it.
#[derive(Default)]
pub(crate) struct Given(Mutex<HashMap<String, Extent>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Lines,
    Whole,
}

impl Given {
    /// Records that a whole text is read. The run sees this text from now on.
    pub async fn whole(&self, log: &Log, node: NodeId, path: &str, text: &dyn Text) -> Result<(), Fault> {
        let mut given = self.0.lock().await;
        if given.get(path) != Some(&Extent::Whole) {
            let event = EventKind::Touched { path: path.to_owned(), digest: text.digest().to_owned(), chars: text.chars() };
            log.append(node, event).await?;
            given.insert(path.to_owned(), Extent::Whole);
        }
        Ok(())
    }

    /// Records that lines of documents are read.
    pub async fn lines(&self, log: &Log, node: NodeId, paths: impl Iterator<Item = &String>) -> Result<(), Fault> {
        let mut given = self.0.lock().await;
        let mut seen = HashSet::new();
        let new: Vec<String> = paths.filter(|path| !given.contains_key(*path) && seen.insert(*path)).cloned().collect();
        if !new.is_empty() {
            log.append(node, EventKind::LinesRead { paths: new.clone() }).await?;
            given.extend(new.into_iter().map(|path| (path, Extent::Lines)));
        }
        Ok(())
    }
}
