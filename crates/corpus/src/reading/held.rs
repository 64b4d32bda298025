//! Facts that hold for one corpus alone: the texts that it froze, and failures of files that changed or may pass.
//!
//! Documents are shared by all corpora made from a listing. A corpus holds only the documents that it touched.

use crate::{
    document::Document,
    facts::{Facts, Without},
    snapshot::text::FrozenText,
};
use parking_lot::Mutex;
use plumb_rlm::traits::corpus::Text as _;
use std::{collections::HashMap, sync::Arc};

/// The documents that one corpus touched.
#[derive(Default)]
pub struct Held {
    /// By the document's address, which stays taken as long as the entry holds the document.
    entries: Mutex<HashMap<usize, Entry>>,
}

struct Entry {
    document: Arc<Document>,
    facts: Facts,
    text: Option<Arc<FrozenText>>,
}

fn address(document: &Document) -> usize {
    std::ptr::from_ref(document).addr()
}

impl Held {
    /// The document's text, if this corpus froze it.
    pub fn text(&self, document: &Document) -> Option<Arc<FrozenText>> {
        self.entries.lock().get(&address(document))?.text.clone()
    }

    /// Looks at the facts about a document: those of this corpus, or else those that hold for all.
    pub fn look<T>(&self, document: &Document, look: impl FnOnce(&Facts) -> T) -> T {
        let entries = self.entries.lock();
        match entries.get(&address(document)) {
            Some(entry) => look(&entry.facts),
            None => {
                drop(entries);
                document.look(look)
            }
        }
    }

    /// Freezes a text, unless another one is frozen already. Returns the frozen one.
    pub fn freeze(&self, document: &Arc<Document>, text: Arc<FrozenText>) -> Arc<FrozenText> {
        let mut entries = self.entries.lock();
        if let Some(frozen) = entries.get(&address(document)).and_then(|entry| entry.text.as_ref()) {
            return frozen.clone();
        }
        let facts = Facts::of_text(text.about(), text.as_str().len() as u64);
        if !text.about().changed {
            document.set_facts(facts.clone());
        }
        entries.insert(address(document), Entry { document: document.clone(), facts, text: Some(text.clone()) });
        text
    }

    /// Remembers facts about a text that was read and not frozen.
    pub fn know(&self, document: &Arc<Document>, facts: Facts, is_changed: bool) {
        self.note(document, facts, !is_changed);
    }

    /// Remembers why there is no text.
    pub fn refuse(&self, document: &Arc<Document>, without: Without) {
        let for_all = without.is_lasting();
        self.note(document, without.into(), for_all);
    }

    fn note(&self, document: &Arc<Document>, facts: Facts, for_all: bool) {
        let mut entries = self.entries.lock();
        let key = address(document);
        if entries.get(&key).is_some_and(|entry| entry.text.is_some()) {
            return;
        }
        if for_all {
            entries.remove(&key);
            document.set_facts(facts);
        } else {
            entries.insert(key, Entry { document: document.clone(), facts, text: None });
        }
    }

    /// Lets go of documents that left the listing.
    pub fn forget(&self, is_gone: impl Fn(&Document) -> bool) {
        self.entries.lock().retain(|_, entry| !is_gone(&entry.document));
    }
}
