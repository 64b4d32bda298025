//! The documents of which code or a prompt was given something.

use crate::{
    fault::Fault,
    ids::NodeId,
    record::{event::EventKind, log::Log},
    traits::corpus::Text,
};
use std::collections::{HashMap, HashSet};
use tokio::sync::Mutex;

/// The documents of which something was given to code or put into a prompt. It is locked until that is on disk: nothing of a document can leave
/// before.
#[derive(Default)]
pub(crate) struct Given(Mutex<HashMap<String, Extent>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Lines,
    Whole,
}

impl Given {
    /// A whole text is given, which is frozen from now on.
    pub async fn whole(&self, log: &Log, node: NodeId, path: &str, text: &dyn Text) -> Result<(), Fault> {
        let mut given = self.0.lock().await;
        if given.get(path) != Some(&Extent::Whole) {
            let event = EventKind::Touched { path: path.to_owned(), digest: text.digest().to_owned(), chars: text.chars() };
            log.append(node, event).await?;
            given.insert(path.to_owned(), Extent::Whole);
        }
        Ok(())
    }

    /// Lines of documents are given.
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
