//! Opening documents' bytes: files, and members of documents that hold others.
//!
//! Extractor processes stay open. They are asked for one member after the other, and for one page after the other.

use crate::{
    document::{Container, Content, Document, Origin},
    reading::{
        cache::{Outcome, TextCache, content_of_member},
        trouble::{Trouble, unreadable},
    },
    system,
};
use parking_lot::Mutex;
use plumb_extract::{Drawn, Extractor, Failure, Family, HEAD, Opened, Parsed, Reader, reader_of};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use std::{fs::File, io::Seek, path::PathBuf, sync::Arc};

/// Documents that stay open for the next of their members.
const MAX_OPEN: usize = 4;

/// Opens documents' bytes, and reads those that are no plain text.
#[derive(Clone)]
pub struct Originals {
    /// Reads documents that are no plain text.
    pub extractor: Arc<Extractor>,
    /// Texts that were extracted before.
    pub cache: Arc<TextCache>,
    /// Folder for members that do not fit into memory.
    pub scratch: PathBuf,
    /// Text in pictures is read too.
    pub pictures: bool,
    /// Documents that stay open, least recently used first.
    pub open: Arc<Mutex<Vec<(Content, Opened)>>>,
}

impl Originals {
    /// A document's bytes as a file.
    pub fn file_of(&self, document: &Document) -> Result<File, Trouble> {
        match &document.origin {
            Origin::File { .. } => document.open().map_err(Trouble::passing),
            Origin::Member { of, index } => self.unpack(of, *index),
        }
    }

    /// A member's bytes as a file without a name.
    pub fn unpack(&self, of: &Document, index: usize) -> Result<File, Trouble> {
        let container = container(of)?;
        let mut file = tempfile::tempfile_in(&self.scratch)?;
        self.in_container(of, container, |opened| opened.member(index, &mut file))??;
        file.rewind()?;
        Ok(file)
    }

    /// A document's content: of its own bytes, or of the document around it and its place there.
    pub fn content_of(&self, document: &Document, file: &File) -> Result<Content, Trouble> {
        match &document.origin {
            Origin::File { .. } => self.cache.content_of(file).map_err(|e| unreadable(&e)),
            Origin::Member { of, index } => Ok(content_of_member(&container(of)?.content, *index)),
        }
    }

    /// The text of a member. `None`: it is too large to be unpacked in memory.
    pub fn read_member(&self, of: &Document, index: usize, name: &str) -> Result<Option<Parsed>, Trouble> {
        let container = container(of)?;
        let content = content_of_member(&container.content, index);
        if let Some(outcome) = self.cache.get(&content) {
            return Ok(Some(outcome?));
        }
        let read = self.in_container(of, container, |opened| opened.read_member(index, name))?;
        let Some(outcome) = read.transpose() else { return Ok(None) };
        self.cache.put(&content, &outcome);
        Ok(Some(outcome?))
    }

    /// The extractor's result for a file: from the store, or read now.
    pub fn parsed(&self, document: &Document, family: Family, file: &File, content: &Content) -> Result<Parsed, Trouble> {
        self.kept(content, || {
            let mut opened = self.extractor.open(family, file)?;
            let outcome = opened.read();
            self.check_unchanged(document, file, content)?;
            if outcome.as_ref().is_ok_and(|parsed| !parsed.members.is_empty()) {
                self.keep_open(*content, opened);
            }
            Ok(outcome)
        })
    }

    /// The result in the store under this key. Otherwise reads it now and keeps it there.
    pub fn kept(&self, key: &Content, read: impl FnOnce() -> Result<Outcome, Trouble>) -> Result<Parsed, Trouble> {
        let outcome = match self.cache.get(key) {
            Some(outcome) => outcome,
            None => {
                let outcome = read()?;
                self.cache.put(key, &outcome);
                outcome
            }
        };
        Ok(outcome?)
    }

    /// Fails where a file changed while it was read: its text must not be kept under the content that it had before.
    pub fn check_unchanged(&self, document: &Document, file: &File, content: &Content) -> Result<(), Trouble> {
        match self.content_of(document, file)? == *content {
            true => Ok(()),
            false => Err(Trouble::passing("it was changed while it was read; ask again")),
        }
    }

