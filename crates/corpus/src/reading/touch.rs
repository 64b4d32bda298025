//! Touching documents: the first touch freezes a document's text for its corpus.

use crate::{
    document::Document,
    facts::{Facts, Without},
    reading::{
        read::{Read, Reading},
        trouble::Trouble,
    },
    remote::{PATIENCE, SILENT, within},
    snapshot::text::FrozenText,
};
use plumb_extract::Failure;
use plumb_rlm::{
    documents::{DocumentEntry, DocumentState},
    fault,
    fault::{Code, Fault},
};
use std::{sync::Arc, time::Duration};

/// Lower bound for the read speed of a working drive, in bytes per second.
const MIN_BYTES_PER_SECOND: u64 = 256 << 10;

impl Reading {
    /// The listing's entry for a document, as this corpus knows it.
    pub fn entry(&self, document: &Document) -> DocumentEntry {
        self.held.look(document, |facts| document.entry(facts))
    }

    /// Nothing rules out a text so far.
    pub fn may_have_text(&self, document: &Document) -> bool {
        self.held.look(document, Facts::may_have_text)
    }

    /// The document's text. The first touch reads and freezes it. Blocks.
    ///
    /// # Errors
    /// `no_text`, `unreadable`, `disk_full`.
    pub fn touch(&self, document: &Arc<Document>) -> Result<Arc<FrozenText>, Fault> {
        self.in_turn(document, || {
            if let Some(text) = self.held.text(document) {
                return Ok(text);
            }
            self.may_be_read(document)?;
            match self.patiently(document, Reading::freeze) {
                Ok(text) => Ok(self.held.freeze(document, text)),
                Err(trouble) => Err(self.note(document, trouble)),
            }
        })
    }

    /// The document's text as it is now, without freezing it; or its frozen text. Blocks.
    ///
    /// # Errors
    /// As [`Reading::touch`].
    pub fn look(&self, document: &Arc<Document>) -> Result<Read, Fault> {
        self.in_turn(document, || {
            if let Some(text) = self.held.text(document) {
                return Ok(Read::Frozen(text));
            }
            self.may_be_read(document)?;
            match self.patiently(document, Reading::read) {
                Ok(Read::Frozen(text)) => Ok(Read::Frozen(self.held.freeze(document, text))),
                Ok(Read::Passing(text, about)) => {
                    self.held.know(document, Facts::of_text(&about, text.len() as u64), about.changed);
                    Ok(Read::Passing(text, about))
                }
                Err(trouble) => Err(self.note(document, trouble)),
            }
        })
    }

    /// Freezes a text that was just read from the document's file, unless another one is frozen already. Returns the frozen one.
    ///
    /// # Errors
    /// `disk_full`, `unreadable`.
    pub fn freeze_read(&self, document: &Arc<Document>, text: &str) -> Result<Arc<FrozenText>, Fault> {
        self.in_turn(document, || {
            if let Some(frozen) = self.held.text(document) {
                return Ok(frozen);
            }
            let frozen = self.write(text, self.about_plain(document, text))?;
            Ok(self.held.freeze(document, Arc::new(frozen)))
        })
    }

    /// Reads after those who read the same document, so that they share an extraction. A silent drive is not waited for once per reader.
    fn in_turn<T>(&self, document: &Document, read: impl FnOnce() -> T) -> T {
        let _turn = match document.origin.is_remote() {
            true => document.turn.try_lock_for(patience(document)),
            false => Some(document.turn.lock()),
        };
        read()
    }

    /// Gives up reading from another computer's drive when that does not answer.
    fn patiently<T: Send + 'static>(
        &self,
        document: &Arc<Document>,
        read: fn(&Reading, &Document) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        if !document.origin.is_remote() {
            return read(self, document);
        }
        let (document, reading) = (document.clone(), self.clone());
        let silent = || Err(Failure::passing(SILENT).into());
        within(patience(&document), move || read(&reading, &document)).unwrap_or_else(silent)
    }

    /// Fails where reading failed before and would fail again. A link out of the folder stays closed.
    fn may_be_read(&self, document: &Document) -> Result<(), Fault> {
        let Some(without) = self.held.look(document, |facts| facts.without().cloned()) else { return Ok(()) };
        let again = without.state == DocumentState::Failed && (!without.is_lasting() || document.is_changed());
        if again { Ok(()) } else { Err(refusal(document, &without)) }
    }

    fn note(&self, document: &Arc<Document>, trouble: Trouble) -> Fault {
        match trouble {
            Trouble::Snapshot(fault) => fault,
            Trouble::Document(without) => {
                let fault = refusal(document, &without);
                self.held.refuse(document, without);
                fault
            }
        }
    }
}

/// Time after which a document on another computer's drive is given up.
fn patience(document: &Document) -> Duration {
    PATIENCE * 3 + Duration::from_secs(document.stamp.bytes / MIN_BYTES_PER_SECOND)
}

fn refusal(document: &Document, without: &Without) -> Fault {
    let (path, reason) = (&document.path, &without.reason);
    match without.state {
        DocumentState::NoText => {
            fault!(Code::NoText, "\"{path}\" holds nothing to read: {reason}.", path = path, reason = reason)
        }
        DocumentState::Opened => fault!(
            Code::NoText,
            "\"{path}\" has no text of its own: {reason}. They are listed under \"{path}/\".",
            path = path,
            reason = reason,
        ),
        DocumentState::Skipped => fault!(Code::NoText, "\"{path}\" is left out: {reason}.", path = path, reason = reason),
        _ => fault!(Code::Unreadable, "\"{path}\" could not be read: {reason}.", path = path, reason = reason),
    }
}
