//! Reading everything once to know what it is, without keeping it.

use crate::{
    OpenCorpus, blocking,
    document::Document,
    frozen::About,
    parallel,
    reading::{LARGE, Reading, needs_extractor},
    search,
};
use plumb_extract::Kind;
use plumb_rlm::{
    documents::DocumentEntry,
    fault::{Code, Fault},
};
use std::{
    fs::File,
    io::Read as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A document that was examined, with its text if that was asked for.
pub struct Examined {
    /// What it is.
    pub entry: DocumentEntry,
    /// Where its lines lie in the original, and the text.
    pub text: Option<(Vec<plumb_extract::Place>, String)>,
}

impl OpenCorpus {
    /// Reads every document once, so that its kind and state are known and its text is in the store, and hands each to `take` with how many
    /// were done and how many there are, in no order. Dropping the future stops it.
    ///
    /// # Errors
    /// `disk_full`, `cancelled`. What is wrong with a document is in its entry.
    pub async fn examine(
        &self,
        with_texts: bool,
        take: impl Fn(Examined, usize, usize) + Send + Sync + 'static,
    ) -> Result<(), Fault> {
        let (listing, passages, reading) = (self.listed().await, self.passages.clone(), self.reading.clone());
        blocking(move |stop| {
            let (all, done) = (listing.documents.len(), AtomicUsize::new(0));
            parallel::each(&listing.documents, stop, || {
                |_, document: &Arc<Document>| {
                    take(one(document, with_texts, &reading)?, done.fetch_add(1, Ordering::Relaxed) + 1, all);
                    Ok(())
                }
            })?;
            // Who reads everything will ask.
            search::prepare(&passages, &listing, &reading);
            Ok(())
        })
        .await
    }
}

fn one(document: &Arc<Document>, with_text: bool, reading: &Reading) -> Result<Examined, Fault> {
    if !with_text && begins_with_text(document) {
        // A large one is not read to its end only to know that it is text.
        let kind = Kind::of_text(&document.path, "");
        document.know(&About::plain(kind), document.stamp.bytes);
    } else if document.may_have_text() {
        match document.look(reading) {
            Ok(read) if with_text => {
                let text = Some((read.about().places.clone(), read.into_string()));
                return Ok(Examined { entry: document.entry(), text });
            }
            Err(error) if error.code == Code::DiskFull => return Err(error),
            // What is wrong with it is in its entry.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(Examined { entry: document.entry(), text: None })
}

/// Whether the beginning of a large file is text in UTF-8. False: it has to be read to know.
pub fn begins_with_text(document: &Document) -> bool {
    let mut head = Vec::new();
    let read = |file: File| file.take(64 << 10).read_to_end(&mut head).is_ok();
    if document.stamp.bytes < LARGE || !document.is_askable() || !document.open().is_ok_and(read) {
        return false;
    }
    if needs_extractor(&head, &document.path) {
        return false;
    }
    let text = str::from_utf8(&head).or_else(|error| str::from_utf8(&head[..error.valid_up_to()]));
    text.is_ok_and(|text| text.len() + 4 > head.len() && !text.trim().is_empty())
}