    /// The members of a document. Its first bytes decide how it is opened. `None`: it cannot hold others.
    pub fn members(&self, document: &Document) -> Result<Option<(Container, Parsed)>, Trouble> {
        let file = self.file_of(document)?;
        let Reader::Child(family) = reader_of(&head_of(&file)?, &document.path) else { return Ok(None) };
        let content = self.content_of(document, &file)?;
        let parsed = self.parsed(document, family, &file, &content)?;
        Ok(Some((Container { family, content }, parsed)))
    }

    /// A page, from 0, as an image.
    ///
    /// # Errors
    /// `unreadable`, `disk_full`.
    pub fn draw(&self, document: &Document, page: u32, width: u32) -> Result<Drawn, Fault> {
        let drawn = self.opened_to_draw(document).and_then(|(content, mut opened)| {
            let drawn = opened.draw(page, width)?;
            // The next page is drawn at once.
            self.keep_open(content, opened);
            Ok(drawn)
        });
        drawn.map_err(|trouble| match trouble {
            Trouble::Snapshot(fault) => fault,
            Trouble::Document(without) => fault!(
                Code::Unreadable,
                "Page {page} of \"{path}\" cannot be shown: {reason}.",
                page = u64::from(page) + 1,
                path = &document.path,
                reason = without.reason,
            ),
        })
    }

    /// A member is unpacked only where it is not open already.
    fn opened_to_draw(&self, document: &Document) -> Result<(Content, Opened), Trouble> {
        let (content, file) = match &document.origin {
            Origin::File { .. } => {
                let file = self.file_of(document)?;
                (self.content_of(document, &file)?, Some(file))
            }
            Origin::Member { of, index } => (content_of_member(&container(of)?.content, *index), None),
        };
        let opened = match self.take_open(&content) {
            Some(opened) => opened,
            None => self.extractor.open(Family::Pdf, &file.map_or_else(|| self.file_of(document), Ok)?)?,
        };
        Ok((content, opened))
    }

    fn take_open(&self, content: &Content) -> Option<Opened> {
        let mut open = self.open.lock();
        open.iter().position(|(known, _)| known == content).map(|at| open.remove(at).1)
    }

    /// Asks the extractor that has a document open. The outer error: it cannot be asked. The inner error: its answer.
    fn in_container<T>(
        &self,
        of: &Document,
        container: Container,
        ask: impl FnOnce(&mut Opened) -> Result<T, Failure>,
    ) -> Result<Result<T, Failure>, Trouble> {
        let mut opened = match self.take_open(&container.content) {
            Some(opened) => opened,
            None => {
                let file = self.file_of(of)?;
                if of.origin.file().is_some() && self.cache.content_of(&file).map_err(|e| unreadable(&e))? != container.content {
                    return Err(Trouble::passing(format!("\"{}\" changed after it was listed; ask again", of.path)));
                }
                self.extractor.open(container.family, &file)?
            }
        };
        // An extractor that failed is not kept: it may have died of it.
        let answer = ask(&mut opened);
        if answer.is_ok() {
            self.keep_open(container.content, opened);
        }
        Ok(answer)
    }

    fn keep_open(&self, content: Content, opened: Opened) {
        let mut open = self.open.lock();
        if open.len() >= MAX_OPEN {
            open.remove(0);
        }
        open.push((content, opened));
    }
}

/// The first bytes of a file, by which its reader is chosen.
pub fn head_of(file: &File) -> Result<Vec<u8>, Trouble> {
    let mut head = vec![0; HEAD];
    let read = system::read_at(file, &mut head, 0).map_err(|e| unreadable(&e))?;
    head.truncate(read);
    Ok(head)
}

fn container(of: &Document) -> Result<Container, Trouble> {
    of.container.get().map(|container| **container).ok_or_else(|| Trouble::passing(format!("\"{}\" was not opened", of.path)))
}

/// "12 documents lie in it".
pub fn lies_in_it(count: usize) -> String {
    if count == 1 { "1 document lies in it".to_owned() } else { format!("{count} documents lie in it") }
}
